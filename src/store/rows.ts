import { type Selectable, sql } from 'kysely'
import type { Json } from '../core/records.ts'
import type { User } from '../types.ts'
import type { Queries } from './engine.ts'
import { isUniqueFault } from './faults.ts'
import type { UserTable } from './schema.ts'

/** Helpers that more than one noun needs. */

export function toJson(value: unknown): string {
  return JSON.stringify(value)
}

export function fromJson(text: string): Json {
  return JSON.parse(text)
}

/** A list of texts, as written by us. */
export function textList(text: string): readonly string[] {
  return JSON.parse(text)
}

export function textListOrNull(text: string | null): readonly string[] | null {
  return text === null ? null : textList(text)
}

type ShownColumn = Exclude<keyof UserTable, 'password_hash' | 'username_key'>
type Shown = { readonly [column in ShownColumn as `u_${column}`]: Selectable<UserTable>[column] }

/** A user as selected by `userColumns`: without the hash and the canonical name. */
export type UserRow = Shown & { readonly u_has_password: number; readonly u_has_factor: number }

/** The columns of `users` that make a User, each with the prefix `u_`, so that they can stand beside another table's. */
export const userColumns = [
  'users.id as u_id',
  'users.public_id as u_public_id',
  'users.kind as u_kind',
  'users.username as u_username',
  'users.email as u_email',
  'users.unproven_email as u_unproven_email',
  'users.status as u_status',
  'users.role as u_role',
  'users.granted_scopes as u_granted_scopes',
  'users.epoch as u_epoch',
  'users.created_at as u_created_at',
  'users.updated_at as u_updated_at',
  'users.last_sign_in_at as u_last_sign_in_at',
  sql<number>`case when users.password_hash is null then 0 else 1 end`.as('u_has_password'),
  sql<number>`case when exists (
    select 1 from totp where totp.user_id = users.id and totp.confirmed_at is not null
  ) then 1 else 0 end`.as('u_has_factor'),
] as const

export function toUser(row: UserRow): User {
  return {
    id: row.u_id,
    publicId: row.u_public_id,
    kind: row.u_kind,
    username: row.u_username,
    email: row.u_email,
    unprovenEmail: row.u_unproven_email,
    status: row.u_status,
    role: row.u_role,
    grantedScopes: textList(row.u_granted_scopes),
    epoch: row.u_epoch,
    hasPassword: row.u_has_password === 1,
    hasFactor: row.u_has_factor === 1,
    createdAt: row.u_created_at,
    updatedAt: row.u_updated_at,
    lastSignInAt: row.u_last_sign_in_at,
  }
}

/** An integer that the database can hold; others match nothing. */
export function isId(id: number): boolean {
  return Number.isSafeInteger(id)
}

/** How many rows a statement changed. */
export function count(result: { readonly numUpdatedRows?: bigint; readonly numDeletedRows?: bigint }): number {
  return Number(result.numUpdatedRows ?? result.numDeletedRows ?? 0n)
}

/**
 * Runs `write` inside the transaction; when it hits a unique index, undoes only it and answers null. On PostgreSQL a
 * failed statement would otherwise void the whole transaction.
 */
export async function unlessTaken<T>(queries: Queries, write: () => Promise<T>): Promise<T | null> {
  await sql`savepoint unless_taken`.execute(queries)
  try {
    const result = await write()
    await sql`release savepoint unless_taken`.execute(queries)
    return result
  } catch (error) {
    if (!isUniqueFault(error)) throw error
    await sql`rollback to savepoint unless_taken`.execute(queries)
    await sql`release savepoint unless_taken`.execute(queries)
    return null
  }
}

/** Cuts a batch into what one statement can carry (SQLite: 32,766 parameters). */
export function chunks<T>(items: readonly T[], size = 500): readonly (readonly T[])[] {
  const parts: (readonly T[])[] = []
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size))
  return parts
}

/** The latest time per id, in the order of the ids: all writers then lock rows in the same order. */
export function latestById(
  seen: readonly { readonly id: string; readonly at: number }[],
): readonly { readonly id: string; readonly at: number }[] {
  const latest = new Map<string, number>()
  for (const { id, at } of seen) latest.set(id, Math.max(at, latest.get(id) ?? at))
  return [...latest].map(([id, at]) => ({ id, at })).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

/** `(select … union all …) as batch(id, at)`, for one update per batch. */
export function batch(seen: readonly { readonly id: string; readonly at: number }[]) {
  const rows = seen.map(({ id, at }) => sql`select cast(${id} as text) as id, cast(${at} as bigint) as at`)
  return sql<{ id: string; at: number }>`(${sql.join(rows, sql` union all `)})`.as<'batch'>(sql.ref('batch'))
}
