import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client, type PrivateToken } from '../api/client.ts'
import { type Made, noteMade } from '../api/made.ts'
import { useMay } from '../api/me.ts'
import { call } from '../api/session.ts'
import { Confirm } from '../parts/confirm.tsx'
import { useForm } from '../parts/form.tsx'
import { Icon } from '../parts/icon.tsx'
import { Problem } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { usePaged } from '../parts/paged.tsx'
import { TryIt } from '../parts/try-it.tsx'
import { common } from '../texts/common.ts'
import { tokens as texts } from '../texts/credentials.ts'
import { CredentialList } from './credential-list.tsx'
import { CredentialRow } from './credential-row.tsx'
import { ExpiryField, endIn, usualDays } from './expiry-field.tsx'
import { Issued, type IssuedPart } from './issued.tsx'
import { Rotate } from './rotate.tsx'
import { ScopeField } from './scope-field.tsx'
import { useShowRevoked } from './use-shown.ts'

/** How a new token is shown, this once. */
const partsOf = (token: string): readonly IssuedPart[] => [{ label: texts.token, value: token, help: texts.send }]

export function TokensPage() {
  const [revoked, setRevoked] = useShowRevoked()
  const mayWrite = useMay('tokens:write')
  const queries = useQueryClient()
  const [creating, setCreating] = useState(false)
  const [rotating, setRotating] = useState<PrivateToken | null>(null)
  const [revoking, setRevoking] = useState<PrivateToken | null>(null)
  const [issued, setIssued] = useState<Made | null>(null)
  const include_revoked = revoked ? 'true' : 'false'
  const paged = usePaged({
    key: ['tokens', { include_revoked }],
    list: (place) => client.tokens.list({ ...place, include_revoked }),
  })
  const reload = () => queries.invalidateQueries({ queryKey: ['tokens'] })
  const show = async ({ name, token }: { readonly name: string; readonly token: string }) => {
    const made = { kind: 'private-token', name, token } as const
    noteMade(made)
    setIssued(made)
    await reload()
  }
  const create = mayWrite ? (
    <Button leftSection={<Icon name="plus" />} onClick={() => setCreating(true)}>
      {texts.create}
    </Button>
  ) : null
  return (
    <Page title={texts.title} intro={texts.intro} actions={create}>
      <CredentialList paged={paged} texts={texts} revoked={revoked} onRevoked={setRevoked}>
        {(token) => (
          <CredentialRow
            key={token.id}
            item={token}
            mayWrite={mayWrite}
            onRotate={() => setRotating(token)}
            onRevoke={() => setRevoking(token)}
          />
        )}
      </CredentialList>
      <Modal
        opened={creating}
        onClose={() => setCreating(false)}
        title={texts.createTitle}
        size="lg"
        closeButtonProps={{ 'aria-label': common.close }}
      >
        <Create
          onCancel={() => setCreating(false)}
          onMade={async (made) => {
            setCreating(false)
            await show(made)
          }}
        />
      </Modal>
      <Issued
        parts={issued === null ? null : partsOf(issued.token)}
        title={texts.issuedTitle}
        onKept={() => setIssued(null)}
      >
        {issued !== null && <TryIt sending="bearer" credential={issued} />}
      </Issued>
      <Rotate
        title={rotating === null ? null : texts.rotateTitle(rotating.name)}
        text={texts.rotateText}
        onClose={() => setRotating(null)}
        run={async (grace_seconds) => {
          if (rotating === null) return
          const successor = await call(() => client.tokens.rotate(rotating.id, { grace_seconds }))
          setRotating(null)
          await show(successor)
        }}
      />
      <Confirm
        opened={revoking !== null}
        onClose={() => setRevoking(null)}
        title={texts.revokeTitle(revoking?.name ?? '')}
        verb={texts.revokeVerb}
        run={async () => {
          if (revoking !== null) await call(() => client.tokens.revoke(revoking.id))
          await reload()
        }}
      >
        {texts.revokeText}
      </Confirm>
    </Page>
  )
}

interface CreateProps {
  readonly onCancel: () => void
  readonly onMade: (made: { readonly name: string; readonly token: string }) => Promise<void>
}

function Create({ onCancel, onMade }: CreateProps) {
  const [expiry, setExpiry] = useState<string | null>(endIn(usualDays))
  const [scopes, setScopes] = useState<readonly string[] | null>(null)
  const form = useForm(
    async ({ name = '' }) => {
      const wish = { name, expires_at: expiry ?? endIn(usualDays), ...(scopes === null ? {} : { scopes: [...scopes] }) }
      await onMade(await call(() => client.tokens.create(wish)))
    },
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
          autoComplete="off"
          required
          withAsterisk={false}
          maxLength={100}
          data-autofocus
          error={form.errorOf('name')}
        />
        <ExpiryField value={expiry} begin={usualDays} onChange={setExpiry} error={form.errorOf('expires_at')} />
        <ScopeField value={scopes} onChange={setScopes} error={form.errorOf('scopes')} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onCancel}>
            {common.cancel}
          </Button>
          <Button type="submit" loading={form.busy}>
            {texts.createVerb}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
