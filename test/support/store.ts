import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock, Log, Store } from '../../src/core/ports.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { createFakeClock } from './clock.ts'

export type EngineName = 'sqlite' | 'postgres'

/** The engine of this run: CARDEA_TEST_ENGINE, `sqlite` unless set. */
export const testEngine: EngineName = process.env.CARDEA_TEST_ENGINE === 'postgres' ? 'postgres' : 'sqlite'

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }

export interface TestStoreWish {
  readonly clock?: Clock
  readonly log?: Log
  readonly poolSize?: number
}

export interface TestDatabase {
  readonly engine: EngineName
  /** Opens a store on this database; another one each time, as another process would. `drop` closes it. */
  open(wish?: TestStoreWish): Promise<Store>
  /** The path of the file, or the address of the database. */
  readonly address: string
  /** Closes all stores and removes the database. */
  drop(): Promise<void>
}

/** An empty database of its own; `server`: on this PostgreSQL. */
export async function createTestDatabase(engine: EngineName = testEngine, server?: string): Promise<TestDatabase> {
  const stores: Store[] = []
  const { address, remove } = engine === 'postgres' ? await postgresDatabase(server) : sqliteDatabase()
  return {
    engine,
    address,
    async open({ clock = createFakeClock(), log = silentLog, poolSize = 10 } = {}) {
      const store =
        engine === 'postgres'
          ? await openPostgres({ url: address, poolSize, clock, log })
          : await openSqlite({ file: address, clock, log })
      stores.push(store)
      return store
    },
    async drop() {
      await Promise.all(stores.map((store) => store.close()))
      await remove()
    },
  }
}

/** A store on an empty database of its own. `clock` dates what the store's verbs are given no time for. */
export async function openTestStore(
  engine: EngineName = testEngine,
  wish: TestStoreWish = {},
): Promise<{ readonly store: Store; readonly database: TestDatabase; drop(): Promise<void> }> {
  const database = await createTestDatabase(engine)
  return { store: await database.open(wish), database, drop: () => database.drop() }
}

async function postgresDatabase(server?: string): Promise<{ address: string; remove: () => Promise<void> }> {
  // Only when wanted: it may start a server.
  const { createDatabase } = await import('./postgres.ts')
  const { url, drop } = await createDatabase(server)
  return { address: url, remove: drop }
}

const folders = new Set<string>()
// A test that failed before its drop leaves nothing behind either.
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** In memory where the system has such a folder: nothing here has to survive a power cut. */
function sqliteDatabase(): { address: string; remove: () => Promise<void> } {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cardea-test-'))
  folders.add(folder)
  return {
    address: join(folder, 'cardea.sqlite'),
    async remove() {
      rmSync(folder, { recursive: true, force: true })
      folders.delete(folder)
    },
  }
}
