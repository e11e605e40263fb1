import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Balancer {
  readonly url: string
  /** Addresses of the servers behind it, from now on. */
  point(at: readonly string[]): void
  stop(): Promise<void>
}

/** A round-robin over servers, as a reverse proxy in front of several nodes is. It appends to X-Forwarded-For. */
export async function startBalancer(): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  let targets: readonly string[] = []
  let turn = 0
  const server = createServer((incoming, outgoing) => {
    const target = targets[turn++ % Math.max(targets.length, 1)]
    if (target === undefined) {
      outgoing.writeHead(502).end()
      return
    }
    const { hostname, port } = new URL(target)
    const peer = (incoming.socket.remoteAddress ?? '').replace('::ffff:', '')
    const before = incoming.headers['x-forwarded-for']
    const forwarded = before === undefined ? peer : `${before}, ${peer}`
    const headers = { ...incoming.headers, 'x-forwarded-for': forwarded }
    const passed = request({ agent, hostname, port, method: incoming.method, path: incoming.url, headers })
    passed.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(outgoing)
    })
    passed.on('error', () => {
      if (!outgoing.headersSent) outgoing.writeHead(502)
      outgoing.end()
    })
    incoming.pipe(passed)
  })
  // Longer than any test waits between two requests: none meets a connection that is just being closed.
  server.keepAliveTimeout = 120_000
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    point(at) {
      targets = at
    },
    async stop() {
      agent.destroy()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
