import { type Selectable, sql } from 'kysely'
import type { SessionStore } from '../core/ports.ts'
import type { Session } from '../core/records.ts'
import type { Factor, Millis } from '../types.ts'
import type { Db, Tx } from './db.ts'
import { rowsFor, timeCursor, toPage } from './paging.ts'
import { prepared } from './prepared.ts'
import { batch, chunks, count, latestById, textList, toJson, toUser, userColumns } from './rows.ts'
import type { SessionTable } from './schema.ts'

function toSession(row: Selectable<SessionTable>): Session {
  return {
    id: row.id,
    userId: row.user_id,
    api: row.api,
    mode: row.mode,
    refreshForm: row.refresh_form,
    generation: row.generation,
    secretHash: row.secret_hash,
    secretKeyId: row.secret_key_id,
    salt: row.salt,
    ceiling: textList(row.ceiling),
    factors: factorList(row.factors),
    provenAt: row.proven_at,
    actor: row.actor,
    actorSession: row.actor_session,
    actorEpoch: row.actor_epoch,
    address: row.address,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    rotatedAt: row.rotated_at,
    expiresAt: row.expires_at,
    idleMillis: row.idle_millis,
  }
}

function factorList(text: string): readonly Factor[] {
  return JSON.parse(text)
}

function toRow(session: Session): SessionTable {
  return {
    id: session.id,
    user_id: session.userId,
    api: session.api,
    mode: session.mode,
    refresh_form: session.refreshForm,
    generation: session.generation,
    secret_hash: session.secretHash,
    secret_key_id: session.secretKeyId,
    salt: session.salt,
    ceiling: toJson(session.ceiling),
    factors: toJson(session.factors),
    proven_at: session.provenAt,
    actor: session.actor,
    actor_session: session.actorSession,
    actor_epoch: session.actorEpoch,
    address: session.address,
    user_agent: session.userAgent,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    rotated_at: session.rotatedAt,
    expires_at: session.expiresAt,
    idle_millis: session.idleMillis,
  }
}

/** Remote caches hear only the id: a session that ended, or whose proof changed, has no epoch of its own. */
function announce(tx: Tx, ids: readonly string[], at: Millis): void {
  for (const id of ids) tx.change({ at, kind: 'session', id, epoch: 0 })
}

/** As the index `sessions_idle` has it; null where idling does not end a session. */
const idleSince = (now: Millis) => sql<boolean>`(last_seen_at + idle_millis) <= ${now}`

const insert = prepared<SessionTable, never>((queries, slot) =>
  queries.insertInto('sessions').values({
    id: slot('id'),
    user_id: slot('user_id'),
    api: slot('api'),
    mode: slot('mode'),
    refresh_form: slot('refresh_form'),
    generation: slot('generation'),
    secret_hash: slot('secret_hash'),
    secret_key_id: slot('secret_key_id'),
    salt: slot('salt'),
    ceiling: slot('ceiling'),
    factors: slot('factors'),
    proven_at: slot('proven_at'),
    actor: slot('actor'),
    actor_session: slot('actor_session'),
    actor_epoch: slot('actor_epoch'),
    address: slot('address'),
    user_agent: slot('user_agent'),
    created_at: slot('created_at'),
    last_seen_at: slot('last_seen_at'),
    rotated_at: slot('rotated_at'),
    expires_at: slot('expires_at'),
    idle_millis: slot('idle_millis'),
  }),
)
const mostRows = 1_000_000
/** All but the newest ones of a user. */
const beyond = prepared<{ user: number; but: string; kept: number }, Pick<SessionTable, 'id'>>((queries, slot) =>
  queries
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', slot('user'))
    .where('id', '<>', slot('but'))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    // SQLite has no offset without a limit, and plans the query anew whenever a limit is bound.
    .limit(sql.lit(mostRows))
    .offset(slot('kept')),
)

