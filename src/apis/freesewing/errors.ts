import { CardeaError, type ErrorCode } from '../../errors.ts'
import type { Reply } from '../../http/reply.ts'
import type { Api, ErrorContext, Route } from '../api.ts'
import { json } from './reply.ts'

/** Words of the contract that no code of the core stands for: what is wrong with a body, and gates of its own. */
export const words = {
  postBodyMissing: 400,
  emailMissing: 400,
  emailInvalid: 400,
  usernameMissing: 400,
  passwordMissing: 400,
  passwordRefused: 400,
  consentRequired: 400,
  consentInvalid: 400,
  mfaTokenMissing: 400,
  invalidMfaSetting: 400,
  nameMissing: 400,
  levelMissing: 400,
  levelNotNumeric: 400,
  invalidLevel: 400,
  expiresInMissing: 400,
  expiresIsNotNumeric: 400,
  expiresIsHigherThanMaximum: 400,
  keyLevelExceedsRoleLevel: 400,
  invalidRole: 400,
  accountBlocked: 403,
  idMissing: 403,
  invalidProvider: 403,
  consentLacking: 451,
} as const
export type Word = keyof typeof words

/** A failure in the contract's own word. `field`: what of the request it is about. */
export function refusal(word: Word, field = 'body'): CardeaError {
  return new CardeaError('request_invalid', { fields: [{ field, message: word }] })
}

interface FreesewingError {
  readonly status: number
  /** `error` of the body. `'text'`: the bare words of an HTTP server, as the credentials' checks answer; null: no body. */
  readonly error: string | null
  readonly text?: 'Unauthorized' | 'Bad Request'
}

const unauthorized = { status: 401, error: 'unauthorized', text: 'Unauthorized' } as const
const tooLittle = { status: 403, error: 'insufficientAccessLevel' } as const
const absent = { status: 404, error: null } as const

/** Every failure of the core in this contract. Where a credential was asked for, `account_*` is `Unauthorized` too. */
export const wire = {
  body_malformed: { status: 400, error: 'bodyMalformed' },
  body_too_large: { status: 413, error: 'bodyTooLarge' },
  media_type_unsupported: { status: 415, error: 'mediaTypeUnsupported' },
  request_invalid: { status: 400, error: 'requestInvalid' },
  not_found: absent,
  method_not_allowed: { status: 404, error: 'notFound' },
  original_refused: { status: 403, error: 'originalRefused' },
  address_ambiguous: { status: 403, error: 'addressAmbiguous' },
  rule_missing: { status: 403, error: 'ruleMissing' },
  upstream_failed: { status: 502, error: 'upstreamFailed' },
  upstream_timeout: { status: 504, error: 'upstreamTimeout' },
  host_unknown: { status: 421, error: 'hostUnknown' },
  origin_refused: { status: 403, error: 'originRefused' },
  credentials_missing: unauthorized,
  credentials_conflict: { status: 400, error: 'badRequest', text: 'Bad Request' },
  credential_malformed: unauthorized,
  credential_invalid: unauthorized,
  credential_expired: unauthorized,
  credential_revoked: unauthorized,
  credential_kind_refused: unauthorized,
  credential_address_refused: unauthorized,
  account_pending: { status: 403, error: 'statusLacking' },
  account_disabled: { status: 403, error: 'statusLacking' },
  account_blocked: { status: 403, error: 'statusLacking' },
  scope_missing: tooLittle,
  factor_enrolment_required: tooLittle,
  user_required: tooLittle,
  reauthentication_required: tooLittle,
  beyond_own_rights: tooLittle,
  last_admin: { status: 409, error: 'lastAdmin' },
  credentials_wrong: { status: 401, error: 'signInFailed' },
  factor_required: { status: 403, error: 'mfaTokenRequired' },
  factor_wrong: { status: 401, error: 'signInFailed' },
  factor_missing: { status: 400, error: 'invalidMfaSetting' },
  factor_exists: { status: 400, error: 'mfaActive' },
  sign_up_closed: { status: 403, error: 'signUpClosed' },
  set_up_needed: { status: 403, error: 'setUpNeeded' },
  one_time_invalid: absent,
  refresh_reused: unauthorized,
  username_taken: { status: 409, error: 'usernameTaken' },
  email_taken: { status: 409, error: 'emailTaken' },
  password_refused: { status: 400, error: 'passwordRefused' },
  rate_limited: { status: 429, error: 'tooManyRequests' },
  busy: { status: 503, error: 'serverBusy' },
  unavailable: { status: 503, error: 'serverUnavailable' },
  conflict: { status: 409, error: 'conflict' },
  internal: { status: 500, error: 'internalError' },
} as const satisfies Record<ErrorCode, FreesewingError>

