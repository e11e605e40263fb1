import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBackground } from '../../src/core/background.ts'
import { CardeaError } from '../../src/errors.ts'
import { type LogLine, rememberingLog } from '../support/core.ts'

test('work begins after a wait that is asked for each time anew, and never within the request', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const waits = [300, 0, 200]
  const left = [...waits]
  const background = createBackground({ log: rememberingLog([]), delay: () => left.shift() ?? 0 })
  const done: number[] = []
  for (const each of waits) background.run('work', async () => void done.push(each))
  assert.deepEqual([left, done], [[], []])
  await new Promise((resolve) => setImmediate(resolve))
  await Promise.resolve()
  assert.deepEqual(done, [0])
  t.mock.timers.tick(299)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(done, [0, 200])
  t.mock.timers.tick(1)
  await background.idle()
  assert.deepEqual(done, [0, 200, 300])
})

test('work that fails is told to the log and to nobody else', async () => {
  const lines: LogLine[] = []
  const background = createBackground({ log: rememberingLog(lines) })
  background.run('mail', async () => {
    throw new Error('no such host')
  })
  await background.idle()
  assert.deepEqual(lines[0]?.fields, { work: 'mail', error: 'no such host' })
})

test('work about somebody who is gone meanwhile is no failure of ours: nobody makes error lines by deleting an account', async () => {
  const lines: LogLine[] = []
  const background = createBackground({ log: rememberingLog(lines) })
  background.run('change of e-mail', async () => {
    throw new CardeaError('conflict')
  })
  background.run('mail', async () => {
    throw new CardeaError('unavailable')
  })
  await background.idle()
  const told = (level: LogLine['level']) => lines.filter((line) => line.level === level).map(({ fields }) => fields)
  assert.deepEqual(told('error'), [{ work: 'mail', error: new CardeaError('unavailable').message }])
  assert.deepEqual(told('info'), [{ work: 'change of e-mail' }])
})
