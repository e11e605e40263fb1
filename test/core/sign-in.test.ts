import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { CardeaError } from '../../src/errors.ts'
import type { User } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import {
  codeAt,
  countingPasswords,
  enrol,
  failsWith,
  failureOf,
  goodPassword,
  mailedToken,
  mailsTo,
  makeAdmin,
  makePerson,
  principalOf,
  ticketOf,
  visitor,
  wrongCode,
} from '../support/identity.ts'

let t: TestCore
let counted: ReturnType<typeof countingPasswords>
let alice: User

beforeEach(async () => {
  counted = countingPasswords()
  t = await createTestCore({ passwords: counted.passwords })
  await makeAdmin(t.core)
  alice = await makePerson(t.core, 'alice')
})
afterEach(() => t.drop())

const here = visitor()
const signIn = (identifier: string, password = goodPassword, code?: string, origin = here) =>
  t.core.signIn.withPassword({ identifier, password, ...(code !== undefined && { code }) }, origin)
const eventsOf = async (kind: string) => (await t.core.events.list({ kind }, { limit: 100 })).items

test('user name and proven e-mail, in any letter case, sign in with the password', async () => {
  for (const identifier of ['alice', 'ALICE', 'alice@example.com', 'Alice@EXAMPLE.com']) {
    const { user, factors } = await signIn(identifier)
    assert.equal(user.id, alice.id)
    assert.deepEqual(factors, ['password'])
  }
})

test('the password counts exactly as it is sent', async () => {
  await makePerson(t.core, 'blank', { password: ' spaces around ' })
  await signIn('blank', ' spaces around ')
  for (const password of ['spaces around', ' spaces around', `${goodPassword} `]) {
    await assert.rejects(signIn('blank', password), failsWith('credentials_wrong'))
  }
  await makePerson(t.core, 'accent', { password: 'caf\u00e9 caf\u00e9 caf\u00e9' })
  await assert.rejects(signIn('accent', 'cafe\u0301 cafe\u0301 cafe\u0301'), failsWith('credentials_wrong'))
})

test('unknown names, services and users without a password cost one password check, as a wrong password does', async () => {
  await t.core.users.create(
    { username: 'robot', email: null, password: null, role: 'user', kind: 'service' },
    null,
    here,
  )
  await makePerson(t.core, 'linker', { password: null })
  for (const [identifier, nothing] of [
    ['alice', 0],
    ['nobody', 1],
    ['robot', 1],
    ['linker', 1],
    ['x@y.example', 1],
    ['not a name', 1],
    [alice.publicId, 1],
    ['1', 1],
  ] as const) {
    const before = { ...counted.calls }
    await assert.rejects(signIn(identifier, 'wrong password'), failsWith('credentials_wrong'))
    assert.equal(counted.calls.verify - before.verify, 1, identifier)
    assert.equal(counted.calls.verifyNothing - before.verifyNothing, nothing, identifier)
    assert.equal(counted.calls.hash, before.hash, identifier)
  }
})

test('an unproven e-mail identifies nobody', async () => {
  await t.core.users.signUp(
    { username: 'claims', email: 'claimed@example.com', password: goodPassword },
    visitor('192.0.2.9', 'librephotos'),
  )
  await assert.rejects(signIn('claimed@example.com'), failsWith('credentials_wrong'))
  assert.equal((await signIn('claims')).user.unprovenEmail, 'claimed@example.com')
})

test('digits name a user at the FreeSewing door only', async () => {
  const there = visitor('192.0.2.1', 'freesewing')
  assert.equal((await signIn(String(alice.id), goodPassword, undefined, there)).user.id, alice.id)
  await assert.rejects(signIn(String(alice.id)), failsWith('credentials_wrong'))
  await assert.rejects(signIn('9'.repeat(400), goodPassword, undefined, there), failsWith('credentials_wrong'))
})

test('a status is told only after the right password', async () => {
  for (const status of ['disabled', 'blocked', 'pending'] as const) {
    await t.core.users.setStatus(alice.publicId, status, null, here)
    await assert.rejects(signIn('alice', 'wrong password'), failsWith('credentials_wrong'))
    await assert.rejects(signIn('alice'), failsWith(`account_${status}`))
  }
})

