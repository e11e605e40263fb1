import type { ChangePosition, ChangeReader } from '../../../core/change-streams.ts'
import type { Change } from '../../../core/records.ts'
import { CardeaError } from '../../../errors.ts'
import { openEventStream } from '../../../http/event-stream.ts'
import type { Reply } from '../../../http/reply.ts'
import type { Principal, Seconds } from '../../../types.ts'
import { type Call, type Route, route } from '../../api.ts'
import { iso } from '../wire.ts'

/** More than the longest replay. */
const maxWaitingBytes = 256 * 1024
const retryMillis = 1000
const type = 'text/event-stream'
/** nginx would keep an answer until it is long enough to be worth sending. */
const headers = { 'X-Accel-Buffering': 'no' }

/** The sequence that the caller saw last; null: none. */
function lastSeen({ request }: Call): number | null {
  const text = request.headers.get('last-event-id')
  if (text === null || text === '') return null
  if (/^(0|[1-9][0-9]{0,15})$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  const message = 'must be the id of an event of this stream: a whole number'
  throw new CardeaError('request_invalid', { fields: [{ field: 'Last-Event-ID', message }] })
}

/** A change that can have ended the credential which the stream was opened with. */
function concerns({ kind, id }: Change, { user, sessionId, keyId }: Principal): boolean {
  return kind === 'signing-key' || kind === 'token' || id === user?.publicId || id === sessionId || id === keyId
}

function every(seconds: Seconds, run: () => void): NodeJS.Timeout {
  return setInterval(run, seconds * 1000).unref()
}

async function openStream(call: Call): Promise<Reply> {
  const after = lastSeen(call)
  if (call.request.method === 'HEAD') return { status: 200, headers: { ...headers, 'Content-Type': type } }
  const { core } = call
  const { heartbeatSeconds } = core.settings.changes
  let stop = () => {}
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  const stream = openEventStream({
    maxWaitingBytes,
    retryMillis,
    onEnd() {
      isOver = true
      clearInterval(timer)
      stop()
    },
  })
  /** A failure to find out ends the stream too: whoever may still read it comes again. */
  const recheck = async () => {
    if (!(await call.stillStands().catch(() => false))) stream.end()
  }
  const at = ({ seq, at }: ChangePosition) => ({ seq, at: iso(at) })
  const send = (event: string, seq: number, data: object) => stream.send({ event, id: String(seq), data })
  const reader: ChangeReader = {
    start(position, missed) {
      const { seq } = position
      send('start', seq, { ...at(position), heartbeat_seconds: heartbeatSeconds, rights: core.roles.fingerprint })
      if (missed) send('reset', seq, at(position))
    },
    change(change) {
      const { seq, kind, id, epoch } = change
      send('change', seq, { seq, at: iso(change.at), kind, id, epoch })
      if (concerns(change, call.caller())) void recheck()
    },
    reset(position) {
      send('reset', position.seq, at(position))
      void recheck()
    },
    end: () => stream.end(),
  }
  stop = await core.changeStreams.open(after, reader, call.caller().user?.publicId ?? '')
  // Silence says that this server does not know itself what has changed: readers stop trusting what they keep.
  const tellOfLife = () => {
    if (core.feed.fresh()) stream.comment('alive')
  }
  // Whatever was missed is told by now.
  tellOfLife()
  if (isOver) stop()
  else
    timer = every(heartbeatSeconds, () => {
      tellOfLife()
      void recheck()
    })
  return { status: 200, type, body: stream.body, headers }
}

export const changeRoutes: readonly Route[] = [
  route('GET', '/auth/changes', {
    tag: 'Operation',
    summary:
      'What guards elsewhere must not believe any longer, as server-sent events: `start`, `change` and `reset`, with comments between them while all is well. `Last-Event-ID` resumes',
    takes: ['access-token', 'api-key'],
    needs: 'changes:read',
    answers: {
      200: {
        description:
          'A stream that does not end by itself. Ids are sequences. Data of `start` and `reset`: `{seq, at}`, of `start` with `heartbeat_seconds` and `rights`, which is another after a change of the configured roles; of `change`: `{seq, at, kind, id, epoch}`.',
        type,
      },
    },
    errors: ['rate_limited', 'busy', 'unavailable'],
    run: openStream,
  }),
]
