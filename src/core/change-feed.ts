import { CardeaError } from '../errors.ts'
import type { Millis } from '../types.ts'
import type { Clock, Log, Store } from './ports.ts'
import type { Change } from './records.ts'

/** Reads the change outbox by sequence and tells the caches. */
export interface ChangeFeed {
  /**
   * Reads everything committed up to now and applies it; a command that revokes calls it before it answers.
   * Never throws: a failure makes the feed stale.
   */
  sync(): Promise<void>
  /** True while the last good read is younger than the stated bound: only then do cached verdicts count. */
  fresh(): boolean
  /** The very first read, and a pause longer than the outbox remembers, arrive as one change of kind `restore`. */
  subscribe(apply: (change: Change) => void): () => void
  /** Starts polling and listening; answers when the first read has succeeded. Throws CardeaError('unavailable'). */
  start(): Promise<void>
  stop(): void
  /** For /readyz and metrics. */
  state(): { readonly seq: number; readonly lastReadAt: number | null }
}

export interface ChangeFeedDeps {
  readonly store: Pick<Store, 'changes'>
  readonly clock: Clock
  readonly log: Log
  /** How old the last good read may be while cached verdicts still count. */
  readonly boundMillis: Millis
  /** How long one read may take: a half-open connection never answers. Default 2,000 ms. */
  readonly readTimeoutMillis?: Millis
  /** Default 1,000 ms. */
  readonly pollMillis?: Millis
}

const batch = 500
/** The outbox is kept for a day; whoever missed more than this cannot know what was cut and forgets everything. */
const longestPause: Millis = 12 * 60 * 60 * 1000

export function createChangeFeed(deps: ChangeFeedDeps): ChangeFeed {
  const { store, clock, log, boundMillis, readTimeoutMillis = 2_000, pollMillis = 1_000 } = deps
  const subscribers = new Set<(change: Change) => void>()
  let seq: number | null = null
  /** When the last good read began; what it saw is at least that young. */
  let readAt: Millis | null = null
  /** The same, but a failure does not clear it. */
  let heardAt: Millis | null = null
  let running: Promise<void> | null = null
  let following: Promise<void> | null = null
  let timer: NodeJS.Timeout | null = null
  let unwatch: (() => void) | null = null

  const tell = (change: Change) => {
    for (const apply of subscribers) apply(change)
  }

  const missedTooMuch = (now: Millis) => heardAt !== null && Math.abs(now - heardAt) > longestPause

  const read = async (): Promise<void> => {
    const now = clock.now()
    if (seq === null || missedTooMuch(now)) {
      const latest = await inTime(store.changes.latest(), readTimeoutMillis)
      tell({ seq: latest, at: now, kind: 'restore', id: '', epoch: 0 })
      seq = latest
    } else {
      let from: number = seq
      for (;;) {
        const changes = await inTime(store.changes.since(from, batch), readTimeoutMillis)
        for (const change of changes) {
          tell(change)
          from = change.seq
          seq = from
        }
        if (changes.length < batch) break
      }
    }
    readAt = now
    heardAt = now
  }

  const round = async (): Promise<void> => {
    try {
      await read()
    } catch (cause) {
      if (readAt !== null) log.warn({ err: cause }, 'the change feed cannot be read: caches are bypassed')
      readAt = null
    }
  }

  const sync = (): Promise<void> => {
    if (running === null) {
      running = round().finally(() => {
        running = null
      })
      return running
    }
    // The running read may have begun before what the caller committed: he waits for one more.
    following ??= running.then(() => {
      following = null
      return sync()
    })
    return following
  }

  return {
    sync,
    fresh() {
      if (readAt === null) return false
      // A clock that was set back makes the age negative: then nothing is known about it.
      const age = clock.now() - readAt
      return age >= 0 && age <= boundMillis
    },
    subscribe(apply) {
      subscribers.add(apply)
      return () => {
        subscribers.delete(apply)
      }
    },
    async start() {
      if (timer !== null) return
      await sync()
      if (readAt === null) throw new CardeaError('unavailable', { internal: 'the change feed cannot be read' })
      timer = setInterval(() => {
        if (running === null) void sync()
      }, pollMillis)
      timer.unref()
      unwatch = store.changes.watch(() => void sync())
    },
    stop() {
      if (timer !== null) clearInterval(timer)
      unwatch?.()
      timer = null
      unwatch = null
    },
    state: () => ({ seq: seq ?? 0, lastReadAt: readAt }),
  }
}

async function inTime<T>(work: Promise<T>, millis: Millis): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new CardeaError('unavailable', { internal: 'a read of the outbox took too long' })),
      millis,
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
