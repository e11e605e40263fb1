import { hexToken, isUuid, uuidv7 } from '../crypto/random.ts'
import { CardeaError } from '../errors.ts'
import type { ApiName, Factor, Millis, Origin, Principal, Scope, Seconds, User } from '../types.ts'
import { plainText } from './plain-text.ts'
import type { Store } from './ports.ts'
import type { Page, PageWish, RefreshForm, Session, SessionMode } from './records.ts'
import { fixedAccessSeconds } from './session-doors.ts'
import { createSessionJwt, type SessionJwt } from './session-jwt.ts'
import { createSessionRefresh, type SessionRefreshDeps } from './session-refresh.ts'
import { isSessionOver, refusalOfUser } from './session-state.ts'
import { createSessionTokens, type OpenedSession, type SessionTokensDeps, type TokenShape } from './session-tokens.ts'

export type { OpenedSession, TokenShape }

/** Who acts for the user, as they are now, and from which session of theirs. */
export interface Actor {
  readonly user: User
  readonly sessionId: string
}

export interface OpenSession extends TokenShape {
  /** As just proven: when the user has changed since (password, status, role, factor), no session is opened. */
  readonly user: User
  readonly mode: SessionMode
  readonly factors: readonly Factor[]
  readonly origin: Origin
  /** Default: opaque for mode `token`, none for the others. */
  readonly refreshForm?: RefreshForm
  /** Absolute end of the session, from now; default from the settings. Idling does not cut it. */
  readonly sessionSeconds?: Seconds
  /** Scopes wished; default all of the API's ceiling. */
  readonly scopes?: readonly Scope[]
  /** The impersonator: 15 minutes, no refresh, never fresh, no right to make credentials. */
  readonly actor?: Actor
}

export interface Sessions extends SessionJwt {
  /** Opens a session and audits the sign-in; more than the cap ends the oldest. Throws account_*, credentials_wrong. */
  open(wish: OpenSession): Promise<OpenedSession>
  /**
   * Rotates a refresh token of the native form. Side by side uses and repeats within the grace get the same successor.
   * Reuse beyond it ends the session, committed before `refresh_reused` is thrown. Throws credential_malformed,
   * credential_invalid (also when the session is gone), credential_expired, credential_revoked, account_*.
   */
  refresh(refreshToken: string, origin: Origin, shape?: TokenShape): Promise<OpenedSession>
  /**
   * Another access token of the principal's own session, for doors that answer a new one when what its claims say has
   * changed. It ends with the session, whose end nothing moves. In place of a token that another door issued comes one
   * that lives no longer and carries no more. Throws credential_revoked, credential_kind_refused.
   */
  reissue(
    principal: Principal,
    shape: TokenShape,
    origin: Origin,
  ): Promise<{ readonly token: string; readonly expiresAt: Millis }>
  list(user: User, wish: PageWish): Promise<Page<Session>>
  /** A live session of the user, or null. */
  byId(user: User, id: string): Promise<Session | null>
  /** Ends one session of the user. Throws not_found when it is not theirs or has ended. */
  end(user: User, sessionId: string, origin: Origin, actor?: Principal | null): Promise<void>
  endOthers(user: User, keep: string | null, origin: Origin, actor?: Principal | null): Promise<number>
  /** Ends the session of a principal (sign-out). A write that fails is an error, never success. */
  signOut(principal: Principal, origin: Origin): Promise<void>
  /**
   * RFC 7009: ends what belongs to a token that the caller holds: its session (access, refresh and bearer token), or the
   * private token or API key itself. Unknown ones are silently fine. Throws credential_kind_refused for an access token
   * that a key got for itself: it dies with the key.
   */
  revokeByToken(token: string, origin: Origin): Promise<void>
  /** Notes that all factors were proven again. Throws credential_revoked when the session has ended. */
  reprove(sessionId: string, factors: readonly Factor[]): Promise<void>
  /** Writes last-seen times in one batch. */
  flush(): Promise<void>
}

/** Claims of an access token (`at+jwt`); RFC 9068. */
export interface AccessClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  readonly iat: number
  readonly exp: number
  readonly jti: string
  readonly sid: string
  readonly scope: string
  readonly role: string
  readonly client_id: string
  readonly api: ApiName
  readonly act?: { readonly sub: string }
}

