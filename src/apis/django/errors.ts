import type { CardeaError, ErrorCode } from '../../errors.ts'
import type { CredentialKind } from '../../types.ts'
import type { ErrorContext, Route } from '../api.ts'
import { isHeaderWord } from './credentials.ts'
import { fieldMessages } from './fields.ts'
import { mediaType, method, noMatch, texts, throttled } from './texts.ts'

/** One failure in the framework's words; each door puts it into its own envelope. */
export interface DjangoError {
  readonly status: number
  readonly detail: string
  readonly code?: string
  /** What is the matter with an access token, inside the answer that no kind of token fits. */
  readonly tokenMessage?: string
}

export interface DjangoFailure extends DjangoError {
  /** In place of `detail`: which fields are wrong. */
  readonly fields?: Readonly<Record<string, readonly string[]>>
  readonly headers: Readonly<Record<string, string>>
}

const unauthorized = (detail: string, code?: string): DjangoError =>
  code === undefined ? { status: 401, detail } : { status: 401, detail, code }
const badToken = (tokenMessage: string): DjangoError => ({
  ...unauthorized(texts.tokenNotValid, 'token_not_valid'),
  tokenMessage,
})
const denied: DjangoError = { status: 403, detail: texts.permissionDenied }
const inactive = unauthorized(texts.userInactive, 'user_inactive')

/** Every code of the core, where nothing below says it otherwise. A door replaces rows of it. */
export const djangoErrors = {
  body_malformed: { status: 400, detail: 'Malformed request.' },
  body_too_large: { status: 413, detail: 'The request body is too large.' },
  media_type_unsupported: { status: 415, detail: mediaType('text/plain') },
  request_invalid: { status: 400, detail: 'Invalid input.' },
  not_found: { status: 404, detail: texts.notFound },
  method_not_allowed: { status: 405, detail: method('GET') },
  original_refused: { status: 403, detail: 'What the proxy says of this request is not believed.' },
  address_ambiguous: { status: 403, detail: 'This address can be read in more than one way.' },
  rule_missing: { status: 403, detail: 'No rule opens this address.' },
  upstream_failed: { status: 502, detail: 'The service behind this address cannot be reached.' },
  upstream_timeout: { status: 504, detail: 'The service behind this address took too long.' },
  host_unknown: { status: 421, detail: 'This server does not answer for that host name.' },
  origin_refused: { status: 403, detail: texts.originRefused },
  credentials_missing: unauthorized(texts.notProvided),
  credentials_conflict: { status: 400, detail: texts.oneCredential },
  credential_malformed: badToken(texts.tokenInvalid),
  credential_invalid: badToken(texts.tokenInvalid),
  credential_expired: badToken(texts.tokenInvalid),
  credential_revoked: badToken(texts.tokenInvalid),
  credential_kind_refused: unauthorized(texts.notProvided),
  credential_address_refused: denied,
  account_pending: inactive,
  account_disabled: inactive,
  account_blocked: inactive,
  scope_missing: denied,
  factor_enrolment_required: { status: 403, detail: texts.factorEnrolment, code: 'mfa_enrolment_required' },
  user_required: denied,
  reauthentication_required: denied,
  beyond_own_rights: denied,
  last_admin: { status: 409, detail: 'The last administrator has to stay.' },
  credentials_wrong: unauthorized(texts.noActive),
  factor_required: unauthorized(texts.factorRequired, 'mfa_required'),
  factor_wrong: unauthorized(texts.factorWrong, 'mfa_code_wrong'),
  factor_missing: { status: 400, detail: 'There is no second factor.' },
  factor_exists: { status: 400, detail: 'A second factor is already active.' },
  sign_up_closed: denied,
  set_up_needed: { status: 400, detail: 'This server has no administrator yet.' },
  one_time_invalid: { status: 400, detail: 'The link or code is not valid any more.' },
  refresh_reused: unauthorized(texts.tokenBlacklisted, 'token_not_valid'),
  username_taken: { status: 400, detail: texts.usernameTaken },
  email_taken: { status: 400, detail: 'This e-mail address is not available.' },
  password_refused: { status: 400, detail: 'This password is not acceptable.' },
  rate_limited: { status: 429, detail: throttled(1) },
  busy: { status: 503, detail: 'The server is busy. Try again in a moment.' },
  unavailable: { status: 503, detail: 'The server cannot do this at the moment.' },
  conflict: { status: 409, detail: 'The change does not fit what is stored now.' },
  internal: { status: 500, detail: texts.serverError },
} as const satisfies Record<ErrorCode, DjangoError>

export type DjangoErrors = Readonly<Record<ErrorCode, DjangoError>>
type Rows = Readonly<Partial<Record<ErrorCode, DjangoError>>>

/** What callers of guarded addresses are told beyond the table, by the kind of credential that they sent. */
const byKind: Readonly<Partial<Record<CredentialKind, Rows>>> = {
  'access-token': { credential_kind_refused: badToken(texts.tokenInvalid) },
  'private-token': { credential_kind_refused: badToken(texts.tokenInvalid) },
  'bearer-token': { credential_kind_refused: badToken(texts.tokenInvalid) },
  'refresh-token': { credential_kind_refused: badToken(texts.tokenWrongType) },
  'session-cookie': { credential_malformed: unauthorized(texts.notProvided) },
  'api-key': {
    credential_malformed: unauthorized(texts.notProvided),
    credential_invalid: unauthorized(texts.wrongBasic),
  },
  password: {
    credential_malformed: unauthorized(texts.basicNoBase64),
    credentials_wrong: unauthorized(texts.wrongBasic),
    account_pending: unauthorized(texts.wrongBasic),
    account_disabled: unauthorized(texts.wrongBasic),
    account_blocked: unauthorized(texts.wrongBasic),
    // Never 429: a limit answers as a wrong password does.
    rate_limited: unauthorized(texts.wrongBasic),
  },
}

