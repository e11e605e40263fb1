import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { App, NodeBindings } from '../apis/mount.ts'
import type { Log } from '../core/ports.ts'
import { TypelessResponse } from '../http/typeless-response.ts'
import { endSoon } from './end-soon.ts'
import type { Gateway } from './gateway/gateway.ts'
import { StartError } from './start-error.ts'

const HEADERS_MILLIS = 10_000
const REQUEST_MILLIS = 60_000
const KEEP_ALIVE_MILLIS = 65_000
const MAX_HEADER_BYTES = 16 * 1024

/** What answers: the application, and the services behind it. */
export interface Front extends Pick<App, 'fetch'> {
  readonly gateway?: Gateway
}

export interface HttpServer {
  readonly port: number
  /**
   * Stops accepting, closes idle connections, lets requests finish for `millis`, then cuts what is left. Answers
   * whether all of them finished.
   */
  stop(millis: number): Promise<boolean>
}

/**
 * Listens at once; requests that come before `app` is there wait for it. Throws StartError when the address cannot be
 * listened on.
 */
export async function listen({
  host,
  port,
  app,
  log,
}: {
  host: string
  port: number
  app: Promise<Front>
  log: Log
}): Promise<HttpServer> {
  let ready: Front | undefined
  // Whoever waits is told of a failed start by `await app` below.
  app.then(
    (made) => {
      ready = made
    },
    () => {},
  )
  const answer = async (request: Request, env: NodeBindings) => (await app).fetch(request, env)
  // The listener's own Response is written as it is; the platform's would be read through its streams first.
  const listener = getRequestListener((request, env) => ready?.fetch(request, env) ?? answer(request, env), {
    errorHandler(error) {
      const isTheirs = error instanceof Error && error.name === 'RequestError'
      if (!isTheirs) log.error({ error }, 'a request ended outside of every API')
      return isTheirs
        ? problemResponse(400, 'The request cannot be read.')
        : problemResponse(500, 'Something went wrong on our side.')
    },
  })
  const server = createServer(
    {
      ServerResponse: TypelessResponse,
      headersTimeout: HEADERS_MILLIS,
      // Bodies for services behind us may take as long as they flow; all others are timed by `limitTime`.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MILLIS,
      connectionsCheckingInterval: 2000,
      maxHeaderSize: MAX_HEADER_BYTES,
      joinDuplicateHeaders: true,
      shouldUpgradeCallback: (request) =>
        request.headers.upgrade?.toLowerCase() === 'websocket' && ready?.gateway?.handles(request.url) === true,
    },
    (request, response) => serve(request, response),
  )
  function serve(request: IncomingMessage, response: ServerResponse, continues = false): void {
    if (ready === undefined) {
      app.then(
        () => serve(request, response, continues),
        () => void listener(request, response),
      )
      return
    }
    // An earlier request of this connection is not answered yet: who reads nothing would have us keep all answers.
    if (response.socket === null) {
      response.once('socket', () => serve(request, response, continues))
      return
    }
    if (ready.gateway?.handles(request.url) === true) {
      ready.gateway.handle(request, response, continues)
      return
    }
    if (continues) response.writeContinue()
    limitTime(request)
    void listener(request, response)
  }
  server.on('checkContinue', (request, response) => serve(request, response, true))
  server.on('upgrade', (request, socket, head) => ready?.gateway?.upgrade(request, socket, head))
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuse(error, socket))
  await bind(server, host, port)
  server.on('error', (error) => log.error({ error }, 'the HTTP server failed'))
  return {
    port: (server.address() as AddressInfo).port,
    async stop(millis) {
      ready?.gateway?.endSockets()
      const finished = await stop(server, millis)
      ready?.gateway?.close()
      return finished
    },
  }
}

/**
 * A body that trickles in for longer than this is cut off. The clock knows the connection only: a request that is answered
 * before its body was read neither ends nor closes when the caller hangs up, and would be kept as long as the clock runs,
 * with all that had come of its body.
 */
function limitTime(request: IncomingMessage): void {
  const { headers, socket } = request
  if (headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0') return
  const late = setTimeout(() => refuse({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }, socket), REQUEST_MILLIS)
  const done = () => {
    clearTimeout(late)
    socket.off('close', done)
  }
  request.once('end', done).once('close', done)
  socket.once('close', done)
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => fail(new StartError(bindMessage(error, host, port), error)))
    server.listen({ host, port, exclusive: true }, () => {
      server.removeAllListeners('error')
      done()
    })
  })
}

function bindMessage({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use. Stop the program that holds it, or choose another port: --port ${port === 65_535 ? port - 1 : port + 1} (or CARDEA_PORT).`
    case 'EACCES':
      return `This user may not listen on port ${port}. Choose a port above 1023: --port 4000 (or CARDEA_PORT).`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `This machine has no address ${host}. Choose another: --host 127.0.0.1 (or CARDEA_HOST).`
    default:
      return `Cannot listen on ${host}:${port} (${code ?? message}).`
  }
}

async function stop(server: Server, millis: number): Promise<boolean> {
  // A connection that has just been answered is idle only then: looked at again until all are gone.
  const sweep = setInterval(() => server.closeIdleConnections(), 50)
  let finished = true
  const cut = setTimeout(() => {
    finished = false
    server.closeAllConnections()
  }, millis)
  await new Promise<void>((done) => {
    server.close(() => done())
    server.closeIdleConnections()
  })
  clearInterval(sweep)
  clearTimeout(cut)
  return finished
}

const wireErrors: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The headers are larger than this server accepts.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request took too long to arrive.'],
}

/** What Node could not parse gets an answer in our shape (RFC 9457) and the connection ends. */
function refuse({ code }: { readonly code?: string | undefined }, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, reason, detail] = wireErrors[code ?? ''] ?? [
    400,
    'Bad Request',
    'The request is not HTTP that can be read.',
  ]
  const body = problem(status, detail)
  endSoon(
    socket,
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${body}`,
  )
}

function problem(status: number, detail: string): string {
  const code = status >= 500 ? 'internal' : 'request_invalid'
  return JSON.stringify({ type: 'about:blank', title: detail, status, code, detail })
}

function problemResponse(status: number, detail: string): Response {
  return new Response(problem(status, detail), {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    },
  })
}
