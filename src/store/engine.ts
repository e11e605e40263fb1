import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Schema } from './schema.ts'

export type Queries = Kysely<Schema>

/**
 * What differs between the engines above Kysely. Everything else is one set of queries. Below Kysely (drivers, error
 * codes) the differences are in sqlite.ts, postgres.ts and faults.ts.
 */
export interface Engine {
  readonly name: 'sqlite' | 'postgres'
  /**
   * PostgreSQL runs transactions side by side: what is read in order to be changed has to be locked. On SQLite a
   * transaction (`begin immediate`) is the only writer from its first statement on.
   */
  readonly locksRows: boolean
  /** Runs the same transaction again after the engine gave it up for another's sake (deadlock, serialization). */
  readonly retries: number
  /** Waits for the lock `name`, which this transaction then holds until it ends. */
  lock(queries: Queries, name: string): Promise<void>
  /** In the transaction that appended changes: has the other processes woken once it is committed. */
  announce(queries: Queries): Promise<void>
  /** Numbers up to `count` beyond the last one that `table` gave out are never given out. */
  skipIds(queries: Queries, table: string, column: string, count: number): Promise<void>
  /** Whether the text of `column` holds `needle`, both as they are. */
  contains(column: string, needle: string): RawBuilder<SqlBool>
  /** The same, letter case aside. */
  containsAnyCase(column: string, needle: string): RawBuilder<SqlBool>
  /** Whether the JSON object in `column` has `true` under a name of ours. */
  saysTrue(column: string, member: string): RawBuilder<SqlBool>
  /** The greater of a column and a value; neither is null. */
  greater(column: string, value: number): RawBuilder<number>
}

export const sqliteEngine: Engine = {
  name: 'sqlite',
  locksRows: false,
  retries: 0,
  async lock() {},
  async announce() {},
  async skipIds(queries, table, _column, count) {
    // There is no row before the first number was given out.
    await sql`insert into sqlite_sequence (name, seq) select ${table}, 0
      where not exists (select 1 from sqlite_sequence where name = ${table})`.execute(queries)
    await sql`update sqlite_sequence set seq = seq + ${count} where name = ${table}`.execute(queries)
  },
  contains: (column, needle) => sql<SqlBool>`instr(${sql.ref(column)}, ${needle}) > 0`,
  containsAnyCase: (column, needle) => sql<SqlBool>`instr(lower(${sql.ref(column)}), lower(${needle})) > 0`,
  saysTrue: (column, member) => sql<SqlBool>`json_extract(${sql.ref(column)}, ${`$.${member}`}) = 1`,
  greater: (column, value) => sql<number>`max(${sql.ref(column)}, ${value})`,
}

export const changeChannel = 'cardea_changes'

export const postgresEngine: Engine = {
  name: 'postgres',
  locksRows: true,
  retries: 4,
  async lock(queries, name) {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`cardea:${name}`}, 0))`.execute(queries)
  },
  async announce(queries) {
    await sql`select pg_notify(${changeChannel}, '')`.execute(queries)
  },
  async skipIds(queries, table, column, count) {
    const sequence = sql`pg_get_serial_sequence(${table}, ${column})`
    await sql`select setval(${sequence}, nextval(${sequence}) + ${count})`.execute(queries)
  },
  contains: (column, needle) => sql<SqlBool>`strpos(${sql.ref(column)}, ${needle}) > 0`,
  containsAnyCase: (column, needle) => sql<SqlBool>`strpos(lower(${sql.ref(column)}), lower(${needle})) > 0`,
  saysTrue: (column, member) => sql<SqlBool>`cast(${sql.ref(column)} as json) ->> cast(${member} as text) = 'true'`,
  greater: (column, value) => sql<number>`greatest(${sql.ref(column)}, cast(${value} as bigint))`,
}

/** PostgreSQL's text cannot hold NUL; both engines store and look for a replacement character in its place. */
export function withoutNul(parameter: unknown): unknown {
  return typeof parameter === 'string' && parameter.includes('\0') ? parameter.replaceAll('\0', '\uFFFD') : parameter
}
