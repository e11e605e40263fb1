import { Anchor, Center, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, Suspense } from 'react'
import { Link } from 'wouter'
import { Mark } from '../parts/icon.tsx'
import { usePageTitle } from '../parts/page.tsx'
import { Loading } from '../parts/states.tsx'
import { common } from '../texts/common.ts'
import { entry } from '../texts/entry.ts'

/** What stands around every page of somebody who is not in yet: the mark, and one narrow sheet. */
export function Threshold({ children }: { readonly children: ReactNode }) {
  return (
    <Center component="main" className="threshold">
      <Stack w="100%" maw="27rem" gap="lg">
        <Link href="/sign-in" className="brand">
          <Mark size={32} />
          <span>{common.product}</span>
        </Link>
        <Suspense fallback={<Loading />}>{children}</Suspense>
      </Stack>
    </Center>
  )
}

export interface EntryProps {
  readonly title: string
  readonly lead?: ReactNode
  readonly children?: ReactNode
  /** Below the sheet: other ways. */
  readonly below?: ReactNode
}

export function Entry({ title, lead, children, below }: EntryProps) {
  const heading = usePageTitle(title)
  return (
    <>
      <div className="sheet">
        <Stack gap="md">
          <div>
            <Title order={1} fz="1.45rem" ref={heading} tabIndex={-1}>
              {title}
            </Title>
            {lead !== undefined && (
              <Text c="dimmed" mt={6}>
                {lead}
              </Text>
            )}
          </div>
          {children}
        </Stack>
      </div>
      {below}
    </>
  )
}

/** The way back, below a sheet. */
export function BackToSignIn() {
  return (
    <Text ta="center" size="sm">
      <Anchor component={Link} href="/sign-in">
        {entry.toSignIn}
      </Anchor>
    </Text>
  )
}

/** In place of a page whose link lost its end. */
export function IncompleteLink() {
  return <Entry title={entry.incompleteTitle} lead={entry.incomplete} below={<BackToSignIn />} />
}
