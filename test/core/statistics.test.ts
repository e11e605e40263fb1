import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createStatistics } from '../../src/core/statistics.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { origin } from '../support/people.ts'

let t: TestCore
before(async () => {
  t = await createTestCore()
})
after(() => t.drop())

const dayMillis = 86_400_000
const note = (kind: 'sign-in' | 'sign-in-failed' | 'sign-out') => t.core.events.record({ kind, user: null, origin })

test('days are counted apart, a day that is over once, and today as it is now', async () => {
  let asked = 0
  const events = {
    ...t.store.events,
    countDays: (...wish: Parameters<typeof t.store.events.countDays>) => {
      asked += 1
      return t.store.events.countDays(...wish)
    },
  }
  const statistics = createStatistics({ store: { events }, clock: t.clock })
  const count = async (days: number) =>
    (await statistics.countDays(['sign-in', 'sign-in-failed'], days)).map(({ kind, count }) => [kind, count])
  await note('sign-in')
  await note('sign-in')
  await note('sign-out')
  t.clock.advance(3 * dayMillis)
  await note('sign-in-failed')
  assert.deepEqual(await count(3), [['sign-in-failed', 1]])
  asked = 0
  assert.deepEqual(await count(4), [
    ['sign-in', 2],
    ['sign-in-failed', 1],
  ])
  assert.equal(asked, 3, 'one that was remembered, one that is over, yesterday and today')
  await note('sign-in')
  asked = 0
  assert.equal((await count(4)).length, 3)
  assert.equal(asked, 2)
})

test('who asks while somebody’s days are being counted waits for those, and a count that failed is made again', async () => {
  let asked = 0
  let fails = true
  const events = {
    ...t.store.events,
    countDays: async () => {
      asked += 1
      if (fails) throw new Error('no database')
      return []
    },
  }
  const statistics = createStatistics({ store: { events }, clock: t.clock })
  const many = () => Promise.allSettled(Array.from({ length: 20 }, () => statistics.countDays(['sign-in'], 30)))
  assert.ok((await many()).every(({ status }) => status === 'rejected'))
  fails = false
  asked = 0
  assert.ok((await many()).every(({ status }) => status === 'fulfilled'))
  assert.equal(asked, 28 + 20 * 2, 'each day that is over once, and those that are not by everybody')
})
