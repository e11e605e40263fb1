import type { ZodType } from 'zod'
import type { Cookie } from '../../../http/reply.ts'
import type { HttpSettings } from '../../../http/settings.ts'
import type { CredentialKind, Origin } from '../../../types.ts'
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
 * The origin with a device: the one whose cookie came along, or a new one. `remember` sets the new cookie; called after
 * a sign-in succeeded, so that strangers' guesses do not lock this browser out later.
 */
export function withDevice(call: Call): { readonly origin: Origin; remember(): void } {
  if (call.origin.device !== undefined || call.sameOrigin !== 'same') return { origin: call.origin, remember() {} }
  const value = call.core.devices.issue()
  const device = call.core.devices.read(value)
  if (device === null) throw new TypeError('a device cookie that we just signed must be readable')
  const secure = call.http.publicUrl.startsWith('https:')
  return {
    origin: { ...call.origin, device },
    remember() {
      call.setCookie({
        name: deviceCookieName,
        value,
        maxAge: 365 * 86_400,
        httpOnly: true,
        secure,
        sameSite: 'Lax',
        path: '/',
      })
    },
  }
}

/** Members without `undefined`, as exactOptionalPropertyTypes wants them. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
