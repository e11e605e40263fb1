import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type Database from 'better-sqlite3'
import type { Log } from '../core/ports.ts'
import { faultName } from './faults.ts'

/** A sign-in writes some thirteen pages: about as many to a checkpoint as SQLite would take by itself. */
const commitsBetween = 64
/** Pages in the log at which a commit folds them itself after all: the thread is late or gone. */
const latestPages = 4000

/**
 * Folds SQLite's write-ahead log into the database beside the thread that answers. The commit that reaches SQLite's own
 * limit would do it in place: ten milliseconds in which nobody is answered, once a second while people sign in.
 */
export interface Checkpoints {
  /** Tells of a commit. Most of them do nothing; the thread is started by the first that has enough before it. */
  committed(): void
  stop(): Promise<void>
}

export function createCheckpoints(writer: Database.Database, file: string, log: Log): Checkpoints {
  let commits = 0
  let worker: Worker | null = null
  let isFolding = false

  function start(): Worker {
    writer.pragma(`wal_autocheckpoint = ${latestPages}`)
    const made = new Worker(new URL(`./checkpoint-worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: file,
    })
    made.on('message', () => {
      isFolding = false
    })
    made.on('error', (error) => {
      // A full disk, say: SQLite's own checkpoints go on, and the next thread tries again.
      log.warn({ fault: faultName(error) }, 'the write-ahead log could not be folded beside the work')
      if (worker === made) worker = null
      isFolding = false
    })
    // After its listeners, which would hold the process again.
    made.unref()
    return made
  }

  return {
    committed() {
      commits += 1
      if (commits < commitsBetween || isFolding) return
      commits = 0
      isFolding = true
      worker ??= start()
      worker.postMessage('fold')
    },
    async stop() {
      isFolding = true
      await worker?.terminate()
      worker = null
    },
  }
}
