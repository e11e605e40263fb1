import { type Dispatcher, Pool } from 'undici'
import { CardeaError } from '../../errors.ts'
import type { GatewaySettings, UpstreamTarget } from '../../http/upstreams.ts'

export interface Wish {
  readonly method: string
  readonly path: string
  /** Names and values in turn. */
  readonly headers: string[]
}

/** Headers of an answer, by names in lower case. */
export type SentHeaders = Readonly<Record<string, string | string[] | undefined>>

/** Requests to one service over connections that are kept. Nothing is sent anywhere but to the configured target. */
export type Client = Pick<Dispatcher, 'dispatch' | 'request' | 'destroy'>

export function createClient(
  { protocol, host, port }: UpstreamTarget,
  { connectSeconds, idleSeconds }: Pick<GatewaySettings, 'connectSeconds' | 'idleSeconds'>,
): Client {
  const idle = idleSeconds * 1000
  return new Pool(`${protocol}//${host.includes(':') ? `[${host}]` : host}:${port}`, {
    allowH2: false,
    connectTimeout: connectSeconds * 1000,
    headersTimeout: idle,
    bodyTimeout: idle,
  })
}

const tooSlow: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])
const lost: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

const codeOf = (error: NodeJS.ErrnoException): string => error.code ?? ''

/** The connection ended before anything was answered on it: a kept one may have been closed just then. */
export const isLost = (error: Error): boolean => lost.has(codeOf(error))

/** What a failed request to a service is to its caller. */
export function failureOf(error: Error): CardeaError {
  if (error instanceof CardeaError) return error
  return tooSlow.has(codeOf(error))
    ? new CardeaError('upstream_timeout')
    : new CardeaError('upstream_failed', { internal: codeOf(error) || error.message })
}
