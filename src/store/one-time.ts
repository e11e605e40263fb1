import type { Selectable } from 'kysely'
import type { OneTimeStore } from '../core/ports.ts'
import type { OneTime, Purpose } from '../core/records.ts'
import type { Millis } from '../types.ts'
import type { Db } from './db.ts'
import type { Queries } from './engine.ts'
import { count, fromJson, toJson } from './rows.ts'
import type { OneTimeTable } from './schema.ts'

function toOneTime(purpose: Purpose, row: Selectable<OneTimeTable>): OneTime {
  return {
    purpose,
    hash: row.hash,
    userId: row.user_id,
    data: fromJson(row.data),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    attempts: row.attempts,
  }
}

/** All of one purpose and user; user null: those that belong to nobody. */
async function dropAll(queries: Queries, purpose: Purpose, userId: number | null, madeAfter?: Millis): Promise<void> {
  let query = queries.deleteFrom('one_time').where('purpose', '=', purpose)
  if (madeAfter !== undefined) query = query.where('created_at', '>', madeAfter)
  await (userId === null ? query.where('user_id', 'is', null) : query.where('user_id', '=', userId)).execute()
}

export function createOneTimeStore(db: Db): OneTimeStore {
  return {
    create: (oneTime, replace) =>
      db.atomic(async ({ queries, engine }) => {
        if (replace) {
          // Of two made side by side the older one has to die, too.
          await engine.lock(queries, `one-time:${oneTime.purpose}:${oneTime.userId ?? ''}`)
          await dropAll(queries, oneTime.purpose, oneTime.userId)
        }
        await queries
          .insertInto('one_time')
          .values({
            purpose: oneTime.purpose,
            hash: oneTime.hash,
            user_id: oneTime.userId,
            data: toJson(oneTime.data),
            created_at: oneTime.createdAt,
            expires_at: oneTime.expiresAt,
            attempts: oneTime.attempts,
          })
          .execute()
      }),

    async peek(purpose, hash, now) {
      const row = await db.read
        .selectFrom('one_time')
        .selectAll()
        .where('purpose', '=', purpose)
        .where('hash', '=', hash)
        .where('expires_at', '>', now)
        .executeTakeFirst()
      return row === undefined ? null : toOneTime(purpose, row)
    },

    async consume(purpose, hash, now) {
      const row = await db.write
        .deleteFrom('one_time')
        .where('purpose', '=', purpose)
        .where('hash', '=', hash)
        .where('expires_at', '>', now)
        .returningAll()
        .executeTakeFirst()
      return row === undefined ? null : toOneTime(purpose, row)
    },

    fail: (purpose, hash, max) =>
      db.atomic(async ({ queries }) => {
        const row = await queries
          .updateTable('one_time')
          .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
          .where('purpose', '=', purpose)
          .where('hash', '=', hash)
          .returning('attempts')
          .executeTakeFirst()
        if (row === undefined) return null
        if (row.attempts < max) return max - row.attempts
        await queries.deleteFrom('one_time').where('purpose', '=', purpose).where('hash', '=', hash).execute()
        return 0
      }),

    drop: (purpose, userId, madeAfter) => dropAll(db.write, purpose, userId, madeAfter),

    async purge(now) {
      return count(await db.write.deleteFrom('one_time').where('expires_at', '<=', now).executeTakeFirst())
    },
  }
}
