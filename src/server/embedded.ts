import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Embedded } from '../adapters/embedded.ts'
import { bodyAgain, bodyWasRead, withBody } from '../adapters/read-body.ts'
import type { App } from '../apis/mount.ts'
import type { Log } from '../core/ports.ts'

/** What a program has of its own, and Cardea only where it is the whole program. `fetch` answers them all the same. */
const ofTheHost = new Set(['/', '/healthz', '/readyz', '/metrics'])

/** A Cardea without a server of its own, as a host can mount it: what is not at one of its addresses is the host's. */
export function createEmbedded(app: App, log: Log): Embedded {
  const servesPath = (path: string) => !ofTheHost.has(path) && app.serves(path)
  const serves = (url: string) => servesPath(new URL(url).pathname)
  const listenerOf = (answer: (request: Request, env: object) => Response | Promise<Response>) =>
    getRequestListener(answer, {
      // The host's own Request and Response stay what they are.
      overrideGlobalObjects: false,
      errorHandler(error) {
        log.error({ error }, 'a request ended outside of every API')
        return new Response(null, { status: 400 })
      },
    })
  const listener = listenerOf((request, env) => app.fetch(request, env))
  return {
    serves,
    async handle(request, bindings = {}) {
      if (!serves(request.url)) return null
      if (request.bodyUsed) throw new TypeError(bodyWasRead)
      return app.fetch(request, bindings)
    },
    listener(request, response, next) {
      if (!servesPath(pathOf(request))) {
        if (next === undefined) problem(response, 404, 'There is nothing at this address.')
        else next()
        return
      }
      if (!isRead(request)) return void listener(request, response)
      const kept = keptBody(request)
      if (kept !== null) return void listenerOf((read, env) => app.fetch(withBody(read, kept), env))(request, response)
      if (next !== undefined) return next(new TypeError(bodyWasRead))
      log.error({}, bodyWasRead)
      problem(response, 500, bodyWasRead)
    },
  }
}

/** Parsers of bodies leave what they made of one here; those that keep its bytes too, there. */
type Parsed = IncomingMessage & { readonly body?: unknown; readonly rawBody?: unknown }

function keptBody({ body, rawBody, headers }: Parsed) {
  return bodyAgain(rawBody instanceof Uint8Array ? rawBody : body, headers['content-type'] ?? null)
}

/** As it was sent; a request to a proxy names the whole address. */
function pathOf({ url = '/' }: IncomingMessage): string {
  const path = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*/i, '')
  return path.split('?', 1)[0] ?? ''
}

/** A body that matters is gone from the line. */
function isRead({ method, headers, readableDidRead, httpVersionMajor }: IncomingMessage): boolean {
  // HTTP/2 need not say beforehand that there is one.
  const hasBody =
    httpVersionMajor > 1 || Number(headers['content-length'] ?? '0') > 0 || headers['transfer-encoding'] !== undefined
  return hasBody && readableDidRead && method !== 'GET' && method !== 'HEAD'
}

function problem(response: ServerResponse, status: number, title: string): void {
  const code = status === 404 ? 'not_found' : 'internal'
  response
    .writeHead(status, { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' })
    .end(JSON.stringify({ type: 'about:blank', title, status, code }))
}
