import { Group } from '@mantine/core'
import { admin } from '../texts/admin.ts'
import type { ManagedUser } from './calls.ts'
import { Tag } from './tag.tsx'

export const statuses = ['active', 'pending', 'disabled', 'blocked'] as const

const kinds = { active: 'good', pending: 'warn', disabled: 'plain', blocked: 'bad' } as const

/** What of an account has to be seen at once. */
export function Marks({ user, self }: { readonly user: ManagedUser; readonly self?: boolean }) {
  return (
    <Group gap={6}>
      <Tag>{user.role}</Tag>
      {user.status !== 'active' && <StatusBadge status={user.status} />}
      {user.second_factor && <Tag>{admin.users.factor}</Tag>}
      {self === true && <Tag>{admin.you}</Tag>}
    </Group>
  )
}

export function StatusBadge({ status }: { readonly status: ManagedUser['status'] }) {
  return <Tag kind={kinds[status]}>{admin.status[status]}</Tag>
}

/** The address, and whether it is theirs for sure. */
export function emailText({ email, unproven_email: unproven }: ManagedUser): string {
  if (email !== null) return email
  return unproven === null ? admin.users.noEmail : admin.users.unproven(unproven)
}
