import type { Core } from '../../core/cardea.ts'
import type { Principal, Scope, User } from '../../types.ts'

/** The roles of this contract, from least to most. Each may do what those before it may. */
export const ranks = ['guest', 'contributor', 'editor', 'admin'] as const
export type Rank = (typeof ranks)[number]

export const isRank = (text: unknown): text is Rank => ranks.some((rank) => rank === text)

export const atLeast = (rank: Rank | null, needed: Rank): boolean =>
  rank !== null && ranks.indexOf(rank) >= ranks.indexOf(needed)

/** The scope without which a credential, whoever made it, is below a rank. */
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
 * of another door is an administrator's only when it carries administration itself: those of this door never do.
 */
export function rankOf(core: Pick<Core, 'roles'>, principal: Principal | null): Rank | null {
  if (principal === null) return null
  const { scopes, api, kind, sessionId } = principal
  const face = rankOfRole(core, principal.role)
  const isOwn = api === 'apostrophe' && (kind === 'static-key' || sessionId !== null)
  const isFull = isOwn || scopes.has('users:write')
  const reached = ranks.filter((rank) => {
    const mark = marks[rank]
    return atLeast(face, rank) && (mark === null || scopes.has(mark)) && (rank !== 'admin' || isFull)
  })
  return reached.at(-1) ?? 'guest'
}

/** A person in a session of this door: neither a key nor what one got for itself. */
export function isPersonHere({ api, sessionId, keyId, actor }: Principal): boolean {
  return api === 'apostrophe' && sessionId !== null && keyId === null && actor === null
}

/**
 * The principal for one call of a route of users. No credential of this door carries administration, so that none of
 * them rules at another. Administrators who signed in here are lent all that their user has now: nobody makes a user
 * beyond their own rights. Administrators' keys of the configuration may look.
 */
export function lend(core: Pick<Core, 'roles'>, principal: Principal, user: User | null): Principal {
  if (rankOf(core, principal) !== 'admin') return principal
  const more = user !== null && isPersonHere(principal) ? core.roles.scopesOfUser(user) : looking(principal)
  return { ...principal, scopes: new Set([...principal.scopes, ...more]) }
}

const looking = ({ kind }: Principal): readonly Scope[] => (kind === 'static-key' ? ['users:read'] : [])
