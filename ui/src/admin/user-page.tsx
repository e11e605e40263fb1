import { Anchor, Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from 'wouter'
import { useMay, useMe } from '../api/me.ts'
import { call } from '../api/session.ts'
import { Page, Section } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { When } from '../parts/when.tsx'
import { admin } from '../texts/admin.ts'
import { type ManagedUser, users } from './calls.ts'
import { emailText, Marks } from './person.tsx'
import { ServiceKeys } from './service-keys.tsx'
import { ServiceScopes } from './service-scopes.tsx'
import { AccessSection } from './user-access.tsx'
import { ActSection, RemoveSection } from './user-end.tsx'
import { UserSessions } from './user-sessions.tsx'
import { SignInSection } from './user-sign-in.tsx'
import './admin.css'

const { user: texts } = admin

/** One person, or one service. */
export function UserPage() {
  const { id = '' } = useParams<{ readonly id: string }>()
  const found = useQuery({ queryKey: ['admin', 'users', id], queryFn: () => call(() => users.get(id)) })
  if (found.data !== undefined) return <Whole user={found.data} />
  return (
    <Page title={texts.title} intro={<Back isService={false} />}>
      <Section>
        <Loaded query={found} rows={6}>
          {() => null}
        </Loaded>
      </Section>
    </Page>
  )
}

function Whole({ user }: { readonly user: ManagedUser }) {
  const mayWrite = useMay('users:write')
  const mayAct = useMay('impersonate')
  const me = useMe()
  const isService = user.kind === 'service'
  const isSelf = user.id === me.user.id
  return (
    <Page title={user.username} intro={<Back isService={isService} />} actions={<Marks user={user} self={isSelf} />}>
      <Facts user={user} />
      {isService && <ServiceKeys user={user} />}
      {mayWrite && <AccessSection user={user} />}
      {mayWrite && isService && <ServiceScopes user={user} />}
      {!isService && mayWrite && <SignInSection user={user} />}
      {!isService && <UserSessions user={user} />}
      {!isService && mayAct && !isSelf && <ActSection user={user} />}
      {mayWrite && !isSelf && <RemoveSection user={user} />}
    </Page>
  )
}

function Back({ isService }: { readonly isService: boolean }) {
  return (
    <Anchor component={Link} href={isService ? '/admin/services' : '/admin/users'} size="sm">
      {isService ? texts.backToServices : texts.back}
    </Anchor>
  )
}

function Facts({ user }: { readonly user: ManagedUser }) {
  const mayLog = useMay('events:read')
  const isService = user.kind === 'service'
  return (
    <Section title={texts.facts}>
      <dl className="facts">
        {!isService && (
          <>
            <dt>{texts.email}</dt>
            <dd>{emailText(user)}</dd>
            <dt>{texts.lastSignIn}</dt>
            <dd>
              <When iso={user.last_sign_in_at} />
            </dd>
            <dt>{texts.password}</dt>
            <dd>{user.has_password ? texts.has : texts.hasNot}</dd>
            <dt>{texts.secondFactor}</dt>
            <dd>{user.second_factor ? texts.on : texts.off}</dd>
          </>
        )}
        <dt>{texts.since}</dt>
        <dd>
          <When iso={user.created_at} as="day" />
        </dd>
        <dt>{texts.id}</dt>
        <dd>
          <Text component="span" ff="monospace" size="sm">
            {user.id}
          </Text>
        </dd>
      </dl>
      <Group gap="sm">
        <Button variant="default" size="xs" component={Link} href={`/admin/credentials?user=${user.id}`}>
          {texts.credentials}
        </Button>
        {mayLog && (
          <Button variant="default" size="xs" component={Link} href={`/admin/events?user=${user.id}`}>
            {texts.log}
          </Button>
        )}
      </Group>
    </Section>
  )
}
