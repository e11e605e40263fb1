import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWorkPool } from '../../src/crypto/work-pool.ts'
import { CardeaError } from '../../src/errors.ts'

test('never more than the set number runs at once, the rest waits in order, more is refused at once', async () => {
  const pool = createWorkPool({ parallel: 2, queue: 3 })
  const begun: number[] = []
  const finish: (() => void)[] = []
  const all = Array.from({ length: 7 }, (_, index) =>
    pool.run(async () => {
      begun.push(index)
      await new Promise<void>((resolve) => finish.push(resolve))
      return index
    }),
  )
  const outcomes = Promise.allSettled(all)
  assert.deepEqual(begun, [0, 1])
  assert.equal(pool.pending(), 5)
  for (const index of [5, 6]) {
    await assert.rejects(
      async () => all[index],
      (error) => error instanceof CardeaError && error.code === 'busy' && error.detail.retryAfter === 1,
    )
  }
  for (let done = 0; done < 5; done += 1) {
    finish[done]?.()
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(begun.length - done - 1 <= 2)
  }
  assert.deepEqual(begun, [0, 1, 2, 3, 4])
  assert.deepEqual(
    (await outcomes).map((outcome) => outcome.status).join(),
    `${'fulfilled,'.repeat(5)}rejected,rejected`,
  )
  assert.equal(pool.pending(), 0)
})

test('work that fails gives its place back', async () => {
  const pool = createWorkPool({ parallel: 1, queue: 1 })
  const failing = pool.run(() => Promise.reject(new Error('broken')))
  const next = pool.run(async () => 'fine')
  await assert.rejects(failing, /broken/)
  assert.equal(await next, 'fine')
  assert.equal(pool.pending(), 0)
  assert.equal(await pool.run(async () => 'again'), 'again')
})
