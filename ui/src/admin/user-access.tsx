import { Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useMe } from '../api/me.ts'
import { call } from '../api/session.ts'
import { Confirm } from '../parts/confirm.tsx'
import { useForm } from '../parts/form.tsx'
import { Notice, Problem } from '../parts/notice.tsx'
import { Section } from '../parts/page.tsx'
import { admin } from '../texts/admin.ts'
import { type ManagedUser, users } from './calls.ts'
import { useChanged } from './changed.ts'
import { StatusBadge } from './person.tsx'
import { RoleSelect } from './role-select.tsx'

const { user: texts } = admin

/** Role and status. */
export function AccessSection({ user }: { readonly user: ManagedUser }) {
  return (
    <Section title={texts.access} intro={texts.accessIntro}>
      <RoleForm user={user} />
      <StatusButtons user={user} />
    </Section>
  )
}

function RoleForm({ user }: { readonly user: ManagedUser }) {
  const changed = useChanged()
  const [saved, setSaved] = useState(false)
  const form = useForm(async ({ role = '' }) => {
    setSaved(false)
    await call(() => users.update(user.id, { role }))
    await changed()
    setSaved(true)
  })
  return (
    <form {...form.props}>
      <Stack gap="sm" maw="28rem" align="stretch">
        <Problem error={form.error} />
        <RoleSelect key={user.role} initial={user.role} error={form.errorOf('role')} />
        <div>
          <Button type="submit" variant="default" loading={form.busy}>
            {texts.saveRole}
          </Button>
        </div>
        {saved && <Notice kind="good" title={texts.roleSaved} />}
      </Stack>
    </form>
  )
}

const changes = {
  disabled: { button: texts.disable, title: texts.disableTitle, text: texts.disableText },
  blocked: { button: texts.block, title: texts.blockTitle, text: texts.blockText },
  active: { button: texts.enable, title: texts.enableTitle, text: texts.enableText },
} as const

function StatusButtons({ user }: { readonly user: ManagedUser }) {
  const me = useMe()
  const changed = useChanged()
  const [asked, setAsked] = useState<keyof typeof changes | null>(null)
  const isSelf = user.id === me.user.id
  const offered = (['active', 'disabled', 'blocked'] as const).filter(
    (status) => status !== user.status && !(isSelf && status !== 'active'),
  )
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Text size="sm">{texts.statusIs}</Text>
        <StatusBadge status={user.status} />
      </Group>
      <Group gap="sm">
        {offered.map((status) => (
          <Button key={status} variant="default" onClick={() => setAsked(status)}>
            {changes[status].button}
          </Button>
        ))}
      </Group>
      {(Object.keys(changes) as (keyof typeof changes)[]).map((status) => (
        <Confirm
          key={status}
          opened={asked === status}
          onClose={() => setAsked(null)}
          title={changes[status].title(user.username)}
          verb={changes[status].button}
          run={async () => {
            await call(() => users.update(user.id, { status }))
            await changed()
          }}
        >
          {changes[status].text}
        </Confirm>
      ))}
    </Stack>
  )
}
