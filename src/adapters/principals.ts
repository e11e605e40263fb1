import type { Guard, GuardPrincipal, GuardRefused, GuardVerdict, Rule } from '../guard/types.ts'

/** Who calls, by the host's own request: nothing is written on it. */
const principals = new WeakMap<object, GuardPrincipal | null>()

/** Who calls: behind `guarded`. TypeError where the request went through no guard, or nobody is signed in. */
export function principalOf(request: object): GuardPrincipal {
  const principal = principals.get(request)
  if (principal === undefined) throw new TypeError('principalOf: this request went through no guard')
  if (principal === null) throw new TypeError('principalOf: this caller is anonymous; ask optionalPrincipalOf')
  return principal
}

/** The same behind `optional`, where null is a caller without a credential. */
export function optionalPrincipalOf(request: object): GuardPrincipal | null {
  const principal = principals.get(request)
  if (principal === undefined) throw new TypeError('optionalPrincipalOf: this request went through no guard')
  return principal
}

/** What caches must know of an answer that depends on who asks: those that they share know nothing of `X-API-Key`. */
export const varying = 'Authorization, X-API-Key'
export const forOneCaller = 'private, no-cache'

/** The same of a Fetch `Response`, which can be one that nothing can be written on. */
export function tellingCaches(response: Response, principal: GuardPrincipal | null): Response {
  const headers = new Headers(response.headers)
  headers.append('Vary', varying)
  if (principal !== null && !headers.has('Cache-Control')) headers.set('Cache-Control', forOneCaller)
  const { status, statusText, body } = response
  return new Response(body, { status, statusText, headers })
}

/** How a guard is asked: `check`, or `checkOptional`. */
export type Way = (
  guard: Guard,
  rules: readonly Rule[],
) => (request: Parameters<Guard['check']>[0]) => ReturnType<Guard['checkOptional']>

export const strictly: Way = (guard, rules) => (request) => guard.check(request, ...rules)
export const optionally: Way = (guard, rules) => (request) => guard.checkOptional(request, ...rules)

/** Notes who calls; answers the refusal, or null. */
export function settle(request: object, verdict: GuardVerdict<GuardPrincipal | null>): GuardRefused | null {
  if (!verdict.ok) return verdict
  principals.set(request, verdict.value)
  return null
}
