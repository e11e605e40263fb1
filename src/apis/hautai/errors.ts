import type { ErrorCode } from '../../errors.ts'
import type { Api } from '../api.ts'
import { type DjangoError, djangoErrors, failureOf } from '../django/errors.ts'

/** Every failure of the core at this door: the framework's own bodies. */
export const wire = { ...djangoErrors } as const satisfies Record<ErrorCode, DjangoError>

export const renderError: Api['renderError'] = (error, context) => {
  const { status, headers, detail, code, tokenMessage, fields } = failureOf(error, context, wire)
  const messages = [{ token_class: 'AccessToken', token_type: 'access', message: tokenMessage }]
  const body = fields ?? {
    detail,
    ...(code === undefined ? {} : { code }),
    ...(tokenMessage === undefined ? {} : { messages }),
  }
  return { status, body, headers }
}
