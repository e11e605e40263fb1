import type { Core } from '../../core/cardea.ts'
import { CardeaError } from '../../errors.ts'
import type { Principal, User } from '../../types.ts'
import type { Call, Route } from '../api.ts'

/** Who calls, as far as this contract tells people apart. */
export interface Caller {
  readonly user: User
  readonly principal: Principal
  readonly isStaff: boolean
  readonly isSuperuser: boolean
  /** What staff do to others is done by people, in a session or with their password, and by no program. */
  readonly mayAct: boolean
}

function isPerson({ kind, sessionId, keyId, actor }: Principal): boolean {
  if (keyId !== null || actor !== null) return false
  return kind === 'password' || (kind === 'access-token' && sessionId !== null)
}

const owesFactor = (core: Core, user: User): boolean =>
  !user.hasFactor && core.settings.requireFactor.includes(user.role)

/** A credential of another door, and one that was cut to some scopes, is staff's only when it carries administration. */
export function callerOf({ core, principal }: Pick<Call, 'core' | 'principal'>): Caller | null {
  const user = principal?.user ?? null
  if (principal === null || user === null) return null
  const { isStaff, isSuperuser } = core.roles.faceOf(user.role).librephotos
  const isOwn = principal.api === 'librephotos' && isPerson(principal)
  const fits = (isOwn || principal.scopes.has('users:read')) && !owesFactor(core, user)
  const mayAct = fits && isPerson(principal) && (isOwn || principal.scopes.has('users:write'))
  return { user, principal, isStaff: isStaff && fits, isSuperuser: isSuperuser && fits, mayAct }
}

/**
 * The principal with all that its user may do now, for one call on other people. No credential of this door carries
 * administration, so none of them is worth more at another door than one of an ordinary user. One of another door does
 * what it carries itself: it may have been cut to less than its owner has.
 */
export function lent(core: Core, { principal, user }: Caller): Principal {
  if (principal.api !== 'librephotos') return principal
  return { ...principal, scopes: new Set([...principal.scopes, ...core.roles.scopesOfUser(user)]) }
}

const admitIf =
  (isOne: (caller: Caller) => boolean): NonNullable<Route['admit']> =>
  async (call) => {
    const principal = call.caller()
    const caller = callerOf(call)
    if (caller !== null && isOne(caller)) return principal
    const owes = caller !== null && owesFactor(call.core, caller.user)
    throw new CardeaError(owes ? 'factor_enrolment_required' : 'scope_missing', { kind: principal.kind })
  }
export const asReadingStaff = admitIf(({ isStaff }) => isStaff)
export const asStaff = admitIf(({ isStaff, mayAct }) => isStaff && mayAct)
export const asSuperuser = admitIf(({ isSuperuser, mayAct }) => isSuperuser && mayAct)

/** The caller of a route that admits or takes one. */
export function knownCaller(call: Pick<Call, 'core' | 'principal'>): Caller {
  const caller = callerOf(call)
  if (caller === null) throw new CardeaError('user_required')
  return caller
}

/** Nobody changes somebody beyond their own rights, not even their preferences. */
export function demandManages(core: Core, actor: Principal, target: User): void {
  if (!actor.scopes.has('users:write')) throw new CardeaError('scope_missing', { kind: actor.kind })
  for (const scope of core.roles.scopesOfUser(target)) {
    if (!actor.scopes.has(scope)) throw new CardeaError('beyond_own_rights')
  }
}

/** A person in a session; programs, and those who act for somebody, change no password and no address. */
export function demandSession({ principal: { sessionId, keyId, actor, kind } }: Caller): void {
  if (kind === 'access-token' && sessionId !== null && keyId === null && actor === null) return
  throw new CardeaError('beyond_own_rights', { internal: 'only a person in a session changes credentials' })
}
