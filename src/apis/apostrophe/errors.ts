import { CardeaError, type ErrorCode } from '../../errors.ts'
import type { Reply } from '../../http/reply.ts'
import type { Api } from '../api.ts'
import { json } from './reply.ts'

/** What this contract calls the second factor: a requirement that follows on the password. */
export const totpRequirement = 'AposTotp'

/** Names of the contract; each has one status. */
const statuses = {
  invalid: 400,
  forbidden: 403,
  notfound: 404,
  conflict: 409,
  unprocessable: 422,
  error: 500,
} as const
export type Name = keyof typeof statuses

interface ApostropheError {
  readonly name: Name
  /** Default: the name's. */
  readonly status?: number
  /** Default: the name. */
  readonly message?: string
}

const wrongLogin = 'Your credentials are incorrect, or there is no such user'

/** Failures that no code of the core stands for, in the contract's words. */
export const words = {
  bothRequired: { name: 'invalid', message: 'Both the username and the password are required.' },
  notLoggedIn: { name: 'forbidden', message: 'You were not logged in.' },
  allRequirements: { name: 'forbidden', message: 'All requirements must be verified' },
  emailRequired: { name: 'invalid', message: 'The email is required.' },
  passwordRequired: { name: 'invalid', message: 'A new password is required.' },
  resetInvalid: { name: 'invalid', message: 'The password reset link is invalid or expired.' },
  roleUnknown: { name: 'invalid', message: 'The role must be guest, contributor, editor or admin.' },
} as const satisfies Record<string, ApostropheError>
export type Word = keyof typeof words

/** A failure in the contract's own words. */
export function refusal(word: Word, field = 'body'): CardeaError {
  return new CardeaError('request_invalid', { fields: [{ field, message: word }] })
}

const forbidden = { name: 'forbidden' } as const
const notfound = { name: 'notfound' } as const
const deadBearer = { name: 'invalid', status: 401 } as const

export const wire = {
  body_malformed: { name: 'invalid', message: 'The body is not what its Content-Type says it is.' },
  body_too_large: { name: 'invalid', status: 413, message: 'The body is larger than this server accepts.' },
  media_type_unsupported: { name: 'invalid', message: 'This Content-Type is not accepted here.' },
  request_invalid: { name: 'invalid' },
  not_found: notfound,
  method_not_allowed: notfound,
  original_refused: { name: 'forbidden', message: 'What the proxy says of this request is not believed.' },
  address_ambiguous: { name: 'forbidden', message: 'This address can be read in more than one way.' },
  rule_missing: { name: 'forbidden', message: 'No rule opens this address.' },
  upstream_failed: { name: 'error', status: 502, message: 'The service behind this address cannot be reached.' },
  upstream_timeout: { name: 'error', status: 504, message: 'The service behind this address took too long.' },
  host_unknown: { name: 'invalid', status: 421, message: 'This server does not answer for that host name.' },
  origin_refused: { name: 'forbidden', message: 'CSRF exception' },
  credentials_missing: notfound,
  credentials_conflict: { name: 'invalid', message: 'The request carries two different credentials. Send one.' },
  credential_malformed: deadBearer,
  credential_invalid: deadBearer,
  credential_expired: deadBearer,
  credential_revoked: deadBearer,
  credential_kind_refused: deadBearer,
  credential_address_refused: forbidden,
  account_pending: { name: 'invalid', message: wrongLogin },
  account_disabled: { name: 'invalid', message: wrongLogin },
  account_blocked: { name: 'invalid', message: wrongLogin },
  scope_missing: forbidden,
  factor_enrolment_required: forbidden,
  user_required: forbidden,
  reauthentication_required: forbidden,
  beyond_own_rights: forbidden,
  last_admin: { name: 'conflict', message: 'The last administrator has to stay.' },
  credentials_wrong: { name: 'invalid', message: wrongLogin },
  factor_required: words.allRequirements,
  factor_wrong: { name: 'invalid', message: 'Invalid code, try again.' },
  factor_missing: { name: 'invalid', message: 'There is no second factor to act on.' },
  factor_exists: { name: 'conflict', message: 'A second factor is already active.' },
  sign_up_closed: forbidden,
  set_up_needed: { name: 'forbidden', message: 'This server has no administrator yet.' },
  one_time_invalid: notfound,
  refresh_reused: deadBearer,
  username_taken: { name: 'conflict', message: 'This username is not available.' },
  email_taken: { name: 'conflict', message: 'This email is not available.' },
  password_refused: { name: 'invalid', message: 'The password is not acceptable.' },
  rate_limited: { name: 'invalid' },
  busy: { name: 'error', status: 503, message: 'The server is busy. Try again in a moment.' },
  unavailable: { name: 'error', status: 503, message: 'The server cannot do this at the moment.' },
  conflict: { name: 'conflict' },
  internal: { name: 'error', message: 'An error occurred.' },
} as const satisfies Record<ErrorCode, ApostropheError>

