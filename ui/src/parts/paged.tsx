import { Button, Group } from '@mantine/core'
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useSearchParams } from 'wouter'
import { call } from '../api/session.ts'
import { common } from '../texts/common.ts'
import { Loaded } from './states.tsx'

export interface PageOf<T> {
  readonly items: readonly T[]
  readonly next_cursor: string | null
}

/** Where a list begins, and how much of it: for the `query` of its call. */
export interface Place {
  readonly limit: number
  readonly cursor?: string
}

export interface PagedWish<T> {
  /** The key under which answers are kept, the filters of the list in it; invalidate it after a change. */
  readonly key: readonly unknown[]
  readonly list: (place: Place) => Promise<PageOf<T>>
  readonly limit?: number
}

export interface Paged<T> {
  readonly found: UseQueryResult<PageOf<T>>
  /** Null at the newest. */
  readonly cursor: string | null
  readonly go: (next: string | null) => void
}

/** One page of a list that is paged by cursor. Where it stands is in the address: reloading and going back keep it. */
export function usePaged<T>({ key, list, limit = 20 }: PagedWish<T>): Paged<T> {
  const [params, setParams] = useSearchParams()
  const cursor = params.get('cursor')
  const place: Place = { limit, ...(cursor === null ? {} : { cursor }) }
  const found = useQuery({
    queryKey: [...key, place],
    queryFn: () => call(() => list(place)),
    placeholderData: keepPreviousData,
  })
  const go = (next: string | null) => {
    setParams((before) => {
      const after = new URLSearchParams(before)
      if (next === null) after.delete('cursor')
      else after.set('cursor', next)
      return after
    })
    scrollTo(0, 0)
  }
  return { found, cursor, go }
}

export interface PagedListProps<T> {
  readonly paged: Paged<T>
  /** What stands there when the list has nothing at all. */
  readonly empty: ReactNode
  readonly children: (items: readonly T[]) => ReactNode
}

/** The items, or that there are none; and the way to older ones. */
export function PagedList<T>({ paged: { found, cursor, go }, empty, children }: PagedListProps<T>) {
  return (
    <Loaded query={found} rows={5}>
      {({ items, next_cursor }) => (
        <>
          {items.length === 0 && cursor === null ? empty : children(items)}
          {(cursor !== null || next_cursor !== null) && (
            <Group component="nav" aria-label={common.pages} justify="space-between" mt="md">
              <Button variant="default" disabled={cursor === null} onClick={() => go(null)}>
                {common.newest}
              </Button>
              <Button variant="default" disabled={next_cursor === null} onClick={() => go(next_cursor)}>
                {common.older}
              </Button>
            </Group>
          )}
        </>
      )}
    </Loaded>
  )
}
