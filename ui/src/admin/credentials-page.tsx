import { SegmentedControl } from '@mantine/core'
import { Page, Section } from '../parts/page.tsx'
import { PagedList, usePaged } from '../parts/paged.tsx'
import { Empty } from '../parts/states.tsx'
import { admin } from '../texts/admin.ts'
import { type CredentialQuery, credentials, type OwnedKey, type OwnedToken } from './calls.ts'
import { CredentialRow } from './credential-row.tsx'
import { ChoiceFilter, choicesOf, Filters, SearchFilter, useFilter, useFilters } from './filters.tsx'
import { PersonFilter } from './person-filter.tsx'
import './admin.css'

const { credentials: texts } = admin
const names = ['search', 'user', 'state', 'api'] as const
const states = ['live', 'expiring', 'expired', 'revoked', 'suspended'] as const
const apis = ['native', 'freesewing', 'librephotos', 'apostrophe', 'hautai'] as const

/** API keys and private tokens of everybody. */
export function CredentialsPage() {
  const [wanted, setWanted] = useFilter('kind')
  const kind = wanted === 'tokens' ? 'tokens' : 'keys'
  return (
    <Page title={texts.title} intro={texts.intro}>
      <Section>
        <SegmentedControl
          aria-label={texts.what}
          value={kind}
          onChange={(value) => setWanted(value === 'tokens' ? value : '')}
          data={[
            { value: 'keys', label: texts.keys },
            { value: 'tokens', label: texts.tokens },
          ]}
        />
        <Filters names={names}>
          <SearchFilter name="search" placeholder={texts.searchHelp} />
          <PersonFilter name="user" label={texts.owner} all={texts.anybody} />
          <ChoiceFilter name="state" label={texts.state} choices={choicesOf(texts.states, states)} />
          <ChoiceFilter name="api" label={texts.api} choices={choicesOf({}, apis)} />
        </Filters>
        <CredentialList key={kind} kind={kind} />
      </Section>
    </Page>
  )
}

function CredentialList({ kind }: { readonly kind: 'keys' | 'tokens' }) {
  const filters = useFilters(...names)
  const paged = usePaged<OwnedKey | OwnedToken>({
    key: ['admin', kind, filters],
    list: (place) => credentials[kind]({ ...place, ...filters } as CredentialQuery),
  })
  const isFiltered = Object.keys(filters).length > 0
  const none = kind === 'keys' ? texts.emptyKeys : texts.emptyTokens
  return (
    <PagedList
      paged={paged}
      empty={
        <Empty title={isFiltered ? admin.nothing : none} text={isFiltered ? admin.nothingHelp : texts.emptyHelp} />
      }
    >
      {(items) => (
        <ul className="rows">
          {items.map((credential) => (
            <CredentialRow key={credential.id} kind={kind} credential={credential} showOwner />
          ))}
        </ul>
      )}
    </PagedList>
  )
}
