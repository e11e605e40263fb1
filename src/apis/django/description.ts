import type { ZodType } from 'zod'
import { CardeaError, type ErrorCode } from '../../errors.ts'
import type { DescribedError } from '../../http/openapi.ts'
import type { Api, Route } from '../api.ts'
import { headerTexts } from './errors.ts'

/** What a caller would see of a failure: asked of the very function that renders it. `wordOf` finds its name in the body. */
export function describeWith(
  renderError: Api['renderError'],
  schema: ZodType,
  wordOf: (body: unknown) => string,
): (code: ErrorCode, route: Route) => DescribedError {
  return (code, route) => {
    const detail = code === 'rate_limited' ? { retryAfter: 1, limit: 1 } : {}
    const render = route.renderError ?? renderError
    const reply = render(new CardeaError(code, detail), { route, requestId: '', fromBrowser: false })
    const headers = Object.keys(reply.headers ?? {}).flatMap((name) => {
      const text = headerTexts[name]
      return text === undefined ? [] : [[name, text] as const]
    })
    return {
      status: reply.status,
      headers: Object.fromEntries(headers),
      code: reply.body === undefined ? 'no body' : wordOf(reply.body),
      type: reply.body === undefined ? null : 'application/json',
      schema: reply.body === undefined ? null : schema,
    }
  }
}
