import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { call } from '../api/session.ts'
import { deviceOf } from '../parts/device.ts'
import { Section } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { When } from '../parts/when.tsx'
import { admin } from '../texts/admin.ts'
import { type ManagedUser, users } from './calls.ts'
import { Tag } from './tag.tsx'

const { user: texts } = admin

/** Where they are signed in. */
export function UserSessions({ user }: { readonly user: ManagedUser }) {
  const found = useQuery({
    queryKey: ['admin', 'users', user.id, 'sessions'],
    queryFn: () => call(() => users.sessions(user.id)),
  })
  return (
    <Section title={texts.sessions}>
      <Loaded query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Text c="dimmed">{texts.noSessions}</Text>
          ) : (
            <ul className="rows">
              {items.map((session) => (
                <li key={session.id}>
                  <div className="row-main">
                    <Text fw={600}>{deviceOf(session.user_agent)}</Text>
                    <Text size="sm" c="dimmed">
                      {session.address} · {texts.lastSeen} <When iso={session.last_seen_at} />
                    </Text>
                  </div>
                  {session.actor !== null && <Tag kind="warn">{texts.actedBy}</Tag>}
                  {session.api !== 'native' && <Tag>{session.api}</Tag>}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  )
}
