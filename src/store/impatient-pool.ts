import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type pg from 'pg'
import { isSilenceFault } from './faults.ts'

/**
 * The pool as Kysely wants it, but a connection on which a query went unanswered (`query_timeout`) is closed and not
 * given back: it may be half-open, and pg would queue the next query behind the one that is never answered.
 */
export function createImpatientPool(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    connect: async () => lend(await pool.connect()),
    end: () => pool.end(),
  }
}

function lend(client: pg.PoolClient): PostgresPoolClient {
  let silent = false

  async function run(sql: string, parameters: readonly unknown[]) {
    // The roll-back, too, would wait for an answer; the server rolls back by itself when the connection is gone.
    if (silent) throw new Error('Connection terminated: it was silent')
    try {
      return await client.query(sql, [...parameters])
    } catch (error) {
      silent = isSilenceFault(error)
      throw error
    }
  }

  function query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
  function query(sql: unknown, parameters: readonly unknown[] = []): unknown {
    if (typeof sql !== 'string') throw new TypeError('Rows are not read by cursor here')
    return run(sql, parameters)
  }

  return { query, release: (destroy) => client.release(destroy === true || silent) }
}
