import { equalBytes } from './compare.ts'
import { hkdf } from './hash.ts'

/** What a derived key is for. Each use has its own key, so that what one does never helps against another. */
export const keyLabels = [
  'key-encryption',
  'key-pepper',
  'session',
  'refresh',
  'basic',
  'audit',
  'device',
  'name-reservation',
  'limit',
  'link-check',
  'email-mark',
] as const
export type KeyLabel = (typeof keyLabels)[number]

export interface DerivedKey {
  /** 8 hex digits; public. Stored next to what the key made, to find the key again after the root was changed. */
  readonly id: string
  /** 32 bytes. */
  readonly bytes: Buffer
}

export interface KeyTree {
  /** The key to make new things with. */
  current(label: KeyLabel): DerivedKey
  /** The key that made an older thing, or null when its root is not configured any more. */
  byId(label: KeyLabel, id: string): DerivedKey | null
  /** The current key first, then those of the previous roots in their order. */
  all(label: KeyLabel): readonly DerivedKey[]
}

function derive(root: Uint8Array, label: KeyLabel): DerivedKey {
  return Object.freeze({
    // An output of its own: a part or a hash of the key would let an id confirm a guess of it.
    id: hkdf(root, `cardea/1/${label}/id`, 4).toString('hex'),
    bytes: hkdf(root, `cardea/1/${label}/key`, 32),
  })
}

/**
 * All keys that grow from the root secret, by HKDF-SHA-256. `previous` roots open and verify what was made before a
 * change of the root. TypeError for a root under 32 bytes.
 */
export function createKeyTree(current: Uint8Array, previous: readonly Uint8Array[] = []): KeyTree {
  for (const root of [current, ...previous]) {
    if (root.length < 32) throw new TypeError('A root secret needs 32 bytes or more')
  }
  const roots = [current, ...previous.filter((root) => !equalBytes(root, current))]
  // Derived at once: the tree keeps no root.
  const firsts = new Map(keyLabels.map((label) => [label, derive(current, label)]))
  const keys = new Map(keyLabels.map((label) => [label, roots.map((root) => derive(root, label))]))

  function all(label: KeyLabel): readonly DerivedKey[] {
    return keys.get(label) ?? []
  }
  return {
    current(label) {
      const key = firsts.get(label)
      if (key === undefined) throw new TypeError(`There is no key labelled ${label}`)
      return key
    },
    byId: (label, id) => all(label).find((key) => key.id === id) ?? null,
    all,
  }
}
