/**
 * Every way in which a command can fail. The domain owns the codes; each API maps all of them to its own wire
 * (`satisfies Record<ErrorCode, ...>`), so a new code does not compile until every contract answers it.
 * The texts are public: they may reach any caller and hold nothing of what he sent.
 */
export const publicTexts = {
  // the request itself
  body_malformed: 'The body is not what its Content-Type says it is.',
  body_too_large: 'The body is larger than this server accepts.',
  media_type_unsupported: 'This Content-Type is not accepted here.',
  request_invalid: 'Some fields of the request are not valid.',
  not_found: 'There is nothing at this address, or it is not yours.',
  method_not_allowed: 'This address does not answer that method.',
  host_unknown: 'This server does not answer for that host name.',
  origin_refused: 'A request with or for a cookie needs proof that it comes from this site.',

  // the credential that came along
  credentials_missing: 'This address needs a credential and the request has none.',
  credentials_conflict: 'The request carries two different credentials. Send one.',
  credential_malformed: 'The credential cannot be read.',
  credential_invalid: 'The credential is not valid.',
  credential_expired: 'The credential has expired.',
  credential_revoked: 'The credential has been revoked, or what it belongs to has ended.',
  credential_kind_refused: 'This kind of credential is not accepted at this address.',
  credential_address_refused: 'This key may not be used from that address.',
  account_pending: 'The account is not confirmed yet.',
  account_disabled: 'The account is disabled.',
  account_blocked: 'The account is blocked.',

  // what the caller may do
  scope_missing: 'The credential does not have the scope that this address needs.',
  factor_enrolment_required: 'This role needs a second factor before it may do more than enrol one.',
  user_required: 'This address acts on a user and the credential has none.',
  reauthentication_required: 'This change needs a fresh proof of who you are.',
  beyond_own_rights: 'Nobody can give or change more than their own rights.',
  last_admin: 'The last administrator has to stay.',

  // guarding other services
  original_refused: 'What the proxy says of the original request is missing, contradictory or not believed.',
  address_ambiguous: 'This address can be read in more than one way.',
  rule_missing: 'No rule opens this address.',
  upstream_failed: 'The service behind this address cannot be reached.',
  upstream_timeout: 'The service behind this address took too long.',

  // signing in and up
  credentials_wrong: 'The name or the password is wrong.',
  factor_required: 'A second factor is needed to sign in.',
  factor_wrong: 'The code is wrong or was used already.',
  factor_missing: 'There is no second factor to act on.',
  factor_exists: 'A second factor is already active.',
  sign_up_closed: 'This server does not take new accounts.',
  set_up_needed: 'This server has no administrator yet. Use the set-up code that it printed when it started.',
  one_time_invalid: 'The link or code is not valid any more. Ask for a new one.',
  refresh_reused: 'This refresh token was used before. Its session has been ended.',
  username_taken: 'This user name is not available.',
  email_taken: 'This e-mail address is not available.',
  password_refused: 'The new password is not acceptable.',

  // the state of the server
  rate_limited: 'Too many attempts. Wait and try again.',
  busy: 'The server is busy. Try again in a moment.',
  unavailable: 'The server cannot do this at the moment. Try again in a moment.',
  conflict: 'The change does not fit what is stored now.',
  internal: 'Something went wrong on our side.',
} as const

export type ErrorCode = keyof typeof publicTexts

/** One field of a refused request: its path (`profile.name`, or a JSON pointer-free dotted path) and what is right. */
export interface FieldError {
  readonly field: string
  readonly message: string
}

export interface ErrorDetail {
  /** For our log only. Never leaves the server; still must hold no secret. */
  readonly internal?: string
  readonly cause?: unknown
  /** Public: which fields were wrong, and what is right. */
  readonly fields?: readonly FieldError[]
  /** Public: seconds until it makes sense to try again (RFC 9110, 10.2.3). */
  readonly retryAfter?: number
  /** Public: how many tries the limit that was hit allows in its window. */
  readonly limit?: number
  /** Public: which kind of credential failed. */
  readonly kind?: string
  /** The user whom the credential names does not exist any more; for contracts that have a word for it. */
  readonly ownerGone?: boolean
  /** Public: further members of the answer, such as `mfa_ticket` or the missing `scope`. */
  readonly extra?: Readonly<Record<string, string | number | boolean | readonly string[]>>
}

/** A command that failed. `message` is the public text; `detail.internal` is for the log. */
export class CardeaError extends Error {
  readonly code: ErrorCode
  readonly detail: ErrorDetail

  constructor(code: ErrorCode, detail: ErrorDetail = {}) {
    super(publicTexts[code], detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'CardeaError'
    this.code = code
    this.detail = detail
  }
}
