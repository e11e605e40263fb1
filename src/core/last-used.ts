import type { Millis } from '../types.ts'

export const usedKinds = ['session', 'key', 'token', 'static-key'] as const
export type UsedKind = (typeof usedKinds)[number]

/**
 * When credentials were last used, kept in memory until the next flush: nothing is written while one is checked.
 * Times only grow.
 */
export interface LastUsed {
  note(kind: UsedKind, id: string, at: Millis): void
  /** The newest use that is not written yet, or null. */
  peek(kind: UsedKind, id: string): Millis | null
  /** Hands the batch to `write` and forgets what was written; after a failure all of it stays for the next flush. */
  flush<T>(
    kind: UsedKind,
    write: (batch: readonly { readonly id: string; readonly at: Millis }[]) => Promise<T>,
  ): Promise<T | null>
}

export function createLastUsed(): LastUsed {
  const maps: Readonly<Record<UsedKind, Map<string, Millis>>> = {
    session: new Map(),
    key: new Map(),
    token: new Map(),
    'static-key': new Map(),
  }
  return {
    note(kind, id, at) {
      const known = maps[kind].get(id)
      if (known === undefined || at > known) maps[kind].set(id, at)
    },
    peek: (kind, id) => maps[kind].get(id) ?? null,
    async flush(kind, write) {
      const map = maps[kind]
      if (map.size === 0) return null
      const batch = Array.from(map, ([id, at]) => ({ id, at }))
      const result = await write(batch)
      // Entries that were used again meanwhile are for the next flush.
      for (const { id, at } of batch) if (map.get(id) === at) map.delete(id)
      return result
    },
  }
}
