import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
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

const { user: texts } = admin

/** What helps somebody who cannot get in, and what keeps out somebody else. */
export function SignInSection({ user }: { readonly user: ManagedUser }) {
  const changed = useChanged()
  const me = useMe()
  const isSelf = user.id === me.user.id
  const [asked, setAsked] = useState<'reset' | 'factor' | 'sessions' | null>(null)
  const [done, setDone] = useState<string | null>(null)
  const close = () => setAsked(null)
  const ask = (what: typeof asked) => {
    setDone(null)
    setAsked(what)
  }
  return (
    <Section title={texts.signIn} intro={texts.signInIntro}>
      {done !== null && <Notice kind="good" title={done} />}
      <Group gap="sm">
        <Button
          variant="default"
          disabled={user.email === null || user.status !== 'active'}
          onClick={() => ask('reset')}
        >
          {texts.reset}
        </Button>
        {user.second_factor && !isSelf && (
          <Button variant="default" onClick={() => ask('factor')}>
            {texts.resetFactor}
          </Button>
        )}
        <Button variant="default" onClick={() => ask('sessions')}>
          {texts.endSessions}
        </Button>
      </Group>
      {user.email === null && (
        <Text size="sm" c="dimmed">
          {texts.resetNeedsEmail}
        </Text>
      )}
      <EmailForm key={user.email} user={user} onSaved={() => setDone(texts.emailSaved)} />

      <Confirm
        opened={asked === 'reset'}
        onClose={close}
        title={texts.resetTitle}
        verb={texts.reset}
        run={async () => {
          await call(() => users.sendReset(user.id))
          setDone(texts.resetSent)
        }}
      >
        {texts.resetText(user.email ?? '')}
      </Confirm>
      <Confirm
        opened={asked === 'factor'}
        onClose={close}
        title={texts.resetFactorTitle(user.username)}
        verb={texts.resetFactor}
        run={async () => {
          await call(() => users.resetFactor(user.id))
          await changed()
        }}
      >
        {texts.resetFactorText}
      </Confirm>
      <Confirm
        opened={asked === 'sessions'}
        onClose={close}
        title={texts.endSessionsTitle(user.username)}
        verb={texts.endSessions}
        run={async () => {
          const { ended } = await call(() => users.endSessions(user.id))
          setDone(texts.sessionsEnded(ended))
          await changed()
        }}
      >
        {texts.endSessionsText}
      </Confirm>
    </Section>
  )
}

function EmailForm({ user, onSaved }: { readonly user: ManagedUser; readonly onSaved: () => void }) {
  const changed = useChanged()
  const form = useForm(async ({ email = '' }) => {
    await call(() => users.update(user.id, { email: email.trim() === '' ? null : email.trim() }))
    onSaved()
    await changed()
  })
  return (
    <form {...form.props}>
      <Stack gap="sm" maw="28rem">
        <Problem error={form.error} />
        <TextInput
          name="email"
          type="email"
          label={texts.email}
          defaultValue={user.email ?? ''}
          autoComplete="off"
          maxLength={254}
          error={form.errorOf('email')}
        />
        <div>
          <Button type="submit" variant="default" loading={form.busy}>
            {texts.setEmail}
          </Button>
        </div>
      </Stack>
    </form>
  )
}
