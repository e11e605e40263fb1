import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { client } from '../api/client.ts'
import { useMe, useMeChanged } from '../api/me.ts'
import { call } from '../api/session.ts'
import { Confirm } from '../parts/confirm.tsx'
import { useForm } from '../parts/form.tsx'
import { Notice, Problem } from '../parts/notice.tsx'
import { Page, Section } from '../parts/page.tsx'
import { account } from '../texts/account.ts'

const { profile: texts } = account

export function ProfilePage() {
  return (
    <Page title={texts.title} intro={texts.intro}>
      <Username />
      <Email />
      <Remove />
    </Page>
  )
}

function Username() {
  const { user } = useMe()
  const changed = useMeChanged()
  const [saved, setSaved] = useState(false)
  const form = useForm(async ({ username = '' }) => {
    setSaved(false)
    await call(() => client.account.update({ username }))
    await changed()
    setSaved(true)
  })
  return (
    <Section title={texts.username} intro={texts.usernameIntro}>
      <form {...form.props}>
        <Stack gap="md" align="flex-start">
          <Problem error={form.error} />
          {saved && <Notice kind="good" title={texts.usernameSaved} />}
          <TextInput
            key={user.username}
            name="username"
            label={texts.username}
            defaultValue={user.username}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            maxLength={254}
            w="100%"
            maw="24rem"
            error={form.errorOf('username')}
          />
          <Button type="submit" variant="default" loading={form.busy}>
            {texts.saveUsername}
          </Button>
        </Stack>
      </form>
    </Section>
  )
}

function Email() {
  const { user } = useMe()
  const [sentTo, setSentTo] = useState<string | null>(null)
  const changed = useMeChanged()
  const form = useForm(async ({ email = '' }) => {
    setSentTo(null)
    await call(() => client.account.update({ email }))
    await changed()
    setSentTo(email)
  })
  const now = user.email ?? user.unproven_email
  return (
    <Section title={texts.email} intro={texts.emailIntro}>
      <form {...form.props}>
        <Stack gap="md" align="flex-start">
          <Problem error={form.error} />
          {sentTo !== null && (
            <Notice kind="good" title={texts.emailSentTitle}>
              {texts.emailSent(sentTo)}
            </Notice>
          )}
          {now !== null && (
            <Group gap="md">
              <Text c="dimmed">{texts.current}</Text>
              <Text>{now}</Text>
            </Group>
          )}
          <TextInput
            name="email"
            type="email"
            label={texts.newEmail}
            autoComplete="email"
            required
            withAsterisk={false}
            maxLength={254}
            w="100%"
            maw="24rem"
            error={form.errorOf('email')}
          />
          <Button type="submit" variant="default" loading={form.busy}>
            {texts.saveEmail}
          </Button>
        </Stack>
      </form>
    </Section>
  )
}

function Remove() {
  const { user } = useMe()
  const [, navigate] = useLocation()
  const [asking, setAsking] = useState(false)
  return (
    <Section title={texts.remove} intro={texts.removeIntro}>
      <div>
        <Button variant="outline" color="red.9" className="danger" onClick={() => setAsking(true)}>
          {texts.removeButton}
        </Button>
      </div>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={texts.removeTitle}
        verb={texts.removeVerb}
        word={user.username}
        run={async () => {
          await call(() => client.account.remove())
          navigate('/sign-in?done=deleted', { replace: true })
        }}
      >
        {texts.removeText}
      </Confirm>
    </Section>
  )
}
