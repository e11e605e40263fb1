import { type Api, withPrefix } from '../apis/api.ts'
import { createApostropheApi } from '../apis/apostrophe/index.ts'
import type { WebMetrics } from '../apis/context.ts'
import { createFreesewingApi } from '../apis/freesewing/index.ts'
import { createHautaiApi } from '../apis/hautai/index.ts'
import { createLibrephotosApi } from '../apis/librephotos/index.ts'
import { type App, createApp } from '../apis/mount.ts'
import { createNativeApi } from '../apis/native/index.ts'
import { emptyOffice, type Office } from '../apis/native/office.ts'
import { findOverlaps } from '../apis/overlap.ts'
import type { Config } from '../config/config.ts'
import { type DoorName, doorNames } from '../config/doors.ts'
import type { PieceType } from '../core/piece-types.ts'
import { requestId } from '../crypto/random.ts'
import { openConsole } from './console.ts'
import type { House } from './house.ts'
import type { Jobs } from './jobs.ts'
import { createMetrics } from './metrics.ts'
import { createOffice } from './office.ts'

export interface ApisDeps extends Pick<Config, 'http' | 'doors'> {
  readonly pieces: readonly PieceType[]
  readonly metrics: WebMetrics
  readonly office?: Office
  /** Throws while the database does not answer. */
  readonly ready: () => Promise<void>
}

/** Every API that is on, the native one first. TypeError when two of them would answer one address. */
export function createApis({ http, doors, pieces, metrics, ready, office = emptyOffice }: ApisDeps): readonly Api[] {
  const apis: Api[] = []
  const all = () => apis
  apis.push(createNativeApi({ http, health: { ready }, metrics, office, apis: all, console: openConsole() }))
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

/** The web application over a house: every API that is on. */
export function createHouseApp(house: House, jobs: () => Jobs | null = () => null): App {
  const { config, core, store, passwords, log } = house
  const { http, doors } = config
  const metrics = createMetrics({ core, pendingHashes: passwords.pending })
  const { types: pieces } = core.documents
  const office = createOffice(house, jobs)
  const apis = createApis({ http, doors, pieces, metrics, office, ready: () => store.ping() })
  return createApp({ core, http, log, metrics, apis, newRequestId: requestId })
}
