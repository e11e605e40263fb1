import { join } from 'node:path'
import type { Clock, Log, Store } from '../core/ports.ts'
import type { Migrated } from './migrate.ts'
import { migratePostgres, openPostgres } from './postgres.ts'
import { migrateSqlite, openSqlite } from './sqlite.ts'

export interface StoreWish {
  /** PostgreSQL, when set; a file in `dataDir` otherwise. */
  readonly databaseUrl?: string | undefined
  readonly dataDir: string
  /** PostgreSQL only: connections at most. */
  readonly poolSize: number
  readonly clock: Clock
  readonly log: Log
}

/** Opens the store that the configuration names, and migrates it. */
export function openStore(wish: StoreWish): Promise<Store> {
  const { databaseUrl: url } = wish
  return url === undefined ? openSqlite({ ...wish, file: sqliteFile(wish.dataDir) }) : openPostgres({ ...wish, url })
}

/** What `cardea migrate` does; with `dryRun` nothing is changed or made. */
export function migrateStore(wish: StoreWish, dryRun: boolean): Promise<Migrated> {
  const { databaseUrl: url } = wish
  return url === undefined
    ? migrateSqlite({ ...wish, file: sqliteFile(wish.dataDir) }, dryRun)
    : migratePostgres({ ...wish, url }, dryRun)
}

/** The database in a data folder; `limits.sqlite` stands next to it. */
export function sqliteFile(dataDir: string): string {
  return join(dataDir, 'cardea.sqlite')
}
