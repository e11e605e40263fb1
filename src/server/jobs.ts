import type { JobState } from '../apis/native/office.ts'
import type { Job } from '../core/jobs.ts'
import type { Clock, Log } from '../core/ports.ts'
import { systemClock } from './clock.ts'

export interface Jobs {
  start(): void
  states(): readonly JobState[]
  /** No run begins any more, and those that last are told to end; answers when all have. */
  stop(): Promise<void>
}

/** Scheduled work. A run that takes longer than its interval is never doubled, a failure is logged and tried again. */
export function createJobs(jobs: readonly Job[], log: Log, clock: Clock = systemClock): Jobs {
  const timers: NodeJS.Timeout[] = []
  const running = new Map<string, Promise<void>>()
  const last = new Map<string, Pick<JobState, 'lastRunAt' | 'lastMillis' | 'failed'>>()
  const stopping = new AbortController()

  const run = (job: Job) => {
    if (running.has(job.name)) return
    const begun = clock.now()
    let failed = false
    const done = (async () => {
      try {
        await job.run(stopping.signal)
      } catch (error) {
        failed = true
        log.error({ job: job.name, error }, 'scheduled work failed')
      } finally {
        last.set(job.name, { lastRunAt: begun, lastMillis: clock.now() - begun, failed })
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
    states: () =>
      jobs.map(({ name, everySeconds }) => ({
        name,
        everySeconds,
        running: running.has(name),
        ...(last.get(name) ?? { lastRunAt: null, lastMillis: null, failed: false }),
      })),
    async stop() {
      for (const timer of timers.splice(0)) clearInterval(timer)
      stopping.abort()
      await Promise.all(running.values())
    },
  }
}