const table: Readonly<Record<ErrorCode, ApostropheError>> = wire

const isWord = (text: string): text is Word => Object.hasOwn(words, text)

/** The kinds that this contract calls a key: a bad one is told in a shape of its own. */
const isKeyKind = (kind: string | undefined): boolean => kind === 'api-key' || kind === 'static-key'
const refusesCredential = (code: ErrorCode): boolean => /^(credential_|account_)/.test(code)

/** In whole minutes, as its clients show it. */
function throttled(seconds: number): string {
  const minutes = Math.max(1, Math.ceil(seconds / 60))
  return `Too many attempts. You may try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`
}

function messageOf(error: CardeaError, { name, message }: ApostropheError): string {
  return error.code === 'rate_limited' ? throttled(error.detail.retryAfter ?? 1) : (message ?? name)
}

/** What is wrong with the fields of a request, as the contract's schemas say it. */
function dataOf({ code, detail }: CardeaError): object {
  if (code === 'factor_wrong') return { requirement: totpRequirement }
  if (detail.fields === undefined) return {}
  const errors = detail.fields.map(({ field, message }) => {
    const isMissing = message === 'is required'
    return {
      name: isMissing ? 'required' : 'invalid',
      code: isMissing ? 422 : 400,
      message: isMissing ? 'required' : message,
      data: {},
      path: field,
    }
  })
  return { errors }
}

function replyOf(error: CardeaError): Reply {
  const { code, detail } = error
  if (refusesCredential(code) && isKeyKind(detail.kind)) return json(403, { error: 'invalid api key' })
  if (code === 'origin_refused') return json(403, { name: 'forbidden', message: 'CSRF exception' })
  if (refusesCredential(code) && detail.kind === 'session-cookie')
    return json(400, { name: 'invalid', data: {}, message: 'The session cookie cannot be read.' })
  if (refusesCredential(code) && detail.kind !== undefined) {
    const message = code === 'credential_kind_refused' ? 'this kind of credential is not taken here' : bearerText
    return json(401, { name: 'invalid', message })
  }
  const word = code === 'request_invalid' ? detail.fields?.[0]?.message : undefined
  if (word !== undefined && isWord(word)) {
    const { name, message } = words[word]
    return json(statuses[name], { name, data: {}, message })
  }
  const failure = table[code]
  const status = failure.status ?? statuses[failure.name]
  return json(status, { name: failure.name, data: dataOf(error), message: messageOf(error, failure) }, waiting(error))
}

const bearerText = 'bearer token invalid'

/** RFC 9110, section 10.2.3. */
function waiting({ code, detail: { retryAfter } }: CardeaError): Record<string, string> {
  if (code !== 'rate_limited' && code !== 'busy' && code !== 'unavailable') return {}
  return { 'Retry-After': String(Math.max(1, Math.ceil(retryAfter ?? 1))) }
}

export const renderError: Api['renderError'] = (error) => replyOf(error)

/** The same with some codes said otherwise, for routes where the contract has another word for them. */
export function renderWith(other: Readonly<Partial<Record<ErrorCode, Word>>>): Api['renderError'] {
  return (error) => {
    const word = error.detail.kind === undefined ? other[error.code] : undefined
    return replyOf(word === undefined ? error : refusal(word))
  }
}
