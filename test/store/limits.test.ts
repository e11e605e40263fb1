import assert from 'node:assert/strict'
import type { LimitState } from '../../src/core/records.ts'
import { guarantee, sideBySide, tally } from './contract.ts'

const rule = { points: 3, windowSeconds: 60 }

guarantee('a limit lets as many through as it says, then none, and tells how many are left', async ({ store }) => {
  const states: LimitState[] = []
  for (let round = 0; round < 4; round += 1) states.push(await store.limits.consume('k', rule))
  assert.deepEqual(
    states.map(({ allowed }) => allowed),
    [true, true, true, false],
  )
  assert.deepEqual(
    states.map(({ remaining }) => remaining),
    [2, 1, 0, 0],
  )
  for (const { limit, resetSeconds } of states) {
    assert.equal(limit, 3)
    assert.ok(resetSeconds > 0 && resetSeconds <= 60)
  }
  assert.equal((await store.limits.consume('other', rule)).allowed, true)
})

guarantee('of 50 side by side as many are let through as the limit says', async ({ store }) => {
  const answers = await sideBySide(() => store.limits.consume('k', { points: 7, windowSeconds: 60 }))
  assert.equal(
    tally(
      answers.map(({ allowed }) => allowed),
      true,
    ),
    7,
  )
})

guarantee('looking at a limit does not count', async ({ store }) => {
  for (let round = 0; round < 5; round += 1) {
    assert.deepEqual(await store.limits.peek('k', rule), { allowed: true, limit: 3, remaining: 3, resetSeconds: 0 })
  }
  for (let round = 0; round < 3; round += 1) await store.limits.consume('k', rule)
  const { allowed, remaining } = await store.limits.peek('k', rule)
  assert.deepEqual({ allowed, remaining }, { allowed: false, remaining: 0 })
})

guarantee('what is given back can be used again, but never more than was used', async ({ store }) => {
  for (let round = 0; round < 5; round += 1) await store.limits.giveBack(['k'])
  assert.equal((await store.limits.peek('k', rule)).remaining, 3)
  await store.limits.consume('k', rule)
  await store.limits.giveBack(['k'])
  await store.limits.giveBack(['k'])
  assert.equal((await store.limits.peek('k', rule)).remaining, 3)
  for (let round = 0; round < 3; round += 1) assert.equal((await store.limits.consume('k', rule)).allowed, true)
  assert.equal((await store.limits.consume('k', rule)).allowed, false)
  await store.limits.reset('k')
  assert.equal((await store.limits.consume('k', rule)).remaining, 2)
})

guarantee('what was counted stays counted when the transaction around it is rolled back', async ({ store }) => {
  await assert.rejects(
    store.transaction(async (tx) => {
      await tx.meta.set('a', 'b')
      // On the bound store and on the outer one alike: limits are outside of transactions.
      await tx.limits.consume('k', rule)
      await store.limits.consume('k', rule)
      throw new Error('later')
    }),
    /later/,
  )
  assert.equal((await store.limits.peek('k', rule)).remaining, 1)
  assert.equal(await store.meta.get('a'), null)
})

guarantee('limits are counted while transactions hold every other connection', async ({ database }) => {
  const store = await database.open({ poolSize: 1 })
  await store.transaction(async (tx) => {
    await tx.meta.set('a', 'b')
    assert.equal((await tx.limits.consume('k', rule)).allowed, true)
  })
})

guarantee('counters survive a restart', async ({ store, database }) => {
  await store.limits.consume('k', rule)
  await store.close()
  assert.equal((await (await database.open()).limits.peek('k', rule)).remaining, 2)
})
