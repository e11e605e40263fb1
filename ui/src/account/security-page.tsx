import { Button, Checkbox, Stack } from '@mantine/core'
import { useState } from 'react'
import { client } from '../api/client.ts'
import { useMe } from '../api/me.ts'
import { call } from '../api/session.ts'
import { useForm } from '../parts/form.tsx'
import { Notice, Problem } from '../parts/notice.tsx'
import { Page, Section } from '../parts/page.tsx'
import { NewPassword } from '../parts/password-field.tsx'
import { account } from '../texts/account.ts'
import { FactorSection } from './factor-section.tsx'

const { security: texts } = account

export function SecurityPage() {
  return (
    <Page title={texts.title} intro={texts.intro}>
      <Password />
      <FactorSection />
    </Page>
  )
}

function Password() {
  const { user } = useMe()
  const [saved, setSaved] = useState(0)
  const form = useForm(async ({ new_password = '', revoke_keys }) => {
    await call(() => client.account.changePassword({ new_password, revoke_keys: revoke_keys !== undefined }))
    setSaved((times) => times + 1)
  })
  return (
    <Section title={texts.password} intro={texts.passwordIntro}>
      {/* A new key each time: the fields are empty again. */}
      <form key={saved} {...form.props}>
        <Stack gap="md" align="flex-start">
          <Problem error={form.error} />
          {saved > 0 && <Notice kind="good" title={texts.saved} />}
          <input type="text" name="username" autoComplete="username" value={user.username} readOnly hidden />
          <div className="field">
            <NewPassword
              name="new_password"
              label={texts.newPassword}
              names={[user.username, user.email ?? '']}
              error={form.errorOf('new_password')}
            />
          </div>
          <Checkbox name="revoke_keys" label={texts.revoke} description={texts.revokeHelp} />
          <Button type="submit" variant="default" loading={form.busy}>
            {texts.save}
          </Button>
        </Stack>
      </form>
    </Section>
  )
}
