import { z } from '@hono/zod-openapi'
import type { ZodType } from 'zod'
import { CardeaError } from '../../errors.ts'
import { strikeCredentials } from './credential-queries.ts'

/** A page of a list as these contracts answer it. */
export interface DjangoPage<T> {
  readonly count: number
  readonly next: string | null
  readonly previous: string | null
  readonly results: readonly T[]
}

export function pageOf<T extends ZodType>(item: T, name: string) {
  return z
    .object({ count: z.int(), next: z.url().nullable(), previous: z.url().nullable(), results: z.array(item) })
    .openapi(name)
}

/** Which rows of a list were asked for. */
export interface Slice {
  readonly offset: number
  readonly limit: number
}

/** An address of the public URL, with the query of the request and some of it replaced; null takes one out. */
function address(base: string, request: Request, changes: Readonly<Record<string, string | null>>): string {
  const { pathname, search } = new URL(request.url)
  const url = new URL(base)
  url.pathname = pathname
  const query = new URLSearchParams(search)
  strikeCredentials(query)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name)
    else query.set(name, value)
  }
  url.search = query.toString()
  return url.href
}

const whole = /^\d{1,9}$/
const mostPages = 1_000_000

interface PageRules {
  readonly size: number
  readonly maxSize: number
}

/** `page` and `page_size` of a page-number list. `page` null: no number of a page. A bad size is passed over. */
export function readPage(
  { page = '1', page_size: size }: { readonly page?: string | undefined; readonly page_size?: string | undefined },
  rules: PageRules,
): { readonly page: number | null; readonly slice: Slice } {
  const wished = size !== undefined && whole.test(size) ? Number(size) : 0
  const limit = wished > 0 ? Math.min(wished, rules.maxSize) : rules.size
  const number = whole.test(page) ? Number(page) : 0
  const fits = number >= 1 && number <= mostPages
  return { page: fits ? number : null, slice: { limit, offset: fits ? (number - 1) * limit : 0 } }
}

/** Null when there is no such page: beyond the first one, a page without rows is none. */
export function pageBody<T>(
  { page, slice }: { readonly page: number | null; readonly slice: Slice },
  { count, results }: { readonly count: number; readonly results: readonly T[] },
  { base, request }: { readonly base: string; readonly request: Request },
): DjangoPage<T> | null {
  if (page === null || (page > 1 && slice.offset >= count)) return null
  const more = slice.offset + slice.limit < count
  const at = (number: number) => address(base, request, { page: number === 1 ? null : String(number) })
  return { count, next: more ? at(page + 1) : null, previous: page > 1 ? at(page - 1) : null, results }
}

/** What is not there is a page. */
export const noPage = (): CardeaError => new CardeaError('not_found', { extra: { page: true } })

/** `limit` and `offset`; bad values are passed over, as the framework does. */
export function readSlice(
  { limit, offset }: { readonly limit?: string | undefined; readonly offset?: string | undefined },
  most: number,
): Slice {
  const wished = limit !== undefined && whole.test(limit) ? Number(limit) : 0
  return {
    limit: wished > 0 ? Math.min(wished, most) : most,
    offset: offset !== undefined && whole.test(offset) ? Number(offset) : 0,
  }
}

export function sliceBody<T>(
  { limit, offset }: Slice,
  { count, results }: { readonly count: number; readonly results: readonly T[] },
  { base, request }: { readonly base: string; readonly request: Request },
): DjangoPage<T> {
  const at = (start: number) =>
    address(base, request, { limit: String(limit), offset: start <= 0 ? null : String(start) })
  return {
    count,
    next: offset + limit < count ? at(offset + limit) : null,
    previous: offset > 0 ? at(offset - limit) : null,
    results,
  }
}
