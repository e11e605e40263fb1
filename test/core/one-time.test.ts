import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createOneTimes, type OneTimes } from '../../src/core/one-time.ts'
import { purposes } from '../../src/core/records.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { failsWith, makePerson } from '../support/identity.ts'

let t: TestCore
let oneTimes: OneTimes
let userId: number

before(async () => {
  t = await createTestCore()
  oneTimes = createOneTimes(t)
  userId = (await makePerson(t.core, 'owner')).id
})
after(() => t.drop())

const wish = { userId: null, data: null, replace: false } as const

for (const purpose of purposes) {
  test(`a token for ${purpose} is good once, until it expires, and for nothing else`, async () => {
    const other = purposes.find((each) => each !== purpose) ?? purpose
    const { token, expiresAt } = await oneTimes.issue({ ...wish, purpose })
    await assert.rejects(oneTimes.consume(other, token), failsWith('one_time_invalid'))
    assert.equal((await oneTimes.consume(purpose, token)).purpose, purpose)
    await assert.rejects(oneTimes.consume(purpose, token), failsWith('one_time_invalid'))

    const late = await oneTimes.issue({ ...wish, purpose })
    t.clock.set(late.expiresAt)
    assert.ok(expiresAt <= late.expiresAt)
    assert.equal(await oneTimes.peek(purpose, late.token), null)
    await assert.rejects(oneTimes.consume(purpose, late.token), failsWith('one_time_invalid'))
  })
}

test('links live 10 minutes for sign-in, 30 for a reset, 24 hours for a confirmation, 72 to undo', async () => {
  const minutes = async (purpose: (typeof purposes)[number]) =>
    ((await oneTimes.issue({ ...wish, purpose })).expiresAt - t.clock.now()) / 60_000
  assert.equal(await minutes('sign-in-link'), 10)
  assert.equal(await minutes('reset-password'), 30)
  assert.equal(await minutes('confirm-email'), 24 * 60)
  assert.equal(await minutes('change-email'), 24 * 60)
  assert.equal(await minutes('undo-email'), 72 * 60)
  assert.equal(await minutes('set-up'), 60)
})

test('tokens have 256 bits, set-up codes 128, and two are never alike', async () => {
  assert.match((await oneTimes.issue({ ...wish, purpose: 'reset-password' })).token, /^[\w-]{43}$/)
  assert.match((await oneTimes.issue({ ...wish, purpose: 'set-up' })).token, /^[0-9a-f]{32}$/)
  const issued = await Promise.all(Array.from({ length: 20 }, () => oneTimes.issue({ ...wish, purpose: 'invitation' })))
  assert.equal(new Set(issued.map(({ token }) => token)).size, 20)
})

test('the store never sees the token itself', async () => {
  const { token } = await oneTimes.issue({ ...wish, purpose: 'invitation' })
  assert.equal(await t.store.oneTime.peek('invitation', token, t.clock.now()), null)
  assert.notEqual(await oneTimes.peek('invitation', token), null)
})

test('of 50 who use a token side by side exactly one gets it', async () => {
  const { token } = await oneTimes.issue({ ...wish, purpose: 'sign-in-link' })
  const all = await Promise.allSettled(Array.from({ length: 50 }, () => oneTimes.consume('sign-in-link', token)))
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('with `replace` the older ones of that user die, and only of that user', async () => {
  const wishes = { purpose: 'reset-password', userId, data: null } as const
  const first = await oneTimes.issue({ ...wishes, replace: true })
  const nobodys = await oneTimes.issue({ ...wish, purpose: 'reset-password' })
  const second = await oneTimes.issue({ ...wishes, replace: true })
  assert.equal(await oneTimes.peek('reset-password', first.token), null)
  assert.notEqual(await oneTimes.peek('reset-password', second.token), null)
  assert.notEqual(await oneTimes.peek('reset-password', nobodys.token), null)
})

test('dropping those made after a time leaves the older ones', async () => {
  const issue = () => oneTimes.issue({ purpose: 'undo-email', userId, data: null, replace: false })
  const old = await issue()
  const at = t.clock.now()
  t.clock.advance(1)
  const young = await issue()
  await oneTimes.drop('undo-email', userId, at)
  assert.notEqual(await oneTimes.peek('undo-email', old.token), null)
  assert.equal(await oneTimes.peek('undo-email', young.token), null)
  await oneTimes.drop('undo-email', userId)
  assert.equal(await oneTimes.peek('undo-email', old.token), null)
})

test('what a transaction consumed is good again when it is rolled back', async () => {
  const { token } = await oneTimes.issue({ ...wish, purpose: 'invitation' })
  const failing = t.store.transaction(async (tx) => {
    await oneTimes.on(tx).consume('invitation', token)
    throw new Error('rolled back')
  })
  await assert.rejects(failing, /rolled back/)
  assert.equal((await oneTimes.consume('invitation', token)).purpose, 'invitation')
})
