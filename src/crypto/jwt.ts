import { errors, jwtVerify } from 'jose'
import type { Millis, RefusalCode } from '../types.ts'
import { decodeBase64url } from './base64url.ts'
import { type JsonObject, parseJsonObject } from './json-object.ts'
import type { SigningKeyMaterial } from './key-ring.ts'

/** Claims that each of our tokens has (RFC 7519, section 4.1); times in seconds. */
export interface JwtClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  readonly jti: string
  readonly iat: number
  readonly exp: number
  readonly nbf?: number
  readonly [claim: string]: unknown
}

/** The whole protected header: a token of ours has these three members and no other. */
export interface JwtHeader {
  readonly alg: string
  readonly kid: string
  readonly typ: string
}

export type JwtRefusal =
  | 'malformed'
  | 'invalid'
  | 'wrong-type'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'not-yet-valid'
  | 'expired'

/** What callers are told of each: of a token that is wrong in some way nobody learns in which. */
export const codeOfJwtRefusal = {
  malformed: 'credential_malformed',
  expired: 'credential_expired',
  invalid: 'credential_invalid',
  'wrong-type': 'credential_invalid',
  'wrong-issuer': 'credential_invalid',
  'wrong-audience': 'credential_invalid',
  'not-yet-valid': 'credential_invalid',
} as const satisfies Record<JwtRefusal, RefusalCode>

export type JwtVerdict =
  | { readonly ok: true; readonly claims: JwtClaims }
  | { readonly ok: false; readonly reason: JwtRefusal }

export interface JwtWish {
  readonly key: SigningKeyMaterial
  readonly typ: string
  readonly claims: JwtClaims
}

export interface JwtExpectation {
  readonly key: SigningKeyMaterial
  /** Compared without regard to letter case. */
  readonly typ: string
  readonly issuer: string
  /** One of these must be among the token's audiences. */
  readonly audience: string | readonly string[]
  readonly now: Millis
}

/** RFC 9068, section 2.1; ours. */
export const jwtTypes = { access: 'at+jwt', private: 'pt+jwt', refresh: 'rt+jwt' } as const

/** `client_id` of tokens that belong to a session; of others it is the API key's id. */
export const ownClientId = 'cardea'

const maxLength = 8192
/** The year 2100: a time beyond it is a mistake or an attack. */
const latestSeconds = 4_102_444_800
const compactShape = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/**
 * True for three parts of strict base64url and at most 8192 characters in all (RFC 7515, section 7.1). It looks no
 * deeper: an opaque refresh token can pass too, so test for that form first.
 */
export function isCompactJws(text: string): boolean {
  return (
    text.length <= maxLength &&
    compactShape.test(text) &&
    text.split('.').every((part) => decodeBase64url(part) !== null)
  )
}

function readPart(token: string, index: 0 | 1): JsonObject | null {
  const bytes = decodeBase64url(token.split('.')[index] ?? '')
  return bytes === null ? null : parseJsonObject(bytes)
}

/**
 * The header of a well-formed compact JWS, or null. Nothing is verified yet: it serves to find the key. Members other
 * than these three are refused: `crit` and `b64` change what the rest means, `jwk`, `jku`, `x5c` and `x5u` bring a key
 * along, and we issue none of them.
 */
export function readHeader(token: string): JwtHeader | null {
  if (!isCompactJws(token)) return null
  const header = readPart(token, 0)
  if (header === null || Object.keys(header).length !== 3) return null
  const { alg, kid, typ } = header
  return typeof alg === 'string' && typeof kid === 'string' && typeof typ === 'string' ? { alg, kid, typ } : null
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && typeof value === 'number' && value >= 0 && value <= latestSeconds
}

function isAudience(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every((each) => typeof each === 'string')
  return typeof value === 'string'
}

/** The same test for what we sign and for what we accept. */
function isClaims(claims: JsonObject): claims is JwtClaims & JsonObject {
  const { iss, sub, jti, aud, iat, exp, nbf } = claims
  return (
    [iss, sub, jti].every((claim) => typeof claim === 'string' && claim !== '') &&
    isAudience(aud) &&
    isTime(iat) &&
    isTime(exp) &&
    (nbf === undefined || isTime(nbf))
  )
}

/**
 * Signs claims; members that are undefined are left out. TypeError for a key without its private half and for claims that
 * `verifyJwt` would refuse.
 */
export function signJwt({ key, typ, claims }: JwtWish): string {
  const { alg, kid, sign } = key
  if (sign === null) throw new TypeError('jwt: this key only verifies')
  if (!isClaims(claims)) throw new TypeError('jwt: iss, sub, aud, jti, iat or exp is missing or out of range')
  const signed = `${encodePart({ alg, kid, typ })}.${encodePart(claims)}`
  const token = `${signed}.${sign(Buffer.from(signed)).toString('base64url')}`
  if (token.length > maxLength) throw new TypeError(`jwt: a token has at most ${maxLength} characters`)
  return token
}

function encodePart(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function refuse(reason: JwtRefusal): JwtVerdict {
  return { ok: false, reason }
}

/** Which claim failed, for those that a caller is told apart. */
const refusalOfClaim: Readonly<Record<string, JwtRefusal>> = {
  iss: 'wrong-issuer',
  aud: 'wrong-audience',
  nbf: 'not-yet-valid',
}

function reasonOf(error: unknown): JwtRefusal {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWTClaimValidationFailed && error.reason === 'check_failed') {
    return refusalOfClaim[error.claim] ?? 'invalid'
  }
  return 'invalid'
}

/**
 * Verifies a token that must be of exactly this key, type, issuer and audience. The algorithm comes from the key, never
 * from the token. `exp` equal to now is over. Answers for any text; throws for no token.
 */
export async function verifyJwt(token: string, expected: JwtExpectation): Promise<JwtVerdict> {
  const { key, typ, issuer, audience, now } = expected
  if (!Number.isFinite(now)) throw new TypeError('jwt: now is no time')
  const header = readHeader(token)
  if (header === null) return refuse('malformed')
  if (header.alg !== key.alg || header.kid !== key.kid) return refuse('invalid')
  // Compared as written: RFC 7515, section 4.1.9 would let `application/at+jwt` stand for `at+jwt`.
  if (header.typ.toLowerCase() !== typ.toLowerCase()) return refuse('wrong-type')
  // jose parses the payload again and sees the same members: there are no doubles.
  if (readPart(token, 1) === null) return refuse('malformed')
  try {
    const { payload } = await jwtVerify(token, key.publicKey, {
      algorithms: [key.alg],
      issuer,
      audience: typeof audience === 'string' ? audience : [...audience],
      clockTolerance: 0,
      currentDate: new Date(now),
    })
    return isClaims(payload) ? { ok: true, claims: payload } : refuse('malformed')
  } catch (error) {
    return refuse(reasonOf(error))
  }
}
