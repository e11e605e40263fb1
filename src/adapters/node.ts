import type { IncomingMessage, ServerResponse } from 'node:http'
import { problemOf } from '../guard/refusal.ts'
import type { Guard, GuardedRequest, GuardPrincipal, GuardRefused, GuardVerdict, Rule, Soon } from '../guard/types.ts'
import type { Embedded } from './embedded.ts'
import { forOneCaller, varying } from './principals.ts'

/** What a guard looks at of Node's request. A header that came twice is read as such: Node itself would drop the second. */
export function guardedRequest(request: IncomingMessage, address = request.socket.remoteAddress): GuardedRequest {
  const { headersDistinct, rawHeaders }: Pick<IncomingMessage, 'rawHeaders'> & Distinct = request
  const valuesOf = (name: string) =>
    headersDistinct === undefined
      ? rawHeaders.filter((_value, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name)
      : (headersDistinct[name] ?? [])
  const get = (name: string) => {
    const values = valuesOf(name)
    return values.length === 0 ? null : values.join(', ')
  }
  return { address, headers: { get } }
}

/** Requests of HTTP/2, and those that a host's tests inject, have no such list. */
type Distinct = { readonly headersDistinct?: IncomingMessage['headersDistinct'] }

export function refuse(response: ServerResponse, refusal: GuardRefused): void {
  const { status, headers, body } = problemOf(refusal)
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
}

/** Before the handler, which can say otherwise. */
export function tellCaches(response: ServerResponse, principal: GuardPrincipal | null): void {
  response.appendHeader('Vary', varying)
  if (principal !== null && !response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', forOneCaller)
}

export type Handler<P> = (request: IncomingMessage, response: ServerResponse, principal: P) => unknown
type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** A listener for `node:http` that runs `handler` for callers whom the rules let in. What the handler throws is thrown on. */
export function guarded(guard: Guard, rules: Rule | readonly Rule[], handler: Handler<GuardPrincipal>): Listener {
  return listen((request) => guard.check(request, ...[rules].flat()), handler)
}

/** The same for reads that are public in part: null for callers without a credential. */
export function optional(
  guard: Guard,
  rules: Rule | readonly Rule[],
  handler: Handler<GuardPrincipal | null>,
): Listener {
  return listen((request) => guard.checkOptional(request, ...[rules].flat()), handler)
}

function listen<P extends GuardPrincipal | null>(
  check: (request: GuardedRequest) => Soon<GuardVerdict<P>>,
  handler: Handler<P>,
): Listener {
  return async (request, response) => {
    const verdict = await check(guardedRequest(request))
    if (!verdict.ok) return refuse(response, verdict)
    tellCaches(response, verdict.value)
    await handler(request, response, verdict.value)
  }
}

/** Cardea's own addresses in a server of `node:http`. */
export const mount = ({ listener }: Embedded): Embedded['listener'] => listener
