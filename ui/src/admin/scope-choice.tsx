import { Checkbox, SimpleGrid } from '@mantine/core'
import { admin } from '../texts/admin.ts'
import { scopes as words } from '../texts/credentials.ts'
import { useRoles } from './roles.ts'

export interface ScopeChoiceProps {
  readonly value: readonly string[]
  readonly onChange: (scopes: readonly string[]) => void
  readonly error?: string | undefined
}

/** Scopes that a service gets by name. */
export function ScopeChoice({ value, onChange, error }: ScopeChoiceProps) {
  const roles = useRoles()
  const known = new Set([...(roles.data?.scopes ?? []), ...value])
  return (
    <Checkbox.Group
      label={admin.service.granted}
      description={admin.service.grantedHelp}
      value={[...value]}
      onChange={onChange}
      error={error}
    >
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="xs" verticalSpacing="sm" mt="sm">
        {[...known].sort().map((scope) => (
          <Checkbox
            key={scope}
            value={scope}
            label={words[scope] ?? scope}
            description={words[scope] === undefined ? undefined : scope}
          />
        ))}
      </SimpleGrid>
    </Checkbox.Group>
  )
}
