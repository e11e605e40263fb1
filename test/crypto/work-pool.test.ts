import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
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

test('while more waits, results come in fours with a turn of the event loop between each two; the last ones wait for nothing', async () => {
  const pool = createWorkPool({ parallel: 1, queue: 10 })
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const finish: (() => void)[] = []
  const back: number[] = []
  const all = Array.from({ length: 6 }, async (_, index) => {
    await pool.run(() => new Promise<void>((resolve) => finish.push(resolve)))
    back.push(index)
  })
  for (const done of [0, 1, 2]) {
    finish[done]?.()
    for (let turns = 0; turns < 5; turns += 1) await turn()
    assert.deepEqual(back, [])
  }
  finish[3]?.()
  // Looked at between the turns: each of them brings one more.
  const seen: number[] = []
  while (back.length < 4) {
    await turn()
    seen.push(back.length)
  }
  assert.deepEqual([...new Set(seen)], [1, 2, 3, 4])
  finish[4]?.()
  await turn()
  assert.equal(back.length, 4)
  finish[5]?.()
  await Promise.all(all)
  assert.deepEqual(back, [0, 1, 2, 3, 4, 5])
  assert.equal(pool.pending(), 0)
})

test('what fails is told of like what succeeds, and nothing stays behind, whatever ends when', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.record({ turns: fc.nat(6), fails: fc.boolean() }), { maxLength: 30 }),
      async (parallel, pieces) => {
        const pool = createWorkPool({ parallel, queue: 30 })
        const outcomes = await Promise.allSettled(
          pieces.map(({ turns, fails }, index) =>
            pool.run(async () => {
              for (let left = turns; left > 0; left -= 1) await new Promise((resolve) => setImmediate(resolve))
              if (fails) throw index
              return index
            }),
          ),
        )
        for (const [index, outcome] of outcomes.entries())
          assert.equal(outcome.status === 'fulfilled' ? outcome.value : outcome.reason, index)
        assert.equal(pool.pending(), 0)
      },
    ),
    { numRuns: 50 },
  )
})
