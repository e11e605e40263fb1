import { CardeaError } from '../errors.ts'
import { demandShare } from './change-streams.ts'
import type { Log, Store } from './ports.ts'
import type { AuditEvent, EventFilter } from './records.ts'

/** Whoever is told. */
export interface EventReader {
  /** Oldest first. What follows is read once this is done, so that one that is slow is told no faster than it takes. */
  events(events: readonly AuditEvent[]): Promise<void>
  /** All up to this id was looked through. */
  upTo(id: number): void
  /** The server stops. */
  end(): void
}

/** The audit log as it grows. */
export interface EventTail {
  /**
   * Tells what is new, oldest first, about once a second: what came behind the event `after`, or from now on with null.
   * Answers the stop function. Throws rate_limited when the holder has as many as one may, busy when as many are open as may be, unavailable while the server stops.
   */
  open(filter: EventFilter, after: number | null, reader: EventReader, holder: string): () => void
  /** Ends those that are open; no other is opened any more. */
  end(): void
  readonly count: () => number
}

export interface EventTailDeps {
  readonly store: Pick<Store, 'events'>
  readonly log: Log
  readonly pollMillis?: number
}

/** Each costs one small read a second, and another where there is something new. */
const maxOpen = 20
const maxOfHolder = 5
/** Whoever was away for longer reads the log. */
const maxBehind = 10_000
const batch = 200

export function createEventTail({ store, log, pollMillis = 1000 }: EventTailDeps): EventTail {
  const open = new Map<EventReader, { readonly holder: string; readonly stop: () => void }>()
  let ended = false

  return {
    open(filter, after, reader, holder) {
      if (ended) throw new CardeaError('unavailable', { internal: 'the server stops' })
      demandShare(open.values(), holder, maxOfHolder)
      if (open.size >= maxOpen) {
        throw new CardeaError('busy', { internal: 'as many tails as may be are open', retryAfter: 5 })
      }
      let position = after
      let timer: NodeJS.Timeout | undefined
      const isOpen = () => open.has(reader)

      const read = async () => {
        const newest = await store.events.newest()
        // A restored log may be shorter than what was seen of it.
        const from = position === null || position > newest ? newest : position
        position = Math.max(from, newest - maxBehind)
        while (isOpen() && position < newest) {
          const found = await store.events.between(filter, position, newest, batch)
          position = found.length < batch ? newest : (found.at(-1)?.id ?? newest)
          if (isOpen() && found.length > 0) await reader.events(found)
        }
        if (isOpen()) reader.upTo(position)
      }
      const round = async () => {
        try {
          await read()
        } catch (error) {
          log.warn({ err: error }, 'the audit log cannot be followed')
        }
        if (isOpen()) timer = setTimeout(() => void round(), pollMillis).unref()
      }
      const stop = () => {
        open.delete(reader)
        clearTimeout(timer)
      }
      open.set(reader, { holder, stop })
      void round()
      return stop
    },
    end() {
      ended = true
      for (const [reader, { stop }] of [...open]) {
        stop()
        reader.end()
      }
    },
    count: () => open.size,
  }
}
