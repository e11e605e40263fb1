import type { Selectable } from 'kysely'
import type { KeyStore } from '../core/ports.ts'
import type { ApiKey } from '../core/records.ts'
import type { Millis } from '../types.ts'
import { credentialConditions } from './credential-filter.ts'
import type { Db, Tx } from './db.ts'
import { rowsFor, timeCursor, toPage } from './paging.ts'
import {
  batch,
  chunks,
  count,
  fromJson,
  latestById,
  textList,
  textListOrNull,
  toJson,
  toUser,
  userColumns,
} from './rows.ts'
import type { KeyTable } from './schema.ts'

function toKey(row: Selectable<KeyTable>): ApiKey {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    secretHash: row.secret_hash,
    pepperId: row.pepper_id,
    scopes: textListOrNull(row.scopes),
    ceiling: textList(row.ceiling),
    api: row.api,
    allowAddresses: textList(row.allow_addresses),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
    successor: row.successor,
    suspendedAt: row.suspended_at,
    detail: row.detail === null ? null : fromJson(row.detail),
  }
}

function toRow(key: ApiKey): KeyTable {
  return {
    id: key.id,
    user_id: key.userId,
    name: key.name,
    secret_hash: key.secretHash,
    pepper_id: key.pepperId,
    scopes: key.scopes === null ? null : toJson(key.scopes),
    ceiling: toJson(key.ceiling),
    api: key.api,
    allow_addresses: toJson(key.allowAddresses),
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    last_used_at: key.lastUsedAt,
    revoked_at: key.revokedAt,
    successor: key.successor,
    suspended_at: key.suspendedAt,
    detail: key.detail === null ? null : toJson(key.detail),
  }
}

function announce(tx: Tx, ids: readonly string[], at: Millis): void {
  for (const id of ids) tx.change({ at, kind: 'key', id, epoch: 0 })
}

export function createKeyStore(db: Db, now: () => Millis): KeyStore {
  return {
    async create(key) {
      await db.write.insertInto('keys').values(toRow(key)).execute()
    },

    async byId(id) {
      const row = await db.read.selectFrom('keys').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? null : toKey(row)
    },

    async withUser(id, proof) {
      const wanted = db.read
        .selectFrom('keys')
        .innerJoin('users', 'users.id', 'keys.user_id')
        .selectAll('keys')
        .select(userColumns)
        .where('keys.id', '=', id)
      const proven =
        proof === undefined
          ? wanted
          : wanted.where((is) =>
              is.or([is('secret_hash', 'in', proof.hashes), is('pepper_id', 'not in', proof.pepperIds)]),
            )
      const row = await proven.executeTakeFirst()
      return row === undefined ? null : { key: toKey(row), user: toUser(row) }
    },

    update: (id, patch) =>
      db.atomic(async (tx) => {
        const row = await tx.queries
          .updateTable('keys')
          .set({
            // Sets nothing when the patch is empty; the row still answers whether the key lives.
            id,
            ...(patch.name !== undefined && { name: patch.name }),
            ...(patch.scopes !== undefined && { scopes: patch.scopes === null ? null : toJson(patch.scopes) }),
            ...(patch.expiresAt !== undefined && { expires_at: patch.expiresAt }),
            ...(patch.allowAddresses !== undefined && { allow_addresses: toJson(patch.allowAddresses) }),
          })
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .returningAll()
          .executeTakeFirst()
        if (row === undefined) return null
        announce(tx, [id], now())
        return toKey(row)
      }),

    revoke: (id, at) =>
      db.atomic(async (tx) => {
        const result = await tx.queries
          .updateTable('keys')
          .set({ revoked_at: at })
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .executeTakeFirst()
        if (count(result) === 0) return false
        announce(tx, [id], at)
        return true
      }),

    revokeAll: (userId, at) =>
      db.atomic(async (tx) => {
        const rows = await tx.queries
          .updateTable('keys')
          .set({ revoked_at: at })
          .where('user_id', '=', userId)
          .where('revoked_at', 'is', null)
          .returning('id')
          .execute()
        const ids = rows.map((row) => row.id)
        announce(tx, ids, at)
        return ids
      }),

    replace: (id, successor, oldEndsAt) =>
      db.atomic(async (tx) => {
        const replaced = await tx.queries
          .updateTable('keys')
          .set((eb) => ({
            successor: successor.id,
            expires_at: eb
              .case()
              .when(eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', oldEndsAt)]))
              .then(oldEndsAt)
              .else(eb.ref('expires_at'))
              .end(),
          }))
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .where('successor', 'is', null)
          .executeTakeFirst()
        if (count(replaced) === 0) return 'gone'
        await tx.queries.insertInto('keys').values(toRow(successor)).execute()
        announce(tx, [id], successor.createdAt)
        return 'replaced'
      }),

    async list(userId, wish) {
      const after = timeCursor(wish)
      let query = db.read.selectFrom('keys').selectAll()
      if (userId !== null) query = query.where('user_id', '=', userId)
      if (wish.includeRevoked !== true) query = query.where('revoked_at', 'is', null)
      if (after !== null) {
        query = query.where((eb) => eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(after.at, after.id)))
      }
      const rows = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(rowsFor(wish)).execute()
      return toPage(rows, wish, toKey, (row) => [row.created_at, row.id])
    },

    async find(wish) {
      const after = timeCursor(wish)
      const found = db.read
        .selectFrom('keys')
        .innerJoin('users', 'users.id', 'keys.user_id')
        .selectAll('keys')
        .select(userColumns)
        .where(credentialConditions('keys', wish))
        .$if(wish.search !== undefined, (query) =>
          query.where((eb) =>
            eb.or([
              db.engine.containsAnyCase('keys.name', wish.search ?? ''),
              eb('keys.id', '=', (wish.search ?? '').toLowerCase()),
            ]),
          ),
        )
        .$if(after !== null, (query) =>
          query.where((eb) =>
            eb(eb.refTuple('keys.created_at', 'keys.id'), '<', eb.tuple(after?.at ?? 0, after?.id ?? '')),
          ),
        )
      const rows = await found
        .orderBy('keys.created_at', 'desc')
        .orderBy('keys.id', 'desc')
        .limit(rowsFor(wish))
        .execute()
      return toPage(
        rows,
        wish,
        (row) => ({ key: toKey(row), user: toUser(row) }),
        (row) => [row.created_at, row.id],
      )
    },

    touch: (used) =>
      db.atomic(async ({ queries }) => {
        const first: string[] = []
        for (const part of chunks(latestById(used))) {
          const rows = await queries
            .updateTable('keys')
            .from(batch(part))
            .set((eb) => ({ last_used_at: eb.ref('batch.at') }))
            .whereRef('keys.id', '=', 'batch.id')
            .where('keys.last_used_at', 'is', null)
            .returning('keys.id')
            .execute()
          first.push(...rows.map((row) => row.id))
          await queries
            .updateTable('keys')
            .from(batch(part))
            .set((eb) => ({ last_used_at: eb.ref('batch.at') }))
            .whereRef('keys.id', '=', 'batch.id')
            .whereRef('keys.last_used_at', '<', 'batch.at')
            .execute()
        }
        return first
      }),
  }
}
