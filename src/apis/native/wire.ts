import { z } from '@hono/zod-openapi'
import type { ApiKey, AuditEvent, Page, PrivateToken, Session, SigningKey } from '../../core/records.ts'
import type { OpenedSession } from '../../core/sessions.ts'
import { CardeaError } from '../../errors.ts'
import {
  apiNames,
  credentialKinds,
  factors,
  type Millis,
  type Principal,
  type Scope,
  type User,
  userStatuses,
} from '../../types.ts'

/*
 * The shapes of the native API: what is sent and what is answered. Each schema validates, documents and is what the
 * tests hold every response against. Names are snake_case, times ISO 8601 in UTC.
 */

// ── parts of requests ───────────────────────────────────────────────────────────────────────────────────────────────

/** Passwords are taken exactly as received; how long a new one must be is the core's business. */
export const passwordField = z
  .string()
  .min(1, 'must not be empty')
  .max(4096, 'must not be longer than 4096 characters')
  .openapi({ format: 'password' })
export const identifierField = z
  .string()
  .min(1, 'must not be empty')
  .max(254, 'must not be longer than 254 characters')
  .openapi({ example: 'alice', description: 'User name or proven e-mail address.' })
export const codeField = z
  .string()
  .min(6, 'must be 6 digits, or a recovery code')
  .max(16, 'must be 6 digits, or a recovery code')
  .openapi({ example: '492039', description: 'Six digits of the authenticator app, or a recovery code.' })
export const oneTimeField = z
  .string()
  .min(1, 'must not be empty')
  .max(128, 'is longer than any token of ours')
  .openapi({ description: 'Good for one use.' })
export const nameField = z
  .string()
  .min(1, 'must not be empty')
  .max(100, 'must not be longer than 100 characters')
  .openapi({ example: 'nightly build' })
export const scopesField = z
  .array(z.string().min(1).max(100))
  .max(100, 'must not name more than 100 scopes')
  .openapi({ example: ['account:read'], description: 'What it may do, at most. Without: whatever its owner may do.' })
export const timeField = z.iso
  .datetime({ offset: true, error: 'must be a date and time such as 2027-01-31T12:00:00Z' })
  .refine((text) => Number.isSafeInteger(Date.parse(text)), 'must be a date that exists')
  .openapi({ example: '2027-01-31T12:00:00Z' })
export const graceField = z
  .int('must be a whole number of seconds')
  .openapi({ description: 'How long the old one stays good, in seconds. 0: not at all.' })
  .min(0, 'must not be negative')
  .max(30 * 86_400, 'must be at most 30 days (2592000)')
  .openapi({ example: 3600 })
export const addressesField = z
  .array(z.string().min(2).max(64))
  .max(100, 'must not name more than 100 addresses')
  .openapi({ example: ['192.0.2.0/24'], description: 'Addresses or CIDR blocks; empty: from anywhere.' })
/** Refuses a body that names none or several of `names`: several changes could not be undone when the last one fails. */
export function exactlyOneOf(...names: readonly string[]) {
  const given = (body: object): number => names.filter((name) => Reflect.get(body, name) !== undefined).length
  return [(body: object): boolean => given(body) === 1, `must name exactly one of ${names.join(', ')}`] as const
}

export const revokeKeys = z
  .boolean('must be true or false')
  .default(false)
  .openapi({ description: 'Also revokes all API keys and private tokens.' })
/** What a change that needs a fresh proof may carry. */
export const freshFields = {
  current_password: passwordField.optional().openapi({ description: 'Needed where the session is not fresh.' }),
  code: codeField.optional().openapi({ description: 'Needed as well where a second factor is on.' }),
}
export const pageQuery = z.strictObject({
  limit: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(200, 'must be at most 200')
    .default(50),
  cursor: z.string().min(1).max(512).optional().openapi({ description: 'As answered in `next_cursor`.' }),
})
/** `?include_revoked=true` beside the paging. */
export const revocablePageQuery = pageQuery.extend({ include_revoked: z.enum(['true', 'false']).default('false') })
export const idParams = z.strictObject({ id: z.string().max(64) })

export function millis(text: string): Millis {
  return Date.parse(text)
}
export const iso = (at: Millis): string => new Date(at).toISOString()
const isoOrNull = (at: Millis | null): string | null => (at === null ? null : iso(at))

// ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const time = z.iso.datetime().openapi({ example: '2026-01-31T12:00:00.000Z' })
const scopes = z.array(z.string())
const api = z.enum(apiNames).openapi({ description: 'The API that issued it.' })
const factorsField = z.array(z.enum(factors)).openapi({ description: 'How it was proven who signs in.' })

