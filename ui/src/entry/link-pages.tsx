import { Button, Stack } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { client } from '../api/client.ts'
import { useMeChanged } from '../api/me.ts'
import { type FormState, useForm, type Values } from '../parts/form.tsx'
import { Problem, type ProblemWords } from '../parts/notice.tsx'
import { CurrentPassword, NewPassword } from '../parts/password-field.tsx'
import { entry } from '../texts/entry.ts'
import { AccountFields, accountOf } from './account-fields.tsx'
import { FactorStep } from './factor-step.tsx'
import { useLinkToken } from './link-token.ts'
import { type SubmitCode, useEntered } from './sign-in-page.tsx'
import { BackToSignIn, Entry, IncompleteLink } from './threshold.tsx'

/*
 * Where mailed links lead. Opening one changes nothing, since mail scanners open links too: what it is for is said, and
 * the button does it.
 */

interface LinkProps {
  readonly texts: {
    readonly title: string
    readonly lead: string
    readonly button: string
    readonly wrong?: ProblemWords
  }
  readonly run: (token: string, values: Values) => Promise<unknown>
  readonly fields?: (form: FormState) => ReactNode
}

function LinkForm({ texts, run, fields }: LinkProps) {
  const token = useLinkToken()
  const form = useForm((values) => run(token, values))
  if (token === '') return <IncompleteLink />
  return (
    <Entry title={texts.title} lead={texts.lead} below={<BackToSignIn />}>
      <form {...form.props}>
        <Stack gap="md">
          <Problem error={form.error} words={texts.wrong} />
          {fields?.(form)}
          <Button type="submit" size="md" loading={form.busy}>
            {texts.button}
          </Button>
        </Stack>
      </form>
    </Entry>
  )
}

/** To the sign-in, which says what was done. */
function useDone(): (what: keyof typeof entry.signIn.done) => void {
  const [, navigate] = useLocation()
  return (what) => navigate(`/sign-in?done=${what}`, { replace: true })
}

/** An address was confirmed: whoever is signed in sees it where the address stands. */
function useConfirmed(): () => Promise<void> {
  const [, navigate] = useLocation()
  const done = useDone()
  const changed = useMeChanged()
  return async () => {
    if ((await client.user()) === null) return done('email')
    await changed()
    navigate('/profile?done=email', { replace: true })
  }
}

export function UseLinkPage() {
  const entered = useEntered()
  const [, navigate] = useLocation()
  const [submitCode, setSubmitCode] = useState<SubmitCode | null>(null)
  if (submitCode !== null)
    return <FactorStep submit={submitCode} onEntered={entered} onAgain={() => navigate('/sign-in/link')} />
  const { useTitle: title, useLead: lead, useButton: button } = entry.link
  return (
    <LinkForm
      texts={{ title, lead, button }}
      run={async (token) => {
        const step = await client.signInWithLink(token)
        if (step.done) await entered()
        else setSubmitCode(() => step.submitCode)
      }}
    />
  )
}

export function ResetPasswordPage() {
  const done = useDone()
  return (
    <LinkForm
      texts={entry.reset}
      run={async (token, { new_password = '' }) => {
        await client.resetPassword({ token, new_password })
        done('password')
      }}
      fields={(form) => (
        <NewPassword name="new_password" label={entry.newPassword} error={form.errorOf('new_password')} />
      )}
    />
  )
}

const ownPassword = (form: FormState) => (
  <CurrentPassword name="password" label={entry.confirm.password} error={form.errorOf('password')} />
)

export function ConfirmEmailPage() {
  const confirmed = useConfirmed()
  return (
    <LinkForm
      texts={entry.confirm}
      run={async (token, { password = '' }) => {
        await client.confirmEmail({ token, password })
        await confirmed()
      }}
      fields={ownPassword}
    />
  )
}

export function ChangeEmailPage() {
  const confirmed = useConfirmed()
  return (
    <LinkForm
      texts={entry.change}
      run={async (token, { password = '' }) => {
        await client.confirmEmail({ token, password })
        await confirmed()
      }}
      fields={ownPassword}
    />
  )
}

export function UndoEmailPage() {
  const [undone, setUndone] = useState(false)
  if (undone)
    return (
      <Entry title={entry.undo.doneTitle} lead={entry.undo.done}>
        <Button component={Link} href="/forgot-password" size="md">
          {entry.undo.next}
        </Button>
      </Entry>
    )
  return (
    <LinkForm
      texts={entry.undo}
      run={async (token) => {
        await client.undoEmail(token)
        setUndone(true)
      }}
    />
  )
}

export function InvitationPage() {
  const entered = useEntered()
  return (
    <LinkForm
      texts={entry.invitation}
      run={async (invitation, values) => {
        const account = accountOf(values)
        await client.signUp({ ...account, invitation })
        const step = await client.signIn({ identifier: account.username, password: account.password })
        if (step.done) await entered()
      }}
      fields={(form) => <AccountFields form={form} email="none" />}
    />
  )
}
