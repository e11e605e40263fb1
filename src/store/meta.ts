import type { MetaStore } from '../core/ports.ts'
import type { Db } from './db.ts'

export function createMetaStore(db: Db): MetaStore {
  return {
    async get(key) {
      const row = await db.read.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst()
      return row?.value ?? null
    },

    async set(key, value) {
      await db.write
        .insertInto('meta')
        .values({ key, value })
        .onConflict((oc) => oc.column('key').doUpdateSet({ value }))
        .execute()
    },

    setOnce: (key, value) =>
      db.atomic(async ({ queries }) => {
        await queries
          .insertInto('meta')
          .values({ key, value })
          .onConflict((oc) => oc.column('key').doNothing())
          .execute()
        // Read again: where another was first, it is theirs that stands.
        const row = await queries.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirstOrThrow()
        return row.value
      }),
  }
}