test('a failure is audited with the user when known, and an unknown name only as an HMAC', async () => {
  await assert.rejects(signIn('alice', 'wrong password'), failsWith('credentials_wrong'))
  await assert.rejects(signIn('my secret password', 'x'), failsWith('credentials_wrong'))
  const [unknown, known] = await eventsOf('sign-in-failed')
  assert.equal(known?.user, alice.publicId)
  assert.equal(unknown?.user, null)
  assert.match(String(unknown?.data.identifier), /^[0-9a-f]{64}$/)
  assert.doesNotMatch(JSON.stringify([unknown, known, t.logs]), /my secret password|wrong password|alice/)
})

test('a password that was changed while it was checked does not sign in', async () => {
  const { verify } = counted.passwords
  const slow = {
    ...counted.passwords,
    async verify(stored: string | null, password: string) {
      const verdict = await verify(stored, password)
      await t.core.users.setPassword(alice.publicId, 'another good password', null, here)
      return verdict
    },
  }
  const other = await createTestCore({ database: t.database, clock: t.clock, passwords: slow })
  const tried = other.core.signIn.withPassword({ identifier: 'alice', password: goodPassword }, here)
  await assert.rejects(tried, failsWith('credentials_wrong'))
  await other.drop()
})

test('an outdated hash is replaced after a good password, and only then; the epoch stays', async () => {
  const passwords = {
    ...counted.passwords,
    verify: async (_stored: string | null, password: string) => ({ ok: password === goodPassword, outdated: true }),
    hash: async (password: string) => `new:${password}`,
  }
  const other = await createTestCore({ database: t.database, clock: t.clock, passwords })
  const wish = { identifier: 'alice', password: 'wrong password' }
  await assert.rejects(other.core.signIn.withPassword(wish, here), failsWith('credentials_wrong'))
  await other.core.idle()
  assert.equal(await t.store.users.passwordHash(alice.id), `plain:${goodPassword}`)
  await other.core.signIn.withPassword({ ...wish, password: goodPassword }, here)
  await other.core.idle()
  assert.equal(await t.store.users.passwordHash(alice.id), `new:${goodPassword}`)
  assert.equal((await t.core.users.byPublicId(alice.publicId))?.epoch, alice.epoch)
  await other.drop()
})

test('a sign-in from a new place is mailed, but neither the first of all nor one from a known place', async () => {
  const notices = async () =>
    (await mailsTo(t, 'alice@example.com')).filter(({ subject }) => subject.startsWith('A sign-in from'))
  const first = await signIn('alice')
  await t.core.sessions.open({ ...first, mode: 'token', origin: here })
  assert.equal((await t.core.users.byPublicId(alice.publicId))?.lastSignInAt, t.clock.now())
  await signIn('alice')
  assert.equal((await notices()).length, 0)
  await signIn('alice', goodPassword, undefined, visitor('198.51.100.7'))
  assert.equal((await notices()).length, 1)
  await signIn('alice', goodPassword, undefined, visitor('198.51.100.7'))
  await assert.rejects(
    signIn('alice', 'wrong password', undefined, visitor('198.51.100.8')),
    failsWith('credentials_wrong'),
  )
  assert.equal((await notices()).length, 1)
})

test('with a second factor the password alone gets a ticket and nothing else', async () => {
  const { user, secret } = await enrol(t, alice)
  const error = await failureOf(signIn('alice'))
  assert.equal(error.code, 'factor_required')
  assert.deepEqual(Object.keys(error.detail.extra ?? {}), ['mfa_ticket'])
  assert.deepEqual((await t.core.sessions.list(user, { limit: 10 })).items, [])
  assert.equal((await t.core.users.byPublicId(user.publicId))?.lastSignInAt, null)
  const ticket = await ticketOf(signIn('alice'))
  const { factors } = await t.core.signIn.withTicket(ticket, codeAt(secret, t.clock), here)
  assert.deepEqual(factors, ['password', 'totp'])
})

test('a code next to the password finishes at once; a wrong one gives no ticket', async () => {
  const { secret, recoveryCodes } = await enrol(t, alice)
  const wrong = await failureOf(signIn('alice', goodPassword, wrongCode(secret, t.clock)))
  assert.equal(wrong.code, 'factor_wrong')
  assert.equal(wrong.detail.extra, undefined)
  await assert.rejects(signIn('alice', 'wrong password', codeAt(secret, t.clock)), failsWith('credentials_wrong'))
  // The code was not looked at, so it is still good.
  assert.deepEqual((await signIn('alice', goodPassword, codeAt(secret, t.clock))).factors, ['password', 'totp'])
  assert.deepEqual((await signIn('alice', goodPassword, recoveryCodes[0])).factors, ['password', 'recovery-code'])
})

