import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { isLoopbackHost } from '../../../http/host.ts'
import { type Call, type Route, route } from '../../api.ts'
import type { WebMetrics } from '../../context.ts'
import { noContent, ok } from './common.ts'

export interface Health {
  /** Resolves when the database answers; throws CardeaError('unavailable') otherwise. */
  ready(): Promise<void>
}

/**
 * From this machine, and not passed on by a proxy on it. Where the public URL is not loopback there is such a proxy, and
 * it need not say so.
 */
function isLocalCall({ origin, request, http }: Call): boolean {
  if (!isLoopbackHost(new URL(http.publicUrl).hostname)) return false
  const passedOn = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'].some((name) => request.headers.has(name))
  const { address } = origin
  return !passedOn && isLoopbackHost(address.includes(':') ? `[${address}]` : address)
}

export const operationRoutes = (health: Health, metrics: WebMetrics): readonly Route[] => [
  route('GET', '/healthz', {
    tag: 'Operation',
    summary: 'The process answers',
    takes: [],
    answers: noContent('Alive.'),
    run: () => ({ status: 204 }),
  }),
  route('GET', '/readyz', {
    tag: 'Operation',
    summary: 'The database answers and changes are heard of',
    takes: [],
    answers: ok('Ready.', z.object({ database: z.literal('ok'), changes: z.literal('ok') }).openapi('Ready')),
    errors: ['unavailable'],
    run: async (call) => {
      await health.ready()
      if (!call.core.feed.fresh())
        throw new CardeaError('unavailable', { internal: 'the change feed is stale', extra: { changes: 'stale' } })
      return { status: 200, body: { database: 'ok', changes: 'ok' } }
    },
  }),
  route('GET', '/metrics', {
    tag: 'Operation',
    summary:
      'Prometheus metrics; for callers on this machine (while the public URL is loopback) and holders of the scope `events:read`',
    takes: ['access-token', 'bearer-token', 'api-key', 'static-key'],
    anonymous: true,
    answers: { 200: { description: 'Text exposition format.', type: 'text/plain' } },
    errors: ['credentials_missing', 'scope_missing'],
    run: async (call) => {
      if (call.principal === null && !isLocalCall(call)) throw new CardeaError('credentials_missing')
      if (call.principal !== null && !call.principal.scopes.has('events:read'))
        throw new CardeaError('scope_missing', { extra: { scope: 'events:read' } })
      const { type, text } = await metrics.render()
      return { status: 200, body: text, type }
    },
  }),
]
