import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCommit } from '../../src/core/commit.ts'
import { CardeaError } from '../../src/errors.ts'
import { createTestCore } from '../support/core.ts'
import { bearer, makeUser, openSession, origin, principalOf, refusalOf, signedIn } from '../support/people.ts'

test('what a command changed has reached the caches when it answers, and a failed one changes nothing', async () => {
  const t = await createTestCore()
  const order: string[] = []
  const commit = createCommit({
    store: t.store,
    feed: {
      async sync() {
        order.push('sync')
      },
    },
  })
  await commit(async (tx) => {
    await tx.meta.set('a', '1')
    order.push('run')
  })
  assert.deepEqual(order, ['run', 'sync'])
  const failing = commit(async (tx) => {
    await tx.meta.set('a', '2')
    throw new CardeaError('conflict')
  })
  await assert.rejects(failing, { code: 'conflict' })
  assert.equal(await t.store.meta.get('a'), '1')
  await t.drop()
})

test('revocation survives a restart', async () => {
  const t = await createTestCore()
  const { by, opened } = await signedIn(t)
  await t.core.sessions.signOut(by, origin)
  const restarted = await createTestCore({ database: t.database, clock: t.clock })
  assert.deepEqual(await refusalOf(restarted, bearer(opened.token)), ['credential_revoked', 'access-token'])
  await restarted.core.close()
  await t.drop()
})

test('with the feed running another process hears of a revocation within a second', async () => {
  const t = await createTestCore()
  const other = await createTestCore({ database: t.database, clock: t.clock })
  await other.core.feed.start()
  const { opened, by } = await signedIn(t)
  await principalOf(other, bearer(opened.token))
  const heard = new Promise<void>((resolve) => {
    const stop = other.core.feed.subscribe((change) => {
      if (change.id !== by.sessionId) return
      stop()
      resolve()
    })
  })
  const began = performance.now()
  await t.core.sessions.signOut(by, origin)
  await heard
  assert.ok(performance.now() - began < 2000)
  await other.core.feed.sync()
  assert.deepEqual(await refusalOf(other, bearer(opened.token)), ['credential_revoked', 'access-token'])
  await other.core.close()
  await t.drop()
})

test('each job runs on an empty and on a used store, and none removes what is still good', async () => {
  const t = await createTestCore()
  for (const job of t.core.jobs) await job.run()
  const user = await makeUser(t)
  const kept = await openSession(t, user)
  const over = await openSession(t, user, { mode: 'bearer', lifetimeSeconds: 60 })
  t.clock.advance(61_000)
  for (const job of t.core.jobs) await job.run()
  assert.notEqual(await t.store.sessions.byId(kept.session.id), null)
  assert.equal(await t.store.sessions.byId(over.session.id), null)
  await t.core.feed.sync()
  await principalOf(t, bearer(kept.token))
  await t.drop()
})

test('closing writes last-seen times', async () => {
  const t = await createTestCore()
  const { opened } = await signedIn(t)
  t.clock.advance(5000)
  await principalOf(t, bearer(opened.token))
  await t.core.close()
  assert.equal((await t.store.sessions.byId(opened.session.id))?.lastSeenAt, t.clock.now())
  await t.drop()
})

test('an own change of the name is seen by the very next check', async () => {
  const t = await createTestCore()
  const { opened, user } = await signedIn(t)
  await t.core.users.changeUsername(user, 'alicia', origin)
  assert.equal((await principalOf(t, bearer(opened.token))).user?.username, 'alicia')
  await t.drop()
})
