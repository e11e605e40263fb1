import { LRUCache } from 'lru-cache'
import { signJwt } from '../crypto/jwt.ts'
import { uuidv4 } from '../crypto/random.ts'
import type { Millis, Principal } from '../types.ts'
import type { Clock } from './ports.ts'
import type { CoreSettings } from './settings.ts'
import type { SigningKeys } from './signing-keys.ts'

/** Of no use here: every verifier of ours asks for another type. */
export const identityTokenType = 'cardea-id+jwt'

const lifeSeconds = 60
/** A token that was handed out has at least this long to arrive and be checked. */
const leastSeconds = 30

/** Who calls, for one service behind us, which can check it by our public keys. */
export interface IdentityTokens {
  /**
   * For exactly this audience and at most 60 seconds. Signed once in 30 seconds for a caller; in between it is answered
   * at once, without a promise.
   */
  issue(principal: Principal, audience: string): string | Promise<string>
  /** Signs all anew: a key may have been revoked. */
  forget(): void
}

export interface IdentityTokensDeps {
  readonly clock: Clock
  readonly signingKeys: Pick<SigningKeys, 'current'>
  readonly settings: Pick<CoreSettings, 'publicUrl' | 'cacheSize'>
}

interface Kept {
  readonly token: string
  readonly from: Millis
  /** Made anew from then on. */
  readonly until: Millis
}

type ByAudience = Map<string, Kept | Promise<string>>

/** Of one caller. Where no rule names a host, callers choose what stands there. */
const mostAudiences = 32

export function createIdentityTokens({ clock, signingKeys, settings }: IdentityTokensDeps): IdentityTokens {
  /** What the guard remembers it answers as the same object, which goes when the credential does. */
  let byPrincipal = new WeakMap<Principal, ByAudience>()
  /** Passwords and static keys get another object each time. */
  const byContent = new LRUCache<string, ByAudience>({ max: Math.max(settings.cacheSize, 1) })

  const sign = async (principal: Principal, audience: string): Promise<Kept> => {
    const now = clock.now()
    const iat = Math.floor(now / 1000)
    const end = principal.expiresAt === null ? Number.POSITIVE_INFINITY : Math.floor(principal.expiresAt / 1000)
    const exp = Math.min(iat + lifeSeconds, end)
    const token = await signJwt({
      key: await signingKeys.current('access'),
      typ: identityTokenType,
      claims: {
        iss: settings.publicUrl,
        sub: principal.user?.publicId ?? `static-key:${principal.keyId ?? ''}`,
        aud: audience,
        iat,
        exp,
        jti: uuidv4(),
        kind: principal.kind,
        role: principal.role,
        scope: [...principal.scopes].sort().join(' '),
        preferred_username: principal.user?.username,
        act: principal.actor === null ? undefined : { sub: principal.actor },
      },
    })
    return { token, from: now, until: Math.min((exp - leastSeconds) * 1000, now + leastSeconds * 1000) }
  }

  const mapOf = (principal: Principal): ByAudience => {
    const known = byPrincipal.get(principal)
    if (known !== undefined) return known
    const key = contentOf(principal)
    const map: ByAudience = (key === null ? undefined : byContent.get(key)) ?? new Map()
    byPrincipal.set(principal, map)
    if (key !== null) byContent.set(key, map)
    return map
  }

  return {
    issue(principal, audience) {
      const map = mapOf(principal)
      const kept = map.get(audience)
      if (kept instanceof Promise) return kept
      const now = clock.now()
      // A clock that was set back does not keep a token alive.
      if (kept !== undefined && now >= kept.from && now < kept.until) return kept.token
      const pending = sign(principal, audience).then(
        (made) => {
          map.set(audience, made)
          return made.token
        },
        (error) => {
          map.delete(audience)
          throw error
        },
      )
      if (map.size >= mostAudiences) map.clear()
      map.set(audience, pending)
      return pending
    },
    forget() {
      byPrincipal = new WeakMap()
      byContent.clear()
    },
  }
}

/** All that the token says, for kinds that the guard does not remember; null: the object itself is enough. */
function contentOf({ kind, user, role, keyId, scopes, actor }: Principal): string | null {
  if (kind !== 'password' && kind !== 'static-key') return null
  return JSON.stringify([kind, user?.publicId, user?.epoch, user?.username, role, keyId, [...scopes].sort(), actor])
}
