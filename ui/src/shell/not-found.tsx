import { Button, Text } from '@mantine/core'
import { Link } from 'wouter'
import { Page, Section } from '../parts/page.tsx'
import { common, problems } from '../texts/common.ts'

export function NotFound() {
  return (
    <Page title={common.notFoundTitle} intro={common.notFound}>
      <div>
        <Button component={Link} href="/">
          {common.home}
        </Button>
      </div>
    </Page>
  )
}

/** In place of a page whose scope the person lacks. */
export function NotAllowed() {
  return (
    <Page title={problems.insufficient_scope?.title ?? ''}>
      <Section>
        <Text>{problems.insufficient_scope?.help}</Text>
      </Section>
    </Page>
  )
}
