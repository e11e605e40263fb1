import { type ApiKey as AnyApiKey, createClient } from 'cardea/client'
import { acting } from './acting.ts'

export {
  type AuditEvent,
  ClientError,
  type PrivateToken,
  type Session,
  type User,
} from 'cardea/client'

/** As lists answer it: keys have no quota, so its `limits` say nothing. */
export type ApiKey = Omit<AnyApiKey, 'limits'>

/**
 * The one client of the console: it sends the session cookie, which no script can read, to its own origin. Where an
 * administrator acts as somebody else, it sends that token, which counts before the cookie.
 */
export const client =
  acting === null
    ? createClient({ mode: 'cookie', name: 'console' })
    : createClient({ credential: { token: acting.token } })

/** The body of a success, of the calls that have no name of their own: `dataOf(client.api.GET('/auth/admin/users'))`. */
export async function dataOf<T>(answer: Promise<{ readonly data?: T }>): Promise<NonNullable<T>> {
  return (await answer).data as NonNullable<T>
}
