import type { ChangeStore } from '../core/ports.ts'
import { type Change, changeKinds } from '../core/records.ts'
import type { Db, NewChange } from './db.ts'
import type { Engine, Queries } from './engine.ts'
import { count } from './rows.ts'

/**
 * Writes changes at the end of the transaction that made them. On PostgreSQL numbers are drawn under one lock that is
 * held until the commit: so the order of the numbers is the order of the commits, and a reader that has seen n never
 * misses a smaller one.
 */
export async function writeChanges(queries: Queries, engine: Engine, changes: readonly NewChange[]): Promise<void> {
  await engine.lock(queries, 'changes')
  // One statement per change: rows of one statement need not get their numbers in order.
  for (const { at, kind, id, epoch } of changes) {
    await queries.insertInto('changes').values({ at, kind, id, epoch }).execute()
  }
  await engine.announce(queries)
}

/** Calls back soon after a commit that appended changes, here or in another process; answers the stop function. */
export type Watch = (wake: () => void) => () => void

export function createChangeStore(db: Db, watch: Watch): ChangeStore {
  return {
    async latest() {
      await db.flush()
      const row = await db.read.selectFrom('changes').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
      return row?.seq ?? 0
    },

    async since(seq, limit) {
      await db.flush()
      const rows = await db.read
        .selectFrom('changes')
        .selectAll()
        .where('seq', '>', seq)
        .orderBy('seq')
        .limit(limit)
        .execute()
      return rows.flatMap((row): Change[] => {
        const kind = changeKinds.find((known) => known === row.kind)
        // A newer version's kind means nothing to this one's caches.
        return kind === undefined ? [] : [{ seq: row.seq, at: row.at, kind, id: row.id, epoch: row.epoch }]
      })
    },

    append: (kind, id, epoch, now) =>
      db.atomic(async (tx) => {
        tx.change({ at: now, kind, id, epoch })
      }),

    watch,

    async purge(before) {
      // The newest stays, so that the highest number never falls.
      const result = await db.write
        .deleteFrom('changes')
        .where('at', '<', before)
        .where('seq', '<', (eb) => eb.selectFrom('changes as newest').select((of) => of.fn.max('newest.seq').as('seq')))
        .executeTakeFirst()
      return count(result)
    },
  }
}
