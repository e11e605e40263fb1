import type { Job } from '../core/jobs.ts'
import type { Log } from '../core/ports.ts'

export interface Jobs {
  start(): void
  /** No run begins any more, and those that last are told to end; answers when all have. */
  stop(): Promise<void>
}

/** Scheduled work. A run that takes longer than its interval is never doubled, a failure is logged and tried again. */
export function createJobs(jobs: readonly Job[], log: Log): Jobs {
  const timers: NodeJS.Timeout[] = []
  const running = new Map<string, Promise<void>>()
  const stopping = new AbortController()

  const run = (job: Job) => {
    if (running.has(job.name)) return
    const done = (async () => {
      try {
        await job.run(stopping.signal)
      } catch (error) {
        log.error({ job: job.name, error }, 'scheduled work failed')
      } finally {
        running.delete(job.name)
      }
    })()
    running.set(job.name, done)
  }
  return {
    start() {
      for (const job of jobs) {
        // At once, too: a server that is restarted often would never come to what is done once a day.
        run(job)
        // Nothing is lost when the process ends between two runs: the stop flushes.
        timers.push(setInterval(() => run(job), job.everySeconds * 1000).unref())
      }
    },
    async stop() {
      for (const timer of timers.splice(0)) clearInterval(timer)
      stopping.abort()
      await Promise.all(running.values())
    },
  }
}
