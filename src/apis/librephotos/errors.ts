import type { CardeaError, ErrorCode } from '../../errors.ts'
import type { Reply } from '../../http/reply.ts'
import type { Api } from '../api.ts'
import { type DjangoError, type DjangoFailure, djangoErrors, failureOf } from '../django/errors.ts'
import { texts } from '../django/texts.ts'

/** Every failure of the core at this door. */
export const wire = { ...djangoErrors } as const satisfies Record<ErrorCode, DjangoError>

/** At the token endpoints: this contract knows no 429, so a limit answers as a wrong password does, and says how long. */
const atTokens = {
  ...wire,
  rate_limited: { status: 401, detail: texts.noActive },
} as const satisfies Record<ErrorCode, DjangoError>

/** One entry of the envelope: a field, or `detail` and `code`, with a text. */
export interface Entry {
  readonly field: string
  readonly message: string
}

function entriesOf({ detail, code, tokenMessage, fields }: DjangoFailure): readonly Entry[] {
  if (fields !== undefined) {
    return Object.entries(fields).map(([field, messages]) => ({ field, message: messages.join(' ') }))
  }
  return [
    { field: 'detail', message: detail },
    ...(code === undefined ? [] : [{ field: 'code', message: code }]),
    ...(tokenMessage === undefined ? [] : [{ field: 'messages', message: tokenMessage }]),
  ]
}

const replyOf = (failure: DjangoFailure): Reply => ({
  status: failure.status,
  body: { errors: entriesOf(failure) },
  headers: failure.headers,
})

export const renderError: Api['renderError'] = (error, context) => replyOf(failureOf(error, context, wire))

/** For obtain, refresh and blacklist. */
export const renderTokenError: Api['renderError'] = (error, context) => replyOf(failureOf(error, context, atTokens))

/** Password resets, which this contract answers outside of its envelope. */
export const renderResetError: Api['renderError'] = (error: CardeaError, context) => {
  const failure = failureOf(error, context, wire)
  if (failure.status !== 400) return replyOf(failure)
  const message =
    error.code === 'one_time_invalid'
      ? 'Invalid or expired reset link'
      : error.code === 'request_invalid'
        ? 'Missing parameters'
        : Object.values(failure.fields ?? {})
            .flat()
            .join(' ') || failure.detail
  return { status: 400, body: { status: false, message } }
}

/** What pages and apps tell from other refusals, so that they renew their token. */
const mediaError = { 'X-Media-Error': 'authentication' } as const

/** For pictures: who came without a good credential is told so, whether or not there is a picture. */
export const renderMediaError: Api['renderError'] = (error, context) => {
  if (error.code !== 'credentials_missing') return renderError(error, context)
  return replyOf({ status: 403, detail: texts.notProvided, headers: mediaError })
}
