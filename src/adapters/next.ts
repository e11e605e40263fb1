import { refusalResponse } from '../guard/refusal.ts'
import type { Guard, GuardPrincipal, Rule } from '../guard/types.ts'
import type { Embedded } from './embedded.ts'
import { tellingCaches } from './principals.ts'

/** A route handler of Next.js, with who calls beside the context of the route. */
export type Handler<R extends Request, C> = (
  request: R,
  context: C & { readonly principal: GuardPrincipal },
) => Response | Promise<Response>
export type OptionalHandler<R extends Request, C> = (
  request: R,
  context: C & { readonly principal: GuardPrincipal | null },
) => Response | Promise<Response>

type RouteHandler<R extends Request, C> = (request: R, context: C) => Promise<Response>

/** `export const GET = guarded(guard, requires('orders:read'), (request, { principal }) => ...)` */
export function guarded<R extends Request, C extends object>(
  guard: Guard,
  rules: Rule | readonly Rule[],
  handler: Handler<R, C>,
): RouteHandler<R, C> {
  const all = [rules].flat()
  return async (request, context) => {
    const verdict = await guard.check(request, ...all)
    if (!verdict.ok) return refusalResponse(verdict)
    const { value: principal } = verdict
    return tellingCaches(await handler(request, { ...context, principal }), principal)
  }
}

/** The same for reads that are public in part: `principal` is null for callers without a credential. */
export function optional<R extends Request, C extends object>(
  guard: Guard,
  rules: Rule | readonly Rule[],
  handler: OptionalHandler<R, C>,
): RouteHandler<R, C> {
  const all = [rules].flat()
  return async (request, context) => {
    const verdict = await guard.checkOptional(request, ...all)
    if (!verdict.ok) return refusalResponse(verdict)
    const { value: principal } = verdict
    return tellingCaches(await handler(request, { ...context, principal }), principal)
  }
}

/** For `proxy.ts` (formerly `middleware.ts`), on the Node runtime: `export const proxy = guardedPaths(guard, requires('orders:read'))`. */
export function guardedPaths(
  guard: Guard,
  ...rules: readonly Rule[]
): (request: Request) => Promise<Response | undefined> {
  return async (request) => {
    const verdict = await guard.check(request, ...rules)
    return verdict.ok ? undefined : refusalResponse(verdict)
  }
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
type Handlers = Readonly<Record<(typeof methods)[number], (request: Request) => Promise<Response>>>

export interface NextMount {
  /**
   * Where a request came from, which limits count by and keys can be bound to. Next does not tell: read it from a header
   * that your own proxy sets. Default: all callers are one.
   */
  readonly address?: (request: Request) => string
}

/** Cardea's own addresses: `export const { GET, POST, PATCH, DELETE } = cardea.next()` in a catch-all route. */
export function mount({ handle }: Embedded, { address = () => '' }: NextMount = {}): Handlers {
  const answer = async (request: Request) => {
    const bindings = { incoming: { socket: { remoteAddress: address(request) } } }
    return (await handle(request, bindings)) ?? new Response(null, { status: 404 })
  }
  return Object.fromEntries(methods.map((method) => [method, answer])) as Handlers
}
