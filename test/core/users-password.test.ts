import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { User } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import {
  codeAt,
  enrol,
  failsWith,
  goodPassword,
  mailedToken,
  mailsTo,
  makeAdmin,
  makePerson,
  ticketOf,
  visitor,
} from '../support/identity.ts'

const next = 'another good password'
const here = visitor()
let t: TestCore
let alice: User

beforeEach(async () => {
  t = await createTestCore()
  await makeAdmin(t.core)
  alice = await makePerson(t.core, 'alice')
})
afterEach(() => t.drop())

const signIn = (password: string) => t.core.signIn.withPassword({ identifier: 'alice', password }, here)
const open = () => t.core.sessions.open({ user: alice, mode: 'bearer', factors: ['password'], origin: here })
const sessionsOf = async (user: User) => (await t.core.sessions.list(user, { limit: 100 })).items.map(({ id }) => id)
const keysOf = async (user: User) => [
  ...(await t.core.keys.list(user, { limit: 100 })).items,
  ...(await t.core.tokens.list(user, { limit: 100 })).items,
]
async function giveKeys(): Promise<void> {
  await t.core.keys.issueFor(alice, { name: 'a key' }, here)
  await t.core.tokens.issueFor(alice, { name: 'a token', expiresAt: t.clock.now() + 86_400_000 }, here)
}
async function resetToken(): Promise<string> {
  await t.core.users.forgotPassword('alice', here)
  return mailedToken(t, 'alice@example.com')
}

test('a change of the password ends all other sessions, is mailed, and leaves keys unless asked', async () => {
  const [kept] = [await open(), await open(), await open()]
  await giveKeys()
  await t.core.users.changePassword(alice, next, kept.session.id, here)
  assert.deepEqual(await sessionsOf(alice), [kept.session.id])
  assert.equal((await keysOf(alice)).length, 2)
  await assert.rejects(signIn(goodPassword), failsWith('credentials_wrong'))
  await signIn(next)
  assert.ok(
    (await mailsTo(t, 'alice@example.com')).some(({ subject }) => subject.startsWith('Your password was changed')),
  )
  await t.core.users.changePassword(alice, 'a third good password', kept.session.id, here, { revokeKeys: true })
  assert.deepEqual(await keysOf(alice), [])
})

test('a refused password changes nothing', async () => {
  const { session } = await open()
  for (const password of ['short', 'password123', 'alice123', 'x'.repeat(257)]) {
    await assert.rejects(t.core.users.changePassword(alice, password, null, here), failsWith('password_refused'))
  }
  assert.deepEqual(await sessionsOf(alice), [session.id])
  await signIn(goodPassword)
})

test('a reset by mail sets the password once, opens no session and revokes sessions, keys and private tokens', async () => {
  await open()
  await giveKeys()
  const token = await resetToken()
  await assert.rejects(t.core.users.resetPassword(token, 'short', here), failsWith('password_refused'))
  const tries = Array.from({ length: 20 }, (_, n) => t.core.users.resetPassword(token, `${next} ${n}`, here))
  const all = await Promise.allSettled(tries)
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.deepEqual(await sessionsOf(alice), [])
  assert.deepEqual(await keysOf(alice), [])
  await assert.rejects(signIn(goodPassword), failsWith('credentials_wrong'))
  await signIn(`${next} ${all.findIndex(({ status }) => status === 'fulfilled')}`)
})

test('the place of a reset is no stranger any more, a link that was only asked for changes nothing', async () => {
  const place = visitor('198.51.100.50')
  const token = await resetToken()
  await assert.rejects(t.core.users.resetPassword('x', next, place), failsWith('one_time_invalid'))
  assert.equal(await t.core.limits.isKnown(alice.id, place), false)
  await t.core.users.resetPassword(token, next, place)
  assert.equal(await t.core.limits.isKnown(alice.id, place), true)
})

test('a reset leaves the second factor alone', async () => {
  const { secret } = await enrol(t, alice)
  await t.core.users.resetPassword(await resetToken(), next, here)
  const ticket = await ticketOf(signIn(next))
  const { factors } = await t.core.signIn.withTicket(ticket, codeAt(secret, t.clock), here)
  assert.deepEqual(factors, ['password', 'totp'])
})

