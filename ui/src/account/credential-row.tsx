import { Badge, Button, Group, Text, Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'
import type { ApiKey, PrivateToken } from '../api/client.ts'
import { When } from '../parts/when.tsx'
import { tokens as texts } from '../texts/credentials.ts'
import { endsSoon, isOver } from './ends.ts'

export interface CredentialRowProps {
  readonly item: ApiKey | PrivateToken
  /** Further facts, behind a dot each. */
  readonly facts?: readonly string[]
  /** False hides the buttons: the server would refuse. */
  readonly mayWrite: boolean
  readonly onRotate: () => void
  readonly onRevoke: () => void
  /** Further buttons. */
  readonly actions?: ReactNode
}

/** One key or token in a list. */
export function CredentialRow({ item, facts = [], mayWrite, onRotate, onRevoke, actions }: CredentialRowProps) {
  const dead = item.revoked_at !== null || isOver(item.expires_at)
  return (
    <li>
      <div className="row-main">
        <Group gap="xs">
          <Text fw={600} c={dead ? 'dimmed' : ''}>
            {item.name}
          </Text>
          <State item={item} />
        </Group>
        <Text size="sm" c="dimmed">
          {item.last_used_at === null ? (
            texts.neverUsed
          ) : (
            <>
              {texts.lastUsed} <When iso={item.last_used_at} />
            </>
          )}
          {' · '}
          {item.revoked_at !== null ? (
            <>
              {texts.revokedAt} <When iso={item.revoked_at} />
            </>
          ) : (
            <Ends iso={item.expires_at} />
          )}
          {facts.map((fact) => ` · ${fact}`)}
        </Text>
        <Text size="sm" c="dimmed">
          {item.scopes === null ? texts.unlimited : item.scopes.join(', ')}
        </Text>
      </div>
      {!dead && mayWrite && (
        <div className="row-actions">
          {actions}
          {item.successor === null && (
            <Button variant="default" size="xs" aria-label={`${texts.rotate} ${item.name}`} onClick={onRotate}>
              {texts.rotate}
            </Button>
          )}
          <Button variant="default" size="xs" aria-label={`${texts.revoke} ${item.name}`} onClick={onRevoke}>
            {texts.revoke}
          </Button>
        </div>
      )}
    </li>
  )
}

function Ends({ iso }: { readonly iso: string | null }) {
  if (iso === null) return texts.neverEnds
  return (
    <>
      {isOver(iso) ? texts.ended : texts.ends} <When iso={iso} as="day" />
    </>
  )
}

function State({ item }: { readonly item: ApiKey | PrivateToken }) {
  if (item.revoked_at !== null) return <Badge color="gray">{texts.revoked}</Badge>
  if (isOver(item.expires_at)) return <Badge color="gray">{texts.over}</Badge>
  if (item.suspended_at !== null)
    return (
      <Tooltip label={texts.suspendedHelp}>
        <Badge color="yellow">{texts.suspended}</Badge>
      </Tooltip>
    )
  if (item.successor !== null) return <Badge color="yellow">{texts.rotated}</Badge>
  if (endsSoon(item.expires_at)) return <Badge color="yellow">{texts.soon}</Badge>
  return null
}
