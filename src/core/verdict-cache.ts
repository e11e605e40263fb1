import { LRUCache } from 'lru-cache'
import { sha256Base64 } from '../crypto/hash.ts'
import type { Millis, Principal } from '../types.ts'
import type { AddressList } from './address-list.ts'
import type { UsedKind } from './last-used.ts'
import type { ChangeKind } from './records.ts'

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
export interface VerdictCache {
  get(key: string): Held | null
  /** Grows with each change that was told: compare before and after a look-up. */
  version(): number
  /** Keeps it unless a change was told since `version`: what was read may be older than that change. */
  put(key: string, held: Held, version: number): void
  drop(key: string): void
  forget(kind: ChangeKind, id: string): void
  size(): number
}

/** The way in counts too: a secret that is good as a cookie is not good in a header. */
export function cacheKey(way: string, credential: string): string {
  return sha256Base64(`${way}\0${credential}`)
}

/** `max` 0: nothing is kept. */
export function createVerdictCache({ max }: { readonly max: number }): VerdictCache {
  const bySubject = new Map<Subject, Set<string>>()
  let changes = 0

  const unlink = (held: Held, key: string) => {
    for (const subject of held.subjects) {
      const keys = bySubject.get(subject)
      keys?.delete(key)
      if (keys?.size === 0) bySubject.delete(subject)
    }
  }
  const entries = new LRUCache<string, Held>({ max: Math.max(max, 1), dispose: unlink })

  return {
    get: (key) => entries.get(key) ?? null,
    version: () => changes,
    put(key, held, version) {
      if (max < 1 || version !== changes) return
      // Replacing an entry unlinks the old one, so the links of the new one come after.
      entries.set(key, held)
      for (const subject of held.subjects) {
        const keys = bySubject.get(subject)
        if (keys === undefined) bySubject.set(subject, new Set([key]))
        else keys.add(key)
      }
    },
    drop(key) {
      entries.delete(key)
    },
    forget(kind, id) {
      changes += 1
      if (kind === 'restore') entries.clear()
      else for (const key of [...(bySubject.get(`${kind}:${id}`) ?? [])]) entries.delete(key)
    },
    size: () => entries.size,
  }
}
