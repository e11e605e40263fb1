import { z } from '@hono/zod-openapi'
import type { AuditEvent, EventFilter } from '../../../core/records.ts'
import { CardeaError } from '../../../errors.ts'
import { csvLine } from '../../../http/csv.ts'
import { openEventStream } from '../../../http/event-stream.ts'
import type { Reply } from '../../../http/reply.ts'
import { textStream } from '../../../http/text-stream.ts'
import { type Call, type Route, route } from '../../api.ts'
import { whileStanding } from '../../standing.ts'
import { millis, pageOf, pageQuery, timeField } from '../wire.ts'
import { AuditEventBody, auditEventBody, countedKinds, StatisticsBody, statisticsItems } from '../wire-admin.ts'
import { anyKind, defined, inSession, ok } from './common.ts'

const filterFields = {
  user: z.string().max(64).optional().openapi({ description: 'Public id of the user it is about.' }),
  actor: z.string().max(64).optional().openapi({ description: 'Public id of who did it.' }),
  kind: z.string().max(64).optional(),
  address: z.string().max(64).optional(),
}
const periodFields = { from: timeField.optional(), to: timeField.optional() }

type FilterQuery = { readonly [name in keyof typeof filterFields | keyof typeof periodFields]?: string | undefined }

function filterOf({ user, actor, kind, address, from, to }: FilterQuery): EventFilter {
  const times = {
    from: from === undefined ? undefined : millis(from),
    to: to === undefined ? undefined : millis(to),
  }
  return defined({ user, actor, kind, address, ...times })
}

async function named(call: Pick<Call, 'core'>, events: readonly AuditEvent[]) {
  const ids = events.flatMap(({ user, actor }) => [user, actor].filter((id) => id !== null))
  const names = await call.core.users.names(ids)
  return events.map((event) => auditEventBody(event, names))
}

const columns = [
  'id',
  'at',
  'kind',
  'api',
  'user',
  'user_name',
  'actor',
  'actor_name',
  'credential',
  'session_id',
  'key_id',
  'address',
  'user_agent',
] as const

const formats = {
  csv: {
    type: 'text/csv',
    head: csvLine([...columns, 'data']),
    line: (event: z.infer<typeof AuditEventBody>) =>
      csvLine([...columns.map((name) => event[name]), JSON.stringify(event.data)]),
  },
  jsonl: {
    type: 'application/x-ndjson',
    head: '',
    line: (event: z.infer<typeof AuditEventBody>) => `${JSON.stringify(event)}\n`,
  },
} as const

const exportPage = 500

/** Page by page as the caller reads. What is written meanwhile is newer than where this began and is not in it. */
async function* exported(call: Call, filter: EventFilter, format: keyof typeof formats): AsyncGenerator<string> {
  const { head, line } = formats[format]
  if (head !== '') yield head
  const span = await call.core.events.span(filter)
  if (span === null) return
  let cursor: string | null = null
  do {
    const wish: { limit: number; cursor?: string } = { limit: exportPage, ...(cursor === null ? {} : { cursor }) }
    const page = await call.core.events.list({ ...filter, span }, wish)
    if (page.items.length > 0) yield (await named(call, page.items)).map(line).join('')
    cursor = page.nextCursor
  } while (cursor !== null)
}

const type = 'text/event-stream'
/** nginx would keep an answer until it is long enough to be worth sending. */
const streamHeaders = { 'X-Accel-Buffering': 'no' }
const maxWaitingBytes = 512 * 1024
const heartbeatMillis = 15_000

/** The event that the caller saw last; null: none. */
function lastSeen({ request }: Call): number | null {
  const text = request.headers.get('last-event-id')
  if (text === null || text === '') return null
  if (/^(0|[1-9][0-9]{0,14})$/.test(text)) return Number(text)
  const message = 'must be the id of an event of this stream: a whole number'
  throw new CardeaError('request_invalid', { fields: [{ field: 'Last-Event-ID', message }] })
}

