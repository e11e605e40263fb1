import { type CardeaError, type ErrorCode, publicTexts } from '../../errors.ts'
import type { Reply } from '../../http/reply.ts'
import type { CredentialKind } from '../../types.ts'
import type { ErrorContext, Route } from '../api.ts'

interface Problem {
  readonly status: number
  /** `code` in the body where the wire's word differs from the core's. */
  readonly code?: string
  /** `error` of the Bearer challenge (RFC 6750, section 3.1). */
  readonly bearer?: 'invalid_request' | 'invalid_token' | 'insufficient_scope'
  /** What to do about it. */
  readonly hint?: string
}

const freshHint =
  'Send `current_password` (and `code` when a second factor is on) in the body of this request, or call POST /auth/me/reauthenticate first. Keys and private tokens cannot make this change.'

/** RFC 9457 problems. docs/errors.md is made from this table. */
export const wire = {
  body_malformed: { status: 400 },
  body_too_large: { status: 413 },
  media_type_unsupported: { status: 415 },
  request_invalid: { status: 400, hint: 'See `errors`: each names a field and says what is right.' },
  not_found: { status: 404 },
  method_not_allowed: { status: 405 },
  host_unknown: { status: 421, hint: 'Name the host in `allowedHosts` or `publicUrl` if it is yours.' },
  origin_refused: {
    status: 403,
    hint: 'Send the request from a page of this site, or with `Origin` set to the public URL of this server; or use a token in the Authorization header.',
  },
  credentials_missing: { status: 401, hint: 'GET /api/help shows every way to authenticate here.' },
  credentials_conflict: { status: 400, bearer: 'invalid_request' },
  credential_malformed: { status: 401, bearer: 'invalid_token' },
  credential_invalid: { status: 401, bearer: 'invalid_token' },
  credential_expired: {
    status: 401,
    bearer: 'invalid_token',
    hint: 'Get a new one: refresh the session or sign in again.',
  },
  credential_revoked: { status: 401, bearer: 'invalid_token', hint: 'Sign in again, or make a new key.' },
  credential_kind_refused: {
    status: 401,
    bearer: 'invalid_token',
    hint: 'See `accepts` for the kinds that this address takes.',
  },
  credential_address_refused: { status: 403 },
  account_pending: { status: 403, hint: 'Use the link in the newest mail. Each sign-in mails a new one.' },
  account_disabled: { status: 403 },
  account_blocked: { status: 403 },
  scope_missing: { status: 403, code: 'insufficient_scope', bearer: 'insufficient_scope' },
  factor_enrolment_required: {
    status: 403,
    code: 'mfa_enrolment_required',
    hint: 'POST /auth/mfa/totp and /auth/mfa/totp/confirm, then refresh or sign in again.',
  },
  user_required: { status: 403 },
  reauthentication_required: { status: 403, hint: freshHint },
  original_refused: {
    status: 403,
    hint: 'For the operator: name the proxy in `trustedProxies`, and have it send the headers that docs/forward-auth.md lists.',
  },
  address_ambiguous: {
    status: 403,
    hint: 'Write the path plainly: no dot segments, doubled slashes, `;`, or encoded separators.',
  },
  rule_missing: { status: 403, hint: 'For the operator: `rules` lists what is let through; all else is refused.' },
  upstream_failed: { status: 502 },
  upstream_timeout: { status: 504 },
  beyond_own_rights: { status: 403 },
  last_admin: { status: 409 },
  credentials_wrong: { status: 401 },
  factor_required: {
    status: 403,
    code: 'mfa_required',
    hint: 'POST /auth/sign-in/mfa with `mfa_ticket` and `code`, or repeat the request with `code`.',
  },
  factor_wrong: { status: 401, code: 'mfa_code_wrong' },
  factor_missing: { status: 404, code: 'mfa_not_enrolled' },
  factor_exists: { status: 409, code: 'mfa_already_enrolled' },
  sign_up_closed: { status: 403 },
  set_up_needed: {
    status: 403,
    hint: 'POST /auth/setup with the code from the terminal or from the file `setup-code` in the data folder.',
  },
  one_time_invalid: { status: 400 },
  refresh_reused: {
    status: 401,
    bearer: 'invalid_token',
    hint: 'Sign in again. If this was not you, somebody else has a copy of the token.',
  },
  username_taken: { status: 409 },
  email_taken: { status: 409 },
  password_refused: { status: 400 },
  rate_limited: { status: 429 },
  busy: { status: 503 },
  unavailable: { status: 503 },
  conflict: { status: 409 },
  internal: { status: 500 },
} as const satisfies Record<ErrorCode, Problem>

