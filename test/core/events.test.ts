import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CardeaError } from '../../src/errors.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { makeUser, origin, signedIn } from '../support/people.ts'

let t: TestCore
before(async () => {
  t = await createTestCore()
})
after(() => t.drop())

test('an event says who did what to whom, how and from where', async () => {
  const { by, user } = await signedIn(t)
  await t.core.events.record({ kind: 'password-changed', user: user.publicId, origin, actor: by })
  const [event] = (await t.core.events.list({ kind: 'password-changed' }, { limit: 1 })).items
  assert.deepEqual(
    { ...event, id: 0 },
    {
      id: 0,
      at: t.clock.now(),
      kind: 'password-changed',
      api: 'native',
      user: user.publicId,
      actor: user.publicId,
      credential: 'access-token',
      sessionId: by.sessionId,
      keyId: null,
      address: '192.0.2.1',
      userAgent: 'test/1.0',
      data: {},
    },
  )
})

test('under impersonation the actor is the impersonator', async () => {
  const { by, user } = await signedIn(t, { username: 'bob' })
  await t.core.events.record({
    kind: 'username-changed',
    user: user.publicId,
    origin,
    actor: { ...by, actor: 'the admin' },
  })
  const [event] = (await t.core.events.list({ kind: 'username-changed' }, { limit: 1 })).items
  assert.equal(event?.actor, 'the admin')
})

test('a change that fails leaves no event of it', async () => {
  const { by } = await signedIn(t, { username: 'carol' })
  const before = (await t.core.events.list({ kind: 'key-rotated' }, { limit: 100 })).items.length
  const issued = await t.core.keys.issue(by, { name: 'x' }, origin)
  await t.core.keys.rotate(by, issued.record.id, { graceSeconds: 60 }, origin)
  await assert.rejects(
    t.core.keys.rotate(by, issued.record.id, { graceSeconds: 60 }, origin),
    (error) => error instanceof CardeaError && error.code === 'conflict',
  )
  assert.equal((await t.core.events.list({ kind: 'key-rotated' }, { limit: 100 })).items.length, before + 1)
})

test('the log is one unbroken chain, also when many write side by side and after its beginning was cut', async () => {
  const user = await makeUser(t, { username: 'dave' })
  await Promise.all(
    Array.from({ length: 50 }, () => t.core.events.record({ kind: 'sign-in-failed', user: user.publicId, origin })),
  )
  assert.equal((await t.core.events.verify()).brokenAt, null)
  t.clock.advance((t.settings.lifetimes.events + 1) * 1000)
  await t.core.events.record({ kind: 'sign-in-failed', user: user.publicId, origin: 'server' })
  assert.ok((await t.core.events.purge()) >= 50)
  const rest = await t.core.events.verify()
  assert.equal(rest.brokenAt, null)
  assert.equal(rest.checked, 1)
})
