import type { Core } from '../core/cardea.ts'
import { CardeaError } from '../errors.ts'
import type { Principal, User } from '../types.ts'
import type { Call } from './api.ts'

/** Whether all factors were proven lately. A clock that was set back makes no proof younger than it is. */
export function isFresh({ clock, settings }: Pick<Core, 'clock' | 'settings'>, { provenAt }: Principal): boolean {
  return provenAt !== null && Math.abs(clock.now() - provenAt) <= settings.freshSeconds * 1000
}

export function refuseImpersonation({ actor }: Principal): void {
  if (actor !== null) throw new CardeaError('beyond_own_rights', { internal: 'impersonation changes no credentials' })
}

/**
 * What changes credentials at a door whose contract asks for no fresh proof: credentials of that door follow it, all
 * others are as good as at their own door and no better. These have to be of a person in a session that proved all
 * factors lately; keys and private tokens never are. Throws reauthentication_required, beyond_own_rights.
 */
export function demandProofOfVisitors({ core, origin }: Pick<Call, 'core' | 'origin'>, principal: Principal): void {
  if (principal.api === origin.api) return
  refuseImpersonation(principal)
  if (principal.sessionId !== null && principal.keyId === null && isFresh(core, principal)) return
  throw new CardeaError('reauthentication_required', { kind: principal.kind, internal: `made by ${principal.api}` })
}

/** The second factor was proven in this session. */
function hasProvenFactor({ factors }: Principal): boolean {
  return factors.some((factor) => factor === 'totp' || factor === 'recovery-code')
}

/**
 * A second factor that somebody else lost is taken off by whoever proved their own, where they have one: a session from
 * before it was on has not. Throws beyond_own_rights, factor_required.
 */
export function demandOwnFactor(by: Principal, user: User): void {
  if (by.user === null || by.user.id === user.id)
    throw new CardeaError('beyond_own_rights', { internal: 'the own factor is not lost' })
  if (by.user.hasFactor && !hasProvenFactor(by)) throw new CardeaError('factor_required')
}
