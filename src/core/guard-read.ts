import { looksLikeApiKey, parseApiKey } from '../crypto/api-key-format.ts'
import { isCompactJws, jwtTypes, readHeader } from '../crypto/jwt.ts'
import { parseOpaque } from '../crypto/opaque-format.ts'
import { isUuid } from '../crypto/random.ts'
import { parseRefreshToken, type RefreshTokenParts } from '../crypto/refresh-format.ts'
import type { ApiName, CredentialKind, RefusalCode } from '../types.ts'
import type { Presented } from './presented.ts'
import type { StaticKey } from './settings.ts'
import type { StaticKeys } from './static-keys.ts'

/** A credential whose form was recognised, in the one form in which it is looked up and cached. */
export type Recognised =
  | { readonly kind: 'access-token' | 'private-token'; readonly token: string }
  | { readonly kind: 'bearer-token' | 'session-cookie'; readonly sessionId: string; readonly secret: string }
  | { readonly kind: 'refresh-token'; readonly parts: RefreshTokenParts }
  | { readonly kind: 'api-key'; readonly id: string; readonly secret: string }
  | { readonly kind: 'static-key'; readonly entry: StaticKey }
  | { readonly kind: 'password'; readonly username: string; readonly password: string }

export interface Unrecognised {
  readonly kind: CredentialKind
  readonly refused: RefusalCode
}

/** The form tells the kind; nothing is looked up but configured static keys. */
export function readCredential(presented: Presented, api: ApiName, staticKeys: StaticKeys): Recognised | Unrecognised {
  switch (presented.via) {
    case 'unreadable':
      return { kind: presented.kind, refused: 'credential_malformed' }
    case 'bearer':
      return readBearer(presented.text)
    case 'basic':
      return readBasic(presented.username, presented.password)
    case 'key':
      return readKey(presented.text, api, staticKeys)
    case 'cookie': {
      const parts = parseOpaque(presented.text)
      return parts === null
        ? { kind: 'session-cookie', refused: 'credential_malformed' }
        : { kind: 'session-cookie', ...parts }
    }
  }
}

function readBearer(text: string): Recognised | Unrecognised {
  // Before the JWT: three parts of base64url can be both.
  if (parseRefreshToken(text) !== null) return { kind: 'refresh-token', refused: 'credential_kind_refused' }
  const opaque = parseOpaque(text)
  if (opaque !== null) return { kind: 'bearer-token', ...opaque }
  // There is one way to send a key, and a bearer token is another thing.
  if (looksLikeApiKey(text)) return { kind: 'api-key', refused: 'credential_kind_refused' }
  if (!isCompactJws(text)) return { kind: 'access-token', refused: 'credential_malformed' }
  switch (readHeader(text)?.typ) {
    case jwtTypes.access:
      return { kind: 'access-token', token: text }
    case jwtTypes.private:
      return { kind: 'private-token', token: text }
    case jwtTypes.refresh:
      return { kind: 'refresh-token', refused: 'credential_kind_refused' }
    default:
      return { kind: 'access-token', refused: 'credential_invalid' }
  }
}

function readBasic(username: string, password: string): Recognised | Unrecognised {
  if (!isUuid(username)) return { kind: 'password', username, password }
  // A secret that no key can have costs no look-up.
  if (!/^[0-9a-f]{64}$/.test(password)) return { kind: 'api-key', refused: 'credential_invalid' }
  return { kind: 'api-key', id: username.toLowerCase(), secret: password }
}

function readKey(text: string, api: ApiName, staticKeys: StaticKeys): Recognised | Unrecognised {
  if (looksLikeApiKey(text)) {
    const parts = parseApiKey(text)
    return parts === null ? { kind: 'api-key', refused: 'credential_malformed' } : { kind: 'api-key', ...parts }
  }
  const entry = staticKeys.find(text, api)
  if (entry !== null) return { kind: 'static-key', entry }
  return staticKeys.size > 0
    ? { kind: 'static-key', refused: 'credential_invalid' }
    : { kind: 'api-key', refused: 'credential_malformed' }
}

/** A token string without the header that would tell how it was sent. */
export function readAnyToken(token: string): Recognised | null {
  const parts = parseRefreshToken(token)
  if (parts !== null) return { kind: 'refresh-token', parts }
  const key = parseApiKey(token)
  if (key !== null) return { kind: 'api-key', ...key }
  const credential = readBearer(token)
  return 'refused' in credential ? null : credential
}

/** The whole credential as one text without doubt about its parts: what the cache's key is made of. */
export function canonical(credential: Recognised): string {
  switch (credential.kind) {
    case 'access-token':
    case 'private-token':
      return credential.token
    case 'bearer-token':
    case 'session-cookie':
      return `${credential.sessionId}.${credential.secret}`
    case 'refresh-token':
      return JSON.stringify(credential.parts)
    case 'api-key':
      return `${credential.id}.${credential.secret}`
    case 'static-key':
      return credential.entry.name
    case 'password':
      return JSON.stringify([credential.username, credential.password])
  }
}