const table: Readonly<Record<ErrorCode, FreesewingError>> = wire
const closed: readonly ErrorCode[] = ['account_pending', 'account_disabled', 'account_blocked']
const basicChallenge = 'Basic realm="Users"'

function isWord(text: string): text is Word {
  return Object.hasOwn(words, text)
}

function failureOf(error: CardeaError, route: Route | undefined): FreesewingError {
  const word = error.code === 'request_invalid' ? error.detail.fields?.[0]?.message : undefined
  if (word !== undefined && isWord(word)) return { status: words[word], error: word }
  if (closed.includes(error.code) && (route?.takes.length ?? 0) > 0) return unauthorized
  // Basic that is not base64 or has no colon.
  if (error.code === 'credential_malformed' && error.detail.kind === 'password' && takesKeys(route)) {
    return wire.credentials_conflict
  }
  // What has no route at all is told apart from what a route does not find.
  if (error.code === 'not_found' && (route === undefined || route.path === '(none)')) return wire.method_not_allowed
  return table[error.code]
}

const takesKeys = (route: Route | undefined): boolean => route?.takes.includes('api-key') === true

export function renderError(error: CardeaError, { route }: ErrorContext): Reply {
  return replyOf(error, failureOf(error, route), route)
}

/** The same with some codes answered otherwise, for routes that say it in other words. */
export function renderWith(other: Readonly<Partial<Record<ErrorCode, FreesewingError>>>): Api['renderError'] {
  return (error, { route }) => replyOf(error, other[error.code] ?? failureOf(error, route), route)
}

/** What `GET /whoami/jwt` says of an account that may not go on: one level deeper, as its clients read it. */
export const renderNested: Api['renderError'] = (error, context) => {
  const { code } = error
  const word = Object.hasOwn(closedWords, code) ? closedWords[code as keyof typeof closedWords] : undefined
  if (word !== undefined) return json(401, { result: 'error', error: { error: word } })
  const { status, error: own } = failureOf(error, context.route)
  return own === 'consentLacking'
    ? json(status, { result: 'error', error: { error: own } })
    : renderError(error, context)
}

const closedWords = {
  account_pending: 'accountInactive',
  account_disabled: 'accountDisabled',
  account_blocked: 'accountBlocked',
} as const

function replyOf(error: CardeaError, { status, error: word, text }: FreesewingError, route: Route | undefined): Reply {
  const headers = {
    ...(status === 401 && text !== undefined && takesKeys(route) ? { 'WWW-Authenticate': basicChallenge } : {}),
    ...waitHeaders(error, status),
  }
  // The contract's server says of its bare words not even that they are text.
  if (text !== undefined) return { status, body: text, type: '', headers }
  if (word === null) return { status, headers: { ...headers, 'Content-Length': '0' } }
  return json(status, { result: 'error', error: word }, headers)
}

/** RFC 9110, section 10.2.3, and the three headers that clients of limited servers know. */
function waitHeaders({ detail: { retryAfter, limit } }: CardeaError, status: number): Record<string, string> {
  if (status !== 429 && status !== 503) return {}
  const wait = String(Math.max(1, Math.ceil(retryAfter ?? 1)))
  return {
    'Retry-After': wait,
    ...(limit === undefined
      ? {}
      : { 'RateLimit-Limit': String(limit), 'RateLimit-Remaining': '0', 'RateLimit-Reset': wait }),
  }
}