export const UserBody = z
  .object({
    id: z.uuid(),
    kind: z.enum(['person', 'service']),
    username: z.string(),
    email: z.string().nullable().openapi({ description: 'The proven address; null where there is none.' }),
    unproven_email: z.string().nullable().openapi({ description: 'Claimed, and good for nothing until it is proven.' }),
    status: z.enum(userStatuses),
    role: z.string(),
    scopes,
    second_factor: z.boolean().openapi({ description: 'Whether an authenticator app is enrolled.' }),
    created_at: time,
    last_sign_in_at: time.nullable(),
  })
  .openapi('User')

export const PrincipalBody = z
  .object({
    kind: z.enum(credentialKinds),
    scopes,
    session_id: z.string().nullable(),
    key_id: z.string().nullable().openapi({ description: 'Of an API key, static key or private token.' }),
    factors: factorsField,
    expires_at: time.nullable(),
    actor: z.string().nullable().openapi({ description: 'Who acts in the name of the user, if anybody does.' }),
  })
  .openapi('Principal')

export const MeBody = z.object({ user: UserBody, credential: PrincipalBody }).openapi('Me')

export const TokenPairBody = z
  .object({
    access_token: z.string().openapi({ description: 'A JWT for `Authorization: Bearer`.' }),
    refresh_token: z.string().openapi({ description: 'For `POST /auth/refresh`, once: the answer has the next one.' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().openapi({ example: 3600, description: 'How long the access token is good, in seconds.' }),
    user: UserBody,
  })
  .openapi('TokenPair')
export const BearerBody = z
  .object({
    token: z.string().openapi({ description: 'Opaque, for `Authorization: Bearer`.' }),
    expires_at: time,
    user: UserBody,
  })
  .openapi('BearerSession')
export const CookieBody = z.object({ user: UserBody }).openapi('CookieSession')
export const SignedInBody = z.union([TokenPairBody, BearerBody, CookieBody]).openapi('SignedIn')

export const SessionBody = z
  .object({
    id: z.uuid(),
    api,
    mode: z.enum(['token', 'bearer', 'cookie']),
    current: z.boolean().openapi({ description: 'Whether it is the one that asks.' }),
    address: z.string(),
    user_agent: z.string(),
    factors: factorsField,
    created_at: time,
    last_seen_at: time,
    expires_at: time,
    actor: z.uuid().nullable().openapi({ description: 'Who acts in the name of the user; null: nobody.' }),
  })
  .openapi('Session')

const successor = z.uuid().nullable().openapi({ description: 'What replaced it when it was rotated.' })
const suspendedAt = time.nullable().openapi({
  description: 'Back from a backup, and refused until an administrator confirms it; null otherwise.',
})

export const KeyBody = z
  .object({
    id: z.uuid(),
    name: z.string(),
    scopes: scopes.nullable().openapi({ description: 'Null: whatever the owner may do.' }),
    allow_addresses: z.array(z.string()),
    api,
    created_at: time,
    expires_at: time.nullable(),
    last_used_at: time.nullable(),
    revoked_at: time.nullable(),
    successor,
    suspended_at: suspendedAt,
    limits: z.null().openapi({ description: 'Keys have no quota.' }),
  })
  .openapi('ApiKey')
export const IssuedKeyBody = KeyBody.extend({ secret: z.string(), token: z.string() }).openapi('IssuedApiKey')

export const TokenBody = z
  .object({
    id: z.uuid(),
    name: z.string(),
    scopes: scopes.nullable(),
    api,
    created_at: time,
    expires_at: time,
    last_used_at: time.nullable(),
    revoked_at: time.nullable(),
    successor,
    suspended_at: suspendedAt,
  })
  .openapi('PrivateToken')
export const IssuedTokenBody = TokenBody.extend({ token: z.string() }).openapi('IssuedPrivateToken')

export const EventBody = z
  .object({
    id: z.int(),
    at: time,
    kind: z.string().openapi({ example: 'sign-up' }),
    api: z.enum([...apiNames, 'cli', 'server']).openapi({ description: 'Where it happened.' }),
    user: z.string().nullable(),
    actor: z.string().nullable(),
    credential: z.string().nullable(),
    session_id: z.string().nullable(),
    key_id: z.string().nullable(),
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
  })
  .openapi('Event')

export const SigningKeyBody = z
  .object({
    kid: z.string(),
    alg: z.string(),
    use: z.enum(['access', 'refresh', 'private']),
    created_at: time,
    active_at: time,
    retired_at: time.nullable(),
    verifies_until: time.nullable(),
    revoked_at: time.nullable(),
  })
  .openapi('SigningKey')

export const ProblemBody = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().openapi({ example: 'credential_expired', description: 'For programs. New ones may come.' }),
    detail: z.string().optional().openapi({ description: 'What to do about it.' }),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: 'Which fields were wrong, and what is right.' }),
    request_id: z.string().openapi({ description: 'Find it in the log of the server with this.' }),
  })
  .openapi('Problem', { description: 'RFC 9457 problem details. `code` is stable; the texts are for people.' })

