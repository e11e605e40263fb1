import type { Api, Route } from '../../src/apis/api.ts'
import type { WebMetrics } from '../../src/apis/context.ts'
import { createApp } from '../../src/apis/mount.ts'
import type { Office } from '../../src/apis/native/office.ts'
import type { Config } from '../../src/config/config.ts'
import type { Log } from '../../src/core/ports.ts'
import type { CoreSettings } from '../../src/core/settings.ts'
import { requestId } from '../../src/crypto/random.ts'
import type { AccessSettings } from '../../src/http/access-rules.ts'
import { buildOpenApi } from '../../src/http/openapi.ts'
import type { HttpSettings } from '../../src/http/settings.ts'
import type { GatewaySettings } from '../../src/http/upstreams.ts'
import { createApis, createFrontGateway } from '../../src/server/app.ts'
import { type Front, listen } from '../../src/server/http-server.ts'
import { mailedLinks } from '../../src/server/links.ts'
import { createConformance } from './conformance.ts'
import { createTestCore, type DeepPartial, merged, type TestCoreWish } from './core.ts'
import { createClient, type Send } from './http.ts'

export interface TestServer extends Awaited<ReturnType<typeof createTestCore>> {
  readonly url: string
  /** Sends a request over HTTP and holds the answer against the OpenAPI document. */
  readonly send: Send
  readonly apis: readonly Api[]
  /** Those of all APIs. */
  readonly routes: readonly Route[]
  readonly http: HttpSettings
  readonly metrics: WebMetrics
  close(): Promise<void>
}

export interface TestServerWish {
  readonly settings?: DeepPartial<CoreSettings>
  readonly http?: Partial<HttpSettings>
  /** The doors beside the native one that are open; default none. */
  readonly doors?: DeepPartial<Config['doors']>
  readonly log?: Log
  readonly photos?: TestCoreWish['photos']
  /** Default: one that stands still. */
  readonly clock?: TestCoreWish['clock']
  readonly office?: Office
  /** What `/auth/verify` lets through; default nothing. */
  readonly access?: AccessSettings
  /** Services behind the server. */
  readonly gateway?: GatewaySettings
}

const metrics: WebMetrics = {
  route: () => ({ begin: () => 0, end() {} }),
  verdict() {},
  render: async () => ({ type: 'text/plain; version=0.0.4', text: '# no metrics in tests\n' }),
}
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** The doors as they are by default, but closed. */
export const testDoors: Config['doors'] = {
  freesewing: {
    enabled: false,
    prefix: '',
    siteUrl: null,
    corsOrigins: '*',
    tokenSeconds: 7 * 86_400,
    keyMaxSeconds: 365 * 86_400,
    revealUnknown: false,
    keysChangeCredentials: false,
  },
  apostrophe: {
    enabled: false,
    prefix: '',
    siteUrl: null,
    corsOrigins: '*',
    shortName: 'cardea',
    tokenSeconds: 14 * 86_400,
  },
  librephotos: {
    enabled: false,
    prefix: '',
    siteUrl: null,
    corsOrigins: [],
    accessSeconds: 3600,
    refreshSeconds: 7 * 86_400,
    cookie: 'strict',
    basic: true,
    openFirstSetup: false,
    accelRedirect: false,
  },
  hautai: { enabled: false, prefix: '', siteUrl: null, corsOrigins: [] },
}

/** The native API, and other doors that are wished for, over real HTTP on a free loopback port, on the engine that the tests run on. */
export async function startTestServer(wish: TestServerWish = {}): Promise<TestServer> {
  const log = wish.log ?? silent
  const ready = Promise.withResolvers<Front>()
  const server = await listen({ host: '127.0.0.1', port: 0, app: ready.promise, log })
  const url = `http://127.0.0.1:${server.port}`
  const doors = merged(testDoors, wish.doors ?? {})
  const links = mailedLinks({ publicUrl: url, doors })
  const photos = wish.photos === undefined ? {} : { photos: wish.photos }
  const test = await createTestCore({
    settings: { publicUrl: url, audience: url, ...wish.settings },
    links,
    ...photos,
    ...(wish.clock !== undefined && { clock: wish.clock }),
  })
  const http: HttpSettings = {
    publicUrl: url,
    trustedProxies: [],
    allowedHosts: [],
    corsOrigins: [],
    bodyLimitBytes: 64 * 1024,
    documents: true,
    console: null,
    ...wish.http,
  }
  const close = async () => {
    await server.stop(0)
    await test.drop()
  }
  try {
    const { types: pieces } = test.core.documents
    const access = wish.access ?? { rules: [], signInUrl: null }
    const office = wish.office === undefined ? {} : { office: wish.office }
    const apis = createApis({ http, doors, access, pieces, metrics, ready: () => test.store.ping(), ...office })
    const app = createApp({ core: test.core, http, log, metrics, apis, newRequestId: requestId })
    const settings = wish.gateway
    ready.resolve(
      settings === undefined
        ? app
        : { ...app, gateway: await createFrontGateway({ core: test.core, http, doors, log, metrics, apis, settings }) },
    )
    const check = createConformance(buildOpenApi({ apis, publicUrl: url, version: '0.0.0' }))
    const routes = apis.flatMap((api) => api.routes)
    return { ...test, url, apis, routes, http, metrics, send: createClient(url, check), close }
  } catch (error) {
    // Or the server would keep the test's process alive.
    await close()
    throw error
  }
}