export function createSessionStore(db: Db, now: () => Millis): SessionStore {
  return {
    create: (session, cap) =>
      db.atomic(async (tx) => {
        const { queries, engine } = tx
        if (engine.locksRows) {
          // Otherwise sessions made side by side would not see each other, and the cap would not hold.
          await queries.selectFrom('users').select('id').where('id', '=', session.userId).forUpdate().execute()
        }
        await insert(queries, toRow(session))
        const others = await beyond(queries, { user: session.userId, but: session.id, kept: Math.max(cap - 1, 0) })
        const surplus = others.map((row) => row.id)
        for (const ids of chunks(surplus)) await queries.deleteFrom('sessions').where('id', 'in', ids).execute()
        announce(tx, surplus, session.createdAt)
        return surplus
      }),

    async byId(id) {
      const row = await db.read.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? null : toSession(row)
    },

    async withUser(id) {
      const row = await db.read
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .selectAll('sessions')
        .select(userColumns)
        .where('sessions.id', '=', id)
        .executeTakeFirst()
      return row === undefined ? null : { session: toSession(row), user: toUser(row) }
    },

    rotateRefresh: (id, presented, next, at, graceMillis) =>
      db.atomic(async ({ queries, engine }) => {
        const rotated = await queries
          .updateTable('sessions')
          .set({
            generation: presented + 1,
            secret_hash: next,
            rotated_at: at,
            last_seen_at: engine.greater('last_seen_at', at),
          })
          .where('id', '=', id)
          .where('generation', '=', presented)
          .where('expires_at', '>', at)
          .executeTakeFirst()
        if (count(rotated) === 1) return 'rotated'
        const session = await queries
          .selectFrom('sessions')
          .select(['generation', 'rotated_at', 'expires_at'])
          .where('id', '=', id)
          .executeTakeFirst()
        if (session === undefined || session.expires_at <= at) return 'gone'
        // Never handed out by this store: not a thief's replay, so the session is not theirs to end.
        if (presented > session.generation) return 'gone'
        // Once the successor is used it is the last but one itself, so that being the last but one says both.
        const lastButOne = presented === session.generation - 1
        // A clock that was set back does not lengthen the grace.
        const age = session.rotated_at === null ? null : Math.abs(at - session.rotated_at)
        return lastButOne && age !== null && age <= graceMillis ? 'grace' : 'reused'
      }),

    reprove: (id, factors, at) =>
      db.atomic(async (tx) => {
        const result = await tx.queries
          .updateTable('sessions')
          .set({ factors: toJson(factors), proven_at: at })
          .where('id', '=', id)
          .executeTakeFirst()
        if (count(result) === 0) return false
        announce(tx, [id], at)
        return true
      }),

    end: (id) =>
      db.atomic(async (tx) => {
        const result = await tx.queries.deleteFrom('sessions').where('id', '=', id).executeTakeFirst()
        if (count(result) === 0) return false
        announce(tx, [id], now())
        return true
      }),

    endAll: (userId, except) =>
      db.atomic(async (tx) => {
        const rows = await tx.queries
          .deleteFrom('sessions')
          .where('user_id', '=', userId)
          .$if(except !== null, (query) => query.where('id', '<>', except ?? ''))
          .returning('id')
          .execute()
        const ids = rows.map((row) => row.id)
        announce(tx, ids, now())
        return ids
      }),

    async list(userId, wish, at) {
      const after = timeCursor(wish)
      const rows = await db.read
        .selectFrom('sessions')
        .selectAll()
        .where('user_id', '=', userId)
        .where('expires_at', '>', at)
        .where((eb) => eb.or([eb('idle_millis', 'is', null), eb.not(idleSince(at))]))
        .$if(after !== null, (query) =>
          query.where((eb) => eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(after?.at ?? 0, after?.id ?? ''))),
        )
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(rowsFor(wish))
        .execute()
      return toPage(rows, wish, toSession, (row) => [row.created_at, row.id])
    },

    touch: (seen) =>
      // A transaction for its repetition only: two nodes may write the same rows in another order.
      db.atomic(async ({ queries }) => {
        for (const part of chunks(latestById(seen))) {
          await queries
            .updateTable('sessions')
            .from(batch(part))
            .set((eb) => ({ last_seen_at: eb.ref('batch.at') }))
            .whereRef('sessions.id', '=', 'batch.id')
            .whereRef('sessions.last_seen_at', '<', 'batch.at')
            .execute()
        }
      }),

    async purge(at) {
      const result = await db.write
        .deleteFrom('sessions')
        .where((eb) => eb.or([eb('expires_at', '<=', at), idleSince(at)]))
        .executeTakeFirst()
      return count(result)
    },
  }
}
