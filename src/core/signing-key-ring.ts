import type { SigningKeyMaterial } from '../crypto/key-ring.ts'
import type { Millis } from '../types.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { Clock, Store } from './ports.ts'
import type { KeyUse, SigningKey } from './records.ts'
import type { SigningKeyBoxes } from './signing-key-box.ts'

/** The stored signing keys in memory. */
export interface SigningKeyRing {
  /** All stored keys; from memory while the change feed is fresh. */
  rows(): Promise<readonly SigningKey[]>
  /** The key that signs: the newest that is active; null when there is none yet. */
  signer(use: KeyUse): Promise<SigningKey | null>
  /** A key that verifies now. An unknown `kid` costs one read of the store in five seconds, however many come. */
  verifier(use: KeyUse, kid: string): Promise<SigningKey | null>
  material(key: SigningKey): Promise<SigningKeyMaterial>
  reload(): void
}

export interface SigningKeyRingDeps {
  readonly store: Store
  readonly clock: Clock
  readonly feed: Pick<ChangeFeed, 'fresh'>
  readonly boxes: SigningKeyBoxes
}

const unknownKidPause: Millis = 5_000

export const isAlive = (key: SigningKey, now: Millis): boolean =>
  key.revokedAt === null && (key.verifiesUntil === null || now < key.verifiesUntil)

/** The key of a use that signs at `now`, of all rows. */
export function signerOf(rows: readonly SigningKey[], use: KeyUse, now: Millis): SigningKey | null {
  const able = rows
    .filter((key) => key.use === use && key.revokedAt === null && key.retiredAt === null)
    .sort((a, b) => a.activeAt - b.activeAt || a.createdAt - b.createdAt || (a.kid < b.kid ? -1 : 1))
  // With a clock that was set back every key may seem to wait: the oldest signs on.
  return able.findLast((key) => key.activeAt <= now) ?? able[0] ?? null
}

export function createSigningKeyRing({ store, clock, feed, boxes }: SigningKeyRingDeps): SigningKeyRing {
  let rows: readonly SigningKey[] | null = null
  let version = 0
  let loading: Promise<readonly SigningKey[]> | null = null
  let unknownKidAt: Millis | null = null
  /** By kid; import costs, and a key never changes under its thumbprint. */
  const materials = new Map<string, Promise<SigningKeyMaterial>>()

  const load = async (): Promise<readonly SigningKey[]> => {
    for (;;) {
      const before = version
      const found = await store.signingKeys.list()
      // A change that was told meanwhile may be younger than what was read.
      if (before !== version) continue
      rows = found
      const kids = new Set(found.map((key) => key.kid))
      for (const kid of materials.keys()) if (!kids.has(kid)) materials.delete(kid)
      return found
    }
  }

  const read = (): Promise<readonly SigningKey[]> => {
    loading ??= load().finally(() => {
      loading = null
    })
    return loading
  }

  const all = async (): Promise<readonly SigningKey[]> => (rows !== null && feed.fresh() ? rows : read())

  return {
    rows: all,
    signer: async (use) => signerOf(await all(), use, clock.now()),
    async verifier(use, kid) {
      const find = (keys: readonly SigningKey[]) => keys.find((key) => key.kid === kid && key.use === use) ?? null
      let key = find(await all())
      if (key === null) {
        const now = clock.now()
        if (unknownKidAt !== null && Math.abs(now - unknownKidAt) < unknownKidPause) return null
        unknownKidAt = now
        key = find(await read())
      }
      return key !== null && isAlive(key, clock.now()) ? key : null
    },
    material(key) {
      let material = materials.get(key.kid)
      if (material === undefined) {
        material = boxes.material(key)
        materials.set(key.kid, material)
        material.catch(() => materials.delete(key.kid))
      }
      return material
    },
    reload() {
      version += 1
      rows = null
    },
  }
}
