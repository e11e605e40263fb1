import { Text } from '@mantine/core'
import { useMe } from '../api/me.ts'
import { Page, Section } from '../parts/page.tsx'

export function OverviewPage() {
  const { user } = useMe()
  return (
    <Page title={user.username}>
      <Section>
        <Text>{user.email}</Text>
      </Section>
    </Page>
  )
}
