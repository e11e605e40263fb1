import type { ApiKey } from '../../core/records.ts'
import { CardeaError } from '../../errors.ts'
import type { CredentialKind, Principal, User } from '../../types.ts'
import type { Call, Route } from '../api.ts'
import { refusal } from './errors.ts'
import { isPerson, lend, levelOf } from './levels.ts'
import { type Profile, readProfile } from './profile.ts'

/** Who calls, with what this door asks beyond scopes. */
export interface Caller {
  readonly principal: Principal
  readonly user: User
  readonly profile: Profile
  readonly level: number
}

/** Found by `admit` and used by `run` of the same request: each request has a principal object of its own. */
const admitted = new WeakMap<Principal, Caller>()

export function callerOf(call: Pick<Call, 'caller'>): Caller {
  const found = admitted.get(call.caller())
  if (found === undefined) throw new TypeError('the route does not admit its callers')
  return found
}

type Admit = NonNullable<Route['admit']>
/** For the tables of the documentation. */
const demanded = new WeakMap<Admit, number>()

export interface Demands {
  /** Lets users in who withdrew their consent. */
  readonly guest?: boolean
  /** The first step of a user whose role must have a second factor and who has none: only the role's level counts. */
  readonly enrolling?: boolean
}

/** Consent, then the level; both of now. A withdrawn consent is told to guests only, to all others it is a 401. */
export function atLevel(
  needed: number,
  { guest = false, enrolling = false }: Demands = {},
): NonNullable<Route['admit']> {
  const admit: Admit = async (call) => {
    const { core } = call
    const principal = call.caller()
    const user = call.user()
    const profile = await readProfile(core, user)
    if (profile.consent < 1 && !guest) {
      throw new CardeaError('credential_revoked', { kind: principal.kind, internal: 'the user withdrew their consent' })
    }
    const key = await keyOf(call, principal, user)
    const owed = enrolling && !user.hasFactor && isPerson(principal) && core.settings.requireFactor.includes(user.role)
    const level = owed ? core.roles.faceOf(user.role).freesewing.level : levelOf(core, principal, key)
    if (level < needed) throw new CardeaError('scope_missing', { kind: principal.kind, internal: `level ${level}` })
    // A new object, also where nothing is lent: verdicts are kept, and shared by requests.
    const lent = needed === 9 ? lend(core, principal, user) : { ...principal }
    admitted.set(lent, { principal: lent, user, profile, level })
    return lent
  }
  demanded.set(admit, needed)
  return admit
}

/** The level that a route asks for; undefined: it takes no credential. */
export function levelOfRoute({ admit }: Pick<Route, 'admit'>): number | undefined {
  return admit === undefined ? undefined : demanded.get(admit)
}

/** The key that was sent, or that a token was got with. */
async function keyOf({ core }: Call, principal: Principal, user: User): Promise<ApiKey | null> {
  const { kind, keyId } = principal
  return keyId !== null && (kind === 'api-key' || kind === 'access-token') ? core.keys.byId(user, keyId) : null
}

/** Says what `GET /whoami/jwt` has to say of a withdrawn consent. */
export function demandConsent({ profile }: Caller): void {
  if (profile.consent < 1) throw refusal('consentLacking')
}

type Ways = readonly { readonly suffix: '/jwt' | '/key'; readonly takes: readonly CredentialKind[] }[]

const jwt = { suffix: '/jwt', takes: ['access-token'] } as const
const key = { suffix: '/key', takes: ['api-key'] } as const
/** The last part of the path says which credential is taken there, and the other one is refused. */
export const bothWays: Ways = [jwt, key]
export const jwtOnly: Ways = [jwt]
export const keyOnly: Ways = [key]
