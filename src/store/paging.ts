import type { Page, PageWish } from '../core/records.ts'
import { CardeaError } from '../errors.ts'

/** The most that one page holds, whatever was wished for. */
export const maxPage = 1000
const maxCursorLength = 200

/** Where the next page begins: after the row with these values. */
export type CursorPart = number | string

/** Rows to ask the database for: one more than the page holds, which tells whether there is another page. */
export function rowsFor(wish: PageWish): number {
  return pageSize(wish) + 1
}

function pageSize(wish: PageWish): number {
  const limit = Math.trunc(wish.limit)
  return Number.isNaN(limit) ? 1 : Math.min(Math.max(limit, 1), maxPage)
}

/** Cuts the surplus row off and says where the next page begins. */
export function toPage<Row, T>(
  rows: readonly Row[],
  wish: PageWish,
  toItem: (row: Row) => T,
  toCursor: (row: Row) => readonly CursorPart[],
): Page<T> {
  const size = pageSize(wish)
  const kept = rows.slice(0, size)
  const last = kept.at(-1)
  const more = rows.length > size && last !== undefined
  return { items: kept.map(toItem), nextCursor: more ? encodeCursor(toCursor(last)) : null }
}

export function encodeCursor(parts: readonly CursorPart[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** Where a list by number begins; null: at its start. Throws `request_invalid`. */
export function idCursor(wish: PageWish): number | null {
  if (wish.cursor === undefined) return null
  const [id, ...rest] = decodeCursor(wish.cursor)
  if (!isCount(id) || rest.length > 0) throw unreadable()
  return id
}

/** Where a list by time and id begins; null: at its start. Throws `request_invalid`. */
export function timeCursor(wish: PageWish): { readonly at: number; readonly id: string } | null {
  if (wish.cursor === undefined) return null
  const [at, id, ...rest] = decodeCursor(wish.cursor)
  if (!isCount(at) || typeof id !== 'string' || rest.length > 0) throw unreadable()
  return { at, id }
}

function decodeCursor(cursor: string): readonly unknown[] {
  if (cursor.length > maxCursorLength || !/^[A-Za-z0-9_-]+$/.test(cursor)) throw unreadable()
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw unreadable()
  }
  if (!Array.isArray(parts)) throw unreadable()
  return parts
}

function isCount(part: unknown): part is number {
  return Number.isSafeInteger(part)
}

function unreadable(): CardeaError {
  return new CardeaError('request_invalid', {
    fields: [{ field: 'cursor', message: 'must be a next_cursor that this list handed out' }],
  })
}
