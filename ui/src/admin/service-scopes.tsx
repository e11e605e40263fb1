import { Button, Stack } from '@mantine/core'
import { useState } from 'react'
import { call } from '../api/session.ts'
import { useForm } from '../parts/form.tsx'
import { Notice, Problem } from '../parts/notice.tsx'
import { Section } from '../parts/page.tsx'
import { admin } from '../texts/admin.ts'
import { type ManagedUser, users } from './calls.ts'
import { useChanged } from './changed.ts'
import { ScopeChoice } from './scope-choice.tsx'

const { service: texts } = admin

export function ServiceScopes({ user }: { readonly user: ManagedUser }) {
  const changed = useChanged()
  const [scopes, setScopes] = useState<readonly string[]>(user.granted_scopes)
  const [saved, setSaved] = useState(false)
  const form = useForm(async () => {
    setSaved(false)
    await call(() => users.update(user.id, { granted_scopes: [...scopes] }))
    await changed()
    setSaved(true)
  })
  return (
    <Section>
      <form {...form.props}>
        <Stack gap="md">
          <Problem error={form.error} />
          <ScopeChoice value={scopes} onChange={setScopes} />
          <div>
            <Button type="submit" variant="default" loading={form.busy}>
              {texts.saveScopes}
            </Button>
          </div>
          {saved && <Notice kind="good" title={texts.scopesSaved} />}
        </Stack>
      </form>
    </Section>
  )
}
