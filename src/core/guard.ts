import type { ApiName, CredentialKind, Origin, Principal, Refusal, Verdict } from '../types.ts'
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
   * What is known is answered at once, without a promise: waiting for one would cost as much as the check.
   */
  authenticate(
    presented: readonly Presented[],
    accepts: readonly CredentialKind[],
    origin: Origin,
    strictKinds?: boolean,
  ): Verdict<Principal> | Promise<Verdict<Principal>>
  /**
   * What introspection answers: the principal behind an access, private, opaque bearer or native refresh token or an
   * API key in one string; null for all else and all that is not good now. A key's addresses are told, not looked at:
   * the caller is not the one who was sent the key.
   */
  inspect(token: string, origin: Origin): Promise<Inspected | null>
  /** Evicts what belongs to a changed subject; called by the change feed. */
  forget(kind: ChangeKind, id: string): void
  readonly cacheSize: () => number
}

/** `allowAddresses`: the only ones that the credential is good from; empty: from anywhere. */
export interface Inspected extends Principal {
  readonly allowAddresses: readonly string[]
}

export interface GuardDeps {
  readonly clock: Clock
  readonly feed: Pick<ChangeFeed, 'fresh'>
  readonly cache: VerdictCache
  readonly check: CheckCredential
  readonly staticKeys: StaticKeys
  readonly lastUsed: LastUsed
}

/** Access, private and opaque bearer tokens: their form tells them apart, so that no text is two of them. */
const bearerWay = 'bearer'

/**
 * The way in that a kept verdict is good for; null: none is kept. Cookies are good at one door only. Passwords have a
 * cache of their own; what is left costs nothing or is rare.
 */
function wayOf(kind: CredentialKind, origin: Origin): string | null {
  switch (kind) {
    case 'access-token':
    case 'private-token':
    case 'bearer-token':
      return bearerWay
    case 'session-cookie':
      return `${kind}@${origin.api}`
    case 'api-key':
      return kind
    default:
      return null
  }
}

export function createGuard({ clock, feed, cache, check, staticKeys, lastUsed }: GuardDeps): Guard {
  /** Times of a verdict from memory. One that seems over is asked for again: another node may have seen its session. */
  const isCurrent = (held: Held, now: number): boolean => {
    if (held.endsAt !== null && now >= held.endsAt) return false
    if (held.idle === null || held.use === null) return true
    const seen = Math.max(held.idle.seenAt, lastUsed.peek(held.use.kind, held.use.id) ?? 0)
    return now < seen + held.idle.millis
  }

  const recall = (key: string): Held | null => {
    const known = cache.get(key)
    if (known === null || !feed.fresh()) return null
    if (isCurrent(known, clock.now())) return known
    cache.drop(key)
    return null
  }

  const find = async (credential: Recognised, origin: Origin, key: string | null): Promise<Verdict<Held>> => {
    const version = cache.version()
    const verdict = await check(credential, origin)
    if (key !== null && verdict.ok && feed.fresh()) cache.put(key, verdict.value, version)
    return verdict
  }

  const noteUse = ({ use }: Held) => {
    if (use !== null) lastUsed.note(use.kind, use.id, clock.now())
  }

  const use = (held: Held, origin: Origin): Verdict<Principal> => {
    const { principal, addresses } = held
    if (addresses !== null && !addresses.has(origin.address)) {
      return refuse(principal.kind, 'credential_address_refused')
    }
    noteUse(held)
    return { ok: true, value: principal }
  }

  /** What the verdict on a credential is kept under; null: it is not kept. */
  const keyOf = (credential: Recognised, origin: Origin): string | null => {
    const way = wayOf(credential.kind, origin)
    return way === null ? null : cacheKey(way, canonical(credential))
  }

  const judge = (
    credential: Recognised,
    key: string | null,
    origin: Origin,
  ): Verdict<Principal> | Promise<Verdict<Principal>> => {
    const known = key === null ? null : recall(key)
    if (known !== null) return use(known, origin)
    return find(credential, origin, key).then((verdict) => (verdict.ok ? use(verdict.value, origin) : verdict))
  }

  /**
   * Where the verdict on a list is kept, by the list itself: whoever hands in the same one again has sent the same. What
   * the verdict is, and whether it still counts, is asked each time.
   */
  const keysOfLists = new WeakMap<readonly Presented[], { readonly api: ApiName; readonly key: string }>()

  /** Known without being read again: the same list, or a bearer text, which is its own canonical form in any kind. */
  const recallUnread = (presented: readonly Presented[], { api }: Origin): Held | null => {
    const list = keysOfLists.get(presented)
    if (list?.api === api) return recall(list.key)
    const [only] = presented
    if (presented.length !== 1 || only?.via !== 'bearer') return null
    const key = cacheKey(bearerWay, only.text)
    const held = recall(key)
    if (held !== null) keysOfLists.set(presented, { api, key })
    return held
  }

  return {
    authenticate(presented, accepts, origin, strictKinds = false) {
      const takes = (kind: CredentialKind) =>
        accepts.includes(kind) || (!strictKinds && kind === 'private-token' && accepts.includes('access-token'))
      const known = recallUnread(presented, origin)
      if (known !== null && takes(known.principal.kind)) return use(known, origin)
      const chosen = choose(presented, origin, staticKeys)
      if ('ok' in chosen) return chosen
      if (!takes(chosen.kind)) return refuse(chosen.kind, 'credential_kind_refused')
      const key = keyOf(chosen, origin)
      if (key !== null) keysOfLists.set(presented, { api: origin.api, key })
      return judge(chosen, key, origin)
    },
    async inspect(token, origin) {
      const credential = readAnyToken(token)
      if (credential === null) return null
      const key = keyOf(credential, origin)
      const known = key === null ? null : recall(key)
      const verdict = known === null ? await find(credential, origin, key) : { ok: true as const, value: known }
      if (!verdict.ok) return null
      const { principal, addresses } = verdict.value
      noteUse(verdict.value)
      return { ...principal, allowAddresses: addresses?.entries ?? [] }
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
  if (presented.length < 2) return presented
  const seen = new Map(presented.map((each) => [JSON.stringify(each), each]))
  return [...seen.values()]
}
