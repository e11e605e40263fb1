import { type App, createApp } from '../apis/mount.ts'
import { createNativeApi } from '../apis/native/index.ts'
import { requestId } from '../crypto/random.ts'
import type { House } from './house.ts'
import { createMetrics } from './metrics.ts'

/** The web application over a house: every API that is on. */
export function createHouseApp({ config, core, store, passwords, log }: House): App {
  const { http } = config
  const metrics = createMetrics({ core, pendingHashes: passwords.pending })
  const native = createNativeApi({ http, health: { ready: () => store.ping() }, metrics })
  return createApp({ core, http, log, metrics, apis: [native], newRequestId: requestId })
}
