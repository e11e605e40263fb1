import { Badge, Button, Group, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client, type Session } from '../api/client.ts'
import { call } from '../api/session.ts'
import { Confirm } from '../parts/confirm.tsx'
import { deviceOf } from '../parts/device.ts'
import { Icon } from '../parts/icon.tsx'
import { Notice } from '../parts/notice.tsx'
import { Page, Section } from '../parts/page.tsx'
import { PagedList, usePaged } from '../parts/paged.tsx'
import { When } from '../parts/when.tsx'
import { account } from '../texts/account.ts'

const { sessions: texts } = account

export function SessionsPage() {
  const paged = usePaged({ key: ['sessions'], list: client.sessions.list })
  const queries = useQueryClient()
  const [ending, setEnding] = useState<Session | 'others' | null>(null)
  const [ended, setEnded] = useState<number | null>(null)
  const reload = () => queries.invalidateQueries({ queryKey: ['sessions'] })
  const one = ending === 'others' ? null : ending
  return (
    <Page
      title={texts.title}
      intro={texts.intro}
      actions={
        <Button variant="default" onClick={() => setEnding('others')}>
          {texts.endOthers}
        </Button>
      }
    >
      {ended !== null && <Notice kind="good" title={texts.ended(ended)} />}
      <Section>
        <PagedList paged={paged} empty={null}>
          {(items) => (
            <ul className="rows">
              {items.map((session) => (
                <SessionRow key={session.id} session={session} onEnd={() => setEnding(session)} />
              ))}
            </ul>
          )}
        </PagedList>
      </Section>
      <Confirm
        opened={one !== null}
        onClose={() => setEnding(null)}
        title={texts.endTitle}
        verb={texts.endVerb}
        run={async () => {
          if (one !== null) await call(() => client.sessions.end(one.id))
          await reload()
        }}
      >
        {texts.endText(deviceOf(one?.user_agent ?? ''))}
      </Confirm>
      <Confirm
        opened={ending === 'others'}
        onClose={() => setEnding(null)}
        title={texts.endOthersTitle}
        verb={texts.endOthersVerb}
        run={async () => {
          setEnded((await call(() => client.sessions.endOthers())).ended)
          await reload()
        }}
      >
        {texts.endOthersText}
      </Confirm>
    </Page>
  )
}

function SessionRow({ session, onEnd }: { readonly session: Session; readonly onEnd: () => void }) {
  const device = deviceOf(session.user_agent)
  return (
    <li>
      <Icon name="device" size={22} />
      <div className="row-main">
        <Group gap="xs">
          <Text fw={600}>{device}</Text>
          {session.current && <Badge>{texts.current}</Badge>}
        </Group>
        <Text size="sm" c="dimmed">
          {session.address}
          {session.api === 'native' ? '' : `, ${texts.through(session.api)}`}
          {' · '}
          {texts.seen} <When iso={session.last_seen_at} />
          {' · '}
          {texts.began} <When iso={session.created_at} />
        </Text>
      </div>
      {!session.current && (
        <div className="row-actions">
          <Button variant="default" size="xs" aria-label={`${texts.end}: ${device}`} onClick={onEnd}>
            {texts.end}
          </Button>
        </div>
      )}
    </li>
  )
}
