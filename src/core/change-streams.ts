import { CardeaError } from '../errors.ts'
import type { Millis } from '../types.ts'
import type { ChangeFeed } from './change-feed.ts'
import type { Clock, Store } from './ports.ts'
import type { Change } from './records.ts'
import type { CoreSettings } from './settings.ts'

/** Where a stream stands: everything up to this sequence is known to whoever reads it, or was never asked for. */
export interface ChangePosition {
  readonly seq: number
  readonly at: Millis
}

/** Whoever is told. Nothing is awaited: one that is slow has to keep what it is told, or end. */
export interface ChangeReader {
  /** Once, before all else. `missed`: what lies between the sequence that was asked for and this one is not known any more. */
  start(position: ChangePosition, missed: boolean): void
  change(change: Change): void
  /** Nothing that was known before counts: a restored backup, or a pause longer than the outbox remembers. */
  reset(position: ChangePosition): void
  /** The server stops. */
  end(): void
}

/** The change feed for readers elsewhere, each from where it left off. */
export interface ChangeStreams {
  /**
   * Tells everything behind `after`, then what comes, without a gap and nothing twice; `after` null: from now on. Answers
   * the stop function. When as many are open as may be, whoever holds the most gives up the newest for a `holder` with
   * fewer. Throws rate_limited when the holder has as many as one may, busy when nobody gives one up, unavailable while the outbox cannot be read.
   */
  open(after: number | null, reader: ChangeReader, holder: string): Promise<() => void>
  /** Ends those that are open; no other is opened any more. */
  end(): void
  readonly count: () => number
}

export interface ChangeStreamsDeps {
  readonly store: Pick<Store, 'changes'>
  readonly clock: Clock
  readonly feed: Pick<ChangeFeed, 'sync' | 'fresh' | 'subscribe' | 'state'>
  readonly settings: Pick<CoreSettings, 'changes'>
}

const batch = 500
/** Whoever is further behind forgets everything, which costs less than being told. */
const longestReplay = 1000

/** Throws rate_limited when the holder has as many of the open streams as one may. */
export function demandShare(open: Iterable<{ readonly holder: string }>, holder: string, most: number): void {
  const own = [...open].filter((each) => each.holder === holder).length
  if (own < most) return
  throw new CardeaError('rate_limited', {
    retryAfter: 5,
    extra: { reason: `This user has ${own} streams open, as many as one may have. Close one.` },
  })
}

export function createChangeStreams({ store, clock, feed, settings }: ChangeStreamsDeps): ChangeStreams {
  const open = new Map<ChangeReader, { readonly holder: string; readonly stop: () => void }>()
  let ended = false

  /** Ends a stream of whoever holds at least two more than this one; false: nobody does. */
  const makeRoomFor = (holder: string): boolean => {
    const held = new Map<string, number>()
    for (const each of open.values()) held.set(each.holder, (held.get(each.holder) ?? 0) + 1)
    const [greediest, most] = [...held].reduce((one, other) => (other[1] > one[1] ? other : one))
    if (most < (held.get(holder) ?? 0) + 2) return false
    const newest = [...open].findLast(([, each]) => each.holder === greediest)
    newest?.[1].stop()
    newest?.[0].end()
    return true
  }

  /** Whether the outbox still holds this sequence, so that what follows it is whole. */
  const isThere = async (seq: number): Promise<boolean> =>
    seq > 0 && (await store.changes.since(seq - 1, 1))[0]?.seq === seq

  /** All from behind `after` up to `until`; null: too many. */
  const missedSince = async (after: number, until: number): Promise<readonly Change[] | null> => {
    const found: Change[] = []
    for (let from = after; found.length <= longestReplay; ) {
      const some = (await store.changes.since(from, batch)).filter(({ seq }) => seq <= until)
      found.push(...some)
      from = some.at(-1)?.seq ?? until
      if (some.length < batch) return found.length <= longestReplay ? found : null
    }
    return null
  }

  const follow = async (after: number | null, reader: ChangeReader, isOpen: () => boolean): Promise<() => void> => {
    await feed.sync()
    if (!feed.fresh()) throw new CardeaError('unavailable', { internal: 'the change feed is stale' })
    // In one turn, so that nothing falls between the two.
    const { seq: now } = feed.state()
    let waiting: Change[] | null = []
    const tell = (change: Change) => {
      if (change.kind === 'restore') reader.reset({ seq: change.seq, at: change.at })
      else reader.change(change)
    }
    const unsubscribe = feed.subscribe((change) => {
      if (waiting === null) tell(change)
      else waiting.push(change)
    })
    try {
      const position = { seq: after ?? now, at: clock.now() }
      const isKnown = after === null || after === now || (after < now && (await isThere(after)))
      const missed = isKnown ? await missedSince(position.seq, now) : null
      if (!isOpen()) return unsubscribe
      reader.start(missed === null ? { ...position, seq: now } : position, missed === null)
      for (const change of [...(missed ?? []), ...waiting]) tell(change)
      waiting = null
      return unsubscribe
    } catch (error) {
      unsubscribe()
      throw error
    }
  }

  return {
    async open(after, reader, holder) {
      if (ended) throw new CardeaError('unavailable', { internal: 'the server stops' })
      demandShare(open.values(), holder, settings.changes.maxStreamsPerUser)
      if (open.size >= settings.changes.maxStreams && !makeRoomFor(holder)) {
        throw new CardeaError('busy', { internal: 'as many change streams as may be are open', retryAfter: 5 })
      }
      let unsubscribe = () => {}
      const stop = () => {
        open.delete(reader)
        unsubscribe()
      }
      // Counted from now on, or many that come at once would all pass.
      open.set(reader, { holder, stop })
      try {
        unsubscribe = await follow(after, reader, () => open.has(reader))
        if (!open.has(reader)) unsubscribe()
        return stop
      } catch (error) {
        open.delete(reader)
        throw error
      }
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
