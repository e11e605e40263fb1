import { type Api, withPrefix } from '../apis/api.ts'
import { createApostropheApi } from '../apis/apostrophe/index.ts'
import type { WebMetrics } from '../apis/context.ts'
import { createFreesewingApi } from '../apis/freesewing/index.ts'
import { createHautaiApi } from '../apis/hautai/index.ts'
import { createLibrephotosApi } from '../apis/librephotos/index.ts'
import { type App, type AppDeps, createApp, createAppContext } from '../apis/mount.ts'
import { createNativeApi } from '../apis/native/index.ts'
import { emptyOffice, type Office } from '../apis/native/office.ts'
import { findOverlaps, routesUnder } from '../apis/overlap.ts'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import { type DoorName, doorNames } from '../config/doors.ts'
import type { PieceType } from '../core/piece-types.ts'
import { requestId } from '../crypto/random.ts'
import type { GatewaySettings } from '../http/upstreams.ts'
import { openConsole } from './console.ts'
import type { Gateway } from './gateway/gateway.ts'
import type { House } from './house.ts'
import type { Front } from './http-server.ts'
import type { Jobs } from './jobs.ts'
import { createMetrics } from './metrics.ts'
import { createOffice } from './office.ts'

export interface ApisDeps extends Pick<Config, 'http' | 'doors'>, Partial<Pick<Config, 'access'>> {
  readonly pieces: readonly PieceType[]
  readonly metrics: WebMetrics
  readonly office?: Office
  /** Throws while the database does not answer. */
  readonly ready: () => Promise<void>
}

/** Every API that is on, the native one first. TypeError when two of them would answer one address. */
export function createApis(deps: ApisDeps): readonly Api[] {
  const { http, doors, access, pieces, metrics, ready, office = emptyOffice } = deps
  const apis: Api[] = []
  apis.push(
    createNativeApi({
      http,
      health: { ready },
      metrics,
      office,
      apis: () => apis,
      console: openConsole(),
      ...(access === undefined ? {} : { access }),
    }),
  )
  const base = (name: DoorName) => `${http.publicUrl}${doors[name].prefix}`
  const makers = {
    freesewing: () => createFreesewingApi({ settings: doors.freesewing, base: base('freesewing') }),
    apostrophe: () => createApostropheApi({ settings: doors.apostrophe, base: base('apostrophe'), pieces }),
    librephotos: () => createLibrephotosApi({ settings: doors.librephotos, base: base('librephotos') }),
    hautai: () => createHautaiApi({ settings: doors.hautai, base: base('hautai') }),
  } satisfies Record<DoorName, () => Api>
  const open = doorNames.filter((name) => doors[name].enabled)
  apis.push(...open.map((name) => withPrefix(makers[name](), doors[name].prefix)))
  const overlaps = findOverlaps(apis)
  if (overlaps.length > 0) throw new TypeError(`two routes answer one address: ${overlaps.join('; ')}`)
  return apis
}

/** The web application over a house: every API that is on, and the services behind them. ConfigError when they meet. */
export async function createHouseApp(house: House, jobs: () => Jobs | null = () => null): Promise<App & Front> {
  const { config, core, store, passwords, log } = house
  const { http, doors, access, gateway: settings } = config
  const metrics = createMetrics({ core, pendingHashes: passwords.pending })
  const { types: pieces } = core.documents
  const office = createOffice(house, jobs)
  const apis = createApis({ http, doors, access, pieces, metrics, office, ready: () => store.ping() })
  const app = createApp({ core, http, log, metrics, apis, newRequestId: requestId })
  if (settings.upstreams.length === 0) return app
  return { ...app, gateway: await createFrontGateway({ core, http, doors, log, metrics, apis, settings }) }
}

export interface FrontGatewayDeps extends Pick<AppDeps, 'core' | 'http' | 'log' | 'metrics' | 'apis'> {
  readonly doors: Config['doors']
  readonly settings: GatewaySettings
}

/** The gateway beside these APIs. ConfigError when a service and a route would answer one address. */
export async function createFrontGateway({ doors, settings, apis, ...deps }: FrontGatewayDeps): Promise<Gateway> {
  const [api] = apis
  if (api === undefined) throw new TypeError('the gateway needs the native API')
  const problems = settings.upstreams.flatMap(({ prefix }) => {
    const [first] = routesUnder(apis, prefix)
    const message = `${prefix} meets a route of this server: ${first}; choose another prefix, or switch that API off or give it a prefix`
    return first === undefined ? [] : [{ setting: 'upstreams', from: 'configuration', message }]
  })
  if (problems.length > 0) throw new ConfigError(problems)
  const app = createAppContext(deps)
  // Its HTTP client costs every start a tenth of a second and 28 MiB: only who has a service pays for it.
  const { createGateway } = await import('./gateway/gateway.ts')
  return createGateway({ app, api, settings, newRequestId: requestId, isOwnCookie: createCookieCheck(doors) })
}

/** Names of cookies that this server sets, whoever sends or sets one. */
function createCookieCheck({ apostrophe, librephotos }: Config['doors']): (name: string) => boolean {
  const begins = ['cardea', ...(apostrophe.enabled ? [`${apostrophe.shortName.toLowerCase()}.`] : [])]
  const names = librephotos.enabled ? ['jwt'] : []
  return (sent) => {
    const name = sent.toLowerCase().replace(/^__(?:host|secure)-/, '')
    return names.includes(name) || begins.some((begin) => name.startsWith(begin))
  }
}
