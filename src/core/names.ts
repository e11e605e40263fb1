import { hmacHex } from '../crypto/hash.ts'
import { canonicalEmail, canonicalUsername } from '../crypto/identifiers.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import { CardeaError } from '../errors.ts'
import type { User } from '../types.ts'
import type { Clock, Store } from './ports.ts'
import type { Reservation } from './records.ts'
import type { CoreSettings } from './settings.ts'

/** User names and e-mail addresses of users to be: their rules, and what is kept free for a while. */
export interface Names {
  /** Throws request_invalid with what is right. */
  username(text: string): { readonly display: string; readonly key: string }
  email(text: string): string
  /** True for 90 days after a user of that name or address was deleted. */
  isReserved(kind: Reservation['kind'], canonical: string): Promise<boolean>
  reservationsOf(user: User): readonly Reservation[]
  /** The same, as part of a transaction. */
  on(tx: Pick<Store, 'users'>): Names
}

export interface NamesDeps {
  readonly store: Pick<Store, 'users'>
  readonly clock: Clock
  readonly keyTree: KeyTree
  readonly settings: Pick<CoreSettings, 'lifetimes'>
}

export function createNames({ store, clock, keyTree, settings }: NamesDeps): Names {
  function refuse(field: string, message: string): never {
    throw new CardeaError('request_invalid', { fields: [{ field, message }] })
  }
  const hashOf = (key: { readonly bytes: Buffer }, kind: string, text: string) => hmacHex(key.bytes, `${kind}:${text}`)

  return {
    username(text) {
      const verdict = canonicalUsername(text)
      return verdict.ok ? { display: verdict.display, key: verdict.key } : refuse('username', verdict.message)
    },
    email(text) {
      const verdict = canonicalEmail(text)
      return verdict.ok ? verdict.email : refuse('email', verdict.message)
    },
    async isReserved(kind, canonical) {
      for (const key of keyTree.all('name-reservation')) {
        if (await store.users.isReserved(kind, hashOf(key, kind, canonical), clock.now())) return true
      }
      return false
    },
    on: (tx) => createNames({ store: tx, clock, keyTree, settings }),
    reservationsOf(user) {
      const key = keyTree.current('name-reservation')
      const until = clock.now() + settings.lifetimes.nameReservation * 1000
      const name = canonicalUsername(user.username)
      return [
        ...(name.ok ? [{ kind: 'username' as const, hash: hashOf(key, 'username', name.key), until }] : []),
        ...(user.email === null ? [] : [{ kind: 'email' as const, hash: hashOf(key, 'email', user.email), until }]),
      ]
    },
  }
}
