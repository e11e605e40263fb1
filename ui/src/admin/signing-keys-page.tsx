import { Button, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../api/session.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { When } from '../parts/when.tsx'
import { server as texts } from '../texts/admin-server.ts'
import { type SigningKeys, server } from './calls.ts'
import { useChanged } from './changed.ts'
import { Tag } from './tag.tsx'
import './admin.css'

const { signingKeys: words } = texts
const uses = ['access', 'private', 'refresh'] as const
type Use = (typeof uses)[number]
type Key = SigningKeys['items'][number]

/** What the server signs with. */
export function SigningKeysPage() {
  const found = useQuery({ queryKey: ['admin', 'signing-keys'], queryFn: () => call(server.signingKeys) })
  return (
    <Page title={words.title} intro={words.intro}>
      <Loaded query={found}>{(keys) => uses.map((use) => <UseSection key={use} use={use} keys={keys} />)}</Loaded>
    </Page>
  )
}

function UseSection({ use, keys }: { readonly use: Use; readonly keys: SigningKeys }) {
  const changed = useChanged()
  const [asked, setAsked] = useState(false)
  const mine = keys.items.filter((key) => key.use === use).toSorted(byRank)
  const next = keys.schedule.find((each) => each.use === use)
  return (
    <Section
      title={words.uses[use]}
      intro={words.useHelp[use]}
      actions={
        <Button variant="default" onClick={() => setAsked(true)} aria-label={`${words.rotate}: ${words.uses[use]}`}>
          {words.rotate}
        </Button>
      }
    >
      {next !== undefined && (
        <Text>
          {words.next}: <When iso={next.next_at} as="day" /> (<When iso={next.next_at} />)
        </Text>
      )}
      {mine.length === 0 ? (
        <Text c="dimmed">{words.none}</Text>
      ) : (
        <ul className="rows">
          {mine.map((key) => (
            <KeyRow key={key.kid} signingKey={key} />
          ))}
        </ul>
      )}
      <Confirm
        opened={asked}
        onClose={() => setAsked(false)}
        title={words.rotateTitle}
        verb={words.rotate}
        run={async () => {
          await call(() => server.rotate({ use, now: true }))
          await changed()
        }}
      >
        {words.rotateText}
      </Confirm>
    </Section>
  )
}

const ranks: Readonly<Record<Key['state'], number>> = { next: 0, signing: 1, verifying: 2, revoked: 3 }
const byRank = (a: Key, b: Key) => ranks[a.state] - ranks[b.state] || b.active_at.localeCompare(a.active_at)
const kinds = { next: 'warn', signing: 'good', verifying: 'plain', revoked: 'bad' } as const

function KeyRow({ signingKey: key }: { readonly signingKey: Key }) {
  return (
    <li>
      <div className="row-main">
        <Text ff="monospace" size="sm">
          {key.kid}
        </Text>
        <Text size="sm" c="dimmed">
          {key.alg} · {words.age} <When iso={key.created_at} />
          <Ends signingKey={key} />
        </Text>
      </div>
      <Tag kind={kinds[key.state]}>{words.states[key.state]}</Tag>
    </li>
  )
}

function Ends({ signingKey: key }: { readonly signingKey: Key }) {
  if (key.state === 'next') {
    return (
      <>
        {' · '}
        {words.signsFrom} <When iso={key.active_at} as="day" />
      </>
    )
  }
  if (key.state !== 'verifying' || key.verifies_until === null) return null
  return (
    <>
      {' · '}
      {words.verifiesUntil} <When iso={key.verifies_until} as="day" />
    </>
  )
}
