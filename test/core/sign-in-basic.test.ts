import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { createBasicCache } from '../../src/core/basic-cache.ts'
import type { User } from '../../src/types.ts'
import { createFakeClock } from '../support/clock.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { countingPasswords, enrol, goodPassword, makePerson, visitor } from '../support/identity.ts'

let t: TestCore
let counted: ReturnType<typeof countingPasswords>
let alice: User

beforeEach(async () => {
  counted = countingPasswords()
  t = await createTestCore({ passwords: counted.passwords })
  alice = await makePerson(t.core, 'alice')
})
afterEach(() => t.drop())

const here = visitor()
const basic = (identifier = 'alice', password = goodPassword, origin = here) =>
  t.core.signIn.basic(identifier, password, origin)

test('a right password is checked once in 60 seconds, a wrong one each time', async () => {
  for (let requests = 0; requests < 5; requests += 1) assert.equal((await basic()).ok, true)
  assert.equal(counted.calls.verify, 1)
  t.clock.advance(59_999)
  await basic('ALICE@example.com')
  assert.equal(counted.calls.verify, 1)
  t.clock.advance(1)
  await basic()
  assert.equal(counted.calls.verify, 2)
  for (let requests = 0; requests < 3; requests += 1) {
    assert.deepEqual(await basic('alice', 'wrong password'), { ok: false, code: 'credentials_wrong', kind: 'password' })
  }
  assert.equal(counted.calls.verify, 5)
})

test('requests side by side share one check', async () => {
  const all = await Promise.all(Array.from({ length: 50 }, () => basic()))
  assert.ok(all.every(({ ok }) => ok))
  assert.equal(counted.calls.verify, 1)
})

test('a believed password is refused at once when it, the status or the factors change', async () => {
  await basic()
  await t.core.users.setStatus(alice.publicId, 'disabled', null, here)
  assert.deepEqual(await basic(), { ok: false, code: 'account_disabled', kind: 'password' })
  await t.core.users.setStatus(alice.publicId, 'active', null, here)
  assert.equal((await basic()).ok, true)
  await t.core.users.setPassword(alice.publicId, 'another good password', null, here)
  assert.deepEqual(await basic(), { ok: false, code: 'credentials_wrong', kind: 'password' })
  assert.equal((await basic('alice', 'another good password')).ok, true)
  await enrol(t, alice)
  assert.deepEqual(await basic('alice', 'another good password'), {
    ok: false,
    code: 'credentials_wrong',
    kind: 'password',
  })
  await t.core.users.remove(alice, null, here)
  assert.deepEqual(await basic('alice', 'another good password'), {
    ok: false,
    code: 'credentials_wrong',
    kind: 'password',
  })
})

test('with a second factor the right password gets the ordinary refusal, is counted and never believed', async () => {
  await enrol(t, alice)
  for (let requests = 1; requests <= 3; requests += 1) {
    assert.deepEqual(await basic(), { ok: false, code: 'credentials_wrong', kind: 'password' })
    assert.equal(counted.calls.verify, requests)
  }
  const { items } = await t.core.events.list({ kind: 'sign-in-failed', user: alice.publicId }, { limit: 10 })
  assert.equal(items.length, 3)
})

test('guesses are limited before they are hashed; the verdict says when to come back', async () => {
  const rule = { points: 3, windowSeconds: 900 }
  const limits = { enabled: true, address: { points: 100, windowSeconds: 900 }, user: rule, knownUser: rule }
  const other = await createTestCore({ database: t.database, passwords: counted.passwords, settings: { limits } })
  for (let tries = 0; tries < 10; tries += 1) {
    const verdict = await other.core.signIn.basic('alice', `guess number ${tries}`, here)
    assert.equal(verdict.ok, false)
    if (tries < 3 || verdict.ok) continue
    assert.equal(verdict.code, 'rate_limited')
    assert.ok((verdict.retryAfter ?? 0) > 0)
  }
  assert.equal(counted.calls.verify, 3)
  await other.drop()
})

test('forgetting a user empties what was believed of them only', async () => {
  await makePerson(t.core, 'bob')
  await basic('alice')
  await basic('bob')
  t.core.signIn.forget(alice.publicId)
  await basic('bob')
  assert.equal(counted.calls.verify, 2)
  await basic('alice')
  assert.equal(counted.calls.verify, 3)
  t.core.signIn.forget()
  await basic('bob')
  assert.equal(counted.calls.verify, 4)
})

test('the cache is bounded, told apart by user, epoch and password, and not fooled by a clock set back', () => {
  const clock = createFakeClock()
  const cache = createBasicCache({ clock, max: 2 })
  cache.put(alice, 'one')
  assert.equal(cache.has(alice, 'one'), true)
  assert.equal(cache.has(alice, 'one '), false)
  assert.equal(cache.has({ ...alice, epoch: alice.epoch + 1 }, 'one'), false)
  assert.equal(cache.has({ ...alice, id: alice.id + 1 }, 'one'), false)
  clock.advance(-1)
  assert.equal(cache.has(alice, 'one'), false)
  for (const password of ['a', 'b', 'c']) cache.put(alice, password)
  assert.deepEqual(
    ['a', 'b', 'c'].map((password) => cache.has(alice, password)),
    [false, true, true],
  )
})
