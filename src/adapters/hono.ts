import { refusalResponse } from '../guard/refusal.ts'
import type { Guard, GuardPrincipal, Rule } from '../guard/types.ts'
import { bodyWasRead, type Embedded } from './embedded.ts'
import {
  principalOf as byGuardedRequest,
  optionalPrincipalOf as byRequest,
  forOneCaller,
  optionally,
  settle,
  strictly,
  varying,
  type Way,
} from './principals.ts'

/** Hono 4, as far as it matters here. On Node, @hono/node-server hands the socket along. */
interface Context {
  readonly req: { readonly raw: Request }
  readonly env: unknown
  readonly res: Response
  header(name: string, value: string, how?: { readonly append?: boolean }): void
}
type Middleware = (context: Context, next: () => Promise<void>) => Promise<Response | undefined>

export const principalOf = ({ req }: Context): GuardPrincipal => byGuardedRequest(req.raw)
export const optionalPrincipalOf = ({ req }: Context): GuardPrincipal | null => byRequest(req.raw)

interface NodeEnv {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } }
}

const middleware =
  (way: Way) =>
  (guard: Guard, ...rules: readonly Rule[]): Middleware => {
    const check = way(guard, rules)
    return async (context, next) => {
      const { env } = context
      const { raw } = context.req
      const address = (env as NodeEnv | undefined)?.incoming?.socket?.remoteAddress
      const refusal = settle(raw, await check({ headers: raw.headers, address }))
      if (refusal !== null) return refusalResponse(refusal)
      await next()
      context.header('Vary', varying, { append: true })
      if (byRequest(raw) !== null && !context.res.headers.has('Cache-Control'))
        context.header('Cache-Control', forOneCaller)
      return undefined
    }
  }

/** Lets only callers through whom the rules let in: `app.get('/orders', guarded(guard, requires('orders:read')), ...)`. */
export const guarded = middleware(strictly)

/** Lets callers without a credential through as well, for reads that are public in part. */
export const optional = middleware(optionally)

/** Cardea's own addresses: `app.use(cardea.hono())`. */
export function mount({ handle }: Embedded): Middleware {
  return async ({ req: { raw }, env }, next) => {
    const isTaken = raw.bodyUsed
    const response = isTaken ? null : await handle(raw, typeof env === 'object' && env !== null ? env : {})
    if (response !== null) return response
    if (isTaken) throw new TypeError(bodyWasRead)
    await next()
    return undefined
  }
}
