import { Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useLocation } from 'wouter'
import { send } from '../api/client.ts'
import { useMeChanged } from '../api/me.ts'
import { useForm } from '../parts/form.tsx'
import { Problem } from '../parts/notice.tsx'
import { Entry } from './threshold.tsx'

export function SignInPage() {
  const [, navigate] = useLocation()
  const changed = useMeChanged()
  const form = useForm(async ({ identifier, password }) => {
    await send('POST', '/auth/sign-in', { body: { identifier, password, mode: 'cookie' } })
    await changed()
    navigate('/', { replace: true })
  })
  return (
    <Entry title="Sign in">
      <form {...form.props}>
        <Stack>
          <Problem error={form.error} />
          <TextInput
            name="identifier"
            label="User name or e-mail address"
            autoComplete="username"
            required
            withAsterisk={false}
            error={form.errorOf('identifier')}
          />
          <PasswordInput
            name="password"
            label="Password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            error={form.errorOf('password')}
          />
          <Button type="submit" loading={form.busy}>
            Sign in
          </Button>
        </Stack>
      </form>
    </Entry>
  )
}
