import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { doorNames } from '../src/config/doors.ts'
import { type Cardea, createCardea, type Log, type Settings } from '../src/index.ts'
import { listen } from '../src/server/http-server.ts'

/** A whole server as it is run: the settings of the product, its own listener, a database of its own. */
export interface FuzzedServer {
  readonly cardea: Cardea
  readonly url: string
  readonly port: number
  /** What the server logged as its own failure. There should be none. */
  readonly failures: readonly string[]
  close(): Promise<void>
}

/** Inside another program they are closed unless they are named. */
const openDoors: Settings = Object.fromEntries(doorNames.map((name) => [name, { enabled: true }]))

export async function startFuzzedServer(settings: Settings = {}): Promise<FuzzedServer> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cardea-fuzz-'))
  const failures: string[] = []
  const log: Log = {
    debug() {},
    info() {},
    // A busy machine may be slow to answer; that is said, and no failure.
    warn() {},
    error(fields, message) {
      const { error } = fields as { error?: unknown }
      failures.push(`error ${message} ${JSON.stringify(fields)} ${error instanceof Error ? error.stack : ''}`)
    },
  }
  const app = Promise.withResolvers<Cardea>()
  const server = await listen({ host: '127.0.0.1', port: 0, app: app.promise, log })
  const url = `http://127.0.0.1:${server.port}`
  const cardea = await createCardea({
    settings: { dataDir: join(folder, 'data'), publicUrl: url, ...openDoors, ...settings },
    log,
    mailer: { async send() {} },
  })
  app.resolve(cardea)
  return {
    cardea,
    url,
    port: server.port,
    failures,
    async close() {
      await server.stop(1000)
      await cardea.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