const problems: Readonly<Record<ErrorCode, Problem>> = wire

/** The word in `code` of a problem. */
export function wireCode(code: ErrorCode): string {
  return problems[code].code ?? code
}

const bearerKinds: readonly CredentialKind[] = ['access-token', 'private-token', 'bearer-token']

/** One challenge per scheme that the route takes (RFC 9110, section 11.6.1). */
function challenges(error: CardeaError, route: Route | undefined, fromBrowser: boolean): string {
  const takes = route?.takes ?? []
  const { bearer } = problems[error.code]
  const schemes: string[] = []
  if (takes.some((kind) => bearerKinds.includes(kind)) || bearer === 'insufficient_scope') {
    const scope = error.detail.extra?.scope
    const params = [
      'realm="cardea"',
      ...(bearer === undefined ? [] : [`error="${bearer}"`, `error_description="${publicTexts[error.code]}"`]),
      ...(typeof scope === 'string' ? [`scope="${scope}"`] : []),
    ]
    schemes.push(`Bearer ${params.join(', ')}`)
  }
  if (takes.includes('api-key') || takes.includes('static-key')) schemes.push('ApiKey realm="cardea"')
  // A browser would open a password dialog of its own.
  if (!fromBrowser && (takes.includes('password') || takes.includes('api-key')))
    schemes.push('Basic realm="cardea", charset="UTF-8"')
  // A 401 without any challenge is not allowed (RFC 9110, section 15.5.2), also where a password was in the body.
  return schemes.length === 0 ? 'Bearer realm="cardea"' : schemes.join(', ')
}

export function renderError(error: CardeaError, { route, requestId, fromBrowser }: ErrorContext): Reply {
  const problem = problems[error.code]
  const { fields, retryAfter, kind, extra } = error.detail
  const { allow, ...members } = extra ?? {}
  const challenge =
    problem.status === 401 || problem.bearer === 'insufficient_scope'
      ? challenges(error, route, fromBrowser)
      : undefined
  const wait = retryAfter ?? (problem.status === 503 ? 1 : undefined)
  return {
    status: problem.status,
    type: 'application/problem+json',
    headers: {
      ...(challenge === undefined ? {} : { 'WWW-Authenticate': challenge }),
      ...(wait === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(wait))) }),
      ...(Array.isArray(allow) ? { Allow: allow.join(', ') } : {}),
      ...rateLimitHeaders(error),
    },
    body: {
      type: 'about:blank',
      title: publicTexts[error.code],
      status: problem.status,
      code: wireCode(error.code),
      ...(problem.hint === undefined ? {} : { detail: problem.hint }),
      ...(kind === undefined ? {} : { credential_kind: kind }),
      ...(error.code === 'credential_kind_refused' && route !== undefined ? { accepts: route.takes } : {}),
      ...(fields === undefined ? {} : { errors: fields }),
      ...members,
      request_id: requestId,
    },
  }
}

/** draft-ietf-httpapi-ratelimit-headers, the three-field form that clients know. */
function rateLimitHeaders(error: CardeaError): Record<string, string> {
  const { limit, retryAfter } = error.detail
  if (error.code !== 'rate_limited' || limit === undefined) return {}
  return {
    'RateLimit-Limit': String(limit),
    'RateLimit-Remaining': '0',
    'RateLimit-Reset': String(Math.ceil(retryAfter ?? 1)),
  }
}
