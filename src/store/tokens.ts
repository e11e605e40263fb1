import { type Selectable, sql } from 'kysely'
import type { TokenStore } from '../core/ports.ts'
import type { PrivateToken, TokenSliceWish } from '../core/records.ts'
import type { Millis } from '../types.ts'
import { credentialConditions } from './credential-filter.ts'
import type { Db, Tx } from './db.ts'
import { idCursor, rowsFor, toPage } from './paging.ts'
import { batch, chunks, isId, latestById, textList, textListOrNull, toJson, toUser, userColumns } from './rows.ts'
import type { TokenTable } from './schema.ts'

function toToken(row: Selectable<TokenTable>): PrivateToken {
  return {
    id: row.id,
    publicId: row.public_id,
    userId: row.user_id,
    jti: row.jti,
    name: row.name,
    scopes: textListOrNull(row.scopes),
    ceiling: textList(row.ceiling),
    api: row.api,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
    successor: row.successor,
    suspendedAt: row.suspended_at,
  }
}

function toRow(token: Omit<PrivateToken, 'id'>) {
  return {
    public_id: token.publicId,
    user_id: token.userId,
    jti: token.jti,
    name: token.name,
    scopes: token.scopes === null ? null : toJson(token.scopes),
    ceiling: toJson(token.ceiling),
    api: token.api,
    created_at: token.createdAt,
    expires_at: token.expiresAt,
    last_used_at: token.lastUsedAt,
    revoked_at: token.revokedAt,
    successor: token.successor,
    suspended_at: token.suspendedAt,
  }
}

/** Names without regard to letter case, as people look for them in a list. */
const orders = {
  id: sql.ref('id'),
  name: sql`lower(${sql.ref('name')})`,
  expiresAt: sql.ref('expires_at'),
} as const satisfies Record<TokenSliceWish['order']['by'], unknown>

/** Caches know a private token by its jti. */
function announce(tx: Tx, jtis: readonly string[], at: Millis): void {
  for (const jti of jtis) tx.change({ at, kind: 'token', id: jti, epoch: 0 })
}

