import { Anchor, Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { useMay } from '../api/me.ts'
import { call } from '../api/session.ts'
import { Confirm } from '../parts/confirm.tsx'
import { When } from '../parts/when.tsx'
import { admin } from '../texts/admin.ts'
import { type CredentialState, credentials, type OwnedKey, type OwnedToken } from './calls.ts'
import { useChanged } from './changed.ts'
import { Tag } from './tag.tsx'

const { credentials: texts } = admin

export interface CredentialRowProps {
  readonly kind: 'keys' | 'tokens'
  readonly credential: OwnedKey | OwnedToken
  readonly showOwner?: boolean
}

/** One key or private token of anybody. */
export function CredentialRow({ kind, credential, showOwner = false }: CredentialRowProps) {
  const mayWrite = useMay('users:write')
  const changed = useChanged()
  const [asked, setAsked] = useState(false)
  const { id, name, owner } = credential
  const state = stateOf(credential)
  return (
    <li>
      <div className="row-main">
        <Group gap="xs">
          <Text fw={600} {...(state === 'revoked' || state === 'expired' ? { c: 'dimmed' } : {})}>
            {name}
          </Text>
          {state !== 'live' && <Tag kind={kinds[state]}>{texts.states[state]}</Tag>}
          {credential.api !== 'native' && <Tag>{credential.api}</Tag>}
        </Group>
        {showOwner && (
          <Text size="sm">
            {texts.ownedBy}{' '}
            <Anchor component={Link} href={`/admin/${owner.kind === 'service' ? 'services' : 'users'}/${owner.id}`}>
              {owner.username}
            </Anchor>
            {owner.status === 'active' ? '' : ` (${admin.status[owner.status]})`}
          </Text>
        )}
        <Text size="sm" c="dimmed">
          <Used at={credential.last_used_at} />
          {' · '}
          <End at={credential.expires_at} over={state === 'expired'} />
          {' · '}
          {credential.scopes === null ? texts.allScopes : credential.scopes.join(', ') || texts.noScopes}
        </Text>
      </div>
      {mayWrite && state !== 'revoked' && (
        <div className="row-actions">
          <Button
            variant="default"
            size="xs"
            aria-label={texts.revokeThis(name, owner.username)}
            onClick={() => setAsked(true)}
          >
            {texts.revoke}
          </Button>
        </div>
      )}
      <Confirm
        opened={asked}
        onClose={() => setAsked(false)}
        title={texts.revokeTitle(name)}
        verb={texts.revoke}
        run={async () => {
          await call(() => (kind === 'keys' ? credentials.revokeKey(id) : credentials.revokeToken(id)))
          await changed()
        }}
      >
        {texts.revokeText(owner.username)}
      </Confirm>
    </li>
  )
}

const kinds = { expiring: 'warn', expired: 'plain', revoked: 'plain', suspended: 'warn' } as const
/** As the server counts it. */
const soonMillis = 14 * 86_400_000

function stateOf({ revoked_at, suspended_at, expires_at }: OwnedKey | OwnedToken): CredentialState {
  if (revoked_at !== null) return 'revoked'
  const left = expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(expires_at) - Date.now()
  if (left <= 0) return 'expired'
  if (suspended_at !== null) return 'suspended'
  return left <= soonMillis ? 'expiring' : 'live'
}

function Used({ at }: { readonly at: string | null }) {
  if (at === null) return texts.neverUsed
  return (
    <>
      {texts.used} <When iso={at} />
    </>
  )
}

function End({ at, over }: { readonly at: string | null; readonly over: boolean }) {
  if (at === null) return texts.noEnd
  return (
    <>
      {over ? texts.ended : texts.ends} <When iso={at} as="day" />
    </>
  )
}
