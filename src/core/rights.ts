import { CardeaError } from '../errors.ts'
import type { Principal, RoleName, Scope, User } from '../types.ts'
import { plainText } from './plain-text.ts'
import { namedScopes, type Roles } from './roles.ts'

/** Who may act on whom. `actor` null is the command line: whoever can run it owns the database anyway. */
export interface Rights {
  /** Throws scope_missing or beyond_own_rights unless `actor` may change `target`. */
  mayManage(actor: Principal | null, target: User): void
  /** The same, and `target` has to have fewer rights than `actor`. */
  isAbove(actor: Principal, target: User): void
  /** As `mayManage`, but everybody may act on themselves. */
  mayManageOrIs(actor: Principal | null, target: User): void
  /** Throws unless `actor` may hand out this role; request_invalid for one that does not exist. */
  mayGiveRole(actor: Principal | null, role: RoleName): void
  mayGiveScopes(actor: Principal | null, scopes: readonly Scope[]): void
  /** Those of the scopes that `actor` may hand out. */
  givenBy(actor: Principal | null, scopes: Iterable<Scope>): readonly Scope[]
  /** Whether a user may hand out this role now; for what they began earlier. */
  stillGivesRole(user: User, role: RoleName): boolean
}

/** What of a principal decides. */
type Actor = Pick<Principal, 'scopes' | 'role' | 'kind'>

export function createRights({ roles }: { readonly roles: Roles }): Rights {
  /** What no role has of itself can be handed on by whoever has all that an administrator has. */
  function covers(actor: Actor, wanted: Iterable<Scope>): boolean {
    const isFullAdmin = () => Array.from(roles.scopesOf('admin')).every((scope) => actor.scopes.has(scope))
    for (const scope of wanted) {
      if (actor.scopes.has(scope)) continue
      if (!namedScopes.includes(scope) || !roles.has('admin') || !isFullAdmin()) return false
    }
    return true
  }

  function demand(actor: Actor | null, wanted: Iterable<Scope>): void {
    if (actor === null) return
    if (!actor.scopes.has('users:write')) {
      throw new CardeaError('scope_missing', { kind: actor.kind, extra: { scope: 'users:write' } })
    }
    if (!covers(actor, wanted)) throw new CardeaError('beyond_own_rights')
  }

  function mayGiveRole(actor: Actor | null, role: RoleName): void {
    if (!roles.has(role)) {
      const message = `must be one of ${roles.names.join(', ')}`
      throw new CardeaError('request_invalid', { fields: [{ field: 'role', message }] })
    }
    // An operator's role of few scopes can still be named `admin`: nobody but an administrator makes one.
    if (actor !== null && role === 'admin' && actor.role !== 'admin') throw new CardeaError('beyond_own_rights')
    demand(actor, roles.scopesOf(role))
  }

  function mayManage(actor: Principal | null, target: User): void {
    demand(actor, roles.scopesOfUser(target))
    // Nor does anybody else become one by a new password of theirs.
    if (actor !== null && target.role === 'admin' && actor.role !== 'admin') throw new CardeaError('beyond_own_rights')
  }

  return {
    mayManage,
    isAbove(actor, target) {
      mayManage(actor, target)
      const theirs = roles.scopesOfUser(target)
      if (Array.from(actor.scopes).every((scope) => theirs.has(scope))) {
        throw new CardeaError('beyond_own_rights', { internal: 'the other one has the same rights' })
      }
    },
    mayManageOrIs(actor, target) {
      if (actor !== null && actor.user?.id === target.id) return
      mayManage(actor, target)
    },
    mayGiveRole,
    mayGiveScopes(actor, scopes) {
      const unknown = scopes.filter((scope) => !roles.allScopes.has(scope))
      if (unknown.length > 0) {
        const names = unknown.map((scope) => `"${plainText(scope, 60)}"`).slice(0, 5)
        const message = `holds what no role of this server has: ${names.join(', ')}; the setting \`roles\` names scopes of your own`
        throw new CardeaError('request_invalid', { fields: [{ field: 'scopes', message }] })
      }
      demand(actor, scopes)
    },
    givenBy: (actor, scopes) => [...scopes].filter((scope) => actor === null || covers(actor, [scope])),
    stillGivesRole(user, role) {
      if (user.status !== 'active') return false
      const scopes = roles.effective(user, [...roles.ceilingOf('native')], null)
      try {
        mayGiveRole({ scopes, role: user.role, kind: 'password' }, role)
        return true
      } catch (error) {
        if (error instanceof CardeaError) return false
        throw error
      }
    },
  }
}
