import type { Log } from '../core/ports.ts'

export interface ShutdownDeps {
  /** The process, or what stands for it. */
  readonly process: Pick<NodeJS.Process, 'on' | 'exit'>
  readonly stop: () => Promise<void>
  readonly log: Log
}

const numbers = { SIGINT: 2, SIGTERM: 15 } as const

/** SIGTERM or SIGINT stops gracefully and exits with 0, a second one exits at once. */
export function stopOnSignals({ process, stop, log }: ShutdownDeps): void {
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(128 + numbers[signal])
      stopping = true
      log.info({ signal }, 'stopping: running requests are finished first')
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ error }, 'the stop was not clean')
          process.exit(1)
        },
      )
    })
  }
}
