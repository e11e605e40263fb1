import { Anchor, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation, useSearchParams } from 'wouter'
import { client } from '../api/client.ts'
import { useMeChanged } from '../api/me.ts'
import { facts } from '../facts.ts'
import { useForm } from '../parts/form.tsx'
import { Notice, Problem } from '../parts/notice.tsx'
import { CurrentPassword } from '../parts/password-field.tsx'
import { entry } from '../texts/entry.ts'
import { useAlreadyIn } from './already-in.ts'
import { FactorStep } from './factor-step.tsx'
import { safeReturn } from './return-to.ts'
import { Entry } from './threshold.tsx'

const { signIn: texts } = entry

/** Within the console by its router, elsewhere by loading the page. */
function goTo(path: string, navigate: (path: string, options: { readonly replace: boolean }) => void): void {
  const inside = path === '/console' || path.startsWith('/console/')
  if (inside) navigate(path.slice('/console'.length) || '/', { replace: true })
  else location.assign(path)
}

export type SubmitCode = (code: string) => Promise<unknown>

/** Where the person wanted to go, and how to go there. */
function useWay(): { readonly target: string; readonly go: () => void } {
  const [, navigate] = useLocation()
  const [params] = useSearchParams()
  const target = safeReturn(params.get('return_to'), location.origin)
  return { target, go: () => goTo(target, navigate) }
}

/** After the last factor. */
export function useEntered(): () => Promise<void> {
  const { go } = useWay()
  const changed = useMeChanged()
  return async () => {
    await changed()
    go()
  }
}

export function SignInPage() {
  const entered = useEntered()
  const [submitCode, setSubmitCode] = useState<SubmitCode | null>(null)
  const [expired, setExpired] = useState(false)
  const { target, go } = useWay()
  const already = useAlreadyIn(target, go)
  const form = useForm(async ({ identifier = '', password = '' }) => {
    already.cancel()
    const step = await client.signIn({ identifier, password })
    if (step.done) await entered()
    else setSubmitCode(() => step.submitCode)
  })
  if (submitCode !== null) {
    const again = (late: boolean) => {
      setExpired(late)
      setSubmitCode(null)
    }
    return <FactorStep submit={submitCode} onEntered={entered} onAgain={again} />
  }
  return (
    <Entry title={texts.title} below={<OtherWays />}>
      {expired ? (
        <Notice kind="warn" title={entry.factor.expiredTitle}>
          {entry.factor.expired}
        </Notice>
      ) : (
        <Why />
      )}
      <form {...form.props}>
        <Stack gap="md">
          <Problem error={form.error} />
          <TextInput
            name="identifier"
            label={entry.identifier}
            autoComplete="username"
            autoFocus
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            maxLength={254}
            error={form.errorOf('identifier')}
          />
          <CurrentPassword name="password" label={entry.password} error={form.errorOf('password')} />
          <Button type="submit" size="md" loading={form.busy}>
            {texts.button}
          </Button>
        </Stack>
      </form>
      <Group justify="space-between" gap="xs">
        <Anchor component={Link} href="/forgot-password" size="sm">
          {texts.forgot}
        </Anchor>
        <Anchor component={Link} href="/sign-in/link" size="sm">
          {texts.link}
        </Anchor>
      </Group>
    </Entry>
  )
}

/** What brought the person here, where that is not plain. */
function Why() {
  const [params] = useSearchParams()
  if (facts.needs_set_up)
    return (
      <Notice kind="warn" title={texts.setUpTitle}>
        {texts.setUp}{' '}
        <Anchor component={Link} href="/setup" underline="always">
          {texts.setUpLink}
        </Anchor>
      </Notice>
    )
  const done = params.get('done') as keyof typeof texts.done | null
  if (done !== null && Object.hasOwn(texts.done, done))
    return (
      <Notice kind="good" title={texts.doneTitle}>
        {texts.done[done]}
      </Notice>
    )
  switch (params.get('why')) {
    case 'idle':
      return (
        <Notice kind="warn" title={texts.idleTitle}>
          {texts.idle}
        </Notice>
      )
    case 'ended':
      return (
        <Notice kind="warn" title={texts.endedTitle}>
          {texts.ended}
        </Notice>
      )
    case 'left':
      return <Notice kind="good" title={texts.leftTitle} />
    default:
      return null
  }
}

function OtherWays() {
  if (facts.sign_up !== 'open' || facts.needs_set_up) return null
  return (
    <Text ta="center" size="sm">
      {texts.newHere}{' '}
      <Anchor component={Link} href="/sign-up">
        {texts.signUp}
      </Anchor>
    </Text>
  )
}
