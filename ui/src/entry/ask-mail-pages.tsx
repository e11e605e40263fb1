import { Button, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { client } from '../api/client.ts'
import { useForm } from '../parts/form.tsx'
import { Problem } from '../parts/notice.tsx'
import { entry } from '../texts/entry.ts'
import { BackToSignIn, Entry } from './threshold.tsx'

interface AskProps {
  readonly texts: { readonly title: string; readonly lead: string; readonly button: string }
  readonly ask: (identifier: string) => Promise<void>
}

/** Asks for a mail. What is answered is the same whether there is such an account. */
function AskMail({ texts, ask }: AskProps) {
  const [sent, setSent] = useState(false)
  const form = useForm(async ({ identifier = '' }) => {
    await ask(identifier)
    setSent(true)
  })
  if (sent) return <Entry title={entry.link.sentTitle} lead={entry.link.sent} below={<BackToSignIn />} />
  return (
    <Entry title={texts.title} lead={texts.lead} below={<BackToSignIn />}>
      <form {...form.props}>
        <Stack gap="md">
          <Problem error={form.error} />
          <TextInput
            name="identifier"
            label={entry.identifier}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            maxLength={254}
            error={form.errorOf('identifier')}
          />
          <Button type="submit" size="md" loading={form.busy}>
            {texts.button}
          </Button>
        </Stack>
      </form>
    </Entry>
  )
}

export function ForgotPasswordPage() {
  return <AskMail texts={entry.forgot} ask={client.forgotPassword} />
}

export function AskLinkPage() {
  return <AskMail texts={entry.link} ask={client.requestLink} />
}