export function createTokenStore(db: Db): TokenStore {
  return {
    async create(token) {
      return toToken(await db.write.insertInto('tokens').values(toRow(token)).returningAll().executeTakeFirstOrThrow())
    },

    async byPublicId(publicId) {
      const row = await db.read.selectFrom('tokens').selectAll().where('public_id', '=', publicId).executeTakeFirst()
      return row === undefined ? null : toToken(row)
    },

    async byId(id) {
      if (!isId(id)) return null
      const row = await db.read.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? null : toToken(row)
    },

    async withUser(jti) {
      const row = await db.read
        .selectFrom('tokens')
        .innerJoin('users', 'users.id', 'tokens.user_id')
        .selectAll('tokens')
        .select(userColumns)
        .where('tokens.jti', '=', jti)
        .executeTakeFirst()
      return row === undefined ? null : { token: toToken(row), user: toUser(row) }
    },

    revoke: (publicId, at) =>
      db.atomic(async (tx) => {
        const row = await tx.queries
          .updateTable('tokens')
          .set({ revoked_at: at })
          .where('public_id', '=', publicId)
          .where('revoked_at', 'is', null)
          .returning('jti')
          .executeTakeFirst()
        if (row === undefined) return false
        announce(tx, [row.jti], at)
        return true
      }),

    revokeAll: (userId, at) =>
      db.atomic(async (tx) => {
        const rows = await tx.queries
          .updateTable('tokens')
          .set({ revoked_at: at })
          .where('user_id', '=', userId)
          .where('revoked_at', 'is', null)
          .returning(['jti', 'public_id'])
          .execute()
        announce(
          tx,
          rows.map((row) => row.jti),
          at,
        )
        return rows.map((row) => row.public_id)
      }),

    replace: (publicId, successor, oldEndsAt) =>
      db.atomic(async (tx) => {
        const old = await tx.queries
          .updateTable('tokens')
          .set((eb) => ({
            successor: successor.publicId,
            expires_at: eb.case().when('expires_at', '>', oldEndsAt).then(oldEndsAt).else(eb.ref('expires_at')).end(),
          }))
          .where('public_id', '=', publicId)
          .where('revoked_at', 'is', null)
          .where('successor', 'is', null)
          .returning('jti')
          .executeTakeFirst()
        if (old === undefined) return 'gone'
        const row = await tx.queries
          .insertInto('tokens')
          .values(toRow(successor))
          .returningAll()
          .executeTakeFirstOrThrow()
        announce(tx, [old.jti], successor.createdAt)
        return toToken(row)
      }),

    async list(userId, wish) {
      const after = idCursor(wish)
      let query = db.read.selectFrom('tokens').selectAll()
      if (userId !== null) query = query.where('user_id', '=', userId)
      if (wish.includeRevoked !== true) query = query.where('revoked_at', 'is', null)
      if (after !== null) query = query.where('id', '<', after)
      const rows = await query.orderBy('id', 'desc').limit(rowsFor(wish)).execute()
      return toPage(rows, wish, toToken, (row) => [row.id])
    },

    async slice(userId, wish) {
      let all = db.read.selectFrom('tokens').where('user_id', '=', userId)
      if (wish.includeRevoked !== true) all = all.where('revoked_at', 'is', null)
      if (wish.name !== undefined) all = all.where(db.engine.containsAnyCase('name', wish.name))
      const counted = await all.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
      const way = wish.order.descending ? 'desc' : 'asc'
      const rows = await all
        .selectAll()
        .orderBy(orders[wish.order.by], way)
        .orderBy('id', way)
        .limit(wish.limit)
        .offset(wish.offset)
        .execute()
      return { items: rows.map(toToken), count: Number(counted.count) }
    },

    async ending(after, until) {
      const rows = await db.read
        .selectFrom('tokens')
        .innerJoin('users', 'users.id', 'tokens.user_id')
        .selectAll('tokens')
        .select(userColumns)
        .where('tokens.expires_at', '>', after)
        .where('tokens.expires_at', '<=', until)
        .where('tokens.revoked_at', 'is', null)
        .where('tokens.suspended_at', 'is', null)
        .where('tokens.successor', 'is', null)
        .where('users.status', '=', 'active')
        .orderBy('tokens.expires_at')
        .orderBy('tokens.id')
        .execute()
      return rows.map((row) => ({ token: toToken(row), user: toUser(row) }))
    },

    async find(wish) {
      const after = idCursor(wish)
      const rows = await db.read
        .selectFrom('tokens')
        .innerJoin('users', 'users.id', 'tokens.user_id')
        .selectAll('tokens')
        .select(userColumns)
        .where(credentialConditions('tokens', wish))
        .$if(wish.search !== undefined, (query) =>
          query.where((eb) =>
            eb.or([
              db.engine.containsAnyCase('tokens.name', wish.search ?? ''),
              eb('tokens.public_id', '=', (wish.search ?? '').toLowerCase()),
            ]),
          ),
        )
        .$if(after !== null, (query) => query.where('tokens.id', '<', after ?? 0))
        .orderBy('tokens.id', 'desc')
        .limit(rowsFor(wish))
        .execute()
      return toPage(
        rows,
        wish,
        (row) => ({ token: toToken(row), user: toUser(row) }),
        (row) => [row.id],
      )
    },

    touch: (used) =>
      db.atomic(async ({ queries }) => {
        const first: string[] = []
        const latest = latestById(used.map(({ jti, at }) => ({ id: jti, at })))
        for (const part of chunks(latest)) {
          const rows = await queries
            .updateTable('tokens')
            .from(batch(part))
            .set((eb) => ({ last_used_at: eb.ref('batch.at') }))
            .whereRef('tokens.jti', '=', 'batch.id')
            .where('tokens.last_used_at', 'is', null)
            .returning('tokens.jti')
            .execute()
          first.push(...rows.map((row) => row.jti))
          await queries
            .updateTable('tokens')
            .from(batch(part))
            .set((eb) => ({ last_used_at: eb.ref('batch.at') }))
            .whereRef('tokens.jti', '=', 'batch.id')
            .whereRef('tokens.last_used_at', '<', 'batch.at')
            .execute()
        }
        return first
      }),
  }
}
