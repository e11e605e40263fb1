import { CardeaError } from '../errors.ts'
import type { Origin, Principal, User } from '../types.ts'
import type { CredentialFilter } from './admin-records.ts'
import type { Keys } from './keys.ts'
import type { Clock, Store } from './ports.ts'
import type { ApiKey, Page, PageWish, PrivateToken } from './records.ts'
import type { Rights } from './rights.ts'
import type { Tokens } from './tokens.ts'

/** Keys and private tokens of everybody, for administrators. Nobody revokes what belongs to somebody beyond their rights. */
export interface CredentialAdministration {
  keys(wish: PageWish & CredentialFilter): Promise<Page<{ readonly key: ApiKey; readonly user: User }>>
  tokens(wish: PageWish & CredentialFilter): Promise<Page<{ readonly token: PrivateToken; readonly user: User }>>
  /** Throws not_found, beyond_own_rights; again is fine. */
  revokeKey(id: string, actor: Principal, origin: Origin): Promise<void>
  revokeToken(publicId: string, actor: Principal, origin: Origin): Promise<void>
}

export interface CredentialAdministrationDeps {
  readonly store: Pick<Store, 'keys' | 'tokens' | 'users'>
  readonly clock: Clock
  readonly keys: Keys
  readonly tokens: Tokens
  readonly rights: Rights
}

/** What ends within this time is about to. */
const soonMillis = 14 * 86_400_000

export function createCredentialAdministration(deps: CredentialAdministrationDeps): CredentialAdministration {
  const { store, clock, keys, tokens, rights } = deps
  const times = () => ({ now: clock.now(), soon: clock.now() + soonMillis })

  async function demandOwner(userId: number, actor: Principal): Promise<void> {
    const owner = await store.users.byId(userId)
    if (owner === null) throw new CardeaError('not_found')
    rights.mayManageOrIs(actor, owner)
  }

  return {
    keys: (wish) => store.keys.find({ ...wish, ...times() }),
    tokens: (wish) => store.tokens.find({ ...wish, ...times() }),
    async revokeKey(id, actor, origin) {
      await demandOwner((await keys.byId(null, id)).userId, actor)
      await keys.revoke(null, id, actor, origin)
    },
    async revokeToken(publicId, actor, origin) {
      await demandOwner((await tokens.byPublicId(null, publicId)).userId, actor)
      await tokens.revoke(null, publicId, actor, origin)
    },
  }
}
