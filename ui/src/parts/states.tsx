import { Button, Skeleton, Stack, Text, Title } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { common } from '../texts/common.ts'
import { Problem } from './notice.tsx'

export function Loading({ rows = 3 }: { readonly rows?: number }) {
  return (
    <Stack gap="sm" role="status" aria-label={common.loading}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <Skeleton key={row} height={row === 0 ? 22 : 16} width={row === 0 ? '40%' : `${92 - ((row * 17) % 30)}%`} />
      ))}
    </Stack>
  )
}

/** Nothing is there yet: says what would be, and how it comes. */
export function Empty({
  title,
  text,
  action,
}: {
  readonly title: string
  readonly text: string
  readonly action?: ReactNode
}) {
  return (
    <Stack align="center" gap="xs" py="xl" ta="center">
      <Title order={3} component="p">
        {title}
      </Title>
      <Text c="dimmed" maw="30rem">
        {text}
      </Text>
      {action}
    </Stack>
  )
}

export interface LoadedProps<T> {
  readonly query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch' | 'isFetching'>
  readonly rows?: number
  readonly children: (data: T) => ReactNode
}

/** What a query has found, or that it is still looking, or what went wrong and how to try again. */
export function Loaded<T>({ query, rows, children }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data)
  if (query.error === null || query.isFetching) return <Loading {...(rows === undefined ? {} : { rows })} />
  return (
    <Stack gap="md" align="flex-start">
      <Problem error={query.error} />
      <Button variant="default" onClick={() => void query.refetch()}>
        {common.again}
      </Button>
    </Stack>
  )
}
