import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { User } from '../../src/types.ts'
import { createFakeClock } from '../support/clock.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import {
  countingPasswords,
  failsWith,
  failureOf,
  goodPassword,
  makeAdmin,
  makePerson,
  memoryLimits,
  principalOf,
  visitor,
} from '../support/identity.ts'

const rule = (points: number) => ({ points, windowSeconds: 900 })
const limits = { enabled: true, address: rule(1000), user: rule(10), knownUser: rule(20), strangers: rule(50) }
const guess = 'a wrong guess'

let t: TestCore
let counted: ReturnType<typeof countingPasswords>
let alice: User

beforeEach(async () => {
  const clock = createFakeClock()
  counted = countingPasswords()
  const { passwords } = counted
  const wrap: NonNullable<Parameters<typeof createTestCore>[0]>['wrap'] = (store) => ({
    ...store,
    limits: memoryLimits(clock),
  })
  t = await createTestCore({ clock, wrap, passwords, settings: { limits } })
  await makeAdmin(t.core)
  alice = await makePerson(t.core, 'alice')
})
afterEach(() => t.drop())

let places = 0
/** An address that nobody used before. */
function elsewhere() {
  places += 1
  return visitor(`10.${places >> 16}.${(places >> 8) & 255}.${places & 255}`)
}
const signIn = (identifier: string, password: string, from = elsewhere()) =>
  t.core.signIn.withPassword({ identifier, password }, from)
const codeOf = async (identifier: string, password = guess, from = elsewhere()) =>
  (await failureOf(signIn(identifier, password, from))).code
/** Checks that could have succeeded. */
const comparisons = () => counted.calls.verify - counted.calls.verifyNothing

test('that one name of a user is worn out tells nothing of the other, and lets no further guess through', async () => {
  for (let tries = 0; tries < 10; tries += 1) assert.equal(await codeOf('alice'), 'credentials_wrong')
  assert.equal(await codeOf('alice'), 'rate_limited')
  assert.equal(comparisons(), 10)
  // Her address and one that nobody has answer alike, each to its tenth try, and cost alike.
  for (const email of ['alice@example.com', 'nobody@example.com']) {
    const before = counted.calls.verify
    for (let tries = 0; tries < 10; tries += 1) assert.equal(await codeOf(email), 'credentials_wrong', email)
    assert.equal(await codeOf(email), 'rate_limited', email)
    assert.equal(counted.calls.verify - before, 10)
  }
  assert.equal(comparisons(), 10)
})

test('when the tries of the user are spent even the right password is not looked at from a new place', async () => {
  for (let tries = 0; tries < 5; tries += 1) await codeOf('alice')
  for (let tries = 0; tries < 5; tries += 1) await codeOf('alice@example.com')
  assert.equal(comparisons(), 10)
  assert.equal(await codeOf('alice', goodPassword), 'credentials_wrong')
  assert.equal(await codeOf('ALICE@example.com', goodPassword), 'credentials_wrong')
  assert.equal(comparisons(), 10)
  const [last] = (await t.core.events.list({ kind: 'sign-in-failed', user: alice.publicId }, { limit: 1 })).items
  assert.equal(last?.data.reason, 'limited')
  // Her own places have their own tries, and the window ends.
  await t.core.limits.remember(alice.id, visitor('192.0.2.99'))
  await signIn('alice', goodPassword, visitor('192.0.2.99'))
  t.clock.advance(900_000)
  await signIn('alice@example.com', goodPassword)
})

test('guesses at both names of one user, side by side, are compared no more often than the user has tries', async () => {
  const names = ['alice', 'alice@example.com']
  const codes = await Promise.all(Array.from({ length: 60 }, (_, n) => codeOf(names[n % 2] ?? '')))
  assert.equal(comparisons(), 10)
  assert.equal(codes.filter((code) => code === 'credentials_wrong').length, 20)
  assert.equal(counted.calls.verify, 20)
})

test('one address cannot spend the tries of all strangers: others from new places still sign in', async () => {
  const thief = visitor('203.0.113.9')
  const codes: string[] = []
  for (let tries = 0; tries < 50; tries += 1) codes.push(await codeOf(`nobody-${tries % 6}`, guess, thief))
  assert.equal(codes.filter((code) => code === 'credentials_wrong').length, 10)
  assert.equal(codes.filter((code) => code === 'rate_limited').length, 40)
  await signIn('alice', goodPassword)
  // What the address is refused takes nothing from the user it aimed at.
  for (let tries = 0; tries < 20; tries += 1) assert.equal(await codeOf('alice', guess, thief), 'rate_limited')
  for (let tries = 0; tries < 9; tries += 1) assert.equal(await codeOf('alice'), 'credentials_wrong')
  await signIn('alice', goodPassword)
})

test('in a session, where no name is typed, a spent limit is told', async () => {
  for (let tries = 0; tries < 10; tries += 1) await codeOf('alice')
  const reprove = t.core.signIn.reprove(principalOf(t.core, alice), { password: goodPassword }, elsewhere())
  await assert.rejects(reprove, failsWith('rate_limited'))
  assert.equal(comparisons(), 10)
})
