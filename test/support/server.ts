import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Route } from '../../src/apis/api.ts'
import type { WebMetrics } from '../../src/apis/context.ts'
import { createApp } from '../../src/apis/mount.ts'
import { createNativeApi } from '../../src/apis/native/index.ts'
import type { Log } from '../../src/core/ports.ts'
import type { CoreSettings } from '../../src/core/settings.ts'
import { requestId } from '../../src/crypto/random.ts'
import { buildOpenApi } from '../../src/http/openapi.ts'
import type { HttpSettings } from '../../src/http/settings.ts'
import { createConformance } from './conformance.ts'
import { createTestCore, type DeepPartial } from './core.ts'
import { createClient, type Send } from './http.ts'

export interface TestServer extends Awaited<ReturnType<typeof createTestCore>> {
  readonly url: string
  /** Sends a request over HTTP and holds the answer against the OpenAPI document. */
  readonly send: Send
  readonly routes: readonly Route[]
  close(): Promise<void>
}

export interface TestServerWish {
  readonly settings?: DeepPartial<CoreSettings>
  readonly http?: Partial<HttpSettings>
  readonly log?: Log
}

const metrics: WebMetrics = {
  route: () => ({ begin: () => 0, end() {} }),
  verdict() {},
  render: async () => ({ type: 'text/plain; version=0.0.4', text: '# no metrics in tests\n' }),
}
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** The native API over real HTTP on a free loopback port, on the engine that the tests run on. */
export async function startTestServer(wish: TestServerWish = {}): Promise<TestServer> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const test = await createTestCore({ settings: { publicUrl: url, audience: url, ...wish.settings } })
  const http: HttpSettings = {
    publicUrl: url,
    trustedProxies: [],
    allowedHosts: [],
    corsOrigins: [],
    bodyLimitBytes: 64 * 1024,
    documents: true,
    ...wish.http,
  }
  const native = createNativeApi({ http, health: { ready: () => test.store.ping() }, metrics })
  const app = createApp({
    core: test.core,
    http,
    log: wish.log ?? silent,
    metrics,
    apis: [native],
    newRequestId: requestId,
  })
  server.on(
    'request',
    getRequestListener((request, env) => app.fetch(request, env), { overrideGlobalObjects: false }),
  )
  const check = createConformance(buildOpenApi({ apis: [native], publicUrl: url, version: '0.0.0' }))
  return {
    ...test,
    url,
    routes: native.routes,
    send: createClient(url, check),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await test.drop()
    },
  }
}
