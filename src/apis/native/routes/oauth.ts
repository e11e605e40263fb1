import { z } from '@hono/zod-openapi'
import type { Inspected } from '../../../core/guard.ts'
import type { OpenedSession } from '../../../core/sessions.ts'
import { CardeaError, type ErrorCode } from '../../../errors.ts'
import { factorMethods } from '../../../types.ts'
import { type Call, type Route, route } from '../../api.ts'
import { renderOauthError } from '../oauth-errors.ts'
import { ok } from './common.ts'

const TokenAnswer = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int(),
    scope: z.string(),
    refresh_token: z.string().optional(),
  })
  .openapi('OauthToken')
const OauthErrorBody = z.looseObject({ error: z.string(), error_description: z.string() }).openapi('OauthError')
const refused = {
  400: {
    description:
      '`invalid_request`, `invalid_grant`, `invalid_scope` or `unsupported_grant_type` (RFC 6749, section 5.2).',
    schema: OauthErrorBody,
  },
  401: { description: '`invalid_client`.', schema: OauthErrorBody },
}

/** RFC 7662, section 2.2. */
const Introspection = z
  .object({
    active: z.boolean(),
    scope: z.string().optional(),
    client_id: z.string().optional(),
    username: z.string().optional(),
    token_type: z.string().optional(),
    exp: z.int().optional(),
    sub: z.string().optional(),
    aud: z.string().optional(),
    iss: z.string().optional(),
    role: z.string().optional(),
    kind: z.string().optional(),
    sid: z.string().optional(),
    act: z.object({ sub: z.string() }).optional(),
    api: z.string().optional(),
    user_kind: z.enum(['person', 'service']).optional(),
    amr: z.array(z.string()).optional(),
    auth_time: z.int().optional(),
    allow_addresses: z.array(z.string()).optional(),
  })
  .openapi('Introspection')

const tokenField = z.string().min(1, 'must not be empty').max(8192, 'is longer than any token of ours')
const hint = z.string().max(100).optional()

/** A refusal of the grant itself is `invalid_grant`, whatever the core calls it. */
const grantCodes: readonly ErrorCode[] = [
  'credential_malformed',
  'credential_invalid',
  'credential_expired',
  'credential_revoked',
  'credential_kind_refused',
  'account_pending',
  'account_disabled',
  'account_blocked',
]

async function refreshGrant(call: Call, token: string): Promise<OpenedSession> {
  try {
    return await call.core.sessions.refresh(token, call.origin)
  } catch (thrown) {
    if (thrown instanceof CardeaError && grantCodes.includes(thrown.code))
      throw new CardeaError('one_time_invalid', { cause: thrown, extra: { oauth_error: 'invalid_grant' } })
    throw thrown
  }
}

function bad(field: string, message: string, error?: string): CardeaError {
  return new CardeaError('request_invalid', {
    fields: [{ field, message }],
    ...(error === undefined ? {} : { extra: { oauth_error: error } }),
  })
}

function introspectionOf(principal: Inspected | null, call: Call): z.infer<typeof Introspection> {
  const { user } = principal ?? {}
  // A refresh token is good for one call here, and for nothing at a resource server.
  if (principal === null || user === null || user === undefined || principal.kind === 'refresh-token')
    return { active: false }
  return {
    active: true,
    scope: [...principal.scopes].sort().join(' '),
    client_id: principal.keyId ?? 'cardea',
    username: user.username,
    token_type: 'Bearer',
    sub: user.publicId,
    aud: call.core.settings.audience,
    iss: call.core.settings.publicUrl,
    role: principal.role,
    kind: principal.kind,
    ...(principal.expiresAt === null ? {} : { exp: Math.floor(principal.expiresAt / 1000) }),
    ...(principal.sessionId === null ? {} : { sid: principal.sessionId }),
    ...(principal.actor === null ? {} : { act: { sub: principal.actor } }),
    api: principal.api,
    user_kind: user.kind,
    ...(principal.factors.length === 0 ? {} : { amr: principal.factors.map((factor) => factorMethods[factor]) }),
    ...(principal.provenAt === null ? {} : { auth_time: Math.floor(principal.provenAt / 1000) }),
    // Only the resource server knows where a request came from.
    ...(principal.allowAddresses.length === 0 ? {} : { allow_addresses: [...principal.allowAddresses] }),
  }
}

