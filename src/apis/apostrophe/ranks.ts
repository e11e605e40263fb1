import type { Core } from '../../core/cardea.ts'
import type { Principal, Scope, User } from '../../types.ts'

/** The roles of this contract, from least to most. Each may do what those before it may. */
export const ranks = ['guest', 'contributor', 'editor', 'admin'] as const
export type Rank = (typeof ranks)[number]

export const isRank = (text: unknown): text is Rank => ranks.some((rank) => rank === text)

export const atLeast = (rank: Rank | null, needed: Rank): boolean =>
  rank !== null && ranks.indexOf(rank) >= ranks.indexOf(needed)

/** The scope without which a credential, whoever made it, is below a rank, and below all that come after it. */
const marks: Readonly<Record<Rank, Scope | null>> = {
  guest: null,
  contributor: 'documents:read',
  editor: 'documents:write',
  admin: 'documents:write',
}

/** What this contract calls the role of a user: the table of faces. */
export function rankOfRole(core: Pick<Core, 'roles'>, role: string): Rank {
  const face = core.roles.faceOf(role).apostrophe
  return isRank(face) ? face : 'guest'
}

/**
 * The rank of whoever calls; null: anonymous. That of the role of now, cut to what the credential may do. A credential
 * of another door, and one that was narrowed, is an administrator's only when it carries administration itself: those of
 * this door never do.
 */
export function rankOf(core: Pick<Core, 'roles'>, principal: Principal | null): Rank | null {
  if (principal === null) return null
  const { scopes, api, kind } = principal
  const face = rankOfRole(core, principal.role)
  const isConfigured = api === 'apostrophe' && kind === 'static-key'
  const isFull = isConfigured || isWholeHere(core, principal) || scopes.has('users:write')
  const misses = (rank: Rank): boolean => {
    const mark = marks[rank]
    return !atLeast(face, rank) || (mark !== null && !scopes.has(mark)) || (rank === 'admin' && !isFull)
  }
  const first = ranks.findIndex(misses)
  return ranks.at(first === -1 ? -1 : Math.max(0, first - 1)) ?? 'guest'
}

/** What a credential of this door for all that its user may do has at least, where the user has it. */
const wholeScopes: readonly Scope[] = [
  'account:read',
  'account:write',
  'documents:read',
  'documents:write',
  'drafts:write',
  'keys:read',
  'keys:write',
]

/** Of a session that was opened here, for all that its user may do, and that nobody cut since. */
function isWholeHere({ roles }: Pick<Core, 'roles'>, { api, sessionId, scopes, role, user }: Principal): boolean {
  const now = user === null ? roles.scopesOf(role) : roles.scopesOfUser(user)
  return (
    api === 'apostrophe' && sessionId !== null && wholeScopes.every((scope) => scopes.has(scope) || !now.has(scope))
  )
}

/** A person in a session of this door: neither a key nor what one got for itself. */
export function isPersonHere({ api, sessionId, keyId, actor }: Principal): boolean {
  return api === 'apostrophe' && sessionId !== null && keyId === null && actor === null
}

/**
 * The principal for one call of a route of users. No credential of this door carries administration, so that none of
 * them rules at another. Administrators who signed in here are lent all that their user has now: nobody makes a user
 * beyond their own rights. Nothing is lent to what was narrowed. Administrators' keys of the configuration may look.
 */
export function lend(core: Pick<Core, 'roles'>, principal: Principal, user: User | null): Principal {
  if (rankOf(core, principal) !== 'admin') return principal
  const isWhole = isPersonHere(principal) && isWholeHere(core, principal)
  const more = user !== null && isWhole ? core.roles.scopesOfUser(user) : looking(principal)
  return { ...principal, scopes: new Set([...principal.scopes, ...more]) }
}

const looking = ({ kind }: Principal): readonly Scope[] => (kind === 'static-key' ? ['users:read'] : [])
