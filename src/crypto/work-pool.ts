import { CardeaError } from '../errors.ts'

export interface WorkPool {
  /** Runs `work` when there is room; CardeaError `busy` at once when the queue is full. */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Running and waiting. */
  pending(): number
}

/** Results that are handed back in a row while more work waits. */
const together = 4

/**
 * At most `parallel` pieces of work at once and `queue` waiting, first come first served.
 *
 * While others wait, results are handed back in fours: a hash streams through so much memory that what it leads to finds
 * the processor's caches empty, and costs half of that when it runs in a row (docs/adr/0009). Whoever waits in a queue
 * hardly feels it. A turn of the event loop lies between each two, so that nobody else is kept waiting.
 */
export function createWorkPool({ parallel, queue }: { readonly parallel: number; readonly queue: number }): WorkPool {
  const waiting: (() => void)[] = []
  const held: (() => void)[] = []
  let running = 0

  function release(): void {
    held.shift()?.()
    if (held.length > 0) setImmediate(release)
  }

  return {
    async run(work) {
      if (running < parallel) {
        running += 1
      } else if (waiting.length < queue) {
        // Whoever finishes hands over the place, so nobody can slip in between.
        await new Promise<void>((resolve) => waiting.push(resolve))
      } else {
        throw new CardeaError('busy', { retryAfter: 1, internal: `work pool full: ${running} + ${waiting.length}` })
      }
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next === undefined) running -= 1
        else next()
        await new Promise<void>((resolve) => {
          held.push(resolve)
          if (next === undefined || held.length === together) release()
        })
      }
    },
    pending: () => running + waiting.length,
  }
}
