import { Button, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ClientError, client } from '../api/client.ts'
import { facts, noteSetUp } from '../facts.ts'
import { useForm } from '../parts/form.tsx'
import { Problem } from '../parts/notice.tsx'
import { entry } from '../texts/entry.ts'
import { AccountFields, accountOf } from './account-fields.tsx'
import { useLinkToken } from './link-token.ts'
import { useEntered } from './sign-in-page.tsx'
import { BackToSignIn, Entry } from './threshold.tsx'

const { setUp: texts } = entry

/** The first administrator, who is signed in at once. */
export function SetUpPage() {
  const entered = useEntered()
  const code = useLinkToken('code')
  const [typed, setTyped] = useState(code === '')
  const form = useForm(async (values) => {
    const account = accountOf(values)
    try {
      await client.setUp({ code: (values.code ?? code).trim(), ...account })
    } catch (error) {
      if (error instanceof ClientError && error.code === 'one_time_invalid') setTyped(true)
      throw error
    }
    noteSetUp()
    const step = await client.signIn({ identifier: account.username, password: account.password })
    if (step.done) await entered()
  })
  if (!facts.needs_set_up) return <Entry title={texts.doneTitle} lead={texts.done} below={<BackToSignIn />} />
  return (
    <Entry title={texts.title} lead={texts.lead}>
      <form {...form.props}>
        <Stack gap="md">
          <Problem error={form.error} words={texts.wrong} />
          {typed && (
            <TextInput
              name="code"
              label={texts.code}
              description={texts.codeHelp}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              required
              withAsterisk={false}
              maxLength={128}
              error={form.errorOf('code')}
            />
          )}
          <AccountFields form={form} email="optional" />
          <Button type="submit" size="md" loading={form.busy}>
            {texts.button}
          </Button>
        </Stack>
      </form>
    </Entry>
  )
}
