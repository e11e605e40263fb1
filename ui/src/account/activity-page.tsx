import { client } from '../api/client.ts'
import { EventList } from '../parts/event-list.tsx'
import { Page, Section } from '../parts/page.tsx'
import { PagedList, usePaged } from '../parts/paged.tsx'
import { Empty } from '../parts/states.tsx'
import { account } from '../texts/account.ts'

const { activity: texts } = account

export function ActivityPage() {
  const paged = usePaged({ key: ['events', 'mine'], list: client.account.events })
  return (
    <Page title={texts.title} intro={texts.intro}>
      <Section>
        <PagedList paged={paged} empty={<Empty title={texts.emptyTitle} text={texts.empty} />}>
          {(items) => <EventList items={items} />}
        </PagedList>
      </Section>
    </Page>
  )
}
