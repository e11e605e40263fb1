import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { bodyWasRead, type Embedded } from '../adapters/embedded.ts'
import type { App } from '../apis/mount.ts'
import type { Log } from '../core/ports.ts'

/** What a program has of its own, and Cardea only where it is the whole program. `fetch` answers them all the same. */
const ofTheHost = new Set(['/', '/healthz', '/readyz', '/metrics'])

/** A Cardea without a server of its own, as a host can mount it: what is not at one of its addresses is the host's. */
export function createEmbedded(app: App, log: Log): Embedded {
  const serves = (path: string) => !ofTheHost.has(path) && app.serves(path)
  const listener = getRequestListener((request, env) => app.fetch(request, env), {
    // The host's own Request and Response stay what they are.
    overrideGlobalObjects: false,
    errorHandler(error) {
      log.error({ error }, 'a request ended outside of every API')
      return new Response(null, { status: 400 })
    },
  })
  return {
    async handle(request, bindings = {}) {
      return serves(new URL(request.url).pathname) ? app.fetch(request, bindings) : null
    },
    listener(request, response, next) {
      if (!serves(pathOf(request))) {
        if (next === undefined) problem(response, 404, 'There is nothing at this address.')
        else next()
        return
      }
      if (hasBody(request) && request.readableDidRead) {
        if (next !== undefined) return next(new TypeError(bodyWasRead))
        log.error({}, bodyWasRead)
        problem(response, 500, bodyWasRead)
        return
      }
      void listener(request, response)
    },
  }
}

/** As it was sent; a request to a proxy names the whole address. */
function pathOf({ url = '/' }: IncomingMessage): string {
  const path = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*/i, '')
  return path.split('?', 1)[0] ?? ''
}

function hasBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? '0') > 0 || headers['transfer-encoding'] !== undefined
}

function problem(response: ServerResponse, status: number, title: string): void {
  const code = status === 404 ? 'not_found' : 'internal'
  response
    .writeHead(status, { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' })
    .end(JSON.stringify({ type: 'about:blank', title, status, code }))
}