function openTail(call: Call, filter: EventFilter): Reply {
  const after = lastSeen(call)
  if (call.request.method === 'HEAD') return { status: 200, headers: { ...streamHeaders, 'Content-Type': type } }
  const stops: (() => void)[] = []
  const stream = openEventStream({
    maxWaitingBytes,
    retryMillis: 2000,
    onEnd() {
      for (const stop of stops.splice(0)) stop()
    },
  })
  const leave = call.core.eventTail.open(
    filter,
    after,
    {
      async events(events) {
        try {
          for (const data of await named(call, events)) stream.send({ event: 'event', id: String(data.id), data })
          await stream.room()
        } catch {
          stream.end()
        }
      },
      upTo() {},
      end: () => stream.end(),
    },
    call.caller().user?.publicId ?? '',
  )
  const timer = setInterval(() => stream.comment('alive'), heartbeatMillis)
  timer.unref()
  stops.push(
    leave,
    () => clearInterval(timer),
    whileStanding(call, heartbeatMillis, () => stream.end()),
  )
  return { status: 200, type, body: stream.body, headers: streamHeaders }
}

const dayMillis = 86_400_000

export const adminEventRoutes: readonly Route[] = [
  route('GET', '/auth/admin/events', {
    tag: 'Administration',
    summary: 'The audit log, newest first',
    takes: anyKind,
    needs: 'events:read',
    query: pageQuery.extend({ ...filterFields, ...periodFields }),
    answers: ok('Audit events.', pageOf(AuditEventBody, 'AuditPage')),
    run: async (call) => {
      const { limit, cursor, ...filter } = call.query
      const page = await call.core.events.list(filterOf(filter), defined({ limit, cursor }))
      return { status: 200, body: { items: await named(call, page.items), next_cursor: page.nextCursor } }
    },
  }),
  route('GET', '/auth/admin/events/kinds', {
    tag: 'Administration',
    summary: 'The kinds of audit events',
    takes: anyKind,
    needs: 'events:read',
    answers: ok('Kinds.', z.object({ items: z.array(z.string()) }).openapi('EventKinds')),
    run: (call) => ({ status: 200, body: { items: [...call.core.events.kinds].sort() } }),
  }),
  route('GET', '/auth/admin/events/export', {
    tag: 'Administration',
    summary: 'The audit log as a file, newest first, as it is read',
    takes: inSession,
    strictKinds: true,
    needs: 'events:read',
    fresh: 'all',
    query: z.strictObject({
      format: z.enum(['csv', 'jsonl'], 'must be csv or jsonl'),
      ...filterFields,
      ...periodFields,
    }),
    answers: {
      200: {
        description: 'One event a line. A program that opens the CSV file runs nothing that is in it.',
        type: formats.csv.type,
        otherTypes: [formats.jsonl.type],
      },
    },
    run: async (call) => {
      const { format, ...filter } = call.query
      const { type } = formats[format]
      const headers = { 'Content-Disposition': `attachment; filename="audit-log.${format}"` }
      if (call.request.method === 'HEAD') return { status: 200, headers: { ...headers, 'Content-Type': type } }
      const data = { format, filters: Object.keys(defined(filter)) }
      const by = call.caller()
      await call.core.events.record({
        kind: 'events-exported',
        user: by.user?.publicId ?? null,
        actor: by,
        origin: call.origin,
        data,
      })
      const body = textStream(exported(call, filterOf(filter), format))
      return { status: 200, type: `${type}; charset=utf-8`, headers, body }
    },
  }),
  route('GET', '/auth/admin/events/live', {
    tag: 'Administration',
    summary: 'The audit log as it grows, as server-sent events called `event`; `Last-Event-ID` resumes',
    takes: anyKind,
    needs: 'events:read',
    query: z.strictObject(filterFields),
    answers: { 200: { description: 'A stream that does not end by itself. Ids are those of the events.', type } },
    errors: ['rate_limited', 'busy', 'unavailable'],
    run: (call) => openTail(call, filterOf(call.query)),
  }),
  route('GET', '/auth/admin/statistics', {
    tag: 'Administration',
    summary: 'Sign-ins by day (UTC): good ones, failed ones, and limits that were hit',
    takes: anyKind,
    needs: 'events:read',
    query: z.strictObject({
      days: z.coerce
        .number('must be a number')
        .int('must be a whole number')
        .min(1, 'must be at least 1')
        .max(366, 'must be at most 366')
        .default(30),
    }),
    answers: ok('A day each, oldest first, today last.', StatisticsBody),
    run: async (call) => {
      const { core, query } = call
      const lastDay = Math.floor(core.clock.now() / dayMillis)
      const counts = await core.statistics.countDays(countedKinds, query.days)
      const keptDays = Math.floor(core.settings.lifetimes.events / 86_400)
      return { status: 200, body: { items: statisticsItems(counts, lastDay, query.days), kept_days: keptDays } }
    },
  }),
]
