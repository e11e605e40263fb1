import type { FactorStore } from '../core/ports.ts'
import { boxKeyId } from '../crypto/secret-box.ts'
import type { Db } from './db.ts'
import { count } from './rows.ts'
import { bumpEpoch } from './users.ts'

const sealed = (box: string) => ({ box, box_key: boxKeyId(box) ?? '' })

export function createFactorStore(db: Db): FactorStore {
  return {
    async totp(userId) {
      const row = await db.read.selectFrom('totp').selectAll().where('user_id', '=', userId).executeTakeFirst()
      return row === undefined ? null : { box: row.box, createdAt: row.created_at, confirmedAt: row.confirmed_at }
    },

    async begin(userId, box, now) {
      const row = await db.write
        .insertInto('totp')
        .values({ user_id: userId, ...sealed(box), created_at: now, confirmed_at: null })
        .onConflict((oc) =>
          oc
            .column('user_id')
            .doUpdateSet({ ...sealed(box), created_at: now })
            .where('totp.confirmed_at', 'is', null),
        )
        .returning('user_id')
        .executeTakeFirst()
      return row !== undefined
    },

    confirm: (userId, box, now) =>
      db.atomic(async (tx) => {
        const result = await tx.queries
          .updateTable('totp')
          .set({ confirmed_at: now })
          .where('user_id', '=', userId)
          .where('box', '=', box)
          .where('confirmed_at', 'is', null)
          .executeTakeFirst()
        if (count(result) === 0) return false
        await bumpEpoch(tx, userId, now)
        return true
      }),

    remove: (userId, now) =>
      db.atomic(async (tx) => {
        const { queries } = tx
        const totp = await queries.deleteFrom('totp').where('user_id', '=', userId).executeTakeFirst()
        // Takes the codes along.
        const codes = await queries.deleteFrom('recovery_sets').where('user_id', '=', userId).executeTakeFirst()
        await queries.deleteFrom('totp_steps').where('user_id', '=', userId).execute()
        if (count(totp) + count(codes) === 0) return false
        await bumpEpoch(tx, userId, now)
        return true
      }),

    async useStep(userId, step, now) {
      const row = await db.write
        .insertInto('totp_steps')
        .values({ user_id: userId, step, used_at: now })
        .onConflict((oc) => oc.columns(['user_id', 'step']).doNothing())
        .returning('step')
        .executeTakeFirst()
      return row !== undefined
    },

    async boxesNotUnder(keyId, limit) {
      const rows = await db.read
        .selectFrom('totp')
        .select(['user_id', 'box'])
        .where('box_key', '<>', keyId)
        .orderBy('user_id')
        .limit(limit)
        .execute()
      return rows.map((row) => ({ userId: row.user_id, box: row.box }))
    },

    async replaceBox(userId, from, to) {
      const result = await db.write
        .updateTable('totp')
        .set(sealed(to))
        .where('user_id', '=', userId)
        .where('box', '=', from)
        .executeTakeFirst()
      return count(result) === 1
    },

    async boxKeys() {
      // From one to the next by the index: a scan would read a row per user.
      const ids: string[] = []
      for (;;) {
        const row = await db.read
          .selectFrom('totp')
          .select((of) => of.fn.min('box_key').as('next'))
          .where('box_key', '>', ids.at(-1) ?? '')
          .executeTakeFirst()
        if (row === undefined || row.next === null) return ids
        ids.push(row.next)
      }
    },

    async recovery(userId) {
      // One statement: a set that is replaced meanwhile must not show the old salt with the new codes.
      const rows = await db.read
        .selectFrom('recovery_sets')
        .leftJoin('recovery_codes', 'recovery_codes.user_id', 'recovery_sets.user_id')
        .select(['recovery_sets.salt', 'recovery_codes.id', 'recovery_codes.hash'])
        .where('recovery_sets.user_id', '=', userId)
        .orderBy('recovery_codes.id')
        .execute()
      const [first] = rows
      if (first === undefined) return null
      const codes = rows.flatMap(({ id, hash }) => (id === null || hash === null ? [] : [{ id, hash }]))
      return { salt: first.salt, codes }
    },

    setRecovery: (userId, salt, hashes, now) =>
      db.atomic(async ({ queries }) => {
        // First of all, so that two who set codes side by side come one after the other.
        await queries
          .insertInto('recovery_sets')
          .values({ user_id: userId, salt, created_at: now })
          .onConflict((oc) => oc.column('user_id').doUpdateSet({ salt, created_at: now }))
          .execute()
        await queries.deleteFrom('recovery_codes').where('user_id', '=', userId).execute()
        if (hashes.length === 0) return
        await queries
          .insertInto('recovery_codes')
          .values(hashes.map((hash) => ({ user_id: userId, hash })))
          .execute()
      }),

    async useRecovery(userId, codeId) {
      const result = await db.write
        .deleteFrom('recovery_codes')
        .where('user_id', '=', userId)
        .where('id', '=', codeId)
        .executeTakeFirst()
      return count(result) === 1
    },

    async countFailure(userId, now) {
      const row = await db.write
        .insertInto('factor_failures')
        .values({ user_id: userId, count: 1, last_at: now })
        .onConflict((oc) =>
          oc.column('user_id').doUpdateSet((eb) => ({ count: eb('factor_failures.count', '+', 1), last_at: now })),
        )
        .returning(['count', 'last_at'])
        .executeTakeFirstOrThrow()
      return { count: row.count, lastAt: row.last_at }
    },

    async failures(userId) {
      const row = await db.read
        .selectFrom('factor_failures')
        .select(['count', 'last_at'])
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return { count: row?.count ?? 0, lastAt: row?.last_at ?? 0 }
    },

    async clearFailures(userId) {
      await db.write.deleteFrom('factor_failures').where('user_id', '=', userId).execute()
    },

    async purgeSteps(before) {
      return count(await db.write.deleteFrom('totp_steps').where('used_at', '<', before).executeTakeFirst())
    },
  }
}
