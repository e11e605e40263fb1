import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { CardeaError } from '../../errors.ts'
import type { GatewaySettings, UpstreamTarget } from '../../http/upstreams.ts'

export interface Wish {
  readonly method: string
  readonly path: string
  /** Names and values in turn. */
  readonly headers: readonly string[]
}

/** Requests to services over connections that are kept. Nothing is sent anywhere but to the configured targets. */
export interface Client {
  send(target: UpstreamTarget, wish: Wish): ClientRequest
  close(): void
}

/** Why a request was given up by us. */
class TooSlow extends Error {}

export function createClient({
  connectSeconds,
  idleSeconds,
}: Pick<GatewaySettings, 'connectSeconds' | 'idleSeconds'>): Client {
  const kept = { keepAlive: true, timeout: idleSeconds * 1000, scheduling: 'lifo', maxFreeSockets: 256 } as const
  const agents = { 'http:': new HttpAgent(kept), 'https:': new HttpsAgent(kept) }
  const senders = { 'http:': httpRequest, 'https:': httpsRequest }
  return {
    send({ protocol, host, port }, { method, path, headers }) {
      const agent = agents[protocol]
      const sent = senders[protocol]({ host, port, method, path, headers, agent, setHost: false })
      sent.on('timeout', () => sent.destroy(new TooSlow()))
      sent.on('socket', (socket) => {
        if (!socket.connecting) return
        const late = setTimeout(() => sent.destroy(new TooSlow()), connectSeconds * 1000)
        const stop = () => clearTimeout(late)
        socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', stop).once('close', stop)
      })
      return sent
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

/** What a failed request to a service is to its caller. */
export function failureOf(error: NodeJS.ErrnoException): CardeaError {
  return error instanceof TooSlow
    ? new CardeaError('upstream_timeout')
    : new CardeaError('upstream_failed', { internal: error.code ?? error.message })
}
