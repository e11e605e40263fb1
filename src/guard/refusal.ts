import { type ErrorCode, publicTexts } from '../errors.ts'
import type { GuardKind, GuardRefusal, GuardRefusalCode } from './types.ts'

interface Row {
  readonly status: 400 | 401 | 403 | 429 | 503
  /** `code` of the problem where it differs, as in Cardea's own answers. */
  readonly code?: string
  /** `error` of the Bearer challenge (RFC 6750, section 3.1). */
  readonly bearer?: 'invalid_request' | 'invalid_token' | 'insufficient_scope'
}

/** The same statuses and words as in the native API. */
export const refusals = {
  credentials_missing: { status: 401 },
  credentials_conflict: { status: 400, bearer: 'invalid_request' },
  credential_malformed: { status: 401, bearer: 'invalid_token' },
  credential_invalid: { status: 401, bearer: 'invalid_token' },
  credential_expired: { status: 401, bearer: 'invalid_token' },
  credential_revoked: { status: 401, bearer: 'invalid_token' },
  credential_kind_refused: { status: 401, bearer: 'invalid_token' },
  credential_address_refused: { status: 403 },
  account_pending: { status: 403 },
  account_disabled: { status: 403 },
  account_blocked: { status: 403 },
  rate_limited: { status: 429 },
  busy: { status: 503 },
  origin_refused: { status: 403 },
  scope_missing: { status: 403, code: 'insufficient_scope', bearer: 'insufficient_scope' },
  unavailable: { status: 503 },
} as const satisfies Record<GuardRefusalCode & ErrorCode, Row>

/** A refusal as it is answered: an RFC 9457 problem, with the challenges of RFC 9110, section 11.6.1. */
export interface Problem {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: string
}

function challenges({ accepts, code, scope }: GuardRefusal, { bearer }: Row): string {
  const takes = (...kinds: readonly GuardKind[]) => kinds.some((kind) => accepts.includes(kind))
  const params = [
    'realm="cardea"',
    ...(bearer === undefined ? [] : [`error="${bearer}"`, `error_description="${publicTexts[code]}"`]),
    // Scopes hold neither quotes nor backslashes: `requires` takes no others.
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
  ]
  const schemes = [
    ...(takes('access-token', 'bearer-token', 'private-token') || bearer === 'insufficient_scope'
      ? [`Bearer ${params.join(', ')}`]
      : []),
    ...(takes('api-key') ? ['ApiKey realm="cardea"'] : []),
  ]
  return schemes.length === 0 ? 'Bearer realm="cardea"' : schemes.join(', ')
}

export function problemOf(refusal: GuardRefusal): Problem {
  const { code, kind, scope, accepts, retryAfter } = refusal
  const row: Row = refusals[code]
  const wait = retryAfter ?? (row.status === 503 ? 1 : undefined)
  const isChallenged = row.status === 401 || row.bearer === 'insufficient_scope'
  return {
    status: row.status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...(isChallenged && { 'WWW-Authenticate': challenges(refusal, row) }),
      ...(wait !== undefined && { 'Retry-After': String(Math.max(1, Math.ceil(wait))) }),
    },
    body: JSON.stringify({
      type: 'about:blank',
      title: publicTexts[code],
      status: row.status,
      code: row.code ?? code,
      ...(kind !== undefined && { credential_kind: kind }),
      ...(code === 'credential_kind_refused' && { accepts }),
      ...(scope !== undefined && { scope }),
    }),
  }
}

/** The same as a Fetch `Response`. */
export function refusalResponse(refusal: GuardRefusal): Response {
  const { status, headers, body } = problemOf(refusal)
  return new Response(body, { status, headers: { ...headers } })
}