export const oauthRoutes: readonly Route[] = [
  route('POST', '/oauth/token', {
    tag: 'OAuth 2.0',
    summary: 'Token endpoint: client_credentials with an API key as Basic, and refresh_token (RFC 6749)',
    takes: ['api-key'],
    anonymous: true,
    bodyType: 'form',
    body: z.object({
      grant_type: z.string('is required').max(200),
      refresh_token: tokenField.optional(),
      scope: z.string().max(2000).optional(),
    }),
    answers: { ...ok('A token.', TokenAnswer), ...refused },
    errors: ['refresh_reused', 'scope_missing'],
    renderError: renderOauthError,
    run: async (call) => {
      const { grant_type: grant, refresh_token: refreshToken, scope } = call.body
      const { core, principal } = call
      const now = core.clock.now()
      if (grant === 'refresh_token') {
        if (refreshToken === undefined) throw bad('refresh_token', 'is required')
        const opened = await refreshGrant(call, refreshToken)
        const has = core.roles.effective(opened.user, opened.session.ceiling, null)
        const body = {
          access_token: opened.token,
          token_type: 'Bearer',
          expires_in: Math.round((opened.expiresAt - now) / 1000),
          scope: [...has].sort().join(' '),
          refresh_token: opened.refreshToken,
        }
        return { status: 200, body, headers: { Pragma: 'no-cache' } }
      }
      if (grant !== 'client_credentials')
        throw bad('grant_type', 'must be client_credentials or refresh_token', 'unsupported_grant_type')
      if (principal === null) throw new CardeaError('credentials_missing')
      const issued = await core.clientCredentials.issue(
        principal,
        scope === undefined ? null : scope.split(' ').filter((name) => name !== ''),
        call.origin,
      )
      const body = {
        access_token: issued.token,
        token_type: 'Bearer',
        expires_in: Math.round((issued.expiresAt - now) / 1000),
        scope: [...issued.scopes].sort().join(' '),
      }
      return { status: 200, body, headers: { Pragma: 'no-cache' } }
    },
  }),
  route('POST', '/oauth/introspect', {
    tag: 'OAuth 2.0',
    summary: 'Tells a resource server what a token is good for (RFC 7662)',
    takes: ['api-key'],
    needs: 'tokens:introspect',
    bodyType: 'form',
    body: z.object({ token: tokenField, token_type_hint: hint }),
    answers: {
      ...ok('`{"active": false}` for whatever is not good now.', Introspection),
      ...refused,
      403: { description: 'The key lacks `tokens:introspect`.', schema: OauthErrorBody },
    },
    renderError: renderOauthError,
    run: async (call) => ({
      status: 200,
      body: introspectionOf(await call.core.guard.inspect(call.body.token, call.origin), call),
    }),
  }),
  route('POST', '/oauth/revoke', {
    tag: 'OAuth 2.0',
    summary: 'Revokes a token that the caller holds (RFC 7009)',
    takes: ['api-key'],
    anonymous: true,
    bodyType: 'form',
    limit: 'address',
    body: z.object({ token: tokenField, token_type_hint: hint }),
    answers: { 200: { description: 'The token is dead now, or never was alive.' }, ...refused },
    renderError: renderOauthError,
    run: async (call) => {
      await call.core.sessions.revokeByToken(call.body.token, call.origin)
      return { status: 200, headers: { Pragma: 'no-cache' } }
    },
  }),
  route('GET', '/.well-known/jwks.json', {
    tag: 'OAuth 2.0',
    summary: 'The public keys that access tokens are signed with (RFC 7517)',
    takes: [],
    answers: ok(
      'Key set.',
      z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string() })) }).openapi('Jwks'),
    ),
    run: async (call) => ({
      status: 200,
      body: await call.core.signingKeys.jwks(),
      headers: { 'Cache-Control': 'public, max-age=300', 'Access-Control-Allow-Origin': '*' },
    }),
  }),
  route('GET', '/.well-known/oauth-authorization-server', {
    tag: 'OAuth 2.0',
    summary: 'Metadata of this authorization server (RFC 8414)',
    takes: [],
    answers: ok(
      'Metadata.',
      z.looseObject({ issuer: z.string(), token_endpoint: z.string(), jwks_uri: z.string() }).openapi('ServerMetadata'),
    ),
    run: (call) => {
      const base = call.http.publicUrl
      const body = {
        issuer: base,
        token_endpoint: `${base}/oauth/token`,
        introspection_endpoint: `${base}/oauth/introspect`,
        revocation_endpoint: `${base}/oauth/revoke`,
        jwks_uri: `${base}/.well-known/jwks.json`,
        response_types_supported: [],
        grant_types_supported: ['client_credentials', 'refresh_token'],
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'none'],
        introspection_endpoint_auth_methods_supported: ['client_secret_basic'],
        revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'none'],
        scopes_supported: [...call.core.roles.allScopes].sort(),
        service_documentation: `${base}/api/help`,
      }
      return {
        status: 200,
        body,
        headers: { 'Cache-Control': 'public, max-age=300', 'Access-Control-Allow-Origin': '*' },
      }
    },
  }),
]
