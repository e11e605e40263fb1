import { parseRefreshToken } from '../crypto/refresh-format.ts'
import { CardeaError } from '../errors.ts'
import type { Origin } from '../types.ts'
import type { Commit } from './commit.ts'
import type { Events } from './events.ts'
import type { LastUsed } from './last-used.ts'
import type { Clock, Store } from './ports.ts'
import { isRefreshedAt } from './session-doors.ts'
import type { SessionSecrets } from './session-secrets.ts'
import { isSessionOver, refusalOfUser } from './session-state.ts'
import type { OpenedSession, SessionTokens, TokenShape } from './session-tokens.ts'
import type { CoreSettings } from './settings.ts'

export interface SessionRefreshDeps {
  readonly store: Store
  readonly clock: Clock
  readonly settings: Pick<CoreSettings, 'session'>
  readonly commit: Commit
  readonly events: Events
  readonly secrets: SessionSecrets
  readonly sessionTokens: Pick<SessionTokens, 'access'>
  readonly lastUsed: LastUsed
}

type Refresh = (refreshToken: string, origin: Origin, shape?: TokenShape) => Promise<OpenedSession>

/** Rotation of opaque refresh tokens, with a grace for those who ask twice and an end for those who steal. */
export function createSessionRefresh(deps: SessionRefreshDeps): Refresh {
  const { store, clock, settings, commit, events, secrets, sessionTokens, lastUsed } = deps

  return async (refreshToken, origin, shape = {}) => {
    const kind = 'refresh-token'
    const presented = parseRefreshToken(refreshToken)
    if (presented === null) throw new CardeaError('credential_malformed', { kind })
    const found = await store.sessions.withUser(presented.sessionId)
    const mayRotate =
      found !== null && found.session.refreshForm === 'opaque' && isRefreshedAt(found.session.api, origin.api)
    // A forged secret is turned away before anything counts: it must never end a session.
    if (!mayRotate || !secrets.refreshMatches(found.session, presented)) {
      throw new CardeaError('credential_invalid', { kind })
    }
    const { session, user } = found
    const now = clock.now()
    if (isSessionOver(session, lastUsed.peek('session', session.id), now)) {
      throw new CardeaError('credential_expired', { kind })
    }
    const refusal = refusalOfUser(user)
    if (refusal !== null) throw new CardeaError(refusal, { kind })

    const next = secrets.refreshToken(session, presented.generation + 1)
    if (next === null) throw new CardeaError('credential_invalid', { kind })
    const access = await sessionTokens.access(session, user, shape)
    const graceMillis = settings.session.refreshGraceSeconds * 1000
    const outcome = await store.sessions.rotateRefresh(session.id, presented.generation, next.hash, now, graceMillis)
    if (outcome === 'gone') throw new CardeaError('credential_revoked', { kind })
    if (outcome === 'reused') {
      await commit(async (tx) => {
        await tx.sessions.end(session.id)
        const data = { presented: presented.generation, current: session.generation }
        await events.record(
          { kind: 'refresh-reused', user: user.publicId, origin, sessionId: session.id, credential: kind, data },
          tx,
        )
      })
      throw new CardeaError('refresh_reused', { kind })
    }
    return {
      session: { ...session, generation: presented.generation + 1, secretHash: next.hash, rotatedAt: now },
      user,
      token: access.token,
      refreshToken: next.token,
      expiresAt: access.expiresAt,
    }
  }
}
