import { Button, Modal } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type ApiKey, client } from '../api/client.ts'
import { type Made, noteMade } from '../api/made.ts'
import { useMay } from '../api/me.ts'
import { call } from '../api/session.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Icon } from '../parts/icon.tsx'
import { Page } from '../parts/page.tsx'
import { usePaged } from '../parts/paged.tsx'
import { TryIt } from '../parts/try-it.tsx'
import { common } from '../texts/common.ts'
import { keys as texts } from '../texts/credentials.ts'
import { CredentialList } from './credential-list.tsx'
import { CredentialRow } from './credential-row.tsx'
import { Issued, type IssuedPart } from './issued.tsx'
import { KeyForm } from './key-form.tsx'
import { Rotate } from './rotate.tsx'
import { useShowRevoked } from './use-shown.ts'

interface IssuedKey {
  readonly name: string
  readonly id: string
  readonly secret: string
  readonly token: string
}

/** How a new key is shown, this once. */
const partsOf = ({ id, secret, token }: IssuedKey): readonly IssuedPart[] => [
  { label: texts.token, value: token, help: texts.tokenHelp },
  { label: texts.id, value: id, help: texts.pairHelp },
  { label: texts.secret, value: secret },
]

export function KeysPage() {
  const [revoked, setRevoked] = useShowRevoked()
  const mayWrite = useMay('keys:write')
  const queries = useQueryClient()
  const [editing, setEditing] = useState<ApiKey | 'new' | null>(null)
  const [rotating, setRotating] = useState<ApiKey | null>(null)
  const [revoking, setRevoking] = useState<ApiKey | null>(null)
  const [issued, setIssued] = useState<(IssuedKey & Made) | null>(null)
  const include_revoked = revoked ? 'true' : 'false'
  const paged = usePaged({
    key: ['keys', { include_revoked }],
    list: (place) => client.keys.list({ ...place, include_revoked }),
  })
  const reload = () => queries.invalidateQueries({ queryKey: ['keys'] })
  const show = ({ name, id, secret, token }: IssuedKey) => {
    const made = { kind: 'api-key', name, id, secret, token } as const
    noteMade(made)
    setIssued(made)
  }
  const edited = editing === 'new' ? null : editing
  const create = mayWrite ? (
    <Button leftSection={<Icon name="plus" />} onClick={() => setEditing('new')}>
      {texts.create}
    </Button>
  ) : null
  return (
    <Page title={texts.title} intro={texts.intro} actions={create}>
      <CredentialList paged={paged} texts={texts} revoked={revoked} onRevoked={setRevoked}>
        {(key) => (
          <CredentialRow
            key={key.id}
            item={key}
            mayWrite={mayWrite}
            facts={key.allow_addresses}
            onRotate={() => setRotating(key)}
            onRevoke={() => setRevoking(key)}
            actions={
              <Button
                variant="default"
                size="xs"
                aria-label={`${texts.edit} ${key.name}`}
                onClick={() => setEditing(key)}
              >
                {texts.edit}
              </Button>
            }
          />
        )}
      </CredentialList>
      <Modal
        opened={editing !== null}
        onClose={() => setEditing(null)}
        title={edited === null ? texts.createTitle : texts.editTitle(edited.name)}
        size="lg"
        closeButtonProps={{ 'aria-label': common.close }}
      >
        <KeyForm
          edited={edited}
          onCancel={() => setEditing(null)}
          onSend={async (wish) => {
            const { scopes, ...rest } = wish
            const made = { ...rest, ...(scopes === null ? {} : { scopes }) }
            if (edited === null) show(await call(() => client.keys.create(made)))
            else await call(() => client.keys.update(edited.id, wish))
            setEditing(null)
            await reload()
          }}
        />
      </Modal>
      <Issued parts={issued === null ? null : partsOf(issued)} title={texts.issuedTitle} onKept={() => setIssued(null)}>
        {issued !== null && <TryIt sending="api-key" credential={issued} />}
      </Issued>
      <Rotate
        title={rotating === null ? null : texts.rotateTitle(rotating.name)}
        text={texts.rotateText}
        onClose={() => setRotating(null)}
        run={async (grace_seconds) => {
          if (rotating === null) return
          show(await call(() => client.keys.rotate(rotating.id, { grace_seconds })))
          setRotating(null)
          await reload()
        }}
      />
      <Confirm
        opened={revoking !== null}
        onClose={() => setRevoking(null)}
        title={texts.revokeTitle(revoking?.name ?? '')}
        verb={texts.revokeVerb}
        run={async () => {
          if (revoking !== null) await call(() => client.keys.revoke(revoking.id))
          await reload()
        }}
      >
        {texts.revokeText}
      </Confirm>
    </Page>
  )
}
