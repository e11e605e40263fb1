import {
  type GeneratedSigningKey,
  generateSigningKey,
  importSigningKey,
  type SigningAlgorithm,
  type SigningKeyMaterial,
} from '../crypto/key-ring.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import { boxKeyId, open, seal } from '../crypto/secret-box.ts'
import { CardeaError } from '../errors.ts'
import type { Millis } from '../types.ts'
import type { KeyUse, SigningKey } from './records.ts'

/** Makes stored signing keys of key pairs and back: the private half is boxed with its place as associated data. */
export interface SigningKeyBoxes {
  make(use: KeyUse, alg: SigningAlgorithm, now: Millis, activeAt: Millis): Promise<SigningKey>
  /** CardeaError `internal` when the box cannot be opened. */
  material(key: SigningKey): Promise<SigningKeyMaterial>
  /** The box again under the current key-encryption key; null when it already is. */
  resealed(key: SigningKey): string | null
}

/** What an operator does about a secret that does not fit. */
export const secretAdvice =
  'Put the former secret back (CARDEA_SECRET, or the file `secret` in the data folder), or name it in ' +
  'CARDEA_PREVIOUS_SECRETS beside the new one.'

const contextOf = (kid: string, use: KeyUse) => ({ table: 'signing_keys', row: kid, purpose: use })

export function createSigningKeyBoxes({ keyTree }: { readonly keyTree: KeyTree }): SigningKeyBoxes {
  const opened = (key: SigningKey): Buffer => {
    const id = boxKeyId(key.box)
    if (id !== null && keyTree.byId('key-encryption', id) === null) {
      throw new CardeaError('internal', {
        internal:
          `signing key ${key.kid} (${key.use}) is encrypted under the key-encryption key ${id}, which the configured ` +
          `secret does not give. ${secretAdvice}`,
      })
    }
    return open(keyTree, 'key-encryption', key.box, contextOf(key.kid, key.use))
  }
  const sealed = (plain: Buffer | string, kid: string, use: KeyUse): string =>
    seal(keyTree.current('key-encryption'), plain, contextOf(kid, use))

  return {
    async make(use, alg, now, activeAt) {
      const pair: GeneratedSigningKey = await generateSigningKey(alg)
      return {
        kid: pair.kid,
        alg,
        use,
        publicJwk: pair.publicJwk,
        box: sealed(JSON.stringify(pair.privateJwk), pair.kid, use),
        createdAt: now,
        activeAt,
        retiredAt: null,
        verifiesUntil: null,
        revokedAt: null,
      }
    },
    material(key) {
      // The halves are compared on import, so a public key that was exchanged in the database is found out.
      const privateJwk: unknown = JSON.parse(opened(key).toString('utf8'))
      return importSigningKey({ alg: key.alg, kid: key.kid, publicJwk: key.publicJwk, privateJwk })
    },
    resealed(key) {
      if (boxKeyId(key.box) === keyTree.current('key-encryption').id) return null
      return sealed(opened(key), key.kid, key.use)
    },
  }
}
