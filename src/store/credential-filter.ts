import { type Expression, type SqlBool, sql } from 'kysely'
import type { CredentialState, CredentialWish } from '../core/admin-records.ts'

/** What of `keys` or `tokens`, joined with `users`, is wished for; but for the search, whose columns differ. */
export function credentialConditions(table: 'keys' | 'tokens', wish: CredentialWish): Expression<SqlBool> {
  const column = (name: string) => sql.ref(`${table}.${name}`)
  const { user, api, state, now, soon } = wish
  const ends = column('expires_at')
  const counts = sql<SqlBool>`${column('revoked_at')} is null`
  const stands = sql<SqlBool>`${counts} and ${column('suspended_at')} is null and (${ends} is null or ${ends} > ${now})`
  const states: Readonly<Record<CredentialState, Expression<SqlBool>>> = {
    live: stands,
    expiring: sql<SqlBool>`${stands} and ${ends} <= ${soon}`,
    expired: sql<SqlBool>`${counts} and ${ends} <= ${now}`,
    revoked: sql<SqlBool>`${column('revoked_at')} is not null`,
    suspended: sql<SqlBool>`${counts} and ${column('suspended_at')} is not null`,
  }
  const all: readonly Expression<SqlBool>[] = [
    ...(user === undefined ? [] : [sql<SqlBool>`users.public_id = ${user}`]),
    ...(api === undefined ? [] : [sql<SqlBool>`${column('api')} = ${api}`]),
    ...(state === undefined ? [] : [states[state]]),
  ]
  return all.length === 0 ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${sql.join(all, sql` and `)}`
}
