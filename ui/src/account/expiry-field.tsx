import { NativeSelect, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { facts } from '../facts.ts'
import { tokens as texts } from '../texts/credentials.ts'
import { dayText } from '../texts/time.ts'
import { dayAhead, endOfDay } from './ends.ts'

const custom = 'custom'
const never = 'never'

export interface ExpiryFieldProps {
  /** ISO time, or null for no end. */
  readonly value: string | null
  readonly onChange: (value: string | null) => void
  /** The preset, in days, that `value` was made of. */
  readonly begin?: number
  /** May it have no end? */
  readonly mayBeNever?: boolean
  /** Further ahead than this it may not end, in seconds. */
  readonly maxSeconds?: number
  readonly error?: string | undefined
}

/** Ends at the end of a day: in so many days, or on one that is picked. */
export function ExpiryField({
  value,
  onChange,
  begin,
  mayBeNever = false,
  maxSeconds = facts.token_max_seconds,
  error,
}: ExpiryFieldProps) {
  const maxDays = Math.floor(maxSeconds / 86_400)
  const presets = Object.entries(texts.presets).filter(([days]) => mayBeNever || Number(days) <= maxDays)
  const [choice, setChoice] = useState(() => (begin !== undefined ? String(begin) : value === null ? never : custom))
  const choose = (next: string) => {
    setChoice(next)
    if (next === never) onChange(null)
    else if (next !== custom) onChange(endIn(Number(next), maxSeconds))
  }
  return (
    <div>
      <NativeSelect
        label={texts.expiry}
        value={presets.some(([days]) => days === choice) ? choice : choice === never ? never : custom}
        onChange={(event) => choose(event.currentTarget.value)}
        error={choice === custom ? undefined : error}
        data={[
          ...(mayBeNever ? [{ value: never, label: texts.noExpiry }] : []),
          ...presets.map(([days, label]) => ({ value: days, label })),
          { value: custom, label: texts.custom },
        ]}
      />
      {choice === custom && (
        <TextInput
          type="date"
          mt="sm"
          label={texts.expiryDate}
          name="expires_at"
          required
          withAsterisk={false}
          min={dayAhead(1)}
          max={mayBeNever ? undefined : dayAhead(maxDays)}
          defaultValue={value === null ? '' : dayAhead(0, Date.parse(value))}
          onChange={(event) => {
            const end = endOfDay(event.currentTarget.value)
            if (end !== null) onChange(end.toISOString())
          }}
          error={error}
        />
      )}
      {choice !== custom && value !== null && (
        <Text size="sm" c="dimmed" mt={4}>
          {texts.endsOn(dayText(value))}
        </Text>
      )}
    </div>
  )
}

/** The end of that day, or the last moment that is allowed. */
export function endIn(days: number, maxSeconds: number = facts.token_max_seconds, now: number = Date.now()): string {
  const wished = endOfDay(dayAhead(days, now))?.getTime() ?? now
  // A minute to type in: what is sent then is not too far ahead.
  return new Date(Math.min(wished, now + maxSeconds * 1000 - 60_000)).toISOString()
}

/** What the list of choices begins with. */
export const usualDays = 30
