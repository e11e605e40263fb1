import type { IncomingMessage, ServerResponse } from 'node:http'
import { problemOf } from '../guard/refusal.ts'
import type { Guard, GuardedRequest, GuardPrincipal, GuardRefused, Rule } from '../guard/types.ts'
import type { Embedded } from './embedded.ts'

/** What a guard looks at of Node's request. A header that came twice is read as such: Node itself would drop the second. */
export function guardedRequest(request: IncomingMessage, address = request.socket.remoteAddress): GuardedRequest {
  const { headersDistinct } = request
  return { address, headers: { get: (name) => headersDistinct[name]?.join(', ') ?? null } }
}

export function refuse(response: ServerResponse, refusal: GuardRefused): void {
  const { status, headers, body } = problemOf(refusal)
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
}

export type Handler = (request: IncomingMessage, response: ServerResponse, principal: GuardPrincipal) => unknown

/** A listener for `node:http` that runs `handler` for callers who are let in. `onError`: what the handler threw. */
export function guarded(guard: Guard, rules: Rule | readonly Rule[], handler: Handler) {
  const all = [rules].flat()
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const verdict = await guard.check(guardedRequest(request), ...all)
    if (verdict.ok) await handler(request, response, verdict.value)
    else refuse(response, verdict)
  }
}

/** Cardea's own addresses in a server of `node:http`. */
export const mount = ({ listener }: Embedded): Embedded['listener'] => listener
