import { type JwtVerdict, jwtTypes, ownClientId, readHeader, signJwt, verifyJwt } from '../crypto/jwt.ts'
import { uuidv4 } from '../crypto/random.ts'
import { type ApiName, type Factor, factorMethods, type Millis, type Scope } from '../types.ts'
import type { Clock } from './ports.ts'
import type { KeyUse } from './records.ts'
import type { CoreSettings } from './settings.ts'
import { maxAccessTokenSeconds, type SigningKeys } from './signing-keys.ts'

export interface AccessTokenWish {
  readonly subject: string
  /** Session id; the API key's id for `client_credentials`, which then is `clientId` too. */
  readonly sessionId: string
  readonly scopes: ReadonlySet<Scope>
  readonly role: string
  readonly api: ApiName
  readonly lifetimeSeconds: number
  /** Default `cardea`: a token of a session. */
  readonly clientId?: string
  /** In place of the configured audience, which then has to be among these for the token to be accepted here. */
  readonly audience?: string | readonly string[]
  readonly actor?: string | null
  /** How the session proved its user, and when last: `amr` and `auth_time` (RFC 9068, section 2.2.1). */
  readonly proof?: { readonly factors: readonly Factor[]; readonly provenAt: Millis }
  /** The only addresses that it is good from; whoever checks it elsewhere has to know them. Default: from anywhere. */
  readonly allowAddresses?: readonly string[]
  /** Further claims that the API's clients read. They never replace one of ours. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Never later than this (end of the session, of the key). */
  readonly notAfter?: Millis
}

export interface AccessTokens {
  issue(wish: AccessTokenWish): Promise<{ readonly token: string; readonly jti: string; readonly expiresAt: Millis }>
  /** Signature, typ, issuer, audience and times; says nothing of the session. */
  verify(token: string): Promise<JwtVerdict>
}

export interface AccessTokensDeps {
  readonly clock: Clock
  readonly signingKeys: SigningKeys
  readonly settings: Pick<CoreSettings, 'publicUrl' | 'audience' | 'accessTokenSeconds'>
}

export function createAccessTokens({ clock, signingKeys, settings }: AccessTokensDeps): AccessTokens {
  return {
    async issue(wish) {
      if (wish.lifetimeSeconds > Math.max(maxAccessTokenSeconds, settings.accessTokenSeconds)) {
        throw new TypeError(
          `accessTokens: at most ${maxAccessTokenSeconds} seconds, or keys would be forgotten too early`,
        )
      }
      const audience = wish.audience ?? settings.audience
      if (![audience].flat().includes(settings.audience)) {
        throw new TypeError('accessTokens: the configured audience is missing, so no door of ours would take the token')
      }
      const iat = Math.floor(clock.now() / 1000)
      const end = wish.notAfter === undefined ? Number.POSITIVE_INFINITY : Math.floor(wish.notAfter / 1000)
      const exp = Math.min(iat + wish.lifetimeSeconds, end)
      const jti = uuidv4()
      const token = await signJwt({
        key: await signingKeys.current('access'),
        typ: jwtTypes.access,
        claims: {
          ...wish.claims,
          iss: settings.publicUrl,
          sub: wish.subject,
          aud: audience,
          iat,
          exp,
          jti,
          sid: wish.sessionId,
          scope: [...wish.scopes].sort().join(' '),
          role: wish.role,
          client_id: wish.clientId ?? ownClientId,
          api: wish.api,
          amr: wish.proof?.factors.map((factor) => factorMethods[factor]),
          auth_time: wish.proof === undefined ? undefined : Math.floor(wish.proof.provenAt / 1000),
          allow_addresses: (wish.allowAddresses ?? []).length === 0 ? undefined : wish.allowAddresses,
          // `act` of the API's own claims would pass for an impersonation (RFC 8693, section 4.1).
          act: wish.actor === undefined || wish.actor === null ? undefined : { sub: wish.actor },
        },
      })
      return { token, jti, expiresAt: exp * 1000 }
    },
    verify: (token) => verifyOwn(token, 'access', { clock, signingKeys, settings }),
  }
}

/** Verifies a token of ours of one use: its key is found by `kid` among the keys of that use only. */
export async function verifyOwn(token: string, use: KeyUse, deps: AccessTokensDeps): Promise<JwtVerdict> {
  const header = readHeader(token)
  if (header === null) return { ok: false, reason: 'malformed' }
  if (header.typ !== jwtTypes[use]) return { ok: false, reason: 'wrong-type' }
  const key = await deps.signingKeys.byKid(use, header.kid)
  if (key === null) return { ok: false, reason: 'invalid' }
  return verifyJwt(token, {
    key,
    typ: jwtTypes[use],
    issuer: deps.settings.publicUrl,
    audience: deps.settings.audience,
    now: deps.clock.now(),
  })
}
