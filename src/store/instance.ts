import { sql } from 'kysely'
import type { InstanceStore } from '../core/ports.ts'
import type { SecretUse } from '../core/records.ts'
import type { UserStatus } from '../types.ts'
import type { Db, Tx } from './db.ts'
import type { Queries } from './engine.ts'
import { count } from './rows.ts'

const epochKey = 'instance-epoch'
/** More than anybody makes between two backups, and small enough for clients that keep 32 bits. */
const skippedIds = 1_000_000
/** The outbox moves faster, and who reads it must never wait for numbers that it has passed. */
const skippedChanges = 1_000_000_000

async function epochOf(queries: Queries): Promise<number> {
  const row = await queries.selectFrom('meta').select('value').where('key', '=', epochKey).executeTakeFirst()
  return Number(row?.value ?? 0)
}

/** Whole tables are changed: that is no query that hangs. */
async function unhurried({ engine, queries }: Tx): Promise<void> {
  if (engine.name === 'postgres') await sql`set local statement_timeout = 0`.execute(queries)
}

/** Keys or private tokens that nobody revoked: from one state to the other. */
async function suspend(tx: Tx, table: 'keys' | 'tokens', from: 'is' | 'is not', to: number | null): Promise<number> {
  const result = await tx.queries
    .updateTable(table)
    .set({ suspended_at: to })
    .where('suspended_at', from, null)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return count(result)
}

export function createInstanceStore(db: Db): InstanceStore {
  const waiting = async (table: 'keys' | 'tokens'): Promise<number> => {
    const row = await db.read
      .selectFrom(table)
      .select((of) => of.fn.countAll<number>().as('count'))
      .where('suspended_at', 'is not', null)
      .where('revoked_at', 'is', null)
      .executeTakeFirstOrThrow()
    return Number(row.count)
  }

  return {
    beginEpoch: (now) =>
      db.atomic(async (tx) => {
        const { queries, engine } = tx
        await unhurried(tx)
        await engine.lock(queries, 'instance')
        const epoch = (await epochOf(queries)) + 1
        await queries
          .insertInto('meta')
          .values({ key: epochKey, value: String(epoch) })
          .onConflict((oc) => oc.column('key').doUpdateSet({ value: String(epoch) }))
          .execute()
        const sessions = count(await queries.deleteFrom('sessions').executeTakeFirst())
        const oneTimes = count(await queries.deleteFrom('one_time').executeTakeFirst())
        // One that was used after the backup would be good again. The sets stay: their owners see that none is left.
        const recoveryCodes = count(await queries.deleteFrom('recovery_codes').executeTakeFirst())
        const keys = await suspend(tx, 'keys', 'is', now)
        const tokens = await suspend(tx, 'tokens', 'is', now)
        for (const table of ['users', 'tokens', 'recovery_codes']) {
          await engine.skipIds(queries, table, 'id', skippedIds)
        }
        await engine.skipIds(queries, 'changes', 'seq', skippedChanges)
        tx.change({ at: now, kind: 'restore', id: '', epoch })
        return { epoch, sessions, oneTimes, recoveryCodes, keys, tokens }
      }),

    confirmKeys: (now) =>
      db.atomic(async (tx) => {
        await unhurried(tx)
        const keys = await suspend(tx, 'keys', 'is not', null)
        const tokens = await suspend(tx, 'tokens', 'is not', null)
        if (keys + tokens > 0) {
          tx.change({ at: now, kind: 'restore', id: '', epoch: await epochOf(tx.queries) })
        }
        return { keys, tokens }
      }),

    async suspended() {
      return { keys: await waiting('keys'), tokens: await waiting('tokens') }
    },

    async secretUses(now) {
      const of = async (what: SecretUse['what'], from: ReturnType<typeof sql>): Promise<readonly SecretUse[]> => {
        const { rows } = await sql<{ key_id: string; count: number }>`
          select key_id, count(*) as count from (${from}) as made group by key_id order by key_id`.execute(db.read)
        return rows.map((row) => ({ what, keyId: row.key_id, count: Number(row.count) }))
      }
      return [
        ...(await of('second-factor', sql`select box_key as key_id from totp`)),
        ...(await of(
          'api-key',
          sql`select pepper_id as key_id from keys
            where revoked_at is null and (expires_at is null or expires_at > ${now})`,
        )),
        ...(await of('session', sql`select secret_key_id as key_id from sessions where expires_at > ${now}`)),
        ...(await of('audit-event', sql`select audit_key as key_id from events`)),
      ]
    },

    async census(now) {
      const users = await db.read
        .selectFrom('users')
        .select((of) => ['kind', 'status', of.fn.countAll<number>().as('count')])
        .groupBy(['kind', 'status'])
        .execute()
      const people = (status: UserStatus) =>
        Number(users.find((row) => row.kind === 'person' && row.status === status)?.count ?? 0)
      const services = users.filter(({ kind }) => kind === 'service')
      const { rows } = await sql<Record<'sessions' | 'keys' | 'tokens' | 'events' | 'documents', number>>`select
        (select count(*) from sessions where expires_at > ${now}) as sessions,
        (select count(*) from keys
          where revoked_at is null and (expires_at is null or expires_at > ${now})) as keys,
        (select count(*) from tokens where revoked_at is null and expires_at > ${now}) as tokens,
        coalesce((select event_id from event_marks where name = 'head'), 0)
          - coalesce((select event_id from event_marks where name = 'checkpoint'), 0) as events,
        (select count(distinct doc_id) from documents) as documents`.execute(db.read)
      return {
        users: {
          pending: people('pending'),
          active: people('active'),
          disabled: people('disabled'),
          blocked: people('blocked'),
        },
        services: services.reduce((sum, row) => sum + Number(row.count), 0),
        sessions: Number(rows[0]?.sessions ?? 0),
        keys: Number(rows[0]?.keys ?? 0),
        tokens: Number(rows[0]?.tokens ?? 0),
        events: Number(rows[0]?.events ?? 0),
        documents: Number(rows[0]?.documents ?? 0),
      }
    },

    async migrations() {
      const rows = await db.read.selectFrom('cardea_migrations').select('name').orderBy('name').execute()
      return rows.map(({ name }) => name)
    },

    async newestAuditKey() {
      await db.flush()
      const row = await db.read
        .selectFrom('event_marks')
        .select('audit_key')
        .where('name', '=', 'head')
        .executeTakeFirst()
      return row?.audit_key ?? null
    },
  }
}
