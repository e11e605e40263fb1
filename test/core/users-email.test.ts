import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { User } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { failsWith, goodPassword, mailedToken, mailsTo, makeAdmin, makePerson, visitor } from '../support/identity.ts'

let t: TestCore
let alice: User

beforeEach(async () => {
  t = await createTestCore()
  await makeAdmin(t.core)
  alice = await makePerson(t.core, 'alice')
})
afterEach(() => t.drop())

const here = visitor()
async function claim(username: string, email: string, api: 'native' | 'librephotos' = 'native') {
  const made = await t.core.users.signUp({ username, email, password: goodPassword }, visitor('192.0.2.1', api))
  await t.core.idle()
  return made
}
const now = async (user: User) => t.core.users.byPublicId(user.publicId)

async function changeEmail(user: User, email: string, password = goodPassword): Promise<User> {
  await t.core.users.requestEmailChange(user, email, here)
  const after = await t.core.users.confirmEmail(await mailedToken(t, email), password, here)
  await t.core.idle()
  t.clock.advance(1000)
  return after
}

test('a new address counts once its mailed link was used, and not before', async () => {
  await t.core.users.requestEmailChange(alice, 'New@Example.com', here)
  const token = await mailedToken(t, 'new@example.com')
  assert.equal((await now(alice))?.email, 'alice@example.com')
  assert.equal(await t.store.users.byEmail('new@example.com'), null)
  const all = await Promise.allSettled(
    Array.from({ length: 50 }, () => t.core.users.confirmEmail(token, goodPassword, here)),
  )
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.equal((await now(alice))?.email, 'new@example.com')
})

test('proving an address deletes pending claimants and takes the claim from active ones', async () => {
  await claim('pending', 'shared@example.com')
  const active = await claim('active', 'shared@example.com', 'librephotos')
  await changeEmail(alice, 'shared@example.com')
  assert.equal(await t.store.users.byUsername('pending'), null)
  assert.equal((await t.core.users.byPublicId(active.publicId ?? ''))?.unprovenEmail, null)
  assert.equal((await now(alice))?.email, 'shared@example.com')
})

test('a claimant whose address somebody else proved first cannot use the old link', async () => {
  await claim('slow', 'shared@example.com', 'librephotos')
  const token = await mailedToken(t, 'shared@example.com')
  await t.core.users.setEmail(alice.publicId, 'shared@example.com', null, here)
  await assert.rejects(t.core.users.confirmEmail(token, goodPassword, here), failsWith('one_time_invalid'))
  assert.equal((await t.store.users.byUsername('slow'))?.email, null)
})

test('an address of somebody else gets no link but a word to its owner; the one who asks learns nothing', async () => {
  const bob = await makePerson(t.core, 'bob')
  assert.equal(await t.core.users.requestEmailChange(alice, 'bob@example.com', here), undefined)
  const mails = await mailsTo(t, 'bob@example.com')
  assert.equal(mails.length, 1)
  assert.doesNotMatch(mails[0]?.text ?? '', /token=/)
  assert.equal((await now(bob))?.email, 'bob@example.com')
})

test('the former address can undo the change for 72 hours, which ends sessions, keys and private tokens', async () => {
  const changed = await changeEmail(alice, 'thief@example.com')
  const undo = await mailedToken(t, 'alice@example.com')
  await t.core.sessions.open({ user: changed, mode: 'bearer', factors: ['password'], origin: here })
  const key = await t.core.keys.issueFor(changed, { name: 'of a thief' }, here)
  const expiresAt = t.clock.now() + 30 * 86_400_000
  const token = await t.core.tokens.issueFor(changed, { name: 'of a thief', expiresAt }, here)
  t.clock.advance(71 * 3_600_000)
  const back = await t.core.users.undoEmailChange(undo, here)
  assert.equal(back.email, 'alice@example.com')
  assert.deepEqual((await t.core.sessions.list(back, { limit: 10 })).items, [])
  assert.equal((await t.core.keys.byId(back, key.record.id)).revokedAt, t.clock.now())
  assert.equal((await t.core.tokens.byPublicId(back, token.record.publicId)).revokedAt, t.clock.now())
  await assert.rejects(t.core.users.undoEmailChange(undo, here), failsWith('one_time_invalid'))

  await changeEmail(back, 'again@example.com')
  const late = await mailedToken(t, 'alice@example.com')
  t.clock.advance(72 * 3_600_000)
  await assert.rejects(t.core.users.undoEmailChange(late, here), failsWith('one_time_invalid'))
})

