import { LRUCache } from 'lru-cache'
import { hmacHex } from '../crypto/hash.ts'
import { randomBytes } from '../crypto/random.ts'
import type { Millis, User } from '../types.ts'
import type { Clock } from './ports.ts'

/** Passwords that were right a moment ago, for callers who send one with each request. Failures are not kept. */
export interface BasicCache {
  has(user: User, password: string): boolean
  put(user: User, password: string): void
  forget(userPublicId?: string): void
  /** What a try is told apart by while it runs; the same for the same user, epoch and password. */
  keyOf(userId: number | string, epoch: number, password: string): string
}

/** A right password is believed this long without hashing it again. */
export const basicCacheMillis: Millis = 60_000

export function createBasicCache({ clock, max }: { readonly clock: Clock; readonly max: number }): BasicCache {
  // Of this process only: what a memory dump or a log shows of the keys fits no password list elsewhere.
  const secret = randomBytes(32)
  const entries = new LRUCache<string, { readonly user: string; readonly at: Millis }>({ max })
  const keyOf = (userId: number | string, epoch: number, password: string) =>
    hmacHex(secret, JSON.stringify([userId, epoch, password]))

  return {
    has(user, password) {
      const key = keyOf(user.id, user.epoch, password)
      const entry = entries.get(key)
      if (entry === undefined) return false
      const age = clock.now() - entry.at
      // A clock that was set back must not lengthen a life.
      if (age >= 0 && age < basicCacheMillis) return true
      entries.delete(key)
      return false
    },
    put(user, password) {
      entries.set(keyOf(user.id, user.epoch, password), { user: user.publicId, at: clock.now() })
    },
    forget(userPublicId) {
      if (userPublicId === undefined) entries.clear()
      else for (const [key, entry] of entries) if (entry.user === userPublicId) entries.delete(key)
    },
    keyOf,
  }
}
