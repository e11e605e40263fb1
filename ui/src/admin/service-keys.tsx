import { Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useMay } from '../api/me.ts'
import { call } from '../api/session.ts'
import { Code } from '../parts/copy.tsx'
import { useForm } from '../parts/form.tsx'
import { Notice, Problem } from '../parts/notice.tsx'
import { Section } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { admin } from '../texts/admin.ts'
import { common } from '../texts/common.ts'
import { credentials, type ManagedUser, users } from './calls.ts'
import { useChanged } from './changed.ts'
import { CredentialRow } from './credential-row.tsx'

const { service: texts } = admin

/** The keys of a service, and the way to another one. */
export function ServiceKeys({ user }: { readonly user: ManagedUser }) {
  const mayWrite = useMay('users:write')
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<string | null>(null)
  const found = useQuery({
    queryKey: ['admin', 'keys', 'of', user.id],
    queryFn: () => call(() => credentials.keys({ user: user.id, state: 'live', limit: 50 })),
  })
  return (
    <Section
      title={texts.keys}
      actions={
        mayWrite &&
        !making && (
          <Button onClick={() => setMaking(true)} disabled={user.status !== 'active'}>
            {texts.newKey}
          </Button>
        )
      }
    >
      {made !== null && (
        <Notice kind="good" title={texts.madeTitle}>
          <Text size="sm" mb="xs">
            {texts.made}
          </Text>
          <Code value={made} what={texts.theKey} />
          <Button variant="default" size="xs" mt="xs" onClick={() => setMade(null)}>
            {texts.kept}
          </Button>
        </Notice>
      )}
      {making && (
        <KeyForm
          user={user}
          onMade={(token) => {
            setMade(token)
            setMaking(false)
          }}
          onCancel={() => setMaking(false)}
        />
      )}
      <Loaded query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Text c="dimmed">{texts.noKeys}</Text>
          ) : (
            <ul className="rows">
              {items.map((key) => (
                <CredentialRow key={key.id} kind="keys" credential={key} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  )
}

interface KeyFormProps {
  readonly user: ManagedUser
  readonly onMade: (token: string) => void
  readonly onCancel: () => void
}

/** The end of a day, where the person is. */
const endOf = (day: string): string => new Date(`${day}T23:59:59`).toISOString()

function KeyForm({ user, onMade, onCancel }: KeyFormProps) {
  const changed = useChanged()
  const form = useForm(async ({ name = '', until = '', addresses = '' }) => {
    const allowed = addresses.split(/[\s,]+/).filter((each) => each !== '')
    const wish = {
      name: name.trim(),
      ...(until === '' ? {} : { expires_at: endOf(until) }),
      ...(allowed.length === 0 ? {} : { allow_addresses: allowed }),
    }
    const { token } = await call(() => users.makeKey(user.id, wish))
    onMade(token)
    await changed()
  })
  return (
    <form {...form.props}>
      <Stack gap="md" maw="28rem">
        <Problem error={form.error} />
        <TextInput
          name="name"
          label={texts.keyName}
          description={texts.keyNameHelp}
          autoComplete="off"
          required
          withAsterisk={false}
          maxLength={100}
          autoFocus
          error={form.errorOf('name')}
        />
        <TextInput name="until" type="date" label={texts.expires} error={form.errorOf('expires_at')} />
        <Textarea
          name="addresses"
          label={texts.addresses}
          description={texts.addressesHelp}
          autosize
          minRows={2}
          spellCheck={false}
          error={form.errorOf('allow_addresses')}
        />
        <Group gap="sm">
          <Button type="submit" loading={form.busy}>
            {texts.makeKey}
          </Button>
          <Button variant="default" onClick={onCancel}>
            {common.cancel}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
