import { Center, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, Suspense } from 'react'
import { Mark } from '../parts/icon.tsx'
import { usePageTitle } from '../parts/page.tsx'
import { Loading } from '../parts/states.tsx'
import { common } from '../texts/common.ts'

/** What stands around every page of somebody who is not in yet: the mark, and one narrow sheet. */
export function Threshold({ children }: { readonly children: ReactNode }) {
  return (
    <Center component="main" className="threshold">
      <Stack w="100%" maw="27rem" gap="lg">
        <div className="brand">
          <Mark size={32} />
          <span>{common.product}</span>
        </div>
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
          <Title order={1} size="h2" fz="1.4rem" ref={heading} tabIndex={-1}>
            {title}
          </Title>
          {lead !== undefined && <Text c="dimmed">{lead}</Text>}
          {children}
        </Stack>
      </div>
      {below}
    </>
  )
}
