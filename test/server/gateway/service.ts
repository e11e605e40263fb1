import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { connect } from 'node:net'
import { after, afterEach, before } from 'node:test'
import type { AccessRule } from '../../../src/http/access-rules.ts'
import type { Upstream } from '../../../src/http/upstreams.ts'
import { makeUser, signIn } from '../../support/callers.ts'
import { startTestServer, type TestServer, type TestServerWish } from '../../support/server.ts'

/** A service of the tests, on a free port: what it does stands in `answer`, what it was asked in `asked`. */
export interface Service {
  readonly port: number
  readonly asked: IncomingMessage[]
  readonly server: Server
  answer: RequestListener
  upstream(prefix: string, more?: Partial<Upstream>): Upstream
  close(): Promise<void>
}

export const anyKind: AccessRule['accepts'] = ['access-token', 'bearer-token', 'session-cookie', 'api-key']

/** Says what it was asked. */
const echo = (request: IncomingMessage, response: ServerResponse) => {
  const { method, url, headers } = request
  response.writeHead(200, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify({ method, url, headers }))
}

export async function startService(): Promise<Service> {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    service.answer(request, response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const service: Service = {
    port,
    asked,
    server,
    answer: echo,
    upstream: (prefix, more = {}) => ({
      prefix,
      target: { protocol: 'http:', host: '127.0.0.1', port, authority: `127.0.0.1:${port}`, path: null },
      accepts: anyKind,
      requires: [],
      audience: `http://127.0.0.1:${port}`,
      open: null,
      ...more,
    }),
    close() {
      server.closeAllConnections()
      return new Promise((done) => server.close(() => done()))
    },
  }
  return service
}

export { echo }

/**
 * A service behind a server, and alice's access token, for all tests of a file; what the service does and was asked starts
 * anew with each test.
 */
export function useShop(
  wishOf: (service: Service) => Pick<TestServerWish, 'http'> & { upstreams: readonly Upstream[] },
) {
  let service: Service
  let server: TestServer
  let access: string
  before(async () => {
    service = await startService()
    const { upstreams, ...wish } = wishOf(service)
    server = await startTestServer({
      ...wish,
      gateway: { upstreams, connectSeconds: 1, idleSeconds: 1, projectBytes: 10_000 },
    })
    await makeUser(server, 'alice')
    access = (await signIn(server, 'alice')).access_token as string
  })
  after(async () => {
    await server.close()
    await service.close()
  })
  afterEach(() => {
    service.answer = echo
    service.asked.length = 0
  })
  return {
    get service() {
      return service
    },
    get server() {
      return server
    },
    get access() {
      return access
    },
    port: () => Number(new URL(server.url).port),
    bearer: () => ({ Authorization: `Bearer ${access}` }),
  }
}

/** A request over plain HTTP, without what `fetch` adds and resolves. */
export function open(
  port: number,
  path: string,
  headers: Readonly<Record<string, string | string[]>>,
  method: string,
  got: (response: IncomingMessage) => void,
): ClientRequest {
  return request({ host: '127.0.0.1', port, path, method, headers }, got)
}

/** Sends bytes as they are and answers all that came back until the other side closed. */
export function raw(port: number, text: string): Promise<string> {
  return new Promise((done, fail) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('latin1').on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', fail)
    socket.on('close', () => done(answer))
  })
}
