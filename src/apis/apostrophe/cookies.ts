import { readCookie } from '../../http/cookies.ts'
import type { Cookie } from '../../http/reply.ts'
import type { Answered } from '../api.ts'

/** Names that clients and pages of this contract know; SN is the short name. */
export interface CookieNames {
  /** The session. */
  readonly sid: string
  /** For pages, which cannot see the session's. */
  readonly loggedIn: string
  readonly csrf: string
}

export const cookieNames = (shortName: string): CookieNames => ({
  sid: `${shortName}.sid`,
  loggedIn: `${shortName}.loggedIn`,
  csrf: `${shortName}.csrf`,
})

/** The constant that the cookie holds: that it comes along at all is what a page of another site cannot bring about. */
export const csrfValue = 'csrf'
/** Seconds, as its server has it. */
const csrfLife = 31_536

export interface Cookies {
  readonly names: CookieNames
  /** After a sign-in. Until the browser closes: the server ends it when it is unused for too long. */
  signedIn(token: string): readonly Cookie[]
  signedOut(): readonly Cookie[]
  /** Sent along with an answer: the session again (it rolls), and the CSRF cookie to those who only look. */
  along(answered: Answered): readonly Cookie[]
  /** The session cookie's value, whatever other credentials came along; null: none, or no plain one. */
  sentSession(cookieHeader: string | null): string | null
}

/** `secure`: the public URL is https. */
export function createCookies(shortName: string, secure: boolean): Cookies {
  const names = cookieNames(shortName)
  const base = { path: '/', sameSite: 'Lax', secure } as const
  const session = (value: string): Cookie => ({ ...base, name: names.sid, value, httpOnly: true })
  const loggedIn = (value: string): Cookie => ({ ...base, name: names.loggedIn, value, httpOnly: false })
  const csrf: Cookie = { ...base, name: names.csrf, value: csrfValue, httpOnly: true, maxAge: csrfLife }

  const sentSession = (header: string | null): string | null => {
    const cookie = readCookie(header, names.sid)
    return cookie.found === 'one' ? cookie.value : null
  }

  return {
    names,
    signedIn: (token) => [loggedIn('true'), session(token), csrf],
    signedOut: () => [{ ...session('deleted'), maxAge: 0 }, loggedIn('false')],
    sentSession,
    along({ request, headers, principal }) {
      const looks = request.method === 'GET' || request.method === 'HEAD'
      if (principal === null) return looks ? [csrf] : []
      if (principal.kind !== 'session-cookie') return []
      const header = headers.get('cookie')
      const value = sentSession(header)
      const told = readCookie(header, names.loggedIn)
      return [
        ...(value === null ? [] : [session(value)]),
        ...(told.found === 'one' && told.value === 'true' ? [] : [loggedIn('true')]),
        ...(looks ? [csrf] : []),
      ]
    },
  }
}
