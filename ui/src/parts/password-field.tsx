import { PasswordInput, Progress, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { facts } from '../facts.ts'
import { strength } from '../texts/entry.ts'

const eyeLabel = { 'aria-label': strength.show } as const

export interface PasswordProps {
  readonly name: string
  readonly label: string
  readonly error?: string | undefined
  readonly autoFocus?: boolean
}

/** The password that somebody has, for a password manager to fill in. */
export function CurrentPassword({ name, label, error, autoFocus = false }: PasswordProps) {
  return (
    <PasswordInput
      name={name}
      label={label}
      autoComplete="current-password"
      required
      withAsterisk={false}
      maxLength={4096}
      error={error}
      visibilityToggleButtonProps={eyeLabel}
      {...(autoFocus ? { 'data-autofocus': true } : {})}
    />
  )
}

type Scorer = typeof import('./strength.ts').scoreOf

/** A new password, with how well it would stand. Only the server decides whether it is taken. */
export function NewPassword({
  name,
  label,
  error,
  names = [],
}: PasswordProps & {
  /** User name, e-mail address: what must not be all there is to it. */
  readonly names?: readonly string[]
}) {
  const [value, setValue] = useState('')
  const [scorer, setScorer] = useState<Scorer | null>(null)
  const begun = value !== ''
  useEffect(() => {
    if (begun) void import('./strength.ts').then(({ scoreOf }) => setScorer(() => scoreOf))
  }, [begun])
  const { min_length: min, max_length: max } = facts.password
  return (
    <div>
      <PasswordInput
        name={name}
        label={label}
        autoComplete="new-password"
        required
        withAsterisk={false}
        minLength={min}
        maxLength={max}
        error={error}
        description={strength.hint(min)}
        visibilityToggleButtonProps={eyeLabel}
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      {begun && <Meter missing={min - [...value].length} score={scorer?.(value, names) ?? null} />}
    </div>
  )
}

const colors = ['red.8', 'red.8', 'yellow.7', 'door.5', 'door.7'] as const

function Meter({ missing, score }: { readonly missing: number; readonly score: 0 | 1 | 2 | 3 | 4 | null }) {
  const shown = missing > 0 ? 0 : score
  const text =
    missing > 0
      ? strength.short(missing, facts.password.min_length)
      : score === null
        ? strength.loading
        : strength.levels[score]
  return (
    <div className="meter">
      <Progress
        size={5}
        value={shown === null ? 0 : (shown + 1) * 20}
        color={colors[shown ?? 0]}
        aria-label={strength.label}
      />
      <Text size="sm" c="dimmed" mt={4} aria-live="polite">
        {text}
      </Text>
    </div>
  )
}
