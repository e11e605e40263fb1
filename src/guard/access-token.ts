import { createSubjectCache } from '../core/subject-cache.ts'
import { codeOfJwtRefusal, jwtTypes, ownClientId, readHeader, verifyJwt } from '../crypto/jwt.ts'
import { principalOf } from './claims.ts'
import type { KeySet } from './jwks.ts'
import type { Finding, GuardClock, GuardRefusalCode, Known, Soon } from './types.ts'

/** A token that was verified here, with what its use has to look at again. */
export interface Verified extends Known {
  readonly kid: string
  readonly issuedAt: number
  readonly endsAt: number
}

export interface AccessTokenCheck {
  /** Verifies by the public keys, or remembers that it did. `key`: a hash of the token. */
  find(
    token: string,
    key: string,
  ): Soon<{ readonly ok: true; readonly value: Verified } | Exclude<Finding, { ok: true }>>
  /** Whether it was verified before: then it need not be read again. */
  has(key: string): boolean
  /** Drops what depends on this subject; null: everything. */
  forget(subject: string | null): void
}

export interface AccessTokenDeps {
  readonly keys: Pick<KeySet, 'keyOf'>
  readonly clock: GuardClock
  readonly issuer: string
  readonly audience: string | readonly string[]
  readonly cacheSize: number
}

const kind = 'access-token'
const refuse = (code: GuardRefusalCode) => ({ ok: false, kind, code }) as const

export function createAccessTokenCheck(deps: AccessTokenDeps): AccessTokenCheck {
  const { keys, clock, issuer, audience, cacheSize } = deps
  const cache = createSubjectCache<Verified>({ max: cacheSize })

  const verify = async (token: string, hash: string) => {
    const version = cache.version()
    const header = readHeader(token)
    if (header === null) return refuse('credential_malformed')
    const key = await keys.keyOf(header.kid)
    if (key === 'unknown') return { ...refuse('unavailable'), retryAfter: 5 }
    if (key === null) return refuse('credential_invalid')
    const verdict = await verifyJwt(token, { key, typ: jwtTypes.access, issuer, audience, now: clock.now() })
    if (!verdict.ok) return refuse(codeOfJwtRefusal[verdict.reason])
    const { claims } = verdict
    const found = principalOf(kind, claims)
    if (found === null || typeof claims.sid !== 'string') return refuse('credential_invalid')
    // What the core says too: a token of a key names it twice.
    if (claims.client_id !== ownClientId && claims.client_id !== claims.sid) return refuse('credential_invalid')
    const of = claims.client_id === ownClientId ? 'session' : 'key'
    const subjects = [`user:${claims.sub}`, `${of}:${claims.sid}`, `signing-key:${key.kid}`]
    if (found.principal.actor !== null) subjects.push(`user:${found.principal.actor}`)
    const value = { ...found, subjects, kid: key.kid, issuedAt: claims.iat * 1000, endsAt: claims.exp * 1000 }
    cache.put(hash, value, version)
    return { ok: true, value } as const
  }

  return {
    find(token, hash) {
      const known = cache.get(hash)
      if (known !== null) {
        // Its key may have been taken back, or be too old to be believed.
        if (clock.now() < known.endsAt && !(keys.keyOf(known.kid) instanceof Promise)) return { ok: true, value: known }
        cache.drop(hash)
      }
      return verify(token, hash)
    },
    has: (key) => cache.get(key) !== null,
    forget: (subject) => cache.forget(subject),
  }
}
