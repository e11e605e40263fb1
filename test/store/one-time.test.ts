import assert from 'node:assert/strict'
import { addUser, guarantee, hour, newOneTime, sideBySide, start, tally } from './contract.ts'

guarantee('of 50 who consume one token side by side exactly one gets it', async ({ store }) => {
  const user = await addUser(store)
  const oneTime = newOneTime({ userId: user.id })
  await store.oneTime.create(oneTime, false)
  assert.deepEqual(await store.oneTime.peek(oneTime.purpose, oneTime.hash, start), oneTime)
  const answers = await sideBySide(() => store.oneTime.consume(oneTime.purpose, oneTime.hash, start))
  assert.deepEqual(
    answers.filter((answer) => answer !== null),
    [oneTime],
  )
  assert.equal(await store.oneTime.peek(oneTime.purpose, oneTime.hash, start), null)
})

guarantee('a one-time token serves its purpose only, and only until it expires', async ({ store }) => {
  const oneTime = newOneTime()
  await store.oneTime.create(oneTime, false)
  assert.equal(await store.oneTime.consume('sign-in-link', oneTime.hash, start), null)
  assert.equal(await store.oneTime.consume(oneTime.purpose, oneTime.hash, start + hour), null)
  assert.equal(await store.oneTime.peek(oneTime.purpose, oneTime.hash, start + hour), null)
  assert.notEqual(await store.oneTime.consume(oneTime.purpose, oneTime.hash, start + hour - 1), null)
})

guarantee('a consumption that is rolled back did not happen', async ({ store }) => {
  const { purpose, hash } = newOneTime({ hash: 'h' })
  await store.oneTime.create(newOneTime({ hash }), false)
  const failure = new Error('later')
  await assert.rejects(
    store.transaction(async (tx) => {
      assert.notEqual(await tx.oneTime.consume(purpose, hash, start), null)
      throw failure
    }),
    failure,
  )
  assert.notEqual(await store.oneTime.consume(purpose, hash, start), null)
})

guarantee('a new token replaces older ones of its purpose and user, and no other', async ({ store }) => {
  const user = await addUser(store)
  const [a, b, c, d] = [
    { userId: user.id },
    { userId: user.id, purpose: 'sign-in-link' as const },
    {},
    { userId: user.id },
  ].map(newOneTime)
  assert.ok(a && b && c && d)
  for (const oneTime of [a, b, c]) await store.oneTime.create(oneTime, false)
  await store.oneTime.create(d, true)
  const alive = await Promise.all([a, b, c, d].map(({ purpose, hash }) => store.oneTime.peek(purpose, hash, start)))
  assert.deepEqual(
    alive.map((found) => found !== null),
    [false, true, true, true],
  )
  await store.oneTime.create(newOneTime(), true)
  assert.equal(await store.oneTime.peek(c.purpose, c.hash, start), null)
  assert.notEqual(await store.oneTime.peek(d.purpose, d.hash, start), null)
  await store.oneTime.drop('reset-password', user.id)
  assert.equal(await store.oneTime.peek(d.purpose, d.hash, start), null)
  assert.notEqual(await store.oneTime.peek(b.purpose, b.hash, start), null)
})

guarantee('of 50 that replace each other side by side one is left', async ({ store }) => {
  const made = Array.from({ length: 50 }, () => newOneTime())
  await Promise.all(made.map((oneTime) => store.oneTime.create(oneTime, true)))
  const alive = await Promise.all(made.map(({ purpose, hash }) => store.oneTime.peek(purpose, hash, start)))
  assert.equal(alive.filter((found) => found !== null).length, 1)
})

guarantee('wrong tries side by side are all counted, and the last allowed one ends the token', async ({ store }) => {
  const { purpose, hash } = newOneTime({ hash: 'h' })
  await store.oneTime.create(newOneTime({ hash }), false)
  assert.equal(await store.oneTime.fail(purpose, hash, 5), 4)
  assert.equal((await store.oneTime.peek(purpose, hash, start))?.attempts, 1)
  const answers = await sideBySide(() => store.oneTime.fail(purpose, hash, 5))
  assert.deepEqual(answers.filter((left) => left !== null).sort(), [0, 1, 2, 3])
  assert.equal(tally<number | null>(answers, null), 46)
  assert.equal(await store.oneTime.consume(purpose, hash, start), null)
})

guarantee('expired tokens are deleted, others stay', async ({ store }) => {
  const stays = newOneTime({ expiresAt: start + 1 })
  await store.oneTime.create(newOneTime({ expiresAt: start }), false)
  await store.oneTime.create(stays, false)
  assert.equal(await store.oneTime.purge(start), 1)
  assert.notEqual(await store.oneTime.peek(stays.purpose, stays.hash, start), null)
})