test('a ticket works once, only at the API that issued it, and survives four wrong codes but not five', async () => {
  const { secret } = await enrol(t, alice)
  const ticket = await ticketOf(signIn('alice'))
  const code = codeAt(secret, t.clock)
  await assert.rejects(
    t.core.signIn.withTicket(ticket, code, visitor('192.0.2.1', 'librephotos')),
    failsWith('one_time_invalid'),
  )
  for (let tries = 0; tries < 4; tries += 1) {
    await assert.rejects(t.core.signIn.withTicket(ticket, wrongCode(secret, t.clock), here), failsWith('factor_wrong'))
  }
  await t.core.signIn.withTicket(ticket, code, here)
  await assert.rejects(
    t.core.signIn.withTicket(ticket, codeAt(secret, t.clock, 1), here),
    failsWith('one_time_invalid'),
  )

  const second = await ticketOf(signIn('alice'))
  for (let tries = 0; tries < 5; tries += 1) {
    await assert.rejects(t.core.signIn.withTicket(second, wrongCode(secret, t.clock), here), failsWith('factor_wrong'))
  }
  await assert.rejects(
    t.core.signIn.withTicket(second, codeAt(secret, t.clock, 1), here),
    failsWith('one_time_invalid'),
  )
})

test('a ticket gives 50 codes side by side no more than its five looks, and one right code one sign-in', async () => {
  const { secret } = await enrol(t, alice)
  const ticket = await ticketOf(signIn('alice'))
  const wrong = wrongCode(secret, t.clock)
  const all = await Promise.all(
    Array.from({ length: 50 }, () => failureOf(t.core.signIn.withTicket(ticket, wrong, here))),
  )
  assert.ok(all.filter(({ code }) => code === 'factor_wrong').length <= 5)

  const next = await ticketOf(signIn('alice'))
  const code = codeAt(secret, t.clock)
  const good = await Promise.allSettled(Array.from({ length: 50 }, () => t.core.signIn.withTicket(next, code, here)))
  assert.equal(good.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('a ticket dies with a change of the password, of the status and with time', async () => {
  const { user, secret } = await enrol(t, alice)
  const old = await ticketOf(signIn('alice'))
  await t.core.users.changePassword(user, 'another good password', null, here)
  await assert.rejects(t.core.signIn.withTicket(old, codeAt(secret, t.clock), here), failsWith('one_time_invalid'))
  const late = await ticketOf(signIn('alice', 'another good password'))
  t.clock.advance(t.settings.lifetimes.factorTicket * 1000)
  await assert.rejects(t.core.signIn.withTicket(late, codeAt(secret, t.clock), here), failsWith('one_time_invalid'))
})

test('nothing that can be typed as identifier, password, code, ticket or link token makes it fall over', async () => {
  const codes = ['credentials_wrong', 'one_time_invalid', 'factor_wrong', 'factor_required']
  const text = fc.string({ unit: 'binary', maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(text, text, async (one, other) => {
      assert.ok(codes.includes((await failureOf(signIn(one, other, other))).code))
      assert.ok(codes.includes((await failureOf(t.core.signIn.withTicket(one, other, here))).code))
      assert.ok(codes.includes((await failureOf(t.core.signIn.withLink(one, here))).code))
      const verdict = await t.core.signIn.basic(one, other, here)
      assert.ok(!verdict.ok && verdict.code === 'credentials_wrong')
      await t.core.signIn.requestLink(one, here)
      await t.core.users.forgotPassword(one, here)
    }),
    { numRuns: 60 },
  )
  await t.core.idle()
  assert.deepEqual(
    t.logs.filter(({ level }) => level === 'error'),
    [],
  )
})

test('a magic link goes to the proven address, signs in once, and nobody learns who exists', async () => {
  for (const identifier of ['alice', 'nobody', 'nobody@example.com', '', '\0']) {
    assert.equal(await t.core.signIn.requestLink(identifier, here), undefined)
  }
  const token = await mailedToken(t, 'alice@example.com')
  assert.equal(t.mails.length, 1)
  const all = await Promise.allSettled(Array.from({ length: 50 }, () => t.core.signIn.withLink(token, here)))
  const [good, ...more] = all.filter((each) => each.status === 'fulfilled')
  assert.equal(more.length, 0)
  assert.deepEqual(good?.value.factors, ['link'])
})

test('a magic link dies after 10 minutes, with the password and with the address', async () => {
  const link = async () => {
    await t.core.signIn.requestLink('alice', here)
    return mailedToken(t, 'alice@example.com')
  }
  const late = await link()
  t.clock.advance(600_000)
  await assert.rejects(t.core.signIn.withLink(late, here), failsWith('one_time_invalid'))
  const before = await link()
  await t.core.users.changePassword(alice, 'another good password', null, here)
  await assert.rejects(t.core.signIn.withLink(before, here), failsWith('one_time_invalid'))
  const moved = await link()
  await t.core.users.setEmail(alice.publicId, 'new@example.com', null, here)
  await assert.rejects(t.core.signIn.withLink(moved, here), failsWith('one_time_invalid'))
})

test('a newer magic link leaves the older one good until one of them is used', async () => {
  await t.core.signIn.requestLink('alice', here)
  const owners = await mailedToken(t, 'alice@example.com')
  await t.core.signIn.requestLink('alice', visitor('203.0.113.66'))
  const newer = await mailedToken(t, 'alice@example.com')
  assert.notEqual(newer, owners)
  await t.core.signIn.withLink(owners, here)
  await assert.rejects(t.core.signIn.withLink(newer, here), failsWith('one_time_invalid'))
})

test('a magic link asks for the second factor', async () => {
  const { secret } = await enrol(t, alice)
  await t.core.signIn.requestLink('alice', here)
  const ticket = await ticketOf(t.core.signIn.withLink(await mailedToken(t, 'alice@example.com'), here))
  const { factors } = await t.core.signIn.withTicket(ticket, codeAt(secret, t.clock), here)
  assert.deepEqual(factors, ['link', 'totp'])
})

test('users who are not active or have no proven address get no magic link', async () => {
  await makePerson(t.core, 'no-mail', { email: null })
  await t.core.users.setStatus(alice.publicId, 'disabled', null, here)
  for (const identifier of ['alice', 'alice@example.com', 'no-mail']) await t.core.signIn.requestLink(identifier, here)
  await t.core.idle()
  assert.deepEqual(t.mails, [])
})

test('proving again asks for everything there is, and says so', async () => {
  const { user, secret } = await enrol(t, alice)
  const principal = principalOf(t.core, user)
  const missing = await failureOf(t.core.signIn.reprove(principal, { password: goodPassword }, here))
  assert.equal(missing.code, 'reauthentication_required')
  assert.deepEqual(missing.detail.extra, { needs: ['password', 'code'] })
  const proof = { password: goodPassword, code: codeAt(secret, t.clock) }
  await assert.rejects(
    t.core.signIn.reprove(principal, { ...proof, password: 'wrong' }, here),
    failsWith('credentials_wrong'),
  )
  await assert.rejects(t.core.signIn.reprove(principal, { ...proof, code: '000' }, here), failsWith('factor_wrong'))
  assert.deepEqual(await t.core.signIn.reprove(principal, proof, here), ['password', 'totp'])
})

test('keys, private tokens, Basic, static keys, client tokens and impersonators can prove nothing', async () => {
  const proof = { password: goodPassword }
  const kinds = ['api-key', 'private-token', 'password', 'refresh-token'] as const
  const others = [...kinds.map((kind) => ({ kind, sessionId: null })), { keyId: 'a-key' }, { actor: 'an-admin' }]
  for (const more of others) {
    const error = await failureOf(t.core.signIn.reprove(principalOf(t.core, alice, more), proof, here))
    assert.equal(error.code, 'reauthentication_required')
    assert.deepEqual(error.detail.extra, { needs: ['sign-in'] })
  }
  const nobody = principalOf(t.core, alice, { kind: 'static-key', user: null })
  await assert.rejects(t.core.signIn.reprove(nobody, proof, here), failsWith('user_required'))
  assert.equal(counted.calls.verify, 0)
})

test('a full pool of hashes is `busy` and costs no try', async () => {
  let full = true
  const passwords = {
    ...counted.passwords,
    verify: async (stored: string | null, password: string) => {
      if (full) throw new CardeaError('busy')
      return counted.passwords.verify(stored, password)
    },
  }
  const points = { points: 2, windowSeconds: 900 }
  const limits = { enabled: true, address: points, user: points, strangers: points }
  const other = await createTestCore({ database: t.database, clock: t.clock, passwords, settings: { limits } })
  const wish = { identifier: 'alice', password: goodPassword }
  for (let tries = 0; tries < 5; tries += 1)
    await assert.rejects(other.core.signIn.withPassword(wish, here), failsWith('busy'))
  full = false
  await other.core.signIn.withPassword(wish, here)
  await other.drop()
})
