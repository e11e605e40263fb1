import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import Database from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { Clock, Log, Store } from '../core/ports.ts'
import { cacheStatements } from './cached-statements.ts'
import type { Watch } from './changes.ts'
import { createCheckpoints } from './checkpoints.ts'
import { type Queries, sqliteEngine, withoutNul } from './engine.ts'
import { faultName, isBusyFault, translateFault } from './faults.ts'
import { createLimitStore, limitTable, sqliteLimits } from './limits.ts'
import { type Migrated, migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import type { Schema } from './schema.ts'
import { createStore } from './store.ts'

export interface SqliteWish {
  /** Path of the database; its folder is made when missing. `:memory:` lives and dies with the store. */
  readonly file: string
  readonly clock: Clock
  readonly log: Log
  /** How long to wait for another process that is writing; 5000 unless set. */
  readonly busyMillis?: number
}

const inMemory = ':memory:'
const defaultBusyMillis = 5000
const firstPauseMillis = 2
const longestPauseMillis = 50
const pollMillis = 250

/**
 * Opens (or makes) and migrates the database. One connection writes: transactions and single writes wait for each
 * other in this process before they would in SQLite. Another reads outside of transactions and, thanks to WAL, never
 * waits. Throws CardeaError('unavailable') when the file cannot be used.
 */
export async function openSqlite({ file, clock, log, busyMillis = defaultBusyMillis }: SqliteWish): Promise<Store> {
  try {
    const writer = connect(file)
    const checkpoints = file === inMemory ? null : createCheckpoints(writer, resolve(file), log)
    const write = queriesOn(writer, busyMillis, checkpoints?.committed)
    const reader = file === inMemory ? null : connect(file)
    reader?.pragma('query_only = on')
    const read = reader === null ? write : queriesOn(reader, busyMillis)
    const counters = connectLimits(file)
    const limits = createLimitStore({ backend: sqliteLimits(counters), clock, log })
    const wakes = createWakes(reader, log)

    async function close(): Promise<void> {
      wakes.stop()
      limits.stop()
      await checkpoints?.stop()
      // Waits for the transaction that is open and those in line.
      await write.connection().execute(async () => {})
      await Promise.all([write.destroy(), read.destroy()])
      for (const database of [reader, writer, counters]) database?.close()
    }

    try {
      const { applied } = await migrate(write, { engine: sqliteEngine, clock })
      if (applied.length > 0) log.info({ applied }, 'the database was migrated')
    } catch (error) {
      await close()
      throw error
    }
    const { watch, committed } = wakes
    return createStore({ engine: sqliteEngine, read, write, limits: limits.store, watch, committed, close }, clock)
  } catch (error) {
    throw translateFault(error)
  }
}

/** Migrates a database file without opening a store on it. A dry run makes no file. */
export async function migrateSqlite(wish: SqliteWish, dryRun: boolean): Promise<Migrated> {
  const { file, clock, busyMillis = defaultBusyMillis } = wish
  if (dryRun && !existsSync(file)) return { applied: [], pending: migrations.map(({ name }) => name) }
  try {
    const database = connect(file)
    try {
      return await migrate(queriesOn(database, busyMillis), { engine: sqliteEngine, clock, dryRun })
    } finally {
      database.close()
    }
  } catch (error) {
    throw translateFault(error)
  }
}

function connect(file: string): Database.Database {
  if (file !== inMemory) makePrivate(resolve(file))
  const database = new Database(file, { timeout: defaultBusyMillis })
  database.pragma('journal_mode = wal')
  // A commit that was answered survives a power cut.
  database.pragma('synchronous = full')
  database.pragma('foreign_keys = on')
  database.pragma('trusted_schema = off')
  // From here on PatientConnection waits: SQLite's own waiting would stop this whole process.
  database.pragma('busy_timeout = 0')
  return database
}

/**
 * Limit counters have a file of their own: a counter must stay counted when a transaction is rolled back, and on one
 * file it would wait for the open transaction of this very process, which cannot go on while we wait. Losing the last
 * moment of it in a power cut is no harm.
 */
function connectLimits(file: string): Database.Database {
  const path = file === inMemory ? inMemory : join(dirname(resolve(file)), 'limits.sqlite')
  if (path !== inMemory) makePrivate(path)
  const database = new Database(path, { timeout: defaultBusyMillis })
  database.pragma('journal_mode = wal')
  database.pragma('synchronous = normal')
  database.exec(
    `create table if not exists ${limitTable} (key text primary key, points integer not null default 0, expire integer);
     create index if not exists limits_expire on ${limitTable} (expire)`,
  )
  return database
}

/** SQLite gives its WAL the mode of the database file. */
function makePrivate(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}

function queriesOn(database: Database.Database, busyMillis: number, committed = () => {}): Queries {
  return new Kysely<Schema>({ dialect: dialectOn(database, busyMillis, committed) })
}

function dialectOn(database: Database.Database, busyMillis: number, committed: () => void): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new ImmediateDriver(database, busyMillis, committed),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new NulFreeCompiler(),
  }
}

