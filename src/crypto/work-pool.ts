import { CardeaError } from '../errors.ts'

export interface WorkPool {
  /** Runs `work` when there is room; CardeaError `busy` at once when the queue is full. */
  run<T>(work: () => Promise<T>): Promise<T>
  /** Running and waiting. */
  pending(): number
}

/** At most `parallel` pieces of work at once and `queue` waiting, first come first served. */
export function createWorkPool({ parallel, queue }: { readonly parallel: number; readonly queue: number }): WorkPool {
  const waiting: (() => void)[] = []
  let running = 0

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
      }
    },
    pending: () => running + waiting.length,
  }
}