test('a thief cannot void the undo link: not by a second change, not by a new password, not by an undo of their own', async () => {
  let user = await changeEmail(alice, 'thief@example.com')
  const owners = await mailedToken(t, 'alice@example.com')
  user = await changeEmail(user, 'thief2@example.com')
  const thiefs = await mailedToken(t, 'thief@example.com')
  await t.core.users.changePassword(user, 'a password of the thief', null, here)
  assert.equal((await t.core.users.undoEmailChange(thiefs, here)).email, 'thief@example.com')
  assert.equal((await t.core.users.undoEmailChange(owners, here)).email, 'alice@example.com')
})

test('after the owner took the address back, later undo links of a thief are void', async () => {
  const user = await changeEmail(alice, 'thief@example.com')
  const owners = await mailedToken(t, 'alice@example.com')
  await changeEmail(user, 'thief2@example.com')
  const thiefs = await mailedToken(t, 'thief@example.com')
  await t.core.users.undoEmailChange(owners, here)
  await assert.rejects(t.core.users.undoEmailChange(thiefs, here), failsWith('one_time_invalid'))
  assert.equal((await now(alice))?.email, 'alice@example.com')
})

test('links that were mailed before a change of password or address are void', async () => {
  const asked = async (email: string) => {
    await t.core.users.requestEmailChange(alice, email, here)
    return mailedToken(t, email)
  }
  const before = await asked('one@example.com')
  await t.core.users.changePassword(alice, 'another good password', null, here)
  await assert.rejects(t.core.users.confirmEmail(before, goodPassword, here), failsWith('one_time_invalid'))
  await t.core.users.forgotPassword('alice', here)
  const reset = await mailedToken(t, 'alice@example.com')
  await changeEmail(alice, 'two@example.com', 'another good password')
  await assert.rejects(t.core.users.resetPassword(reset, 'a third good password', here), failsWith('one_time_invalid'))
})

test('disabled and deleted users prove nothing', async () => {
  await t.core.users.requestEmailChange(alice, 'new@example.com', here)
  const token = await mailedToken(t, 'new@example.com')
  await t.core.users.setStatus(alice.publicId, 'disabled', null, here)
  await assert.rejects(t.core.users.confirmEmail(token, goodPassword, here), failsWith('account_disabled'))
  await t.core.users.remove(alice, null, here)
  await assert.rejects(t.core.users.confirmEmail(token, goodPassword, here), failsWith('one_time_invalid'))
  await assert.rejects(t.core.users.confirmEmail('', goodPassword, here), failsWith('one_time_invalid'))
})

test('caches hear of a new address and a new name, although the epoch stays', async () => {
  const seq = await t.store.changes.latest()
  const changed = await changeEmail(alice, 'new@example.com')
  await t.core.users.changeUsername(changed, 'Alison', here)
  const changes = await t.store.changes.since(seq, 100)
  assert.equal(changes.filter(({ kind, id }) => kind === 'user' && id === alice.publicId).length, 2)
  const after = await now(alice)
  assert.deepEqual([after?.username, after?.epoch], ['Alison', alice.epoch])
})

test('a claim of the same address is mailed a handful of times, not more', async () => {
  const limits = { enabled: true, mail: { points: 3, windowSeconds: 3600 } }
  const other = await createTestCore({ database: t.database, clock: t.clock, settings: { limits } })
  for (let tries = 0; tries < 10; tries += 1) await other.core.users.requestEmailChange(alice, 'bomb@example.com', here)
  assert.equal((await mailsTo(other, 'bomb@example.com')).length, 3)
  await other.drop()
})
