/* A thread of its own, with a connection of its own: folds the write-ahead log into the database each time it is told to. */
import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'

/** What was written meanwhile is folded at once, too: only a log that is folded whole is begun anew. */
const rounds = 3

const database = new Database(workerData as string, { fileMustExist: true })
// As the connection that writes: what was answered survives a power cut.
database.pragma('synchronous = full')

parentPort?.on('message', () => {
  for (let round = 0; round < rounds && !isWhole(); round += 1);
  parentPort?.postMessage('folded')
})

/** Waits for nobody, and nobody waits for it. */
function isWhole(): boolean {
  const [folded] = database.pragma('wal_checkpoint(passive)') as Folded[]
  return folded === undefined || (folded.busy === 0 && folded.checkpointed >= folded.log)
}

interface Folded {
  /** 1: somebody else is at it. */
  readonly busy: number
  /** Pages in the log, and how many of them are in the database. */
  readonly log: number
  readonly checkpointed: number
}
