import { sql } from 'kysely'
import type { EventStore } from '../core/ports.ts'
import type { AuditEvent, EventFilter, EventSpan } from '../core/records.ts'
import type { DerivedKey } from '../crypto/key-tree.ts'
import { type CredentialKind, credentialKinds } from '../types.ts'
import type { Db, NewEvent } from './db.ts'
import type { Engine, Queries } from './engine.ts'
import { type EventRow, follows, linkOf, type Mark, makeMark, markHolds, origin } from './event-chain.ts'
import { idCursor, rowsFor, toPage } from './paging.ts'
import { prepared } from './prepared.ts'
import { count, toJson } from './rows.ts'
import type { EventTable } from './schema.ts'

const verifyBatch = 1000
const dayMillis = 86_400_000

function apiOf(text: string): AuditEvent['api'] {
  return text as AuditEvent['api'] // only ever written from one
}

function credentialOf(text: string | null): CredentialKind | null {
  return credentialKinds.find((kind) => kind === text) ?? null
}

function dataOf(text: string): AuditEvent['data'] {
  return JSON.parse(text)
}

function toEvent(row: EventRow): AuditEvent {
  return {
    id: row.id,
    at: row.at,
    kind: row.kind,
    api: apiOf(row.api),
    user: row.subject,
    actor: row.actor,
    credential: credentialOf(row.credential),
    sessionId: row.session_id,
    keyId: row.key_ref,
    address: row.address,
    userAgent: row.user_agent,
    data: dataOf(row.data),
  }
}

const markNamed = prepared<Pick<Mark, 'name'>, Mark>((queries, slot) =>
  queries.selectFrom('event_marks').selectAll().where('name', '=', slot('name')),
)
const putMark = prepared<Mark, never>((queries, slot) => {
  const mark = { event_id: slot('event_id'), link: slot('link'), audit_key: slot('audit_key'), mac: slot('mac') }
  return queries
    .insertInto('event_marks')
    .values({ name: slot('name'), ...mark })
    .onConflict((oc) => oc.column('name').doUpdateSet(mark))
})
const insert = prepared<EventTable, never>((queries, slot) =>
  queries.insertInto('events').values({
    id: slot('id'),
    at: slot('at'),
    kind: slot('kind'),
    api: slot('api'),
    subject: slot('subject'),
    actor: slot('actor'),
    credential: slot('credential'),
    session_id: slot('session_id'),
    key_ref: slot('key_ref'),
    data: slot('data'),
    audit_key: slot('audit_key'),
    address: slot('address'),
    user_agent: slot('user_agent'),
    link: slot('link'),
  }),
)

async function readMark(queries: Queries, name: Mark['name']): Promise<Mark | undefined> {
  const [mark] = await markNamed(queries, { name })
  return mark
}

async function writeMark(queries: Queries, mark: Mark): Promise<void> {
  await putMark(queries, mark)
}

/** Appends events to the chain; the caller's transaction ends soon, since nobody else can append until then. */
export async function writeEvents(queries: Queries, engine: Engine, events: readonly NewEvent[]): Promise<void> {
  await engine.lock(queries, 'events')
  let end: { event_id: number; link: string } = (await readMark(queries, 'head')) ?? origin
  let mark: Mark | null = null
  for (const { event, key } of events) {
    const lasting = {
      id: end.event_id + 1,
      at: event.at,
      kind: event.kind,
      api: event.api,
      subject: event.user,
      actor: event.actor,
      credential: event.credential,
      session_id: event.sessionId,
      key_ref: event.keyId,
      data: toJson(event.data),
      audit_key: key.id,
    }
    const link = linkOf(key, end.link, lasting)
    await insert(queries, { ...lasting, address: event.address, user_agent: event.userAgent, link })
    mark = makeMark(key, 'head', lasting.id, link)
    end = mark
  }
  if (mark !== null) await writeMark(queries, mark)
}

