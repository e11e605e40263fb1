import { Checkbox, Input, Radio, SimpleGrid, Stack } from '@mantine/core'
import { useId } from 'react'
import { useMe } from '../api/me.ts'
import { tokens as texts, scopes as words } from '../texts/credentials.ts'

export interface ScopeFieldProps {
  /** Null: whatever the owner may do. */
  readonly value: readonly string[] | null
  readonly onChange: (value: readonly string[] | null) => void
  readonly error?: string | undefined
}

/** Rights of a credential: never more than one's own. */
export function ScopeField({ value, onChange, error }: ScopeFieldProps) {
  const id = useId()
  const { credential } = useMe()
  // What a key was given and its owner has lost meanwhile is shown, so that it can be taken off.
  const offered = [...new Set([...credential.scopes, ...(value ?? [])])].sort()
  const toggle = (scope: string, on: boolean) =>
    onChange(on ? [...(value ?? []), scope] : (value ?? []).filter((each) => each !== scope))
  return (
    <Input.Wrapper label={texts.rights} labelElement="div" labelProps={{ id, htmlFor: undefined }} error={error}>
      <Stack gap="xs" mt={4} role="group" aria-labelledby={id}>
        <Radio label={texts.rightsAll} checked={value === null} onChange={() => onChange(null)} name={`${id}-kind`} />
        <Radio label={texts.rightsSome} checked={value !== null} onChange={() => onChange([])} name={`${id}-kind`} />
        {value !== null && (
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" verticalSpacing="sm" pl="xl" pt={4}>
            {offered.map((scope) => (
              <Checkbox
                key={scope}
                size="sm"
                label={words[scope] ?? scope}
                description={words[scope] === undefined ? undefined : scope}
                checked={value.includes(scope)}
                onChange={(event) => toggle(scope, event.currentTarget.checked)}
              />
            ))}
          </SimpleGrid>
        )}
      </Stack>
    </Input.Wrapper>
  )
}
