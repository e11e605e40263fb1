import type { Core } from '../../core/cardea.ts'
import type { ApiKey } from '../../core/records.ts'
import type { Principal, Scope, User } from '../../types.ts'

/** What each level adds to the one below it. A key of a level has all of these up to its own, as far as its owner has them. */
export const levelScopes: readonly (readonly Scope[])[] = [
  /* 0 */ ['keys:read'],
  /* 1 */ ['account:read'],
  /* 2 */ [],
  /* 3 */ ['account:write'],
  /* 4 */ ['keys:write', 'sessions:write', 'tokens:read', 'tokens:write'],
  /* 5 */ [],
  /* 6 */ [],
  /* 7 */ [],
  /* 8 */ [],
  /* 9 */ [],
]
export const highestLevel = levelScopes.length - 1

/** The scope without which a credential, whoever made it, is below a level. */
const marks = [
  { level: 4, scope: 'keys:write' },
  { level: 3, scope: 'account:write' },
  { level: 1, scope: 'account:read' },
] as const

/** What the routes of level 9 ask the core for. */
const administration: readonly Scope[] = ['users:read', 'users:write', 'impersonate']

/** What a key of this level carries, as far as whoever makes it has it. */
export function scopesOfLevel(level: number): readonly Scope[] {
  return levelScopes.slice(0, level + 1).flat()
}

const hasAll = (scopes: ReadonlySet<Scope>, wanted: readonly Scope[]): boolean =>
  wanted.every((scope) => scopes.has(scope))

/** The most that the scopes of a credential amount to. Above 4 they say no more; then the role tells. */
function levelOfScopes(scopes: ReadonlySet<Scope>): number {
  const bounds = marks.filter(({ scope }) => !scopes.has(scope)).map(({ level }) => level - 1)
  return Math.min(highestLevel, ...bounds)
}

/** The level that was stored with a key of this door, or null. */
export function storedLevel({ detail }: Pick<ApiKey, 'detail'>): number | null {
  const level = typeof detail === 'object' && detail !== null && 'level' in detail ? detail.level : null
  return Number.isSafeInteger(level) ? Math.min(highestLevel, Math.max(0, Number(level))) : null
}

/** A person in a session: neither a key nor what was made by one or by a private token. */
export function isPerson({ kind, sessionId, keyId }: Principal): boolean {
  return kind === 'access-token' && sessionId !== null && keyId === null
}

/** A credential that this door made for all that its user may do, and that nobody cut since. */
function isWhole(core: Core, principal: Principal, user: User): boolean {
  const made = principal.api === 'freesewing' && (principal.kind === 'api-key' || isPerson(principal))
  const now = core.roles.scopesOfUser(user)
  const whole = scopesOfLevel(highestLevel).filter((scope) => now.has(scope))
  return made && hasAll(principal.scopes, whole)
}

/**
 * The level of whoever calls: that of the user's role of now, cut to what the credential may do and, for a key of this
 * door and the tokens that it got for itself, to the level it was made with. A credential of another door, and one
 * that was cut to fewer scopes than a key of level 9 has, is of level 9 only when it carries administration itself.
 */
export function levelOf(core: Core, principal: Principal, user: User, key: Pick<ApiKey, 'detail'> | null): number {
  const role = core.roles.faceOf(principal.role).freesewing.level
  const mayAdminister = isWhole(core, principal, user) || hasAll(principal.scopes, administration)
  const cap = mayAdminister ? highestLevel : highestLevel - 1
  const stored = key === null ? null : storedLevel(key)
  return Math.min(role, cap, stored ?? highestLevel, levelOfScopes(principal.scopes))
}

/** The level of a key that is only looked at. */
export function levelOfKey(core: Core, owner: User, key: ApiKey): number {
  const scopes = core.roles.effective(owner, key.ceiling, key.scopes)
  return storedLevel(key) ?? Math.min(core.roles.faceOf(owner.role).freesewing.level, levelOfScopes(scopes))
}

/**
 * The principal with all that its user may do now, for one call of a route of level 9 (nobody acts on a user beyond
 * their own rights, so these have to be there). No credential of this door carries administration, and so none of them
 * is worth more at another door than one of an ordinary user. One that carries it itself has what it carries, and no more.
 */
export function lend(core: Core, principal: Principal, user: User): Principal {
  if (!isWhole(core, principal, user)) return { ...principal }
  return { ...principal, scopes: new Set([...principal.scopes, ...core.roles.scopesOfUser(user)]) }
}
