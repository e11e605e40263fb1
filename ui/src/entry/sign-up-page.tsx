import { Anchor, Button, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { client } from '../api/client.ts'
import { facts } from '../facts.ts'
import { useForm } from '../parts/form.tsx'
import { Problem } from '../parts/notice.tsx'
import { entry } from '../texts/entry.ts'
import { AccountFields, accountOf } from './account-fields.tsx'
import { useEntered } from './sign-in-page.tsx'
import { BackToSignIn, Entry } from './threshold.tsx'

const { signUp: texts } = entry

export function SignUpPage() {
  const entered = useEntered()
  const [mailedTo, setMailedTo] = useState<string | null>(null)
  const form = useForm(async (values) => {
    const account = accountOf(values)
    const { status } = await client.signUp(account)
    if (status === 'pending') return setMailedTo(account.email ?? '')
    const step = await client.signIn({ identifier: account.username, password: account.password })
    if (step.done) await entered()
  })
  if (facts.sign_up !== 'open') return <Entry title={texts.closedTitle} lead={texts.closed} below={<BackToSignIn />} />
  if (mailedTo !== null)
    return <Entry title={texts.pendingTitle} lead={texts.pending(mailedTo)} below={<BackToSignIn />} />
  return (
    <Entry
      title={texts.title}
      below={
        <Text ta="center" size="sm">
          {texts.have}{' '}
          <Anchor component={Link} href="/sign-in">
            {entry.signIn.title}
          </Anchor>
        </Text>
      }
    >
      <form {...form.props}>
        <Stack gap="md">
          <Problem error={form.error} />
          <AccountFields form={form} email={facts.confirm_email ? 'needed' : 'optional'} />
          <Button type="submit" size="md" loading={form.busy}>
            {texts.button}
          </Button>
        </Stack>
      </form>
    </Entry>
  )
}
