import { LRUCache } from 'lru-cache'

/** What is kept, with those whose changes make it void. */
export interface Dependent {
  readonly subjects: readonly string[]
}

/** Bounded memory that is keyed by a hash and found again by whose change voids it. */
export interface SubjectCache<H extends Dependent> {
  get(key: string): H | null
  /** Grows with each change that was told: compare before and after a look-up. */
  version(): number
  /** Keeps it unless a change was told since `version`: what was read may be older than that change. */
  put(key: string, held: H, version: number): void
  drop(key: string): void
  /** Drops all that depends on this subject; null: all there is. */
  forget(subject: string | null): void
  size(): number
}

/** `max` 0: nothing is kept. */
export function createSubjectCache<H extends Dependent>({ max }: { readonly max: number }): SubjectCache<H> {
  const bySubject = new Map<string, Set<string>>()
  let changes = 0

  const unlink = (held: H, key: string) => {
    for (const subject of held.subjects) {
      const keys = bySubject.get(subject)
      keys?.delete(key)
      if (keys?.size === 0) bySubject.delete(subject)
    }
  }
  const entries = new LRUCache<string, H>({ max: Math.max(max, 1), dispose: unlink })

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
    forget(subject) {
      changes += 1
      if (subject === null) entries.clear()
      else for (const key of [...(bySubject.get(subject) ?? [])]) entries.delete(key)
    },
    size: () => entries.size,
  }
}
