import { Group, Switch } from '@mantine/core'
import type { ReactNode } from 'react'
import { Section } from '../parts/page.tsx'
import { type Paged, PagedList } from '../parts/paged.tsx'
import { Empty } from '../parts/states.tsx'

export interface CredentialListProps<T> {
  readonly paged: Paged<T>
  readonly texts: { readonly showRevoked: string; readonly emptyTitle: string; readonly empty: string }
  /** Whether those that were revoked are shown, too. */
  readonly revoked: boolean
  readonly onRevoked: (shown: boolean) => void
  /** The row of one of them. */
  readonly children: (item: T) => ReactNode
}

/** One's own keys or tokens. */
export function CredentialList<T>({ paged, texts, revoked, onRevoked, children }: CredentialListProps<T>) {
  return (
    <Section>
      <Group justify="flex-end">
        <Switch
          label={texts.showRevoked}
          checked={revoked}
          onChange={(event) => onRevoked(event.currentTarget.checked)}
        />
      </Group>
      <PagedList paged={paged} empty={<Empty title={texts.emptyTitle} text={texts.empty} />}>
        {(items) => <ul className="rows">{items.map(children)}</ul>}
      </PagedList>
    </Section>
  )
}
