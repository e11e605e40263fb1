import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Guard, Rule } from '../guard/types.ts'
import type { Embedded } from './embedded.ts'
import { guardedRequest, refuse, tellCaches } from './node.ts'
import { optionally, optionalPrincipalOf, settle, strictly, type Way } from './principals.ts'

export { optionalPrincipalOf, principalOf } from './principals.ts'

/** Express 4 and 5, as far as it matters here. `ip` follows the host's `trust proxy`. */
type Next = (error?: unknown) => void
type Middleware = (
  request: IncomingMessage & { readonly ip?: string | undefined },
  response: ServerResponse,
  next: Next,
) => void

const middleware =
  (way: Way) =>
  (guard: Guard, ...rules: readonly Rule[]): Middleware => {
    const check = way(guard, rules)
    return (request, response, next) => {
      Promise.resolve(check(guardedRequest(request, request.ip)))
        .then((verdict) => {
          const refusal = settle(request, verdict)
          if (refusal !== null) return refuse(response, refusal)
          tellCaches(response, optionalPrincipalOf(request))
          next()
        })
        .catch(next)
    }
  }

/** Lets only callers through whom the rules let in: `app.get('/orders', guarded(guard, requires('orders:read')), ...)`. */
export const guarded = middleware(strictly)

/** Lets callers without a credential through as well, for reads that are public in part. */
export const optional = middleware(optionally)

/** Cardea's own addresses: `app.use(cardea.express())`, before whatever parses bodies. */
export const mount = ({ listener }: Embedded): Middleware => listener
