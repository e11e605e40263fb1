/* The product's server with a route that does nothing but ask for a right, and one that does not even ask. */
import { z } from '@hono/zod-openapi'
import { route } from '../src/apis/api.ts'
import { createApp } from '../src/apis/mount.ts'
import { createNativeApi } from '../src/apis/native/index.ts'
import { onPort } from '../src/config/config.ts'
import type { Settings } from '../src/config/options.ts'
import { requestId } from '../src/crypto/random.ts'
import { createFrontGateway } from '../src/server/app.ts'
import { stepHashingBack } from '../src/server/hash-threads.ts'
import { openHouse } from '../src/server/house.ts'
import { type Front, listen } from '../src/server/http-server.ts'
import { createJobs } from '../src/server/jobs.ts'
import { createMetrics } from '../src/server/metrics.ts'
import { benchLog, benchSettings, makeCredentials, makeCrowd, makeUser } from './house.ts'
import { readWish, serveQuestions } from './processes.ts'
import { countStatements } from './statements.ts'

export interface ServerWish {
  readonly dataDir: string
  readonly settings?: Settings
  /** Users who sign in with the password of the bench. */
  readonly users: readonly string[]
  /** More of them, who do nothing but sign in; they have the hash of the first one, which saves making theirs. */
  readonly crowd?: readonly string[]
  readonly countStatements?: boolean
}

const common = {
  tag: 'Bench',
  summary: 'Answers',
  answers: { 200: { description: 'Good.', schema: z.object({ ok: z.literal(true) }) } },
  run: () => ({ status: 200, body: { ok: true } }),
} as const
const guarded = route('GET', '/guarded', {
  ...common,
  takes: ['access-token', 'api-key', 'bearer-token', 'session-cookie', 'private-token'],
  needs: 'account:read',
})
/** The same without a guard: what the pipeline costs by itself. */
const open = route('GET', '/open', { ...common, takes: [] })

const wish = readWish<ServerWish>()
// Only where it is asked for: what is measured elsewhere runs untouched.
const statements = wish.countStatements === true ? countStatements() : null
const log = benchLog()
const app = Promise.withResolvers<Front>()
const wished = await benchSettings(wish.dataDir, wish.settings)
const server = await listen({ host: '127.0.0.1', port: 0, app: app.promise, log })
const config = onPort(wished, server.port)
const house = await openHouse(config, { log, as: 'server' })
await house.core.feed.start()
await stepHashingBack(log)
const { core, store, passwords } = house
const metrics = createMetrics({ core, pendingHashes: passwords.pending })
const { http, access, gateway: settings, doors } = config
const native = createNativeApi({ http, access, health: { ready: () => store.ping() }, metrics })
const api = { ...native, routes: [...native.routes, guarded, open] }
const apis = [api]
const deps = { core, http, log, metrics, apis }
app.resolve({
  ...createApp({ ...deps, newRequestId: requestId }),
  ...(settings.upstreams.length > 0 && { gateway: await createFrontGateway({ ...deps, doors, settings }) }),
})
const jobs = createJobs(house.jobs, log)
jobs.start()

const users = []
for (const username of wish.users) users.push(await makeUser(house, username))
if (users[0] !== undefined) await makeCrowd(house, users[0], wish.crowd ?? [])
const issued = []
for (const user of users) issued.push(await makeCredentials(house, user))
await core.flush()

serveQuestions(
  { url: config.publicUrl, credentials: issued[0] ?? null, issued, passwordHash: config.passwordHash },
  (question) => {
    if (question === 'start counting') return statements?.start() ?? null
    if (question === 'stop counting') return statements?.stop() ?? null
    return null
  },
  async () => {
    await server.stop(1000)
    await jobs.stop()
    await house.close()
  },
)
