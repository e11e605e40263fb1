import { NativeSelect, Text } from '@mantine/core'
import { useState } from 'react'
import { admin } from '../texts/admin.ts'
import { useRoles } from './roles.ts'

export interface RoleSelectProps {
  readonly initial?: string
  readonly error?: string | undefined
}

/** The field `role` of a form, with what the chosen one may do. */
export function RoleSelect({ initial = 'user', error }: RoleSelectProps) {
  const roles = useRoles()
  const [chosen, setChosen] = useState(initial)
  const items = roles.data?.items ?? [{ name: initial, scopes: [] }]
  const scopes = items.find(({ name }) => name === chosen)?.scopes ?? []
  return (
    <div>
      <NativeSelect
        name="role"
        label={admin.role}
        value={chosen}
        data={items.map(({ name }) => name)}
        error={error}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
      {scopes.length > 0 && (
        <Text size="sm" c="dimmed" mt={6}>
          {scopes.join(', ')}
        </Text>
      )}
    </div>
  )
}