/** Takes the write lock at the start of a transaction: one that began by reading could not get it any more. */
class ImmediateDriver extends SqliteDriver {
  readonly #database: Database.Database
  readonly #busyMillis: number
  readonly #committed: () => void
  #connection: DatabaseConnection | null = null

  constructor(database: Database.Database, busyMillis: number, committed: () => void) {
    super({ database: cacheStatements(database) })
    this.#database = database
    this.#busyMillis = busyMillis
    this.#committed = committed
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    this.#connection ??= patient(await super.acquireConnection(), this.#database, this.#busyMillis)
    return this.#connection
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await super.commitTransaction(connection)
    this.#committed()
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // After some errors (disk full, I/O) SQLite has rolled back by itself.
    if (this.#database.inTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'))
  }
}

/** Waits for another process's lock without stopping this one. Inside a transaction the lock is ours already. */
function patient(connection: DatabaseConnection, database: Database.Database, busyMillis: number): DatabaseConnection {
  return {
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      let pause = firstPauseMillis
      for (let waited = 0; ; waited += pause, pause = Math.min(pause * 2, longestPauseMillis)) {
        try {
          return await connection.executeQuery<R>(query)
        } catch (error) {
          if (waited >= busyMillis || database.inTransaction || !isBusyFault(error)) throw error
          await setTimeout(pause)
        }
      }
    },
    streamQuery: (query, size) => connection.streamQuery(query, size),
  }
}

class NulFreeCompiler extends SqliteQueryCompiler {
  protected override addParameter(parameter: unknown): void {
    super.addParameter(withoutNul(parameter))
  }
}

interface Wakes {
  readonly watch: Watch
  committed(): void
  stop(): void
}

/** Wakes at once for commits of this process, and by asking SQLite four times a second for those of others. */
function createWakes(reader: Database.Database | null, log: Log): Wakes {
  const wakes = new Set<() => void>()
  let timer: NodeJS.Timeout | null = null
  let seen: unknown = null

  const version = () => reader?.pragma('data_version', { simple: true })

  function committed(): void {
    for (const wake of wakes) setImmediate(wake)
  }

  function poll(): void {
    try {
      const current = version()
      if (current === seen) return
      seen = current
      committed()
    } catch (error) {
      log.warn({ fault: faultName(error) }, 'the database could not be asked for changes')
    }
  }

  function stop(): void {
    if (timer !== null) clearInterval(timer)
    timer = null
    wakes.clear()
  }

  return {
    watch(wake) {
      // A function of its own, so that the same one can be given twice.
      const own = () => {
        if (wakes.has(own)) wake()
      }
      wakes.add(own)
      if (timer === null && reader !== null) {
        seen = version()
        timer = setInterval(poll, pollMillis)
        timer.unref()
      }
      return () => {
        wakes.delete(own)
        if (wakes.size === 0) stop()
      }
    },
    committed,
    stop,
  }
}
