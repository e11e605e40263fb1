import type { CredentialKind, Origin, Principal, Refusal, Verdict } from '../types.ts'
import type { ChangeFeed } from './change-feed.ts'
import { type CheckCredential, refuse } from './guard-checks.ts'
import { canonical, type Recognised, readAnyToken, readCredential } from './guard-read.ts'
import type { LastUsed } from './last-used.ts'
import type { Clock } from './ports.ts'
import type { Presented } from './presented.ts'
import type { ChangeKind } from './records.ts'
import type { StaticKeys } from './static-keys.ts'
import { cacheKey, type Held, type VerdictCache } from './verdict-cache.ts'

export type { Presented }

export interface Guard {
  /**
   * Request in, principal or refusal out; knows no route. No query when cached and the feed is fresh; never a write.
   * The refusal says which kind failed and why. `accepts`: the kinds that the route takes; where `access-token` is
   * taken, `private-token` is too unless `strictKinds`. Explicit credentials (all but cookies) beat cookies.
   */
  authenticate(
    presented: readonly Presented[],
    accepts: readonly CredentialKind[],
    origin: Origin,
    strictKinds?: boolean,
  ): Promise<Verdict<Principal>>
  /**
   * What introspection answers: the principal behind an access, private, opaque bearer or native refresh token or an
   * API key in one string; null for all else and all that is not good now. A key's addresses are not looked at: the
   * caller is not the one who was sent the key.
   */
  inspect(token: string, origin: Origin): Promise<Principal | null>
  /** Evicts what belongs to a changed subject; called by the change feed. */
  forget(kind: ChangeKind, id: string): void
  readonly cacheSize: () => number
}

export interface GuardDeps {
  readonly clock: Clock
  readonly feed: Pick<ChangeFeed, 'fresh'>
  readonly cache: VerdictCache
  readonly check: CheckCredential
  readonly staticKeys: StaticKeys
  readonly lastUsed: LastUsed
}

/** Kinds that are good at one door only: their verdicts are kept by door. */
const atOneDoor: readonly CredentialKind[] = ['session-cookie']
/** Passwords have a cache of their own; the others cost nothing or are rare. */
const keptKinds: readonly CredentialKind[] = [
  'access-token',
  'private-token',
  'bearer-token',
  'session-cookie',
  'api-key',
]

export function createGuard({ clock, feed, cache, check, staticKeys, lastUsed }: GuardDeps): Guard {
  /** Times of a verdict from memory. One that seems over is asked for again: another node may have seen its session. */
  const isCurrent = (held: Held, now: number): boolean => {
    if (held.endsAt !== null && now >= held.endsAt) return false
    if (held.idle === null || held.use === null) return true
    const seen = Math.max(held.idle.seenAt, lastUsed.peek(held.use.kind, held.use.id) ?? 0)
    return now < seen + held.idle.millis
  }

  const find = async (credential: Recognised, origin: Origin): Promise<Verdict<Held>> => {
    if (!keptKinds.includes(credential.kind)) return check(credential, origin)
    const way = atOneDoor.includes(credential.kind) ? `${credential.kind}@${origin.api}` : credential.kind
    const key = cacheKey(way, canonical(credential))
    const known = cache.get(key)
    if (known !== null && feed.fresh()) {
      if (isCurrent(known, clock.now())) return { ok: true, value: known }
      cache.drop(key)
    }
    const version = cache.version()
    const verdict = await check(credential, origin)
    if (verdict.ok && feed.fresh()) cache.put(key, verdict.value, version)
    return verdict
  }

  const judge = async (credential: Recognised, origin: Origin, anywhere: boolean): Promise<Verdict<Principal>> => {
    const verdict = await find(credential, origin)
    if (!verdict.ok) return verdict
    const { principal, addresses, use } = verdict.value
    if (!anywhere && addresses !== null && !addresses.has(origin.address)) {
      return refuse(principal.kind, 'credential_address_refused')
    }
    if (use !== null) lastUsed.note(use.kind, use.id, clock.now())
    return { ok: true, value: principal }
  }

  return {
    async authenticate(presented, accepts, origin, strictKinds = false) {
      const chosen = choose(presented, origin, staticKeys)
      if ('ok' in chosen) return chosen
      const taken =
        accepts.includes(chosen.kind) ||
        (!strictKinds && chosen.kind === 'private-token' && accepts.includes('access-token'))
      return taken ? judge(chosen, origin, false) : refuse(chosen.kind, 'credential_kind_refused')
    },
    async inspect(token, origin) {
      const credential = readAnyToken(token)
      if (credential === null) return null
      const verdict = await judge(credential, origin, true)
      return verdict.ok ? verdict.value : null
    },
    forget: (kind, id) => cache.forget(kind, id),
    cacheSize: () => cache.size(),
  }
}

/** The one credential that counts, or the refusal. */
function choose(
  presented: readonly Presented[],
  origin: Origin,
  staticKeys: StaticKeys,
): Recognised | ({ readonly ok: false } & Refusal) {
  const explicit = distinct(presented.filter(({ via }) => via !== 'cookie'))
  const candidates = (explicit.length > 0 ? explicit : distinct(presented)).map((each) =>
    readCredential(each, origin.api, staticKeys),
  )
  const [first, ...others] = candidates
  if (first === undefined) return { ok: false, code: 'credentials_missing' }
  // Which of two was meant is not for us to guess. The same one twice is one.
  const isSame = (other: (typeof candidates)[number]) =>
    !('refused' in other) && !('refused' in first) && other.kind === first.kind && canonical(other) === canonical(first)
  if (!others.every(isSame)) return refuse(first.kind, 'credentials_conflict')
  return 'refused' in first ? refuse(first.kind, first.refused) : first
}

function distinct(presented: readonly Presented[]): readonly Presented[] {
  const seen = new Map(presented.map((each) => [JSON.stringify(each), each]))
  return [...seen.values()]
}
