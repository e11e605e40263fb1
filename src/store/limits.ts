import type Database from 'better-sqlite3'
import type pg from 'pg'
import { RateLimiterPostgres, RateLimiterRes, RateLimiterSQLite } from 'rate-limiter-flexible'
import type { Clock, LimitStore, Log } from '../core/ports.ts'
import type { LimitRule, LimitState } from '../core/records.ts'
import type { Millis } from '../types.ts'
import { cacheStatements } from './cached-statements.ts'
import { faultName } from './faults.ts'

type Limiter = RateLimiterPostgres | RateLimiterSQLite

/** Rules come from the configuration; this many different ones never do. */
const maxRules = 200
const cleanEveryMillis = 300_000
/** A window that ended this long ago is of no use to anybody. */
const keepMillis = 3_600_000

export const limitTable = 'limits'

/** Where the counters are kept. The table exists. The library's clock is the machine's. */
export interface LimitBackend {
  make(rule: LimitRule): Limiter
  /** Takes one point off each, if there is one. Of a window that is over nothing is owed, and nobody reads it again. */
  giveBack(keys: readonly string[]): Promise<void>
  /** Deletes the counters whose window ended before this time. */
  clean(before: Millis): Promise<void>
}

export function sqliteLimits(database: Database.Database): LimitBackend {
  // The library prepares its statements anew each time, and puts each of them in a transaction that it does not need.
  const { prepare } = cacheStatements(database)
  const giving = database.prepare(
    `update ${limitTable} set points = points - 1 where key in (select value from json_each(?)) and points > 0`,
  )
  const storeClient = { prepare, transaction: <T>(run: T): T => run }
  return {
    make: (rule) => new RateLimiterSQLite({ ...shared(rule), storeClient, storeType: 'better-sqlite3' }),
    async giveBack(keys) {
      giving.run(JSON.stringify(keys))
    },
    async clean(before) {
      database.prepare(`delete from ${limitTable} where expire < ?`).run(before)
    },
  }
}

export function postgresLimits(pool: pg.Pool): LimitBackend {
  return {
    make: (rule) => new RateLimiterPostgres({ ...shared(rule), storeClient: pool, storeType: 'pool' }),
    async giveBack(keys) {
      // In one order, so that two who give back the same ones do not wait for each other.
      await pool.query(
        `with due as (select key from ${limitTable} where key = any($1) order by key for update)
         update ${limitTable} set points = points - 1 from due where ${limitTable}.key = due.key and points > 0`,
        [keys],
      )
    },
    async clean(before) {
      await pool.query(`delete from ${limitTable} where expire < $1`, [before])
    },
  }
}

function shared({ points, windowSeconds }: LimitRule) {
  // The library's own cleaning has a timer per rule that outlives the database: we clean ourselves.
  const table = { tableName: limitTable, tableCreated: true, clearExpiredByTimeout: false }
  return { points, duration: windowSeconds, keyPrefix: '', ...table }
}

export interface Limits {
  readonly store: LimitStore
  stop(): void
}

/** Counts on connections of its own, so that what was counted stays counted when a transaction is rolled back. */
export function createLimitStore({ backend, clock, log }: { backend: LimitBackend; clock: Clock; log: Log }): Limits {
  const limiters = new Map<string, Limiter>()

  function limiterFor(rule: LimitRule): Limiter {
    const name = `${rule.points}/${rule.windowSeconds}`
    const known = limiters.get(name)
    if (known !== undefined) return known
    if (limiters.size >= maxRules) limiters.clear()
    const made = backend.make(rule)
    limiters.set(name, made)
    return made
  }

  function toState(rule: LimitRule, result: RateLimiterRes | null, allowed: boolean): LimitState {
    return {
      allowed,
      limit: rule.points,
      remaining: result === null ? rule.points : result.remainingPoints,
      resetSeconds: result === null ? 0 : Math.max(Math.ceil(result.msBeforeNext / 1000), 0),
    }
  }

  const cleaning = setInterval(() => {
    backend
      .clean(clock.now() - keepMillis)
      .catch((error: unknown) => log.warn({ fault: faultName(error) }, 'old limit counters could not be deleted'))
  }, cleanEveryMillis)
  cleaning.unref()

  return {
    store: {
      async consume(key, rule) {
        try {
          return toState(rule, await limiterFor(rule).consume(key), true)
        } catch (error) {
          // The library rejects with the state when the limit is reached, and with an error when it could not count.
          if (error instanceof RateLimiterRes) return toState(rule, error, false)
          throw error
        }
      },

      async peek(key, rule) {
        const result = await limiterFor(rule).get(key)
        return toState(rule, result, result === null || result.consumedPoints < rule.points)
      },

      giveBack: (keys) => backend.giveBack(keys),

      async reset(key) {
        // A key has one counter, whatever the rule.
        await limiterFor({ points: 1, windowSeconds: 1 }).delete(key)
      },
    },

    stop() {
      clearInterval(cleaning)
    },
  }
}
