import type { CardeaError, ErrorCode } from '../../errors.ts'
import type { Reply } from '../../http/reply.ts'
import type { ErrorContext } from '../api.ts'
import { wire } from './errors.ts'

type OauthError =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'

/** RFC 6749, section 5.2: which of our codes is which of its errors. What is not here keeps the code as it is. */
const errors: Partial<Record<ErrorCode, readonly [status: number, error: OauthError]>> = {
  body_malformed: [400, 'invalid_request'],
  body_too_large: [413, 'invalid_request'],
  media_type_unsupported: [415, 'invalid_request'],
  request_invalid: [400, 'invalid_request'],
  method_not_allowed: [405, 'invalid_request'],
  credentials_missing: [401, 'invalid_client'],
  credentials_conflict: [400, 'invalid_request'],
  credential_malformed: [401, 'invalid_client'],
  credential_invalid: [401, 'invalid_client'],
  credential_expired: [401, 'invalid_client'],
  credential_revoked: [401, 'invalid_client'],
  credential_kind_refused: [401, 'invalid_client'],
  credentials_wrong: [401, 'invalid_client'],
  factor_required: [401, 'invalid_client'],
  account_pending: [401, 'invalid_client'],
  account_disabled: [401, 'invalid_client'],
  account_blocked: [401, 'invalid_client'],
  scope_missing: [403, 'unauthorized_client'],
  refresh_reused: [400, 'invalid_grant'],
  one_time_invalid: [400, 'invalid_grant'],
}

/** Errors of `/oauth/*`: `{error, error_description}`, JSON, no-store. */
export function renderOauthError(error: CardeaError, { requestId }: ErrorContext): Reply {
  const [status, name] = errors[error.code] ?? [wire[error.code].status, error.code]
  const { fields, retryAfter, extra } = error.detail
  const named = typeof extra?.oauth_error === 'string' ? extra.oauth_error : name
  const description = [
    error.message,
    ...(fields ?? []).slice(0, 10).map(({ field, message }) => `${field} ${message}.`),
  ].join(' ')
  return {
    status,
    headers: {
      // RFC 6749, section 5.2: the scheme that the client used.
      ...(status === 401 ? { 'WWW-Authenticate': 'Basic realm="cardea", charset="UTF-8"' } : {}),
      ...(retryAfter !== undefined || status === 503
        ? { 'Retry-After': String(Math.max(1, Math.ceil(retryAfter ?? 1))) }
        : {}),
      Pragma: 'no-cache',
    },
    // RFC 6749, section 5.2: no quotes, backslashes or characters outside of ASCII in the description.
    body: {
      error: named,
      error_description: description.replace(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, "'"),
      request_id: requestId,
    },
  }
}
