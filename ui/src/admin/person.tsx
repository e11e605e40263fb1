import { Badge, Group } from '@mantine/core'
import { admin } from '../texts/admin.ts'
import type { ManagedUser } from './calls.ts'

export const statuses = ['active', 'pending', 'disabled', 'blocked'] as const

const colors = { active: 'door', pending: 'yellow', disabled: 'gray', blocked: 'red' } as const

/** What of an account has to be seen at once. */
export function Marks({ user, self }: { readonly user: ManagedUser; readonly self?: boolean }) {
  return (
    <Group gap={6}>
      <Badge variant="default">{user.role}</Badge>
      {user.status !== 'active' && <StatusBadge status={user.status} />}
      {user.second_factor && <Badge variant="default">{admin.users.factor}</Badge>}
      {self === true && <Badge variant="default">{admin.you}</Badge>}
    </Group>
  )
}

export function StatusBadge({ status }: { readonly status: ManagedUser['status'] }) {
  return (
    <Badge color={colors[status]} className="state-badge" data-state={status}>
      {admin.status[status]}
    </Badge>
  )
}

/** The address, and whether it is theirs for sure. */
export function emailText({ email, unproven_email: unproven }: ManagedUser): string {
  if (email !== null) return email
  return unproven === null ? admin.users.noEmail : admin.users.unproven(unproven)
}
