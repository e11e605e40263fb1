import { refusalResponse } from '../guard/refusal.ts'
import type { Guard, GuardPrincipal, Rule } from '../guard/types.ts'
import type { Embedded } from './embedded.ts'
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
import { type Body, withBody } from './read-body.ts'

/**
 * Hono 4, as far as it matters here. Who calls is known by `req`, which stays: middleware may put another request in the
 * place of `raw`, as one that bounds bodies does. On Node, @hono/node-server hands the socket along.
 */
interface HonoRequest {
  readonly raw: Request
  /** What was read of the body, by how it was read. */
  readonly bodyCache: Readonly<Partial<Record<string, unknown>>>
  arrayBuffer(): Promise<ArrayBuffer>
}
interface Context {
  readonly req: HonoRequest
  readonly env: unknown
  readonly res: Response
  header(name: string, value: string, how?: { readonly append?: boolean }): void
}
type Middleware = (context: Context, next: () => Promise<void>) => Promise<Response | undefined>

export const principalOf = ({ req }: Context): GuardPrincipal => byGuardedRequest(req)
export const optionalPrincipalOf = ({ req }: Context): GuardPrincipal | null => byRequest(req)

interface NodeEnv {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } }
}

const middleware =
  (way: Way) =>
  (guard: Guard, ...rules: readonly Rule[]): Middleware => {
    const check = way(guard, rules)
    return async (context, next) => {
      const { env } = context
      const { req } = context
      const { headers } = req.raw
      const address = (env as NodeEnv | undefined)?.incoming?.socket?.remoteAddress
      const refusal = settle(req, await check({ headers, address }))
      if (refusal !== null) return refusalResponse(refusal)
      await next()
      context.header('Vary', varying, { append: true })
      if (byRequest(req) !== null && !context.res.headers.has('Cache-Control'))
        context.header('Cache-Control', forOneCaller)
      return undefined
    }
  }

/** Lets only callers through whom the rules let in: `app.get('/orders', guarded(guard, requires('orders:read')), ...)`. */
export const guarded = middleware(strictly)

/** Lets callers without a credential through as well, for reads that are public in part. */
export const optional = middleware(optionally)

/** Hono keeps what a middleware has read of a body; null: it was read past Hono. */
async function keptBody(request: HonoRequest): Promise<Body | null> {
  const { raw, bodyCache } = request
  if (Object.keys(bodyCache).length === 0) return null
  try {
    const form = await bodyCache.formData
    if (!(form instanceof FormData)) return new Uint8Array(await request.arrayBuffer())
    const isMultipart = raw.headers.get('content-type')?.toLowerCase().startsWith('multipart/form-data') === true
    return isMultipart
      ? form
      : new URLSearchParams([...form].map(([name, value]): [string, string] => [name, `${value}`]))
  } catch {
    // It is none of what it says, which the caller is told as always.
    return ''
  }
}

/** Cardea's own addresses: `app.use(cardea.hono())`. */
export function mount({ serves, handle }: Embedded): Middleware {
  return async ({ req, env }, next) => {
    const { raw } = req
    if (serves(raw.url)) {
      const kept = raw.bodyUsed ? await keptBody(req) : null
      const bindings = typeof env === 'object' && env !== null ? env : {}
      return (await handle(kept === null ? raw : withBody(raw, kept), bindings)) ?? undefined
    }
    await next()
    return undefined
  }
}
