import { sha256Base64 } from '../crypto/hash.ts'
import type { ApiName, RoleName, Scope, User } from '../types.ts'
import { coreScopes } from '../types.ts'
import { type Face, faceOf } from './faces.ts'
import type { CoreSettings } from './settings.ts'

export interface Roles {
  readonly names: readonly RoleName[]
  has(role: RoleName): boolean
  /** What a role may do: its configured scopes. */
  scopesOf(role: RoleName): ReadonlySet<Scope>
  /** What a user may do now: the role's scopes and, for service users, those granted by name. */
  scopesOfUser(user: User): ReadonlySet<Scope>
  /** The most that credentials issued by this API can carry. */
  ceilingOf(api: ApiName): ReadonlySet<Scope>
  /** Effective scopes: ceiling, cut to the wish (when there is one), cut to what the owner has now. */
  effective(user: User, ceiling: readonly Scope[], wish: readonly Scope[] | null): ReadonlySet<Scope>
  /** What the role is called at the other doors. */
  faceOf(role: RoleName): Face
  /** Every scope that some role has or that can be granted. */
  readonly allScopes: ReadonlySet<Scope>
  /** Another one where the configuration gives other rights: whoever keeps what somebody may do has to ask again. */
  readonly fingerprint: string
}

const asUser: readonly Scope[] = [
  'account:read',
  'account:write',
  'sessions:write',
  'keys:read',
  'keys:write',
  'tokens:read',
  'tokens:write',
]
const asEditor: readonly Scope[] = [...asUser, 'documents:read', 'documents:write', 'drafts:write']

/** Given to service users by name; no role has them of itself. */
export const namedScopes: readonly Scope[] = ['tokens:introspect', 'changes:read']

/** Scopes that rule over others: only credentials of the native API carry them. */
export const administrationScopes: readonly Scope[] = [
  'users:read',
  'users:write',
  'events:read',
  'signing-keys:write',
  'impersonate',
  ...namedScopes,
]

/** The roles of a new installation. The setting `roles` can change them and add others. */
export const defaultRoles: Readonly<Record<RoleName, readonly Scope[]>> = {
  guest: ['account:read'],
  user: asUser,
  tester: asUser,
  contributor: [...asUser, 'documents:read', 'drafts:write'],
  editor: asEditor,
  curator: asEditor,
  bughunter: asUser,
  support: [...asUser, 'users:read', 'documents:read'],
  admin: [...coreScopes.filter((scope) => !namedScopes.includes(scope)), 'drafts:write'],
}

/** Enough to enrol a factor, and no more. */
const enrolling: ReadonlySet<Scope> = new Set(['account:read', 'account:write'])

export interface RolesDeps {
  readonly settings: Pick<CoreSettings, 'roles' | 'requireFactor'>
}

export function createRoles({ settings }: RolesDeps): Roles {
  // A Map: a role that is called `constructor` must not find anything.
  const roles = new Map(Object.entries(settings.roles).map(([name, scopes]) => [name, new Set(scopes)]))
  const none: ReadonlySet<Scope> = new Set()
  const allScopes: ReadonlySet<Scope> = new Set([
    ...coreScopes,
    ...Array.from(roles.values()).flatMap((set) => [...set]),
  ])
  const withoutAdministration = new Set([...allScopes].filter((scope) => !administrationScopes.includes(scope)))

  const scopesOf = (role: RoleName): ReadonlySet<Scope> => roles.get(role) ?? none
  const scopesOfUser = (user: User): ReadonlySet<Scope> =>
    user.kind === 'service' ? new Set([...scopesOf(user.role), ...user.grantedScopes]) : scopesOf(user.role)
  /** A machine cannot type codes; its keys are its factor. */
  const lacksFactor = (user: User) =>
    user.kind === 'person' && !user.hasFactor && settings.requireFactor.includes(user.role)

  const sorted = (names: Iterable<string>) => [...names].sort()
  const fingerprint = sha256Base64(
    JSON.stringify([
      sorted(roles.keys()).map((role) => [role, sorted(scopesOf(role))]),
      sorted(settings.requireFactor),
      administrationScopes,
    ]),
  )

  return {
    names: [...roles.keys()],
    has: (role) => roles.has(role),
    scopesOf,
    scopesOfUser,
    ceilingOf: (api) => (api === 'native' ? allScopes : withoutAdministration),
    effective(user, ceiling, wish) {
      const now = scopesOfUser(user)
      const cut = lacksFactor(user)
      return new Set(
        ceiling.filter(
          (scope) => now.has(scope) && (wish === null || wish.includes(scope)) && (!cut || enrolling.has(scope)),
        ),
      )
    },
    faceOf,
    allScopes,
    fingerprint,
  }
}
