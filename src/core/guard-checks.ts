import { equalText } from '../crypto/compare.ts'
import { codeOfJwtRefusal, type JwtClaims, ownClientId, readHeader } from '../crypto/jwt.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import type { CredentialKind, Origin, Principal, RefusalCode, Scope, User, Verdict } from '../types.ts'
import { type AccessTokens, verifyOwn } from './access-tokens.ts'
import { createAddressList } from './address-list.ts'
import type { Recognised } from './guard-read.ts'
import { apiKeyHash } from './keys.ts'
import type { LastUsed } from './last-used.ts'
import type { Clock, Log, Store } from './ports.ts'
import type { ApiKey, Session } from './records.ts'
import type { Roles } from './roles.ts'
import type { SessionSecrets } from './session-secrets.ts'
import { isSessionOver, refusalOfUser } from './session-state.ts'
import type { CoreSettings, StaticKey } from './settings.ts'
import type { SignIn } from './sign-in.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { Held, Subject } from './verdict-cache.ts'

export interface GuardChecksDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly keyTree: KeyTree
  readonly settings: Pick<CoreSettings, 'publicUrl' | 'audience' | 'accessTokenSeconds'>
  readonly roles: Roles
  readonly secrets: SessionSecrets
  readonly signingKeys: SigningKeys
  readonly accessTokens: AccessTokens
  readonly lastUsed: LastUsed
  readonly basic: SignIn['basic']
}

/** Asks the store about a credential of any kind. Times, addresses and accepted kinds are for the caller to check. */
export type CheckCredential = (credential: Recognised, origin: Origin) => Promise<Verdict<Held>>

