import {
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresDriver,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import pg from 'pg'
import type { Clock, Log, Store } from '../core/ports.ts'
import { postgresEngine, type Queries, withoutNul } from './engine.ts'
import { faultName, translateFault } from './faults.ts'
import { createImpatientPool } from './impatient-pool.ts'
import { createLimitStore, postgresLimits } from './limits.ts'
import { createListener } from './listen.ts'
import { type Migrated, migrate } from './migrate.ts'
import type { Schema } from './schema.ts'
import { createStore } from './store.ts'

export interface PostgresWish {
  /** `postgresql://user:password@host/database`; a secret. */
  readonly url: string
  /** Connections at most; two more count limits, one reads changes and one listens for them. */
  readonly poolSize: number
  readonly clock: Clock
  readonly log: Log
}

const connectMillis = 5000
const limitConnections = 2
/** No statement of ours takes this long; one that does waits for a lock that nobody gives back. */
const statementMillis = 10_000
/** The server has spoken by then, if it is there: so a request waits for connection and answer 17 seconds at most. */
const silenceMillis = 12_000
/** A read of changes is a look at the end of an index. */
const feedMillis = 2000
/** A process that stopped in the middle of a transaction must not keep the others waiting for ever. */
const abandonedMillis = 10_000
const keepAliveMillis = 10_000

/** Opens and migrates the database. Throws CardeaError('unavailable') when the server cannot be reached. */
export async function openPostgres({ url, poolSize, clock, log }: PostgresWish): Promise<Store> {
  const pool = makePool(url, poolSize, log)
  // Limits are also counted while transactions hold all of the other connections.
  const limitPool = makePool(url, limitConnections, log)
  // And changes are read: behind a crowd the feed would seem stale, and without caches the crowd would grow.
  const feedPool = makePool(url, 1, log, { connectionTimeoutMillis: feedMillis, query_timeout: feedMillis })
  const queries = queriesOn(pool)
  const limits = createLimitStore({ backend: postgresLimits(limitPool), clock, log })
  const listener = createListener(() => new pg.Client({ ...connectionTo(url), query_timeout: feedMillis }), log)

  async function close(): Promise<void> {
    limits.stop()
    await Promise.all([listener.stop(), endPool(pool), endPool(limitPool), endPool(feedPool)])
  }

  try {
    const { applied } = await migrate(queries, { engine: postgresEngine, clock })
    if (applied.length > 0) log.info({ applied }, 'the database was migrated')
  } catch (error) {
    await close()
    throw translateFault(error)
  }
  return createStore(
    {
      engine: postgresEngine,
      read: queries,
      write: queries,
      feed: queriesOn(feedPool),
      limits: limits.store,
      watch: listener.watch,
      // The server's own notification wakes this process, too.
      committed() {},
      close,
    },
    clock,
  )
}

/** Migrates a database without opening a store on it. */
export async function migratePostgres({ url, clock, log }: PostgresWish, dryRun: boolean): Promise<Migrated> {
  const pool = makePool(url, 1, log)
  try {
    return await migrate(queriesOn(pool), { engine: postgresEngine, clock, dryRun })
  } catch (error) {
    throw translateFault(error)
  } finally {
    await endPool(pool)
  }
}

function connectionTo(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'cardea',
    connectionTimeoutMillis: connectMillis,
    query_timeout: silenceMillis,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMillis,
  }
}

function makePool(url: string, max: number, log: Log, more: pg.ClientConfig = {}): pg.Pool {
  const pool = new pg.Pool({
    ...connectionTo(url),
    ...more,
    max,
    statement_timeout: statementMillis,
    idle_in_transaction_session_timeout: abandonedMillis,
    types: { getTypeParser },
  })
  // Without a listener the loss of a connection would end the process: the pool hears of idle clients only.
  pool.on('error', (error) => log.warn({ fault: faultName(error) }, 'an idle database connection was lost'))
  pool.on('connect', (client) => {
    client.on('error', (error: Error) => log.debug({ fault: faultName(error) }, 'a database connection was lost'))
  })
  return pool
}

async function endPool(pool: pg.Pool): Promise<void> {
  if (!pool.ended) await pool.end()
}

/** 64-bit integers are times, counts and ids here, all of them far below 2^53; JSON is text, as on the other engine. */
const parsers: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, Number],
  [pg.types.builtins.JSONB, String],
])
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  parsers.get(oid) ?? pg.types.getTypeParser(oid, format)

function queriesOn(pool: pg.Pool): Queries {
  return new Kysely<Schema>({ dialect: dialectOn(pool) })
}

function dialectOn(pool: pg.Pool): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new PostgresDriver({ pool: createImpatientPool(pool) }),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new NulFreeCompiler(),
  }
}

class NulFreeCompiler extends PostgresQueryCompiler {
  protected override addParameter(parameter: unknown): void {
    super.addParameter(withoutNul(parameter))
  }
}