const notValid = (detail: string): DjangoError => unauthorized(detail, 'token_not_valid')
const closed = unauthorized(texts.noActive)

/** Where a name and password are in the body: whatever keeps an account out, nobody learns that it is there. */
const atSignIn: Rows = { account_pending: closed, account_disabled: closed, account_blocked: closed }

/** Where the token itself is in the body. */
const inBody: Rows = {
  credential_malformed: notValid(texts.tokenInvalid),
  credential_invalid: notValid(texts.tokenInvalid),
  credential_expired: notValid(texts.tokenInvalid),
  credential_revoked: notValid(texts.tokenBlacklisted),
  credential_kind_refused: notValid(texts.tokenWrongType),
  account_pending: unauthorized(texts.noActiveForToken),
  account_disabled: unauthorized(texts.noActiveForToken),
  account_blocked: unauthorized(texts.noActiveForToken),
}

function rowOf({ code, detail }: CardeaError, route: Route | undefined, wire: DjangoErrors): DjangoError {
  const guarded = (route?.takes.length ?? 0) > 0
  if (detail.ownerGone === true) {
    return guarded ? unauthorized(texts.userNotFound, 'user_not_found') : unauthorized(texts.noActiveForToken)
  }
  const word = detail.extra?.authorization
  if (typeof word === 'string' && isHeaderWord(word)) {
    return unauthorized(texts[word], word === 'twoValues' ? 'bad_authorization_header' : undefined)
  }
  const rows = guarded
    ? byKind[(detail.kind ?? '') as CredentialKind]
    : detail.kind === 'refresh-token'
      ? inBody
      : atSignIn
  return rows?.[code] ?? wire[code]
}

const plain = /^[\x21-\x7e]{1,100}$/
const named = (text: string, otherwise: string): string => (plain.test(text) ? text : otherwise)

const typeOf = (sent: ErrorContext['sent']): string =>
  named((sent?.contentType ?? '').split(';', 1)[0]?.trim() ?? '', 'text/plain')

const parserOf = (type: string): string =>
  type.startsWith('multipart/') ? 'Multipart form' : type.endsWith('json') ? 'JSON' : 'Form'

type Wording = (row: DjangoError, error: CardeaError, sent: ErrorContext['sent']) => string

/** Details that depend on the request: its type, its method, what it asked for, how long to wait. */
const wordings: Readonly<Partial<Record<ErrorCode, Wording>>> = {
  media_type_unsupported: (_row, _error, sent) => mediaType(typeOf(sent)),
  method_not_allowed: (_row, _error, sent) => method(named(sent?.method ?? '', 'GET')),
  body_malformed(row, { detail }, sent) {
    const reason = detail.extra?.reason
    return typeof reason === 'string' ? `${parserOf(typeOf(sent))} parse error - ${reason}` : row.detail
  },
  not_found(row, { detail }) {
    const { page, model } = detail.extra ?? {}
    return page === true ? texts.invalidPage : typeof model === 'string' ? noMatch(model) : row.detail
  },
  rate_limited: (row, error) => (row.status === 429 ? throttled(waitOf(error)) : row.detail),
}

const waitOf = ({ detail }: CardeaError): number => Math.max(1, Math.ceil(detail.retryAfter ?? 1))

/** Codes that are about one field, with its name here. */
const fieldOf: Readonly<Partial<Record<ErrorCode, string>>> = {
  username_taken: 'username',
  email_taken: 'email',
  password_refused: 'password',
  set_up_needed: 'setup_code',
}

function fieldsOf(error: CardeaError, row: DjangoError): DjangoFailure['fields'] {
  const { code, detail } = error
  if (code === 'request_invalid') {
    const messages = fieldMessages(detail.fields ?? [])
    return Object.keys(messages).length === 0 ? { non_field_errors: [row.detail] } : messages
  }
  const field = fieldOf[code]
  if (field === undefined) return undefined
  const told =
    code === 'password_refused' ? detail.fields?.map(({ message }) => `This password ${message}.`) : undefined
  return { [field]: told ?? [row.detail] }
}

/** A failure as the framework would tell it; `wire`: the door's own table. */
export function failureOf(error: CardeaError, context: ErrorContext, wire: DjangoErrors): DjangoFailure {
  const row = rowOf(error, context.route, wire)
  const { allow } = error.detail.extra ?? {}
  const fields = fieldsOf(error, row)
  const waits = error.detail.retryAfter !== undefined || row.status === 429 || row.status === 503
  return {
    ...row,
    detail: wordings[error.code]?.(row, error, context.sent) ?? row.detail,
    ...(fields === undefined ? {} : { fields }),
    headers: {
      ...(row.status === 401 ? { 'WWW-Authenticate': 'Bearer realm="api"' } : {}),
      ...(waits ? { 'Retry-After': String(waitOf(error)) } : {}),
      ...(Array.isArray(allow) ? { Allow: allow.join(', ') } : {}),
    },
  }
}

export const headerTexts: Readonly<Record<string, string>> = {
  'WWW-Authenticate': 'Bearer, with the realm that this contract has.',
  'Retry-After': 'Seconds after which it makes sense to try again.',
  Allow: 'The methods that this address has.',
  'X-Media-Error': '`authentication`: the picture was not asked for with a credential that is good now.',
}
