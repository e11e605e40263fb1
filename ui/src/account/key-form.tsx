import { Button, Group, Stack, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ApiKey } from '../api/client.ts'
import { useForm } from '../parts/form.tsx'
import { Problem } from '../parts/notice.tsx'
import { common } from '../texts/common.ts'
import { keys as texts } from '../texts/credentials.ts'
import { ExpiryField } from './expiry-field.tsx'
import { ScopeField } from './scope-field.tsx'

export interface KeyWish {
  name: string
  /** Null: whatever the owner may do. */
  scopes: string[] | null
  expires_at: string | null
  allow_addresses: string[]
}

export interface KeyFormProps {
  /** Null: a new key. */
  readonly edited: ApiKey | null
  readonly onCancel: () => void
  readonly onSend: (wish: KeyWish) => Promise<void>
}

/** A new key, or changes of one. */
export function KeyForm({ edited, onCancel, onSend }: KeyFormProps) {
  const [expiry, setExpiry] = useState<string | null>(edited?.expires_at ?? null)
  const [scopes, setScopes] = useState<readonly string[] | null>(edited?.scopes ?? null)
  const form = useForm(
    ({ name = '', allow_addresses = '' }) =>
      onSend({
        name,
        scopes: scopes === null ? null : [...scopes],
        expires_at: expiry,
        allow_addresses: allow_addresses.split(/[\s,]+/).filter((each) => each !== ''),
      }),
    { check: () => ({ scopes: scopes?.length === 0 ? texts.rightsNone : undefined }) },
  )
  return (
    <form {...form.props}>
      <Stack gap="md">
        <Problem error={form.error} />
        <TextInput
          name="name"
          label={texts.name}
          description={texts.nameHelp}
          defaultValue={edited?.name ?? ''}
          autoComplete="off"
          required
          withAsterisk={false}
          maxLength={100}
          data-autofocus
          error={form.errorOf('name')}
        />
        <ExpiryField value={expiry} onChange={setExpiry} mayBeNever error={form.errorOf('expires_at')} />
        <ScopeField value={scopes} onChange={setScopes} error={form.errorOf('scopes')} />
        <Textarea
          name="allow_addresses"
          label={texts.addresses}
          description={texts.addressesHelp}
          defaultValue={edited?.allow_addresses.join('\n') ?? ''}
          autosize
          minRows={2}
          spellCheck={false}
          error={form.errorOf('allow_addresses')}
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onCancel}>
            {common.cancel}
          </Button>
          <Button type="submit" loading={form.busy}>
            {edited === null ? texts.createVerb : texts.editVerb}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
