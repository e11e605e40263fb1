import type { IncomingMessage, ServerResponse } from 'node:http'
import { problemOf } from '../guard/refusal.ts'
import type { Guard, Rule } from '../guard/types.ts'
import type { Embedded } from './embedded.ts'
import { guardedRequest } from './node.ts'
import { forOneCaller, optionally, optionalPrincipalOf, settle, strictly, varying, type Way } from './principals.ts'

export { optionalPrincipalOf, principalOf } from './principals.ts'

/** Fastify 5, as far as it matters here. `ip` follows the host's `trustProxy`. */
interface FastifyRequest {
  readonly raw: IncomingMessage
  readonly ip: string
}
interface FastifyReply {
  readonly raw: ServerResponse
  code(status: number): FastifyReply
  headers(values: Record<string, string>): FastifyReply
  getHeader(name: string): unknown
  hasHeader(name: string): boolean
  send(body: Buffer): FastifyReply
  hijack(): FastifyReply
}
type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

const hook =
  (way: Way) =>
  (guard: Guard, ...rules: readonly Rule[]): Hook => {
    const check = way(guard, rules)
    return async (request, reply) => {
      const refusal = settle(request, await check(guardedRequest(request.raw, request.ip)))
      if (refusal === null) {
        const vary = [reply.getHeader('vary') ?? [], varying].flat().join(', ')
        const isForOne = optionalPrincipalOf(request) !== null && !reply.hasHeader('cache-control')
        reply.headers({ Vary: vary, ...(isForOne && { 'Cache-Control': forOneCaller }) })
        return undefined
      }
      const { status, headers, body } = problemOf(refusal)
      return reply
        .code(status)
        .headers({ ...headers })
        .send(Buffer.from(body))
    }
  }

/** Lets only callers through whom the rules let in: `{ onRequest: guarded(guard, requires('orders:read')) }`. */
export const guarded = hook(strictly)

/** Lets callers without a credential through as well, for reads that are public in part. */
export const optional = hook(optionally)

interface FastifyInstance {
  addHook(
    name: 'onRequest',
    hook: (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void,
  ): unknown
}

/** Cardea's own addresses: `app.register(cardea.fastify())`. */
export function mount({ listener }: Embedded) {
  const plugin = (app: FastifyInstance, _options: object, ready: () => void): void => {
    app.addHook('onRequest', ({ raw }, reply, done) => {
      // The listener answers by itself, or hands on: the reply is Fastify's again then.
      let isOurs = true
      listener(raw, reply.raw, (error) => {
        isOurs = false
        done(error instanceof Error ? error : undefined)
      })
      if (isOurs) reply.hijack()
    })
    ready()
  }
  // For the whole application, not only for what this plugin registers.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true })
}