export function createGuardChecks(deps: GuardChecksDeps): CheckCredential {
  const { store, clock, log, keyTree, roles, secrets, accessTokens, lastUsed, basic } = deps

  const apiKey = async (id: string, secret: string): Promise<Verdict<Held>> => {
    // The store compares too: reading the row of a key whose secret is wrong would take longer than finding none.
    const peppers = keyTree.all('key-pepper')
    const found = await store.keys.withUser(id, {
      hashes: peppers.map((pepper) => apiKeyHash(pepper.bytes, id, secret)),
      pepperIds: peppers.map((pepper) => pepper.id),
    })
    if (found === null || !secretMatches(found.key, secret)) return refuse('api-key', 'credential_invalid')
    return heldKey('api-key', found.key, found.user)
  }

  const secretMatches = (key: ApiKey, secret: string): boolean => {
    const pepper = keyTree.byId('key-pepper', key.pepperId)
    if (pepper === null) {
      log.error(
        { keyId: key.id, pepperId: key.pepperId },
        'the pepper of an API key is not configured: a former CARDEA_SECRET is missing',
      )
      return false
    }
    return equalText(apiKeyHash(pepper.bytes, key.id, secret), key.secretHash)
  }

  const findKey = (id: string) => store.keys.withUser(id)

  /** A key itself, or a token that a key got for itself and that dies with it. */
  const heldKey = (
    kind: 'api-key' | 'access-token',
    key: ApiKey,
    user: User,
    token?: { readonly scopes: readonly Scope[]; readonly endsAt: number; readonly kid: string },
  ): Verdict<Held> => {
    if (isOff(key)) return refuse(kind, 'credential_revoked')
    if (key.expiresAt !== null && clock.now() >= key.expiresAt) return refuse(kind, 'credential_expired')
    const closed = refusalOfUser(user)
    if (closed !== null) return refuse(kind, closed)
    const own = roles.effective(user, key.ceiling, key.scopes)
    const scopes = token === undefined ? own : new Set(token.scopes.filter((scope) => own.has(scope)))
    const endsAt = token === undefined ? key.expiresAt : Math.min(token.endsAt, key.expiresAt ?? token.endsAt)
    const subjects: Subject[] = [`user:${user.publicId}`, `key:${key.id}`]
    if (token !== undefined) subjects.push(`signing-key:${token.kid}`)
    return good({
      principal: { ...nobody, kind, user, role: user.role, scopes, api: key.api, keyId: key.id, expiresAt: endsAt },
      endsAt,
      idle: null,
      addresses: key.allowAddresses.length === 0 ? null : createAddressList(key.allowAddresses),
      use: { kind: 'key', id: key.id },
      subjects,
    })
  }

  const heldSession = (
    kind: CredentialKind,
    { session, user }: { readonly session: Session; readonly user: User },
    token?: { readonly scopes: readonly Scope[]; readonly endsAt: number; readonly kid: string },
  ): Verdict<Held> => {
    const seenAt = Math.max(session.lastSeenAt, lastUsed.peek('session', session.id) ?? 0)
    if (isSessionOver(session, seenAt, clock.now())) return refuse(kind, 'credential_expired')
    const closed = refusalOfUser(user)
    if (closed !== null) return refuse(kind, closed)
    const endsAt = token === undefined ? session.expiresAt : Math.min(token.endsAt, session.expiresAt)
    const subjects: Subject[] = [`user:${user.publicId}`, `session:${session.id}`]
    if (token !== undefined) subjects.push(`signing-key:${token.kid}`)
    // The impersonator's own end is felt here too.
    if (session.actor !== null) subjects.push(`user:${session.actor}`, `session:${session.actorSession}`)
    return good({
      principal: {
        kind,
        user,
        role: user.role,
        // A token never has more than when it was issued: a promotion is felt with the next one, a demotion at once.
        scopes: roles.effective(user, session.ceiling, token?.scopes ?? null),
        api: session.api,
        sessionId: session.id,
        keyId: null,
        factors: session.factors,
        provenAt: session.provenAt,
        expiresAt: endsAt,
        actor: session.actor,
      },
      endsAt,
      idle: session.idleMillis === null ? null : { millis: session.idleMillis, seenAt },
      addresses: null,
      use: { kind: 'session', id: session.id },
      subjects,
    })
  }

  /** An impersonated session dies with the session, the credentials and the right of whoever opened it. */
  const sessionOf = async (id: string) => {
    const found = await store.sessions.withUser(id)
    if (found === null || found.session.actor === null) return found
    const { actor, actorSession, actorEpoch, expiresAt } = found.session
    const own = actorSession === null ? null : await store.sessions.withUser(actorSession)
    if (own === null || own.user.publicId !== actor || own.user.epoch !== actorEpoch) return null
    if (isSessionOver(own.session, lastUsed.peek('session', own.session.id), clock.now())) return null
    if (own.user.status !== 'active' || !roles.scopesOfUser(own.user).has('impersonate')) return null
    return { ...found, session: { ...found.session, expiresAt: Math.min(expiresAt, own.session.expiresAt) } }
  }

  /** A closed account ends its sessions: whoever holds a token that was theirs hears of the account. */
  const refuseEnded = async (kind: CredentialKind, { sub }: JwtClaims): Promise<Verdict<Held>> => {
    const user = await store.users.byPublicId(sub)
    if (user === null) return { ...refuse(kind, 'credential_revoked'), ownerGone: true }
    return refuse(kind, refusalOfUser(user) ?? 'credential_revoked')
  }

  const accessToken = async (token: string): Promise<Verdict<Held>> => {
    const kind = 'access-token'
    const verdict = await accessTokens.verify(token)
    if (!verdict.ok) return refuse(kind, codeOfJwtRefusal[verdict.reason])
    const { claims } = verdict
    const { sid, scope, client_id: clientId } = claims
    if (typeof sid !== 'string' || typeof scope !== 'string') return refuse(kind, 'credential_invalid')
    const carried = { scopes: scope.split(' '), endsAt: claims.exp * 1000, kid: kidOf(token) }
    if (clientId !== ownClientId) {
      const found = clientId === sid ? await findKey(sid) : null
      if (found === null) return refuse(kind, 'credential_revoked')
      return isSubject(claims, found.user)
        ? heldKey(kind, found.key, found.user, carried)
        : refuse(kind, 'credential_invalid')
    }
    const found = await sessionOf(sid)
    if (found === null) return refuseEnded(kind, claims)
    return isSubject(claims, found.user) ? heldSession(kind, found, carried) : refuse(kind, 'credential_invalid')
  }

  const privateToken = async (token: string): Promise<Verdict<Held>> => {
    const kind = 'private-token'
    const verdict = await verifyOwn(token, 'private', deps)
    if (!verdict.ok) return refuse(kind, codeOfJwtRefusal[verdict.reason])
    const { claims } = verdict
    const found = await store.tokens.withUser(claims.jti)
    if (found === null) return refuseEnded(kind, claims)
    if (isOff(found.token)) return refuse(kind, 'credential_revoked')
    const { token: row, user } = found
    if (!isSubject(claims, user)) return refuse(kind, 'credential_invalid')
    const endsAt = Math.min(row.expiresAt, claims.exp * 1000)
    if (clock.now() >= endsAt) return refuse(kind, 'credential_expired')
    const closed = refusalOfUser(user)
    if (closed !== null) return refuse(kind, closed)
    const scopes = roles.effective(user, row.ceiling, row.scopes)
    return good({
      principal: {
        ...nobody,
        kind,
        user,
        role: user.role,
        scopes,
        api: row.api,
        keyId: row.publicId,
        expiresAt: endsAt,
      },
      endsAt,
      idle: null,
      addresses: null,
      use: { kind: 'token', id: row.jti },
      subjects: [`user:${user.publicId}`, `token:${row.jti}`, `signing-key:${kidOf(token)}`],
    })
  }

  const opaque = async (
    kind: 'bearer-token' | 'session-cookie',
    parts: { readonly sessionId: string; readonly secret: string },
    origin: Origin,
  ): Promise<Verdict<Held>> => {
    const found = await sessionOf(parts.sessionId)
    const mode = kind === 'bearer-token' ? 'bearer' : 'cookie'
    if (found === null || found.session.mode !== mode) return refuse(kind, 'credential_invalid')
    if (!secrets.opaqueMatches(found.session, parts.secret)) return refuse(kind, 'credential_invalid')
    // A cookie stays at the door that set it.
    if (kind === 'session-cookie' && found.session.api !== origin.api) return refuse(kind, 'credential_invalid')
    return heldSession(kind, found)
  }

  const refreshToken = async ({ parts }: Extract<Recognised, { kind: 'refresh-token' }>): Promise<Verdict<Held>> => {
    const kind = 'refresh-token'
    const found = await sessionOf(parts.sessionId)
    if (found === null || found.session.refreshForm !== 'opaque' || !secrets.refreshMatches(found.session, parts)) {
      return refuse(kind, 'credential_invalid')
    }
    return parts.generation === found.session.generation ? heldSession(kind, found) : refuse(kind, 'credential_revoked')
  }

  const staticKey = (entry: StaticKey): Verdict<Held> => {
    const ceiling = roles.ceilingOf(entry.api)
    const scopes = new Set([...roles.scopesOf(entry.role)].filter((scope) => ceiling.has(scope)))
    return good({
      ...unbounded,
      principal: { ...nobody, kind: 'static-key', role: entry.role, scopes, api: entry.api, keyId: entry.name },
      use: { kind: 'static-key', id: entry.name },
    })
  }

  const password = async (username: string, secret: string, origin: Origin): Promise<Verdict<Held>> => {
    const verdict = await basic(username, secret, origin)
    if (!verdict.ok) return { ...verdict, kind: 'password' }
    const user = verdict.value
    const scopes = roles.effective(user, [...roles.ceilingOf(origin.api)], null)
    const factors = ['password'] as const
    return good({
      ...unbounded,
      principal: { ...nobody, kind: 'password', user, role: user.role, scopes, api: origin.api, factors },
    })
  }

  return async (credential, origin) => {
    switch (credential.kind) {
      case 'access-token':
        return accessToken(credential.token)
      case 'private-token':
        return privateToken(credential.token)
      case 'bearer-token':
      case 'session-cookie':
        return opaque(credential.kind, credential, origin)
      case 'refresh-token':
        return refreshToken(credential)
      case 'api-key':
        return apiKey(credential.id, credential.secret)
      case 'static-key':
        return staticKey(credential.entry)
      case 'password':
        return password(credential.username, credential.password, origin)
    }
  }
}

const nobody: Omit<Principal, 'kind' | 'role' | 'scopes' | 'api'> = {
  user: null,
  sessionId: null,
  keyId: null,
  factors: [],
  provenAt: null,
  expiresAt: null,
  actor: null,
}

const unbounded: Omit<Held, 'principal'> = { endsAt: null, idle: null, addresses: null, use: null, subjects: [] }

/** Revoked, or back from a backup and not confirmed yet. */
const isOff = ({ revokedAt, suspendedAt }: Pick<ApiKey, 'revokedAt' | 'suspendedAt'>): boolean =>
  revokedAt !== null || suspendedAt !== null

const isSubject = (claims: JwtClaims, user: User): boolean => claims.sub === user.publicId

const kidOf = (token: string): string => readHeader(token)?.kid ?? ''

function good(held: Held): Verdict<Held> {
  return { ok: true, value: held }
}

export function refuse(
  kind: CredentialKind,
  code: RefusalCode,
): { readonly ok: false; readonly code: RefusalCode; readonly kind: CredentialKind } {
  return { ok: false, code, kind }
}