export function createEventStore(db: Db): EventStore {
  const filtered = (filter: EventFilter) => {
    let query = db.read.selectFrom('events').selectAll()
    if (filter.user !== undefined) query = query.where('subject', '=', filter.user)
    if (filter.actor !== undefined) query = query.where('actor', '=', filter.actor)
    if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind)
    if (filter.address !== undefined) query = query.where('address', '=', filter.address)
    // Not by the index of times: everything in them would be sorted by id, anew for each page. Nearly all of what lies
    // between the ids is of the times; a clock that jumped makes the rest.
    if (filter.from !== undefined) query = query.where(sql`+at`, '>=', filter.from)
    if (filter.to !== undefined) query = query.where(sql`+at`, '<', filter.to)
    return query
  }

  async function spanOf({ kind, from, to }: EventFilter): Promise<EventSpan | null> {
    if (from === undefined && to === undefined) return { first: 0, last: Number.MAX_SAFE_INTEGER }
    // From the index alone where there is one for it; without the sign it would be looked for in the order of ids.
    let query = db.read
      .selectFrom('events')
      .select([sql<number | null>`min(+id)`.as('first'), sql<number | null>`max(+id)`.as('last')])
    if (kind !== undefined) query = query.where('kind', '=', kind)
    if (from !== undefined) query = query.where('at', '>=', from)
    if (to !== undefined) query = query.where('at', '<', to)
    const { first, last } = await query.executeTakeFirstOrThrow()
    return first === null || last === null ? null : { first: Number(first), last: Number(last) }
  }

  /** One pass from the checkpoint to the head. */
  async function check(
    keys: readonly DerivedKey[],
  ): Promise<{ checked: number; brokenAt: number | null; from: number }> {
    const checkpoint = await readMark(db.read, 'checkpoint')
    const head = await readMark(db.read, 'head')
    const from = checkpoint?.event_id ?? 0
    let end: { event_id: number; link: string } = checkpoint ?? origin
    let checked = 0
    if (checkpoint !== undefined && !markHolds(keys, checkpoint))
      return { checked, brokenAt: checkpoint.event_id, from }
    for (;;) {
      const rows = await db.read
        .selectFrom('events')
        .selectAll()
        .where('id', '>', end.event_id)
        .orderBy('id')
        .limit(verifyBatch)
        .execute()
      for (const row of rows) {
        if (!follows(keys, end, row)) return { checked, brokenAt: row.id, from }
        end = { event_id: row.id, link: row.link }
        checked += 1
        // The head that was read first is passed on the way; events that came later follow it.
        if (head !== undefined && row.id === head.event_id && row.link !== head.link)
          return { checked, brokenAt: row.id, from }
      }
      if (rows.length < verifyBatch) break
    }
    const whole = head === undefined ? end.event_id === 0 : markHolds(keys, head) && end.event_id >= head.event_id
    return { checked, brokenAt: whole ? null : end.event_id + 1, from }
  }

  return {
    append: (event, key) =>
      db.atomic(async (tx) => {
        tx.event({ event, key })
      }),

    async list(filter, wish) {
      await db.flush()
      const before = idCursor(wish)
      let query = filtered(filter)
      if (before !== null) query = query.where('id', '<', before)
      const span = filter.span ?? (await spanOf(filter))
      if (span === null) return { items: [], nextCursor: null }
      query = query.where('id', '>=', span.first).where('id', '<=', span.last)
      const rows = await query.orderBy('id', 'desc').limit(rowsFor(wish)).execute()
      return toPage(rows, wish, toEvent, (row) => [row.id])
    },

    async span(filter) {
      await db.flush()
      return spanOf(filter)
    },

    async newest() {
      await db.flush()
      return (await readMark(db.read, 'head'))?.event_id ?? 0
    },

    async between(filter, after, until, limit) {
      const query = filtered(filter).where('id', '>', after).where('id', '<=', until)
      return (await query.orderBy('id').limit(limit).execute()).map(toEvent)
    },

    async countDays(kinds, from, to) {
      await db.flush()
      const day = sql<number>`at / ${sql.lit(dayMillis)}`
      const rows = await db.read
        .selectFrom('events')
        .select(({ fn }) => [day.as('day'), 'kind', fn.countAll<number>().as('count')])
        .where('kind', 'in', kinds)
        .where('at', '>=', from)
        .where('at', '<', to)
        .groupBy(['kind', day])
        .orderBy('day')
        .execute()
      return rows.map((row) => ({ day: Number(row.day), kind: row.kind, count: Number(row.count) }))
    },

    async verify(keys) {
      await db.flush()
      for (let attempt = 0; ; attempt += 1) {
        const { checked, brokenAt, from } = await check(keys)
        if (brokenAt === null) return { checked, brokenAt }
        // Retention may have cut the beginning off while we read; then the checkpoint has moved.
        const checkpoint = await readMark(db.read, 'checkpoint')
        if ((checkpoint?.event_id ?? 0) === from || attempt === 3) return { checked, brokenAt }
      }
    },

    purge: (before, key) =>
      db.atomic(async (tx) => {
        const { queries, engine } = tx
        await tx.flush()
        await engine.lock(queries, 'events')
        // Only a beginning can be cut: an older event behind a younger one (a clock that jumped) stays with it.
        const kept = await queries
          .selectFrom('events')
          .select('id')
          .where('at', '>=', before)
          .orderBy('id')
          .limit(1)
          .executeTakeFirst()
        let query = queries.selectFrom('events').select(['id', 'link'])
        if (kept !== undefined) query = query.where('id', '<', kept.id)
        const last = await query.orderBy('id', 'desc').limit(1).executeTakeFirst()
        if (last === undefined) return 0
        await writeMark(queries, makeMark(key, 'checkpoint', last.id, last.link))
        return count(await queries.deleteFrom('events').where('id', '<=', last.id).executeTakeFirst())
      }),
  }
}
