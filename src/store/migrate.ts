import { type Kysely, sql } from 'kysely'
import type { Clock } from '../core/ports.ts'
import { CardeaError } from '../errors.ts'
import type { Engine } from './engine.ts'
import { isRetryFault } from './faults.ts'
import { migrations } from './migrations/index.ts'
import { dialects, type Migration } from './migrations/types.ts'
import type { Schema } from './schema.ts'

export interface MigrateWish {
  readonly engine: Engine
  readonly clock: Clock
  /** Only says what would be done. */
  readonly dryRun?: boolean
  /** For tests; the list of this version otherwise. */
  readonly list?: readonly Migration[]
}

export interface Migrated {
  /** Applied by this call. */
  readonly applied: readonly string[]
  /** Not applied (dry run). */
  readonly pending: readonly string[]
}

/**
 * Brings the tables to what this version needs: all pending migrations in one transaction, under a lock, each
 * recorded. Throws CardeaError('conflict') when a newer version has been at the database.
 */
export async function migrate(kysely: Kysely<Schema>, wish: MigrateWish): Promise<Migrated> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await kysely.transaction().execute((queries) => step(queries, wish))
    } catch (error) {
      if (attempt >= wish.engine.retries || !isRetryFault(error)) throw error
    }
  }
}

async function step(
  queries: Kysely<Schema>,
  { engine, clock, dryRun = false, list = migrations }: MigrateWish,
): Promise<Migrated> {
  // Neither the wait for another who migrates nor a change of a large table is a query that hangs.
  if (engine.name === 'postgres') await sql`set local statement_timeout = 0`.execute(queries)
  // SQLite: `begin immediate` is the lock.
  await engine.lock(queries, 'migrate')
  const done = await appliedNames(queries, engine)
  const known = new Set(list.map((migration) => migration.name))
  const unknown = done.find((name) => !known.has(name))
  if (unknown !== undefined) {
    throw new CardeaError('conflict', {
      internal: `The database has the migration ${unknown}, which this version does not know. Start the version that made it, or a newer one.`,
    })
  }
  const pending = list.filter((migration) => !done.includes(migration.name))
  if (dryRun) return { applied: [], pending: pending.map((migration) => migration.name) }
  if (pending.length > 0) {
    const dialect = dialects[engine.name]
    await sql
      .raw(
        dialect.table(
          `create table if not exists cardea_migrations (name text primary key, applied_at ${dialect.int} not null)`,
        ),
      )
      .execute(queries)
    for (const migration of pending) {
      for (const statement of migration.statements(dialect)) await sql.raw(statement).execute(queries)
      await queries.insertInto('cardea_migrations').values({ name: migration.name, applied_at: clock.now() }).execute()
    }
  }
  return { applied: pending.map((migration) => migration.name), pending: [] }
}

async function appliedNames(queries: Kysely<Schema>, engine: Engine): Promise<readonly string[]> {
  const there =
    engine.name === 'sqlite'
      ? sql<{ name: string }>`select name from sqlite_master where type = 'table' and name = 'cardea_migrations'`
      : sql<{ name: string }>`select 'cardea_migrations' as name where to_regclass('cardea_migrations') is not null`
  if ((await there.execute(queries)).rows.length === 0) return []
  const rows = await queries.selectFrom('cardea_migrations').select('name').orderBy('name').execute()
  return rows.map((row) => row.name)
}
