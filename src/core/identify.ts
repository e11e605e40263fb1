import { hmacHex } from '../crypto/hash.ts'
import { canonicalEmail, canonicalUsername, identifierForm } from '../crypto/identifiers.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import type { Origin, User } from '../types.ts'
import type { Store } from './ports.ts'

export interface Identified {
  /** Canonical text of what was typed: what tries are counted by when nobody has that name. */
  readonly key: string
  /** Null: unknown, or a service user, who has no password. */
  readonly user: User | null
}

export interface Identify {
  /** One look-up, chosen by the form of the identifier alone. Never throws for what was typed. */
  find(identifier: string, origin: Origin): Promise<Identified>
  /** What of an unknown identifier may be kept: it could be a password typed into the wrong field. */
  trace(key: string): string
}

export interface IdentifyDeps {
  readonly store: Pick<Store, 'users'>
  readonly keyTree: KeyTree
}

export function createIdentify({ store, keyTree }: IdentifyDeps): Identify {
  async function lookUp(identifier: string, origin: Origin): Promise<Identified> {
    const form = identifierForm(identifier)
    if (form === 'email') {
      const email = canonicalEmail(identifier)
      if (email.ok) return { key: email.email, user: await store.users.byEmail(email.email) }
    } else if (form === 'username') {
      const name = canonicalUsername(identifier)
      if (name.ok) return { key: name.key, user: await store.users.byUsername(name.key) }
    } else if (form === 'digits' && origin.api === 'freesewing' && identifier.length < 16) {
      const id = Number(identifier)
      return { key: String(id), user: await store.users.byId(id) }
    }
    // Nobody can be called that. The same look-up all the same, so that the time tells nothing.
    const key = identifier.slice(0, 300).normalize('NFKC').toLowerCase()
    return { key, user: await store.users.byUsername(':').then(() => null) }
  }

  return {
    async find(identifier, origin) {
      const found = await lookUp(identifier, origin)
      return found.user?.kind === 'service' ? { key: found.key, user: null } : found
    },
    trace: (key) => hmacHex(keyTree.current('audit').bytes, `identifier:${key}`),
  }
}
