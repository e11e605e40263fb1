import type { ZodType } from 'zod'
import type { Cookie } from '../../../http/reply.ts'
import type { HttpSettings } from '../../../http/settings.ts'
import type { CredentialKind, User } from '../../../types.ts'
import type { Answer, Call } from '../../api.ts'
import { deviceCookieName } from '../../pipeline.ts'

/** Nothing is looked at. */
export const none: readonly CredentialKind[] = []
/** People in a session: what changes of credentials need. */
export const inSession: readonly CredentialKind[] = ['access-token', 'bearer-token', 'session-cookie']
/** Sessions and programs. Private tokens come with access tokens. */
export const anyKind: readonly CredentialKind[] = [
  'access-token',
  'bearer-token',
  'session-cookie',
  'api-key',
  'static-key',
]
/** The same and a password by Basic, for reading. */
export const anyKindOrPassword: readonly CredentialKind[] = [...anyKind, 'password']

export const ok = (description: string, schema: ZodType): Readonly<Record<200, Answer>> => ({
  200: { description, schema },
})
export const created = (description: string, schema: ZodType): Readonly<Record<201, Answer>> => ({
  201: { description, schema },
})
export const noContent = (description: string): Readonly<Record<204, Answer>> => ({ 204: { description } })

/** `__Host-` binds the cookie to this host and to https (RFC 6265bis, section 4.1.3.2); plain http cannot have it. */
export function sessionCookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-cardea' : 'cardea'
}

export function sessionCookie(http: HttpSettings, value: string, maxAge: number): Cookie {
  return {
    name: sessionCookieName(http.publicUrl),
    value,
    maxAge,
    httpOnly: true,
    secure: http.publicUrl.startsWith('https:'),
    sameSite: 'Strict',
    path: '/',
  }
}

/**
 * After a sign-in that succeeded: this browser is known from now on, so that strangers' guesses do not lock it out. Only
 * with the same-origin proof, since it sets a cookie.
 */
export async function rememberDevice(call: Call, user: User): Promise<void> {
  if (call.sameOrigin !== 'same') return
  const value = await call.core.devices.renew(user, call.origin)
  if (value === null) return
  call.setCookie({
    name: deviceCookieName(call.http.publicUrl),
    value,
    maxAge: 365 * 86_400,
    httpOnly: true,
    secure: call.http.publicUrl.startsWith('https:'),
    sameSite: 'Lax',
    path: '/',
  })
}

/** Members without `undefined`, as exactOptionalPropertyTypes wants them. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
