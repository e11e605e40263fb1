import { type JwtClaims, jwtTypes, readHeader } from '../crypto/jwt.ts'
import { CardeaError } from '../errors.ts'
import type { Millis, Origin, User } from '../types.ts'
import { type AccessTokensDeps, verifyOwn } from './access-tokens.ts'
import type { Commit } from './commit.ts'
import type { Events } from './events.ts'
import type { LastUsed } from './last-used.ts'
import type { Store } from './ports.ts'
import type { Session } from './records.ts'
import { isSessionOver, refusalOfUser } from './session-state.ts'
import type { SessionTokens, TokenShape } from './session-tokens.ts'

/** Refresh tokens that are JWTs, for doors whose clients cannot store a successor: not rotated, good as long as the session. */
export interface SessionJwt {
  /**
   * Another access token of the session that a refresh JWT belongs to, as the user is now. Any number of callers side by
   * side get one each; none outlives the session. Throws credential_malformed, credential_invalid, credential_expired,
   * credential_kind_refused (a token of another kind), credential_revoked (the session has ended; with `ownerGone` where
   * its user has, too), account_*.
   */
  renew(
    refreshJwt: string,
    origin: Origin,
    shape: (user: User) => Promise<TokenShape>,
  ): Promise<{ readonly token: string; readonly user: User; readonly expiresAt: Millis }>
  /** Ends that session. One that has ended already is fine; a token that was never good throws as above. */
  retire(refreshJwt: string, origin: Origin): Promise<void>
}

export interface SessionJwtDeps extends AccessTokensDeps {
  readonly store: Store
  readonly commit: Commit
  readonly events: Events
  readonly lastUsed: LastUsed
  readonly sessionTokens: Pick<SessionTokens, 'access'>
}

const kind = 'refresh-token'

export function createSessionJwt(deps: SessionJwtDeps): SessionJwt {
  const { store, clock, commit, events, lastUsed, sessionTokens } = deps

  async function verify(token: string): Promise<JwtClaims & { readonly sid: string }> {
    const verdict = await verifyOwn(token, 'refresh', deps)
    if (!verdict.ok) {
      if (verdict.reason === 'expired') throw new CardeaError('credential_expired', { kind })
      const typ = readHeader(token)?.typ
      const isOther = verdict.reason === 'wrong-type' && (typ === jwtTypes.access || typ === jwtTypes.private)
      if (isOther) throw new CardeaError('credential_kind_refused', { kind })
      throw new CardeaError(verdict.reason === 'malformed' ? 'credential_malformed' : 'credential_invalid', { kind })
    }
    const { sid } = verdict.claims
    if (typeof sid !== 'string') throw new CardeaError('credential_invalid', { kind })
    return { ...verdict.claims, sid }
  }

  /** Its session where it still stands. A form that is fixed at birth is good where it was issued and nowhere else. */
  async function find(claims: JwtClaims & { readonly sid: string }, origin: Origin) {
    const found = await store.sessions.withUser(claims.sid)
    if (found === null) return null
    const { session, user } = found
    const fits = session.refreshForm === 'jwt' && session.api === origin.api && user.publicId === claims.sub
    if (!fits) throw new CardeaError('credential_invalid', { kind })
    return found
  }

  /** A closed account ends its sessions: whoever holds a token that was theirs hears of the account. */
  async function whyEnded({ sub }: JwtClaims): Promise<CardeaError> {
    const user = await store.users.byPublicId(sub)
    if (user === null) return new CardeaError('credential_revoked', { kind, ownerGone: true })
    return new CardeaError(refusalOfUser(user) ?? 'credential_revoked', { kind })
  }

  const isOver = (session: Session): boolean =>
    isSessionOver(session, lastUsed.peek('session', session.id), clock.now())

  return {
    async renew(refreshJwt, origin, shape) {
      const claims = await verify(refreshJwt)
      const found = await find(claims, origin)
      if (found === null) throw await whyEnded(claims)
      const { session, user } = found
      const closed = refusalOfUser(user)
      if (closed !== null) throw new CardeaError(closed, { kind })
      if (isOver(session)) throw new CardeaError('credential_expired', { kind })
      const { token, expiresAt } = await sessionTokens.access(session, user, await shape(user))
      lastUsed.note('session', session.id, clock.now())
      return { token, user, expiresAt }
    },

    async retire(refreshJwt, origin) {
      const claims = await verify(refreshJwt)
      const found = await find(claims, origin)
      if (found === null) return
      await commit(async (tx) => {
        // Of callers side by side one ends it; it is over for the others too, which is what they asked for.
        if (!(await tx.sessions.end(claims.sid))) return
        const { publicId } = found.user
        await events.record({ kind: 'sign-out', user: publicId, origin, sessionId: claims.sid, credential: kind }, tx)
      })
    },
  }
}
