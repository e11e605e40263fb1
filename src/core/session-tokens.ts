import { jwtTypes, signJwt } from '../crypto/jwt.ts'
import { uuidv4 } from '../crypto/random.ts'
import type { Millis, Principal, User } from '../types.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { Clock } from './ports.ts'
import type { Session } from './records.ts'
import type { Roles } from './roles.ts'
import { fixedAccessSeconds } from './session-doors.ts'
import type { SessionSecrets } from './session-secrets.ts'
import type { CoreSettings } from './settings.ts'
import type { SigningKeys } from './signing-keys.ts'

/** How a door's access tokens look; the native one leaves all of it out. */
export interface TokenShape {
  /** Life of access tokens, bearer or cookie at this door, in seconds; default from the settings. */
  readonly lifetimeSeconds?: number
  /** What the door's clients call the role, where they read it from the token. Rights do not hang on it. */
  readonly role?: string
  /** Further claims that the API's clients read, of the access token and of a refresh token that is a JWT. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly audience?: string | readonly string[]
}

/** What leaves once, at the end of a sign-in. */
export interface OpenedSession {
  readonly session: Session
  readonly user: User
  /** Access token (mode token), opaque bearer token or cookie value. */
  readonly token: string
  /** Mode token only. */
  readonly refreshToken: string | null
  /** When `token` dies. */
  readonly expiresAt: Millis
}

export type TokenBounds = Pick<Principal, 'scopes' | 'expiresAt'>

/** The access and refresh tokens of sessions in mode `token`. */
export interface SessionTokens {
  /** `within`: another token that this one gives no more than, in scopes and time. */
  access(session: Session, user: User, shape: TokenShape, within?: TokenBounds): ReturnType<AccessTokens['issue']>
  /** That of the current generation; null where the session has none. */
  refresh(session: Session, user: User, shape: TokenShape): Promise<string | null>
}

export interface SessionTokensDeps {
  readonly clock: Clock
  readonly settings: Pick<CoreSettings, 'publicUrl' | 'audience' | 'accessTokenSeconds'>
  readonly roles: Roles
  readonly signingKeys: SigningKeys
  readonly accessTokens: AccessTokens
  readonly secrets: SessionSecrets
}

export function createSessionTokens(deps: SessionTokensDeps): SessionTokens {
  const { clock, settings, roles, signingKeys, accessTokens, secrets } = deps

  const access = (session: Session, user: User, shape: TokenShape, within?: TokenBounds) =>
    accessTokens.issue({
      subject: user.publicId,
      sessionId: session.id,
      scopes: roles.effective(user, session.ceiling, within === undefined ? null : [...within.scopes]),
      role: shape.role ?? user.role,
      api: session.api,
      lifetimeSeconds: fixedAccessSeconds(session.api) ?? shape.lifetimeSeconds ?? settings.accessTokenSeconds,
      actor: session.actor,
      proof: session,
      notAfter: Math.min(session.expiresAt, within?.expiresAt ?? session.expiresAt),
      ...(shape.claims !== undefined && { claims: shape.claims }),
      ...(shape.audience !== undefined && { audience: shape.audience }),
    })

  /** For doors whose clients decode it. It says which session, and proves nothing else. */
  const refreshJwt = async (session: Session, user: User, { claims }: TokenShape): Promise<string> =>
    signJwt({
      key: await signingKeys.current('refresh'),
      typ: jwtTypes.refresh,
      claims: {
        ...claims,
        iss: settings.publicUrl,
        sub: user.publicId,
        aud: settings.audience,
        iat: Math.floor(clock.now() / 1000),
        exp: Math.floor(session.expiresAt / 1000),
        jti: uuidv4(),
        sid: session.id,
        token_type: 'refresh',
      },
    })

  const refresh = async (session: Session, user: User, shape: TokenShape): Promise<string | null> => {
    if (session.refreshForm === 'jwt') return refreshJwt(session, user, shape)
    return session.refreshForm === 'opaque' ? (secrets.refreshToken(session, session.generation)?.token ?? null) : null
  }

  return { access, refresh }
}
