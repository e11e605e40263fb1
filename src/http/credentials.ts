import type { CredentialKind } from '../types.ts'
import { readCookie } from './cookies.ts'
import type { HeaderReader } from './headers.ts'

/** A credential as it came in. Structurally the guard's `Presented`. */
export type ReadCredential =
  /** `cookie`: a browser sent it along by itself. */
  | { readonly via: 'bearer'; readonly text: string; readonly cookie?: true }
  | { readonly via: 'basic'; readonly username: string; readonly password: string }
  | { readonly via: 'key'; readonly text: string }
  | { readonly via: 'cookie'; readonly text: string }
  | { readonly via: 'unreadable'; readonly kind: CredentialKind }

/** Longer than any credential of ours; what is longer is not looked at. */
const longest = 8192 + 16
/** RFC 9110, section 11.4: a scheme, blanks, one token68 (or, for Basic, its base64). */
const authorization = /^([A-Za-z][A-Za-z0-9-]*) +([A-Za-z0-9\-._~+/]+=*)$/
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
/** `any-case`: RFC 9110, section 11.1. `exact`: a contract that knows `Bearer`, one blank and the token only. */
export type BearerSpelling = 'any-case' | 'exact'
const exactBearer = /^Bearer [^ ]/
/** Tried, and no token that anybody has: refused as one that is dead. */
export const deadBearer = { via: 'bearer', text: '' } as const

export const keyText = /^[\x21-\x7E]{1,512}$/
// RFC 7617, section 2: neither part holds control characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\x00-\x1F\x7F]/

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** RFC 7617. Null: not base64, not UTF-8, no colon, or a control character. */
export function decodeBasic(text: string): { readonly username: string; readonly password: string } | null {
  if (!base64.test(text)) return null
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) return null
  let decoded: string
  try {
    decoded = utf8.decode(bytes)
  } catch {
    return null
  }
  const colon = decoded.indexOf(':')
  if (colon < 0 || control.test(decoded)) return null
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

function fromAuthorization(header: string, spelling: BearerSpelling): ReadCredential {
  const [, scheme = '', text = ''] = (header.length <= longest && authorization.exec(header)) || []
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return spelling === 'any-case' || exactBearer.test(header) ? { via: 'bearer', text } : deadBearer
    case 'apikey':
      return { via: 'key', text }
    case 'basic': {
      const pair = decodeBasic(text)
      return pair === null ? { via: 'unreadable', kind: 'password' } : { via: 'basic', ...pair }
    }
    default:
      return { via: 'unreadable', kind: guessKind(header) }
  }
}

function guessKind(header: string): CredentialKind {
  const scheme = /^\s*([A-Za-z]+)/.exec(header)?.[1]?.toLowerCase()
  return scheme === 'basic' ? 'password' : scheme === 'apikey' ? 'api-key' : 'access-token'
}

/** The headers that can hold a credential, as they came. */
interface Sent {
  readonly authorization: string | null
  readonly key: string | null
  readonly cookie: string | null
}

function readSent(
  { authorization, key, cookie: cookies }: Sent,
  cookieName: string | null,
  spelling: BearerSpelling,
): readonly ReadCredential[] {
  const found: ReadCredential[] = []
  if (authorization !== null) found.push(fromAuthorization(authorization.trim(), spelling))
  if (key !== null) found.push(keyText.test(key) ? { via: 'key', text: key } : { via: 'unreadable', kind: 'api-key' })
  if (found.length === 0 && cookieName !== null) {
    const cookie = readCookie(cookies, cookieName)
    if (cookie.found === 'one') found.push({ via: 'cookie', text: cookie.value })
    if (cookie.found === 'unreadable') found.push({ via: 'unreadable', kind: 'session-cookie' })
  }
  return found
}

/**
 * All explicit credentials of a request; where there is none, the cookie's. A header that is there but empty or
 * unreadable is reported as such, never passed over: who tried a credential is not anonymous. `connection`: what the
 * request came over, or null.
 */
export type CredentialReader = (
  headers: Pick<HeaderReader, 'get'>,
  connection: object | null,
  url?: string,
) => readonly ReadCredential[]

const none: readonly ReadCredential[] = []
/** The secret of an API key, in contrast to a person's password. */
const keySecret = /^[0-9a-f]{64}$/

/**
 * A reader that keeps what a connection sent last, as long as it is open: a client sends the same headers again, and
 * gets the same list, which spares reading it and lets the guard know it again. Only what the one who is on the line
 * has sent there is kept, and no password.
 */
export function createCredentialReader(
  cookieName: string | null,
  spelling: BearerSpelling = 'any-case',
): CredentialReader {
  const last = new WeakMap<object, Sent & { readonly found: readonly ReadCredential[] }>()
  return (headers, connection) => {
    const authorization = headers.get('authorization')
    const key = headers.get('x-api-key')
    const cookie = cookieName === null ? null : headers.get('cookie')
    if (authorization === null && key === null && cookie === null) return none
    const known = connection === null ? undefined : last.get(connection)
    if (known?.authorization === authorization && known.key === key && known.cookie === cookie) return known.found
    const sent = { authorization, key, cookie }
    const found = readSent(sent, cookieName, spelling)
    if (connection !== null) {
      const isKept = found.every((each) => each.via !== 'basic' || keySecret.test(each.password))
      if (isKept) last.set(connection, { ...sent, found })
      else last.delete(connection)
    }
    return found
  }
}
