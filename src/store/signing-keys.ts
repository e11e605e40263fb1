import type { Selectable } from 'kysely'
import type { SigningKeyStore } from '../core/ports.ts'
import type { SigningKey } from '../core/records.ts'
import type { Millis } from '../types.ts'
import type { Db } from './db.ts'
import { count, fromJson, toJson } from './rows.ts'
import type { SigningKeyTable } from './schema.ts'

function toSigningKey(row: Selectable<SigningKeyTable>): SigningKey {
  return {
    kid: row.kid,
    alg: row.alg,
    use: row.use,
    publicJwk: fromJson(row.public_jwk),
    box: row.box,
    createdAt: row.created_at,
    activeAt: row.active_at,
    retiredAt: row.retired_at,
    verifiesUntil: row.verifies_until,
    revokedAt: row.revoked_at,
  }
}

export function createSigningKeyStore(db: Db, now: () => Millis): SigningKeyStore {
  const change = (kid: string, at: Millis, set: Partial<SigningKeyTable>, where: Partial<SigningKeyTable>) =>
    db.atomic(async (tx) => {
      let query = tx.queries.updateTable('signing_keys').set(set).where('kid', '=', kid)
      if (where.box !== undefined) query = query.where('box', '=', where.box)
      if (where.retired_at === null) query = query.where('retired_at', 'is', null)
      if (where.revoked_at === null) query = query.where('revoked_at', 'is', null)
      if (count(await query.executeTakeFirst()) === 0) return false
      tx.change({ at, kind: 'signing-key', id: kid, epoch: 0 })
      return true
    })

  return {
    async list() {
      const rows = await db.read
        .selectFrom('signing_keys')
        .selectAll()
        .where((eb) => eb.or([eb('verifies_until', 'is', null), eb('verifies_until', '>', now())]))
        .orderBy('created_at')
        .orderBy('kid')
        .execute()
      return rows.map(toSigningKey)
    },

    add: (key) =>
      db.atomic(async (tx) => {
        await tx.queries
          .insertInto('signing_keys')
          .values({
            kid: key.kid,
            alg: key.alg,
            use: key.use,
            public_jwk: toJson(key.publicJwk),
            box: key.box,
            created_at: key.createdAt,
            active_at: key.activeAt,
            retired_at: key.retiredAt,
            verifies_until: key.verifiesUntil,
            revoked_at: key.revokedAt,
          })
          .execute()
        tx.change({ at: key.createdAt, kind: 'signing-key', id: key.kid, epoch: 0 })
      }),

    retire: (kid, at, verifiesUntil) =>
      change(kid, at, { retired_at: at, verifies_until: verifiesUntil }, { retired_at: null }),

    revoke: (kid, at) => change(kid, at, { revoked_at: at }, { revoked_at: null }),

    replaceBox: (kid, from, to) => change(kid, now(), { box: to }, { box: from }),

    async purge(at) {
      return count(await db.write.deleteFrom('signing_keys').where('verifies_until', '<=', at).executeTakeFirst())
    },
  }
}
