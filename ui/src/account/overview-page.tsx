import { Anchor, Badge, Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { client } from '../api/client.ts'
import { useMay, useMe } from '../api/me.ts'
import { call } from '../api/session.ts'
import { EventList } from '../parts/event-list.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { When } from '../parts/when.tsx'
import { account } from '../texts/account.ts'
import { endsSoon } from './ends.ts'

const { overview: texts } = account

export function OverviewPage() {
  const { user } = useMe()
  const events = useQuery({
    queryKey: ['events', 'lately'],
    queryFn: () => call(() => client.account.events({ limit: 5 })),
  })
  return (
    <Page title={texts.title(user.username)} intro={texts.intro}>
      <Attention />
      <Section
        title={texts.facts}
        actions={
          <Anchor component={Link} href="/profile" size="sm">
            {texts.edit}
          </Anchor>
        }
      >
        <dl className="facts">
          <dt>{texts.username}</dt>
          <dd>{user.username}</dd>
          <dt>{texts.email}</dt>
          <dd>
            <Email />
          </dd>
          <dt>{texts.role}</dt>
          <dd>{user.role}</dd>
          <dt>{texts.factor}</dt>
          <dd>{user.second_factor ? texts.on : texts.off}</dd>
          <dt>{texts.since}</dt>
          <dd>
            <When iso={user.created_at} as="day" />
          </dd>
          <dt>{texts.lastSignIn}</dt>
          <dd>
            <When iso={user.last_sign_in_at} />
          </dd>
        </dl>
      </Section>
      <Section
        title={texts.lately}
        actions={
          <Anchor component={Link} href="/activity" size="sm">
            {texts.all}
          </Anchor>
        }
      >
        <Loaded query={events} rows={4}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={account.activity.emptyTitle} text={account.activity.empty} />
            ) : (
              <EventList items={items} />
            )
          }
        </Loaded>
      </Section>
    </Page>
  )
}

function Email() {
  const { user } = useMe()
  if (user.email !== null) return user.email
  if (user.unproven_email === null) return texts.noEmail
  return (
    <Group gap="xs">
      <span>{user.unproven_email}</span>
      <Badge color="yellow">{texts.unproven}</Badge>
    </Group>
  )
}

/** What the person should see to, if anything: no empty praise otherwise. */
function Attention() {
  const { user } = useMe()
  const mayReadTokens = useMay('tokens:read')
  const { data: tokens } = useQuery({
    queryKey: ['tokens', 'first'],
    queryFn: () => call(() => client.tokens.list({ limit: 100 })),
    enabled: mayReadTokens,
  })
  const expiring = tokens?.items.filter(({ expires_at }) => endsSoon(expires_at)).length ?? 0
  const rows: ReactNode[] = []
  const row = (title: string, text: string, href: string, action: string) => (
    <li key={title}>
      <div className="row-main">
        <Text fw={600}>{title}</Text>
        <Text size="sm" c="dimmed">
          {text}
        </Text>
      </div>
      <Button component={Link} href={href} variant="default">
        {action}
      </Button>
    </li>
  )
  if (!user.second_factor) rows.push(row(texts.noFactor, texts.noFactorText, '/security', texts.noFactorAction))
  if (user.email === null) rows.push(row(texts.noEmailTitle, texts.noEmailText, '/profile', texts.noEmailAction))
  if (expiring > 0) rows.push(row(texts.expiring(expiring), texts.expiringText, '/tokens', texts.expiringAction))
  if (rows.length === 0) return null
  return (
    <Section title={texts.attention}>
      <ul className="rows">{rows}</ul>
    </Section>
  )
}