export const pageOf = (item: z.ZodType, name: string) =>
  z
    .object({
      items: z.array(item),
      next_cursor: z.string().nullable().openapi({ description: 'For `cursor`; null at the end.' }),
    })
    .openapi(name)

// ── core objects as answers ─────────────────────────────────────────────────────────────────────────────────────────

export function userBody(user: User, has: ReadonlySet<Scope>): z.infer<typeof UserBody> {
  return {
    id: user.publicId,
    kind: user.kind,
    username: user.username,
    email: user.email,
    unproven_email: user.unprovenEmail,
    status: user.status,
    role: user.role,
    scopes: [...has].sort(),
    second_factor: user.hasFactor,
    created_at: iso(user.createdAt),
    last_sign_in_at: isoOrNull(user.lastSignInAt),
  }
}

export function principalBody(principal: Principal): z.infer<typeof PrincipalBody> {
  return {
    kind: principal.kind,
    scopes: [...principal.scopes].sort(),
    session_id: principal.sessionId,
    key_id: principal.keyId,
    factors: [...principal.factors],
    expires_at: isoOrNull(principal.expiresAt),
    actor: principal.actor,
  }
}

export function sessionBody(session: Session, current: string | null): z.infer<typeof SessionBody> {
  return {
    id: session.id,
    api: session.api,
    mode: session.mode,
    current: session.id === current,
    address: session.address,
    user_agent: session.userAgent,
    factors: [...session.factors],
    created_at: iso(session.createdAt),
    last_seen_at: iso(session.lastSeenAt),
    expires_at: iso(session.expiresAt),
    actor: session.actor,
  }
}

export function keyBody(key: ApiKey): z.infer<typeof KeyBody> {
  return {
    id: key.id,
    name: key.name,
    scopes: key.scopes === null ? null : [...key.scopes],
    allow_addresses: [...key.allowAddresses],
    api: key.api,
    created_at: iso(key.createdAt),
    expires_at: isoOrNull(key.expiresAt),
    last_used_at: isoOrNull(key.lastUsedAt),
    revoked_at: isoOrNull(key.revokedAt),
    successor: key.successor,
    suspended_at: isoOrNull(key.suspendedAt),
    limits: null,
  }
}

export function tokenBody(token: PrivateToken): z.infer<typeof TokenBody> {
  return {
    id: token.publicId,
    name: token.name,
    scopes: token.scopes === null ? null : [...token.scopes],
    api: token.api,
    created_at: iso(token.createdAt),
    expires_at: iso(token.expiresAt),
    last_used_at: isoOrNull(token.lastUsedAt),
    revoked_at: isoOrNull(token.revokedAt),
    successor: token.successor,
    suspended_at: isoOrNull(token.suspendedAt),
  }
}

export function eventBody(event: AuditEvent): z.infer<typeof EventBody> {
  return {
    id: event.id,
    at: iso(event.at),
    kind: event.kind,
    api: event.api,
    user: event.user,
    actor: event.actor,
    credential: event.credential,
    session_id: event.sessionId,
    key_id: event.keyId,
    address: event.address,
    user_agent: event.userAgent,
    data: { ...event.data },
  }
}

export function signingKeyBody(key: SigningKey): z.infer<typeof SigningKeyBody> {
  return {
    kid: key.kid,
    alg: key.alg,
    use: key.use,
    created_at: iso(key.createdAt),
    active_at: iso(key.activeAt),
    retired_at: isoOrNull(key.retiredAt),
    verifies_until: isoOrNull(key.verifiesUntil),
    revoked_at: isoOrNull(key.revokedAt),
  }
}

/** RFC 6749, section 5.1 members and the user. */
export function tokenPairBody(
  opened: OpenedSession,
  has: ReadonlySet<Scope>,
  now: Millis,
): z.infer<typeof TokenPairBody> {
  if (opened.refreshToken === null)
    throw new CardeaError('internal', { internal: 'a token session without a refresh token' })
  return {
    access_token: opened.token,
    refresh_token: opened.refreshToken,
    token_type: 'Bearer',
    expires_in: Math.round((opened.expiresAt - now) / 1000),
    user: userBody(opened.user, has),
  }
}

export function pageBody<T, B>(page: Page<T>, body: (item: T) => B): { items: B[]; next_cursor: string | null } {
  return { items: page.items.map(body), next_cursor: page.nextCursor }
}
