import { formatApiKey, looksLikeApiKey, parseApiKey } from '../crypto/api-key-format.ts'
import { isCompactJws, jwtTypes, readHeader } from '../crypto/jwt.ts'
import { parseOpaque } from '../crypto/opaque-format.ts'
import { isUuid } from '../crypto/random.ts'
import { parseRefreshToken } from '../crypto/refresh-format.ts'
import { createCredentialReader, type ReadCredential } from '../http/credentials.ts'
import type { CredentialKind } from '../types.ts'
import type { GuardedRequest, GuardKind, GuardRefusalCode } from './types.ts'

/** A credential of a kind that guards take, in the one form in which it is looked up. */
export interface Sent {
  readonly kind: GuardKind
  readonly text: string
}

/** The same with what is asked about it by. */
export interface Shown extends Sent {
  /** A hash of the credential. */
  readonly key: string
  /** Where it came from; empty: that is not known. */
  readonly address: string
}

export interface Unreadable {
  readonly kind: CredentialKind
  readonly refused: GuardRefusalCode
}

/** Explicit credentials only: a session cookie stays at the door that set it. */
const readHeaders = createCredentialReader(null)

const scheme = 'Bearer '

/** What stands behind `Bearer`, unread, where there is no other credential; null: look closer. */
export function bareBearer({ headers }: GuardedRequest): string | null {
  const authorization = headers.get('authorization')
  if (authorization?.startsWith(scheme) !== true || headers.get('x-api-key') !== null) return null
  return authorization.slice(scheme.length)
}

/** The one credential of a request; null: there is none. */
export function readRequest({ headers }: GuardedRequest): Sent | Unreadable | null {
  const all = readHeaders(headers, null)
  const [first, second] = all
  if (first === undefined) return null
  // A browser sends it along by itself, whichever page asked (RFC 7617 says nothing of pages).
  if (first.via === 'basic' && isFromElsewhere(headers)) return { kind: 'api-key', refused: 'origin_refused' }
  const read = recognise(first)
  if (second === undefined) return read
  // Which of two was meant is not for us to guess. The same one twice is one.
  const other = recognise(second)
  const isSame = 'text' in read && 'text' in other && read.text === other.text && read.kind === other.kind
  return isSame ? read : { kind: read.kind, refused: 'credentials_conflict' }
}

/** What fetch metadata says of the page that asked, or else its Origin beside the Host. Programs send neither. */
function isFromElsewhere(headers: GuardedRequest['headers']): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site !== 'same-origin' && site !== 'none'
  const origin = headers.get('origin')
  return origin !== null && origin.replace(/^https?:\/\//, '') !== headers.get('host')
}

function recognise(credential: ReadCredential): Sent | Unreadable {
  switch (credential.via) {
    case 'bearer':
      return readBearer(credential.text)
    case 'basic':
      return readBasic(credential.username, credential.password)
    case 'key':
      return parseApiKey(credential.text) === null
        ? { kind: 'api-key', refused: 'credential_malformed' }
        : { kind: 'api-key', text: credential.text }
    case 'cookie':
      return { kind: 'session-cookie', refused: 'credential_kind_refused' }
    case 'unreadable':
      return { kind: credential.kind, refused: 'credential_malformed' }
  }
}

function readBearer(text: string): Sent | Unreadable {
  // Before the JWT: three parts of base64url can be both.
  if (parseRefreshToken(text) !== null) return { kind: 'refresh-token', refused: 'credential_kind_refused' }
  if (parseOpaque(text) !== null) return { kind: 'bearer-token', text }
  if (looksLikeApiKey(text)) return { kind: 'api-key', refused: 'credential_kind_refused' }
  if (!isCompactJws(text)) return { kind: 'access-token', refused: 'credential_malformed' }
  switch (readHeader(text)?.typ) {
    case jwtTypes.access:
      return { kind: 'access-token', text }
    case jwtTypes.private:
      return { kind: 'private-token', text }
    case jwtTypes.refresh:
      return { kind: 'refresh-token', refused: 'credential_kind_refused' }
    default:
      return { kind: 'access-token', refused: 'credential_invalid' }
  }
}

/** A key's id and secret; names with passwords are for signing in. */
function readBasic(username: string, password: string): Sent | Unreadable {
  if (!isUuid(username)) return { kind: 'password', refused: 'credential_kind_refused' }
  if (!/^[0-9a-f]{64}$/.test(password)) return { kind: 'api-key', refused: 'credential_invalid' }
  return { kind: 'api-key', text: formatApiKey(username.toLowerCase(), password) }
}
