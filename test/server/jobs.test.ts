import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Log } from '../../src/core/ports.ts'
import { createJobs } from '../../src/server/jobs.ts'
import { silentLog } from '../support/store.ts'

test('a run that takes longer than its interval is not doubled, and stopping waits for it', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const gate = Promise.withResolvers<void>()
  let runs = 0
  const run = () => {
    runs++
    return gate.promise
  }
  const jobs = createJobs([{ name: 'slow', everySeconds: 1, run }], silentLog)
  jobs.start()
  t.mock.timers.tick(10_000)
  assert.equal(runs, 1)
  let stopped = false
  const stopping = jobs.stop().then(() => {
    stopped = true
  })
  await new Promise(setImmediate)
  assert.equal(stopped, false)
  gate.resolve()
  await stopping
  t.mock.timers.tick(10_000)
  assert.equal(runs, 1)
})

test('a failure is logged, harms no other job and is tried again', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const logged: object[] = []
  const log: Log = { ...silentLog, error: (fields) => void logged.push(fields) }
  let bad = 0
  let fine = 0
  const jobs = createJobs(
    [
      {
        name: 'bad',
        everySeconds: 1,
        run: async () => {
          bad++
          throw new Error('broken')
        },
      },
      { name: 'fine', everySeconds: 1, run: async () => void fine++ },
    ],
    log,
  )
  jobs.start()
  await new Promise(setImmediate)
  t.mock.timers.tick(1000)
  await new Promise(setImmediate)
  await jobs.stop()
  assert.deepEqual([bad, fine, logged.length], [2, 2, 2])
})
