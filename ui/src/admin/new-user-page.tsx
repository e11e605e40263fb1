import { Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { call } from '../api/session.ts'
import { facts } from '../facts.ts'
import { useForm } from '../parts/form.tsx'
import { Notice, Problem } from '../parts/notice.tsx'
import { Page, Section } from '../parts/page.tsx'
import { admin } from '../texts/admin.ts'
import { common } from '../texts/common.ts'
import { users } from './calls.ts'
import { RoleSelect } from './role-select.tsx'
import { ScopeChoice } from './scope-choice.tsx'
import './admin.css'

const { create: texts, invite, service, user } = admin

/** Nothing that was left empty is sent. */
const given = (text = ''): string | null => (text.trim() === '' ? null : text.trim())

function useMade(folder: 'users' | 'services') {
  const queries = useQueryClient()
  const [, go] = useLocation()
  return async (id: string) => {
    await queries.invalidateQueries({ queryKey: ['admin', 'users'] })
    go(`/admin/${folder}/${id}`)
  }
}

export function NewUserPage() {
  const made = useMade('users')
  const form = useForm(async ({ username = '', email, password = '', role = '' }) => {
    const wish = { username: username.trim(), email: given(email), password: password === '' ? null : password, role }
    const { id } = await call(() => users.create({ ...wish, kind: 'person' }))
    await made(id)
  })
  return (
    <Page title={texts.title} intro={texts.intro}>
      <Section>
        <form {...form.props}>
          <Stack gap="md" maw="28rem">
            <Problem error={form.error} />
            <NameField label={texts.username} error={form.errorOf('username')} />
            <TextInput
              name="email"
              type="email"
              label={texts.email}
              description={texts.emailHelp}
              autoComplete="off"
              maxLength={254}
              error={form.errorOf('email')}
            />
            <PasswordInput
              name="password"
              label={texts.password}
              description={texts.passwordHelp}
              autoComplete="new-password"
              minLength={facts.password.min_length}
              maxLength={facts.password.max_length}
              error={form.errorOf('password')}
            />
            <RoleSelect error={form.errorOf('role')} />
            <Buttons verb={texts.button} busy={form.busy} back="/admin/users" />
          </Stack>
        </form>
      </Section>
    </Page>
  )
}

export function InvitePage() {
  const [sentTo, setSentTo] = useState<string | null>(null)
  const form = useForm(async ({ email = '', role = '' }) => {
    await call(() => users.invite({ email: email.trim(), role }))
    setSentTo(email.trim())
  })
  return (
    <Page title={invite.title} intro={invite.intro}>
      <Section>
        {sentTo !== null ? (
          <Stack gap="md" align="flex-start">
            <Notice kind="good" title={invite.sentTitle}>
              {invite.sent(sentTo)}
            </Notice>
            <Group gap="sm">
              <Button variant="default" onClick={() => setSentTo(null)}>
                {invite.another}
              </Button>
              <Button variant="default" component={Link} href="/admin/users">
                {user.back}
              </Button>
            </Group>
          </Stack>
        ) : (
          <form {...form.props}>
            <Stack gap="md" maw="28rem">
              <Problem error={form.error} />
              <TextInput
                name="email"
                type="email"
                label={invite.email}
                autoComplete="off"
                required
                withAsterisk={false}
                maxLength={254}
                error={form.errorOf('email')}
              />
              <RoleSelect error={form.errorOf('role')} />
              <Buttons verb={invite.button} busy={form.busy} back="/admin/users" />
            </Stack>
          </form>
        )}
      </Section>
    </Page>
  )
}

export function NewServicePage() {
  const made = useMade('services')
  const [scopes, setScopes] = useState<readonly string[]>([])
  const form = useForm(async ({ username = '', role = '' }) => {
    const wish = { username: username.trim(), role, email: null, password: null, granted_scopes: [...scopes] }
    const { id } = await call(() => users.create({ ...wish, kind: 'service' }))
    await made(id)
  })
  return (
    <Page title={service.create} intro={service.createIntro}>
      <Section>
        <form {...form.props}>
          <Stack gap="md">
            <Problem error={form.error} />
            <Stack gap="md" maw="28rem">
              <NameField label={texts.username} error={form.errorOf('username')} />
              <RoleSelect initial="guest" error={form.errorOf('role')} />
            </Stack>
            <ScopeChoice value={scopes} onChange={setScopes} error={form.errorOf('scopes')} />
            <Buttons verb={service.createButton} busy={form.busy} back="/admin/services" />
          </Stack>
        </form>
      </Section>
    </Page>
  )
}

function NameField({ label, error }: { readonly label: string; readonly error: string | undefined }) {
  return (
    <TextInput
      name="username"
      label={label}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      required
      withAsterisk={false}
      maxLength={254}
      error={error}
    />
  )
}

interface ButtonsProps {
  readonly verb: string
  readonly busy: boolean
  readonly back: string
}

function Buttons({ verb, busy, back }: ButtonsProps) {
  return (
    <Group gap="sm">
      <Button type="submit" loading={busy}>
        {verb}
      </Button>
      <Button variant="default" component={Link} href={back}>
        {common.cancel}
      </Button>
    </Group>
  )
}
