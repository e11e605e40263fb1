import { CardeaError } from '../errors.ts'
import type { Origin, Principal } from '../types.ts'
import type { Mails } from './mails.ts'
import type { Store } from './ports.ts'
import type { Rights } from './rights.ts'
import { refusalOfUser } from './session-state.ts'
import type { OpenedSession, Sessions, TokenShape } from './sessions.ts'

/**
 * Opens a session of 15 minutes in somebody's name: audited, mailed to them, without the right to make credentials.
 * Throws scope_missing, beyond_own_rights (a target with as many rights or more; a credential that is no session, or acts for
 * somebody already), factor_required when the second factor of the one who acts was not proven, not_found, account_*.
 */
export type Impersonate = (
  by: Principal,
  publicId: string,
  origin: Origin,
  shape?: TokenShape,
) => Promise<OpenedSession>

export interface ImpersonationDeps {
  readonly store: Pick<Store, 'users'>
  readonly rights: Rights
  readonly sessions: Pick<Sessions, 'open'>
  readonly mails: Mails
}

export function createImpersonation({ store, rights, sessions, mails }: ImpersonationDeps): Impersonate {
  return async (by, publicId, origin, shape = {}) => {
    const actor = by.user
    const { sessionId } = by
    if (actor === null || sessionId === null || by.actor !== null) throw new CardeaError('beyond_own_rights')
    if (!by.scopes.has('impersonate')) throw new CardeaError('scope_missing', { extra: { scope: 'impersonate' } })
    const proven = by.factors.some((factor) => factor === 'totp' || factor === 'recovery-code')
    if (actor.hasFactor && !proven) throw new CardeaError('factor_required')
    const user = await store.users.byPublicId(publicId)
    if (user === null || user.kind === 'service') throw new CardeaError('not_found')
    if (user.id === actor.id) throw new CardeaError('beyond_own_rights')
    rights.isAbove(by, user)
    const closed = refusalOfUser(user)
    if (closed !== null) throw new CardeaError(closed)
    const wish = { ...shape, user, mode: 'token', factors: [], origin, actor: { user: actor, sessionId } } as const
    const opened = await sessions.open(wish)
    await mails.notice('impersonated', user, origin)
    return opened
  }
}