test('asking for a reset tells nobody who exists; only a proven address of an active user gets a link', async () => {
  await makePerson(t.core, 'no-mail', { email: null })
  const claims = { username: 'claims', email: 'claimed@example.com', password: goodPassword }
  await t.core.users.signUp(claims, visitor('192.0.2.1', 'librephotos'))
  await t.core.idle()
  const before = t.mails.length
  await makePerson(t.core, 'gone')
  await t.core.users.setStatus((await t.store.users.byUsername('gone'))?.publicId ?? '', 'disabled', null, here)
  for (const identifier of ['nobody', 'no-mail', 'claims', 'claimed@example.com', 'gone', '', '\ud800']) {
    assert.equal(await t.core.users.forgotPassword(identifier, here), undefined)
  }
  await t.core.idle()
  assert.equal(t.mails.length, before)
  assert.equal(await t.core.users.forgotPassword('ALICE@example.com', here), undefined)
  assert.equal((await mailsTo(t, 'alice@example.com')).length, 1)
})

test('the answer does not wait for what was found', async () => {
  let sent = 0
  const mailer = {
    async send() {
      sent += 1
    },
  }
  const other = await createTestCore({ database: t.database, mailer })
  await other.core.users.forgotPassword('alice', here)
  await other.core.signIn.requestLink('alice', here)
  assert.equal(sent, 0)
  await other.core.idle()
  assert.equal(sent, 2)
  await other.drop()
})

test('a newer reset link leaves the older one good: whoever asks must not void what the owner was mailed', async () => {
  const owners = await resetToken()
  await t.core.users.forgotPassword('alice', visitor('203.0.113.66'))
  const newer = await mailedToken(t, 'alice@example.com')
  assert.notEqual(newer, owners)
  await t.core.users.resetPassword(owners, next, here)
  await assert.rejects(t.core.users.resetPassword(newer, 'a third good password', here), failsWith('one_time_invalid'))
  await signIn(next)
})

test('strangers who ask for links cannot use up the mails of the owner, nor one kind those of the other', async () => {
  const limits = {
    enabled: true,
    address: { points: 100, windowSeconds: 900 },
    mail: { points: 3, windowSeconds: 3600 },
  }
  const other = await createTestCore({ database: t.database, clock: t.clock, settings: { limits } })
  await other.core.limits.remember(alice.id, here)
  const asked = async (what: 'reset' | 'link', from: typeof here) => {
    const before = (await mailsTo(other, 'alice@example.com')).length
    if (what === 'reset') await other.core.users.forgotPassword('alice', from)
    else await other.core.signIn.requestLink('alice', from)
    return (await mailsTo(other, 'alice@example.com')).length - before
  }
  const thief = visitor('203.0.113.66')
  const mailed: number[] = []
  for (let tries = 0; tries < 5; tries += 1) mailed.push(await asked('link', thief))
  assert.deepEqual(mailed, [1, 1, 1, 0, 0])
  assert.equal(await asked('reset', thief), 1)
  for (const right of [1, 1, 1, 0]) assert.equal(await asked('link', here), right)
  assert.equal(await asked('reset', here), 1)
  await other.drop()
})

test('a reset link dies after 30 minutes, with the password and with the status', async () => {
  const late = await resetToken()
  t.clock.advance(30 * 60_000)
  for (const token of [late, '', 'x']) {
    await assert.rejects(t.core.users.resetPassword(token, next, here), failsWith('one_time_invalid'))
  }
  const second = await resetToken()
  await t.core.users.changePassword(alice, 'a third good password', null, here)
  await assert.rejects(t.core.users.resetPassword(second, next, here), failsWith('one_time_invalid'))
  const last = await resetToken()
  await t.core.users.setStatus(alice.publicId, 'blocked', null, here)
  await t.core.users.setStatus(alice.publicId, 'active', null, here)
  await assert.rejects(t.core.users.resetPassword(last, next, here), failsWith('one_time_invalid'))
})

test('no password and no link is in the audit log or in our log', async () => {
  const token = await resetToken()
  await t.core.users.resetPassword(token, next, here)
  await assert.rejects(signIn(goodPassword), failsWith('credentials_wrong'))
  const { items } = await t.core.events.list({ user: alice.publicId }, { limit: 50 })
  const kinds = items.map(({ kind }) => kind)
  for (const kind of ['password-reset-requested', 'password-reset', 'sign-in-failed'])
    assert.ok(kinds.includes(kind), kind)
  const written = JSON.stringify([items, t.logs])
  for (const secret of [token, next, goodPassword]) assert.ok(!written.includes(secret))
})
