import { sha256Base64 } from '../crypto/hash.ts'
import type { Millis, Principal } from '../types.ts'
import type { AddressList } from './address-list.ts'
import type { UsedKind } from './last-used.ts'
import type { ChangeKind } from './records.ts'
import { createSubjectCache, type SubjectCache } from './subject-cache.ts'

/** A credential that was found good, with all that has to be looked at again at each use. */
export interface Held {
  readonly principal: Principal
  /** The credential's own end or its session's, whichever is first. */
  readonly endsAt: Millis | null
  /** Ends by idling: since the last use, here or as the store knew it. */
  readonly idle: { readonly millis: Millis; readonly seenAt: Millis } | null
  /** Null: from anywhere. */
  readonly addresses: AddressList | null
  /** What its use is noted under; null: nowhere. */
  readonly use: { readonly kind: UsedKind; readonly id: string } | null
  /** Whose changes make it void. */
  readonly subjects: readonly Subject[]
}

export type Subject = `${Exclude<ChangeKind, 'restore'>}:${string}`

/** Good verdicts in memory, keyed by a hash of the whole credential, found again by whose change voids them. */
export interface VerdictCache extends Omit<SubjectCache<Held>, 'forget'> {
  forget(kind: ChangeKind, id: string): void
}

/** The way in counts too: a secret that is good as a cookie is not good in a header. */
export function cacheKey(way: string, credential: string): string {
  return sha256Base64(`${way}\0${credential}`)
}

/** `max` 0: nothing is kept. */
export function createVerdictCache(wish: { readonly max: number }): VerdictCache {
  const cache = createSubjectCache<Held>(wish)
  return { ...cache, forget: (kind, id) => cache.forget(kind === 'restore' ? null : `${kind}:${id}`) }
}
