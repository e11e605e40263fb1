import { CardeaError } from '../errors.ts'
import type { Millis } from '../types.ts'
import type { Log } from './ports.ts'

/**
 * Work that a command leaves behind so that its answer, and the time of it, do not tell what was found: mails and what
 * belongs to them. A failure is logged; that a user went meanwhile, by a request right behind, is none. Nothing is kept
 * across a restart.
 */
export interface Background {
  run(name: string, work: () => Promise<void>): void
  /** Resolves when nothing is left to do. */
  idle(): Promise<void>
}

export interface BackgroundDeps {
  readonly log: Log
  /**
   * How long work waits, another time each time: begun at once, it would slow down the next request, whose time then told
   * what the answer did not. Default: no longer than the answer takes.
   */
  readonly delay?: () => Millis
}

export function createBackground({ log, delay = () => 0 }: BackgroundDeps): Background {
  const running = new Set<Promise<void>>()
  return {
    run(name, work) {
      const wait = delay()
      const started = new Promise<void>((resolve) => {
        if (wait > 0) setTimeout(resolve, wait)
        else setImmediate(resolve)
      })
      const task = started.then(work).catch((error: unknown) => {
        if (error instanceof CardeaError && error.code === 'conflict') {
          log.info({ work: name }, 'work in the background came too late: what it was about has changed')
          return
        }
        const why = error instanceof Error ? error.message : 'unknown'
        log.error({ work: name, error: why }, 'work in the background failed')
      })
      running.add(task)
      void task.then(() => running.delete(task))
    },
    async idle() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