export type SessionsDeps = Omit<SessionRefreshDeps, 'sessionTokens'> & SessionTokensDeps

const impersonationSeconds = 15 * 60
/** What somebody who acts as somebody else never gets. */
const notWhileImpersonating: readonly Scope[] = ['keys:write', 'tokens:write', 'impersonate']

/** All but `revokeByToken`, which knows keys and private tokens too (token-revocation.ts). */
export function createSessions(deps: SessionsDeps): Omit<Sessions, 'revokeByToken'> {
  const { store, clock, settings, roles, commit, events, secrets, lastUsed } = deps
  const sessionTokens = createSessionTokens(deps)

  const ceilingFor = ({ origin, scopes, actor }: OpenSession): readonly Scope[] =>
    [...roles.ceilingOf(origin.api)]
      .filter((scope) => scopes === undefined || scopes.includes(scope))
      .filter((scope) => actor === undefined || !notWhileImpersonating.includes(scope))
      .sort()

  /** Absolute and idle end, in milliseconds from now. A door's own lifetime is promised to its clients: idling does not cut it. */
  const endsOf = (wish: OpenSession): Pick<Session, 'expiresAt' | 'idleMillis'> => {
    const { idleSeconds } = settings.session
    const absoluteSeconds = wish.sessionSeconds ?? settings.session.absoluteSeconds
    const own = Math.max(wish.lifetimeSeconds ?? 0, fixedAccessSeconds(wish.origin.api) ?? 0)
    // What is refreshed outlives its first token; what is not ends with it.
    const outlives = wish.mode === 'token' && wish.refreshForm !== 'none'
    const whole = outlives ? Math.max(absoluteSeconds, own) : (wish.lifetimeSeconds ?? absoluteSeconds)
    const seconds = wish.actor === undefined ? whole : impersonationSeconds
    return {
      expiresAt: clock.now() + seconds * 1000,
      idleMillis: idleSeconds === 0 ? null : Math.max(idleSeconds, own, wish.sessionSeconds ?? 0) * 1000,
    }
  }

  const newSession = (wish: OpenSession): { readonly session: Session; readonly opaque: string | null } => {
    const { user, mode, origin } = wish
    const now = clock.now()
    const opaque = mode === 'token' ? null : secrets.newOpaque()
    const refreshForm = wish.actor !== undefined || mode !== 'token' ? 'none' : (wish.refreshForm ?? 'opaque')
    const fields: Session = {
      id: uuidv7(now),
      userId: user.id,
      api: origin.api,
      mode,
      refreshForm,
      generation: 1,
      secretHash: opaque?.secretHash ?? null,
      secretKeyId: opaque?.secretKeyId ?? secrets.refreshKeyId,
      salt: hexToken(16),
      ceiling: ceilingFor(wish),
      factors: wish.factors,
      // Nobody acts as somebody else with a proof of who they are.
      provenAt: wish.actor === undefined ? now : 0,
      actor: wish.actor?.user.publicId ?? null,
      actorSession: wish.actor?.sessionId ?? null,
      actorEpoch: wish.actor?.user.epoch ?? null,
      address: plainText(origin.address, 64),
      userAgent: plainText(origin.userAgent, 256),
      createdAt: now,
      lastSeenAt: now,
      rotatedAt: null,
      ...endsOf(wish),
    }
    const hash = refreshForm === 'opaque' ? (secrets.refreshToken(fields, 1)?.hash ?? null) : fields.secretHash
    return { session: { ...fields, secretHash: hash }, opaque: opaque?.secret ?? null }
  }

  const ended = (
    user: User,
    sessionId: string,
    origin: Origin,
    actor: Principal | null,
    kind: 'sign-out' | 'session-ended' | 'impersonation-ended',
  ) => ({ kind, user: user.publicId, origin, actor, sessionId }) as const

  return {
    async open(wish) {
      const { session, opaque } = newSession(wish)
      // Signed before anything is stored: a server that cannot sign leaves no session behind.
      const access = opaque === null ? await sessionTokens.access(session, wish.user, wish) : null
      const refreshToken = await sessionTokens.refresh(session, wish.user, wish)
      const record = async (tx: Store) => {
        // Held, so that what is read cannot change before the commit.
        checkUnchanged(await tx.users.held(wish.user.id), wish.user)
        const surplus = await tx.sessions.create(session, settings.session.maxPerUser)
        if (wish.actor === undefined) await tx.users.noteSignIn(wish.user.id, session.createdAt)
        const data = { mode: session.mode, factors: session.factors, endedOldest: surplus.length }
        const { origin, user } = wish
        const opened = { user: user.publicId, origin, sessionId: session.id, data }
        await events.record(
          wish.actor === undefined
            ? { kind: 'sign-in', ...opened }
            : { kind: 'impersonation-begun', ...opened, actorId: wish.actor.user.publicId },
          tx,
        )
        return surplus.length
      }
      // A new session is in no cache; those that had to make room for it may be.
      await commit(record, (surplus) => surplus > 0)
      return {
        session,
        user: wish.user,
        token: access?.token ?? `${session.id}.${opaque ?? ''}`,
        refreshToken,
        expiresAt: access?.expiresAt ?? session.expiresAt,
      }
    },

    async reissue(principal, shape, origin) {
      const { kind, user, sessionId } = principal
      if (user === null || sessionId === null || kind !== 'access-token') {
        throw new CardeaError('credential_kind_refused', { kind })
      }
      const found = await store.sessions.withUser(sessionId)
      if (found === null) throw new CardeaError('credential_revoked', { kind })
      const within = principal.api === origin.api ? undefined : principal
      return sessionTokens.access(found.session, found.user, shape, within)
    },

    refresh: createSessionRefresh({ ...deps, sessionTokens }),
    ...createSessionJwt({ ...deps, sessionTokens }),

    list: (user, wish) => store.sessions.list(user.id, wish, clock.now()),

    async byId(user, id) {
      const session = isUuid(id) ? await store.sessions.byId(id.toLowerCase()) : null
      if (session === null || session.userId !== user.id) return null
      return isSessionOver(session, lastUsed.peek('session', session.id), clock.now()) ? null : session
    },

    end: (user, sessionId, origin, actor = null) =>
      commit(async (tx) => {
        const session = isUuid(sessionId) ? await tx.sessions.byId(sessionId.toLowerCase()) : null
        if (session === null || session.userId !== user.id) throw new CardeaError('not_found')
        if (!(await tx.sessions.end(session.id))) throw new CardeaError('not_found')
        await events.record(ended(user, session.id, origin, actor, 'session-ended'), tx)
      }),

    endOthers: (user, keep, origin, actor = null) =>
      commit(async (tx) => {
        const ids = await tx.sessions.endAll(user.id, keep)
        if (ids.length > 0) {
          const data = { count: ids.length }
          await events.record({ kind: 'sessions-ended', user: user.publicId, origin, actor, sessionId: keep, data }, tx)
        }
        return ids.length
      }),

    async signOut(principal, origin) {
      const { user, sessionId } = principal
      if (user === null || sessionId === null) {
        throw new CardeaError('credential_kind_refused', { kind: principal.kind })
      }
      await commit(async (tx) => {
        // Somebody else may have ended it just now: it is over, which is what was asked for.
        if (!(await tx.sessions.end(sessionId))) return
        const kind = principal.actor === null ? 'sign-out' : 'impersonation-ended'
        await events.record(ended(user, sessionId, origin, principal, kind), tx)
      })
    },

    reprove: (sessionId, factors) =>
      commit(async (tx) => {
        if (!(await tx.sessions.reprove(sessionId, factors, clock.now()))) throw new CardeaError('credential_revoked')
      }),

    async flush() {
      await lastUsed.flush('session', (batch) => store.sessions.touch(batch))
    },
  }
}

/** Between the proof of who it is and now the password may have been changed, or the account closed. */
function checkUnchanged(now: User | null, proven: User): void {
  if (now === null) throw new CardeaError('credentials_wrong')
  const refusal = refusalOfUser(now)
  if (refusal !== null) throw new CardeaError(refusal)
  if (now.epoch !== proven.epoch) {
    throw new CardeaError('credentials_wrong', { internal: 'the user changed between the proof and the session' })
  }
}
