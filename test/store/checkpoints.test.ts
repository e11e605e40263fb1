import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import Database from 'better-sqlite3'
import type { Log } from '../../src/core/ports.ts'
import { createCheckpoints } from '../../src/store/checkpoints.ts'
import { silentLog } from '../support/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'cardea-checkpoints-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** A database that never folds by itself, with one row of a page each commit. */
function open(name: string) {
  const file = join(folder, name)
  const database = new Database(file)
  database.pragma('journal_mode = wal')
  database.pragma('wal_autocheckpoint = 0')
  database.exec('create table filled (text text)')
  const insert = database.prepare('insert into filled values (?)')
  return { file, database, write: () => insert.run('x'.repeat(4000)) }
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !isSo(); tries += 1) await pause(10)
  assert.ok(isSo(), 'not within five seconds')
}

test('what is committed gets into the database beside the thread that wrote it', async () => {
  const { file, database, write } = open('aside.sqlite')
  const checkpoints = createCheckpoints(database, file, silentLog)
  for (let commits = 0; commits < 63; commits += 1) {
    write()
    checkpoints.committed()
  }
  // Few commits need no thread.
  assert.equal(database.pragma('wal_autocheckpoint', { simple: true }), 0)
  const before = statSync(file).size
  write()
  checkpoints.committed()
  await until(() => statSync(file).size >= before + 60 * 4096)
  await checkpoints.stop()
  assert.equal(database.prepare('select count(*) from filled').pluck().get(), 64)
  database.close()
})

/** All that is in the log is in the database, too. */
function isFolded(database: Database.Database): boolean {
  const [{ log, checkpointed } = { log: 0, checkpointed: -1 }] = database.pragma('wal_checkpoint(noop)') as {
    readonly log: number
    readonly checkpointed: number
  }[]
  return log === checkpointed
}

test('the log is begun anew each time it is folded', async () => {
  const { file, database, write } = open('anew.sqlite')
  const checkpoints = createCheckpoints(database, file, silentLog)
  for (let commits = 1; commits <= 640; commits += 1) {
    write()
    checkpoints.committed()
    if (commits % 64 > 0) continue
    await until(() => {
      // The next commit tells again where the thread was still at the last ones.
      checkpoints.committed()
      return isFolded(database)
    })
  }
  await checkpoints.stop()
  assert.ok(statSync(`${file}-wal`).size < 200 * 4120)
  assert.equal(database.pragma('integrity_check', { simple: true }), 'ok')
  database.close()
})

test('a thread that fails is told of and started anew, and SQLite folds by itself meanwhile', async () => {
  const { database, write } = open('broken.sqlite')
  const warnings: string[] = []
  const log: Log = { ...silentLog, warn: (_, text) => warnings.push(text) }
  const checkpoints = createCheckpoints(database, join(folder, 'nowhere.sqlite'), log)
  for (const failures of [1, 2]) {
    for (let commits = 0; commits < 64; commits += 1) {
      write()
      checkpoints.committed()
    }
    await until(() => warnings.length >= failures)
  }
  assert.match(warnings[0] ?? '', /write-ahead log/)
  assert.ok(Number(database.pragma('wal_autocheckpoint', { simple: true })) > 0)
  await checkpoints.stop()
  database.close()
})
