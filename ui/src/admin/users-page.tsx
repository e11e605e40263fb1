import { Anchor, Button, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useMay, useMe } from '../api/me.ts'
import { Icon } from '../parts/icon.tsx'
import { Page, Section } from '../parts/page.tsx'
import { PagedList, usePaged } from '../parts/paged.tsx'
import { Empty } from '../parts/states.tsx'
import { When } from '../parts/when.tsx'
import { admin } from '../texts/admin.ts'
import { type ManagedUser, type UserQuery, users } from './calls.ts'
import { ChoiceFilter, choicesOf, Filters, SearchFilter, useFilters } from './filters.tsx'
import { emailText, Marks, statuses } from './person.tsx'
import { useRoles } from './roles.ts'
import './admin.css'

const { users: texts, service } = admin

export function UsersPage() {
  const may = useMay('users:write')
  return (
    <Page
      title={texts.title}
      intro={texts.intro}
      actions={
        may && (
          <>
            <Button variant="default" component={Link} href="/admin/users/invite" leftSection={<Icon name="mail" />}>
              {texts.invite}
            </Button>
            <Button component={Link} href="/admin/users/new" leftSection={<Icon name="plus" />}>
              {texts.create}
            </Button>
          </>
        )
      }
    >
      <PeopleList kind="person" empty={<Empty title={texts.empty} text={texts.emptyHelp} />} />
    </Page>
  )
}

export function ServicesPage() {
  const may = useMay('users:write')
  const create = may && (
    <Button component={Link} href="/admin/services/new" leftSection={<Icon name="plus" />}>
      {service.create}
    </Button>
  )
  return (
    <Page title={service.title} intro={service.intro} actions={create}>
      <PeopleList kind="service" empty={<Empty title={service.empty} text={service.emptyHelp} />} />
    </Page>
  )
}

interface PeopleListProps {
  readonly kind: ManagedUser['kind']
  readonly empty: ReactNode
}

const names = ['search', 'status', 'role'] as const

function PeopleList({ kind, empty }: PeopleListProps) {
  const filters = useFilters(...names)
  const roles = useRoles()
  const paged = usePaged({
    key: ['admin', 'users', kind, filters],
    list: (place) => users.list({ ...place, ...filters, kind } as UserQuery),
  })
  const isFiltered = Object.keys(filters).length > 0
  return (
    <Section>
      <Filters names={names}>
        <SearchFilter name="search" placeholder={texts.searchHelp} />
        <ChoiceFilter name="status" label={admin.status.label} choices={choicesOf(admin.status, statuses)} />
        <ChoiceFilter
          name="role"
          label={admin.role}
          choices={(roles.data?.items ?? []).map(({ name }) => ({ value: name, label: name }))}
        />
      </Filters>
      <PagedList paged={paged} empty={isFiltered ? <Empty title={admin.nothing} text={admin.nothingHelp} /> : empty}>
        {(items) => (
          <ul className="rows">
            {items.map((user) => (
              <PersonRow key={user.id} user={user} />
            ))}
          </ul>
        )}
      </PagedList>
    </Section>
  )
}

function PersonRow({ user }: { readonly user: ManagedUser }) {
  const me = useMe()
  const isService = user.kind === 'service'
  return (
    <li>
      <div className="row-main">
        <Anchor component={Link} href={`/admin/${isService ? 'services' : 'users'}/${user.id}`} fw={600}>
          {user.username}
        </Anchor>
        {!isService && (
          <Text size="sm" c="dimmed">
            {emailText(user)}
            {' · '}
            <LastSignIn user={user} />
          </Text>
        )}
      </div>
      <Marks user={user} self={user.id === me.user.id} />
    </li>
  )
}

function LastSignIn({ user }: { readonly user: ManagedUser }) {
  if (user.last_sign_in_at === null) return texts.neverSignedIn
  return (
    <>
      {texts.signedIn} <When iso={user.last_sign_in_at} />
    </>
  )
}
