import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { ApiKey } from '../../src/core/records.ts'
import { boxKeyId } from '../../src/crypto/secret-box.ts'
import type { User } from '../../src/types.ts'
import { createTestCore, type TestCore, testKeyTree } from '../support/core.ts'
import {
  codeAt,
  enrol,
  failsWith,
  failureOf,
  mailsTo,
  makePerson,
  principalOf,
  visitor,
  wrongCode,
} from '../support/identity.ts'
import { signedIn } from '../support/people.ts'

let t: TestCore
let alice: User

beforeEach(async () => {
  t = await createTestCore({ settings: { limits: { enabled: true, address: { points: 100_000, windowSeconds: 60 } } } })
  alice = await makePerson(t.core, 'alice')
})
afterEach(() => t.drop())

const here = visitor()
const check = (user: User, code: string) => t.core.mfa.check(user, code, here)

test('a factor goes from off through pending to on, and nothing counts before it is confirmed', async () => {
  assert.equal((await t.core.mfa.status(alice)).totp, 'off')
  const begun = await t.core.mfa.begin(alice, here)
  assert.match(begun.secret, /^[A-Z2-7]{32}$/)
  assert.match(begun.uri, /^otpauth:\/\/totp\/Cardea:alice\?/)
  assert.match(begun.svg, /^<svg /)
  assert.equal(begun.expiresAt, t.clock.now() + 600_000)
  assert.equal((await t.core.mfa.status(alice)).totp, 'pending')
  await assert.rejects(check(alice, codeAt(begun.secret, t.clock)), failsWith('factor_missing'))
  assert.equal((await t.core.users.byPublicId(alice.publicId))?.hasFactor, false)
  const { recoveryCodes } = await t.core.mfa.confirm(alice, codeAt(begun.secret, t.clock), null, here)
  assert.equal(new Set(recoveryCodes).size, 10)
  assert.deepEqual(await t.core.mfa.status(alice), { totp: 'on', recoveryCodesLeft: 10 })
  assert.equal((await mailsTo(t, 'alice@example.com')).length, 1)
})

test('a pending secret dies after 10 minutes', async () => {
  const { secret } = await t.core.mfa.begin(alice, here)
  t.clock.advance(600_000)
  await assert.rejects(t.core.mfa.confirm(alice, codeAt(secret, t.clock), null, here), failsWith('factor_missing'))
  assert.equal((await t.core.mfa.status(alice)).totp, 'off')
})

test('a wrong code confirms nothing; a second factor is not begun over a confirmed one', async () => {
  const { secret } = await t.core.mfa.begin(alice, here)
  await assert.rejects(t.core.mfa.confirm(alice, wrongCode(secret, t.clock), null, here), failsWith('factor_wrong'))
  await t.core.mfa.confirm(alice, codeAt(secret, t.clock), null, here)
  await assert.rejects(t.core.mfa.begin(alice, here), failsWith('factor_exists'))
  await assert.rejects(t.core.mfa.confirm(alice, codeAt(secret, t.clock), null, here), failsWith('factor_exists'))
})

test('five wrong codes kill a pending secret, and a new one starts anew', async () => {
  const begun = await t.core.mfa.begin(alice, here)
  const confirm = (code: string) => t.core.mfa.confirm(alice, code, null, here)
  for (let tries = 0; tries < 5; tries += 1)
    await assert.rejects(confirm(wrongCode(begun.secret, t.clock)), failsWith('factor_wrong'))
  await assert.rejects(confirm(codeAt(begun.secret, t.clock)), failsWith('factor_missing'))
  assert.equal((await t.core.mfa.status(alice)).totp, 'off')
  assert.equal((await t.core.users.byPublicId(alice.publicId))?.hasFactor, false)
  const failed = await t.core.events.list({ kind: 'factor-failed', user: alice.publicId }, { limit: 50 })
  assert.deepEqual(
    failed.items.map(({ data }) => [data.pending, data.inARow]),
    [5, 4, 3, 2, 1].map((count) => [true, count]),
  )
  const again = await t.core.mfa.begin(alice, here)
  for (let tries = 0; tries < 4; tries += 1)
    await assert.rejects(confirm(wrongCode(again.secret, t.clock)), failsWith('factor_wrong'))
  await confirm(codeAt(again.secret, t.clock))
  assert.equal((await t.store.factors.failures(alice.id)).count, 0)
})

test('of 50 wrong codes for a pending secret side by side five are looked at', async () => {
  const { secret } = await t.core.mfa.begin(alice, here)
  const wrong = wrongCode(secret, t.clock)
  const tries = Array.from({ length: 50 }, () => failureOf(t.core.mfa.confirm(alice, wrong, null, here)))
  const codes = (await Promise.all(tries)).map(({ code }) => code)
  assert.equal(codes.filter((code) => code === 'factor_wrong').length, 5)
  assert.equal(codes.filter((code) => code === 'factor_missing').length, 45)
  const late = t.core.mfa.confirm(alice, codeAt(secret, t.clock), null, here)
  await assert.rejects(late, failsWith('factor_missing'))
})

test('the count of a pending secret is its user’s own', async () => {
  const bob = await makePerson(t.core, 'bob')
  const [of, other] = [await t.core.mfa.begin(alice, here), await t.core.mfa.begin(bob, here)]
  for (let tries = 0; tries < 9; tries += 1)
    await failureOf(t.core.mfa.confirm(bob, wrongCode(other.secret, t.clock), null, here))
  await t.core.mfa.confirm(alice, codeAt(of.secret, t.clock), null, here)
})

test('adding or removing a factor leaves keys and private tokens, and revokes them when asked', async () => {
  const { by, user } = await signedIn(t, { username: 'carol', role: 'user' })
  const issue = async () => ({
    key: (await t.core.keys.issue(by, { name: 'k' }, here)).record.id,
    token: (await t.core.tokens.issue(by, { name: 't', expiresAt: t.clock.now() + 86_400_000 }, here)).record.publicId,
  })
  const areRevoked = async ({ key, token }: Awaited<ReturnType<typeof issue>>) => {
    const [one, other] = [await t.store.keys.byId(key), await t.store.tokens.byPublicId(token)]
    return [one?.revokedAt !== null, other?.revokedAt !== null]
  }
  const first = await issue()
  const change = async (options?: { readonly revokeKeys: boolean }) => {
    const { secret } = await t.core.mfa.begin(user, here)
    await t.core.mfa.confirm(user, codeAt(secret, t.clock), by.sessionId, here, options)
    t.clock.advance(30_000)
  }
  await change()
  await t.core.mfa.disable(user, by, by.sessionId, here)
  assert.deepEqual(await areRevoked(first), [false, false])
  await change({ revokeKeys: true })
  assert.deepEqual(await areRevoked(first), [true, true])
  await t.store.keys.create({
    ...(await keyRow(first.key)),
    id: '0b0e7c2e-6a3f-4a53-9d0e-3f9c2f1d7a11',
    revokedAt: null,
  })
  await t.core.mfa.disable(user, by, by.sessionId, here, { revokeKeys: true })
  assert.notEqual((await keyRow('0b0e7c2e-6a3f-4a53-9d0e-3f9c2f1d7a11')).revokedAt, null)
  const { items } = await t.core.events.list({ user: user.publicId }, { limit: 50 })
  const told = items.filter(({ kind }) => kind === 'factor-added' || kind === 'factor-removed')
  assert.deepEqual(
    told.map(({ data }) => data.keysRevoked),
    [true, true, false, false],
  )
})

async function keyRow(id: string): Promise<ApiKey> {
  const key = await t.store.keys.byId(id)
  assert.ok(key !== null)
  return key
}

test('of 50 who confirm side by side one gets the recovery codes', async () => {
  const { secret } = await t.core.mfa.begin(alice, here)
  const code = codeAt(secret, t.clock)
  const all = await Promise.allSettled(Array.from({ length: 50 }, () => t.core.mfa.confirm(alice, code, null, here)))
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('the code that confirmed does not sign in as well', async () => {
  const { secret } = await t.core.mfa.begin(alice, here)
  const code = codeAt(secret, t.clock)
  await t.core.mfa.confirm(alice, code, null, here)
  await assert.rejects(check(alice, code), failsWith('factor_wrong'))
})

test('a code is good once, within one step of drift, also when 50 send it side by side', async () => {
  const { user, secret } = await enrol(t, alice)
  const code = codeAt(secret, t.clock)
  const all = await Promise.allSettled(Array.from({ length: 50 }, () => check(user, code)))
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
  t.clock.advance(3_600_000)
  assert.equal(await check(user, codeAt(secret, t.clock, -1)), 'totp')
  assert.equal(await check(user, codeAt(secret, t.clock, 1)), 'totp')
  await assert.rejects(check(user, codeAt(secret, t.clock, 1)), failsWith('factor_wrong'))
  await assert.rejects(check(user, codeAt(secret, t.clock, 2)), failsWith('factor_wrong'))
})

test('single use and drift are settings', async () => {
  const free = await createTestCore({ settings: { totp: { drift: 0, singleUse: false } } })
  const { user, secret } = await enrol(free, await makePerson(free.core, 'bob'))
  assert.equal(await free.core.mfa.check(user, codeAt(secret, free.clock), here), 'totp')
  assert.equal(await free.core.mfa.check(user, codeAt(secret, free.clock), here), 'totp')
  await assert.rejects(free.core.mfa.check(user, codeAt(secret, free.clock, 1), here), failsWith('factor_wrong'))
  await free.drop()
})

test('a recovery code is good once, however it is typed, and the user is told', async () => {
  const { user, recoveryCodes } = await enrol(t, alice)
  const [code = ''] = recoveryCodes
  const typed = code.toUpperCase().replace('-', ' ')
  const all = await Promise.allSettled(Array.from({ length: 10 }, () => check(user, typed)))
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.equal((await t.core.mfa.status(user)).recoveryCodesLeft, 9)
  assert.ok(
    (await mailsTo(t, 'alice@example.com')).some(({ subject }) => subject.startsWith('A recovery code was used')),
  )
})

test('new recovery codes void the old ones', async () => {
  const { user, recoveryCodes } = await enrol(t, alice)
  const fresh = await t.core.mfa.newRecoveryCodes(user, here)
  await assert.rejects(check(user, recoveryCodes[0] ?? ''), failsWith('factor_wrong'))
  assert.equal(await check(user, fresh[0] ?? ''), 'recovery-code')
  await assert.rejects(t.core.mfa.newRecoveryCodes(await makePerson(t.core, 'bob'), here), failsWith('factor_missing'))
})

test('recovery codes are stored as slow hashes under one salt of the user', async () => {
  const { user, recoveryCodes } = await enrol(t, alice)
  const stored = await t.store.factors.recovery(user.id)
  assert.ok(stored !== null)
  assert.match(stored.salt, /^[0-9a-f]{32}$/)
  assert.equal(new Set(stored.codes.map(({ hash }) => hash)).size, 10)
  for (const code of recoveryCodes) assert.ok(!JSON.stringify(stored).includes(code))
  const hash = await t.passwords.hashWithSalt(recoveryCodes[3] ?? '', Buffer.from(stored.salt, 'hex'))
  assert.ok(stored.codes.some((code) => code.hash === hash))
})

test('after ten wrong codes in a row even the right one has to wait, longer each time, and the user is told', async () => {
  const { user, secret } = await enrol(t, alice)
  for (let tries = 0; tries < 10; tries += 1) {
    await assert.rejects(check(user, wrongCode(secret, t.clock)), failsWith('factor_wrong'))
  }
  const told = await mailsTo(t, 'alice@example.com')
  assert.equal(told.filter(({ subject }) => subject.startsWith('Wrong codes')).length, 1)
  for (const seconds of [30, 60, 120, 240]) {
    const waiting = await failureOf(check(user, codeAt(secret, t.clock)))
    assert.equal(waiting.code, 'rate_limited')
    assert.equal(waiting.detail.retryAfter, seconds)
    t.clock.advance(seconds * 1000 - 1)
    await assert.rejects(check(user, codeAt(secret, t.clock)), failsWith('rate_limited'))
    t.clock.advance(1)
    await assert.rejects(check(user, wrongCode(secret, t.clock)), failsWith('factor_wrong'))
  }
  for (let tries = 0; tries < 20; tries += 1) {
    t.clock.advance(3_600_000)
    await assert.rejects(check(user, wrongCode(secret, t.clock)), failsWith('factor_wrong'))
  }
  assert.equal((await failureOf(check(user, 'x'))).detail.retryAfter, 3600)
  t.clock.advance(3_600_000)
  assert.equal(await check(user, codeAt(secret, t.clock)), 'totp')
  await assert.rejects(check(user, wrongCode(secret, t.clock)), failsWith('factor_wrong'))
  assert.equal((await t.store.factors.failures(user.id)).count, 1)
})

test('codes sent side by side do not outrun the count', async () => {
  const { user, secret } = await enrol(t, alice)
  const wrong = wrongCode(secret, t.clock)
  const tries = () => Promise.all(Array.from({ length: 50 }, () => failureOf(check(user, wrong))))
  const first = (await tries()).filter(({ code }) => code === 'factor_wrong')
  assert.ok(first.length <= 10, `${first.length} codes were looked at`)
  t.clock.advance(3_600_000)
  const later = (await tries()).filter(({ code }) => code === 'factor_wrong')
  assert.ok(later.length <= 1, `${later.length} codes were looked at`)
})

test('removing the factor removes its codes; nobody does it to users beyond their own rights', async () => {
  const { user, recoveryCodes } = await enrol(t, alice)
  const support = principalOf(t.core, await makePerson(t.core, 'sue', { role: 'support' }))
  await assert.rejects(t.core.mfa.disable(user, support, null, here), failsWith('scope_missing'))
  const admin = principalOf(t.core, await makePerson(t.core, 'root', { role: 'admin' }))
  const { user: other } = await enrol(t, await makePerson(t.core, 'boss', { role: 'admin' }))
  const deputy = { ...admin, scopes: new Set(['users:write', 'account:read']) }
  await assert.rejects(t.core.mfa.disable(other, deputy, null, here), failsWith('beyond_own_rights'))

  await t.core.mfa.disable(user, principalOf(t.core, user), null, here)
  await assert.rejects(check(user, recoveryCodes[0] ?? ''), failsWith('factor_missing'))
  assert.equal((await t.core.mfa.status(user)).totp, 'off')
  await assert.rejects(t.core.mfa.disable(user, null, null, here), failsWith('factor_missing'))
  await t.core.mfa.disable(other, admin, null, here)
})

test('a seed is boxed for its user: in the row of another it does not open', async () => {
  const { secret } = await t.core.mfa.begin(alice, here)
  const bob = await makePerson(t.core, 'bob')
  const stored = await t.store.factors.totp(alice.id)
  assert.ok(stored !== null && !stored.box.includes(secret))
  await t.store.factors.begin(bob.id, stored.box, t.clock.now())
  await assert.rejects(t.core.mfa.confirm(bob, codeAt(secret, t.clock), null, here), failsWith('internal'))
})

test('after a change of the root secret the seeds still open, and re-wrapping moves them to the new key', async () => {
  const { user, secret } = await enrol(t, alice)
  const keyTree = testKeyTree(9, [7])
  const next = await createTestCore({ database: t.database, clock: t.clock, keyTree })
  assert.equal(await next.core.mfa.check(user, codeAt(secret, t.clock), here), 'totp')
  assert.equal(await next.core.mfa.rewrap(), 1)
  assert.equal(await next.core.mfa.rewrap(), 0)
  const stored = await next.store.factors.totp(user.id)
  assert.equal(boxKeyId(stored?.box ?? ''), keyTree.current('key-encryption').id)
  t.clock.advance(30_000)
  assert.equal(await next.core.mfa.check(user, codeAt(secret, t.clock), here), 'totp')
  await next.drop()
})

test('neither seeds nor codes are in the audit log or in our log', async () => {
  const { user, secret, recoveryCodes } = await enrol(t, alice)
  const code = codeAt(secret, t.clock)
  await check(user, code)
  await check(user, recoveryCodes[0] ?? '')
  const wrong = wrongCode(secret, t.clock)
  await assert.rejects(check(user, wrong), failsWith('factor_wrong'))
  const { items } = await t.core.events.list({ user: user.publicId }, { limit: 50 })
  const kinds = items.map(({ kind }) => kind)
  for (const kind of ['factor-begun', 'factor-added', 'recovery-code-used', 'factor-failed'])
    assert.ok(kinds.includes(kind), kind)
  const written = JSON.stringify([items.map(({ data }) => data), t.logs])
  for (const value of [secret, code, wrong, ...recoveryCodes]) assert.ok(!written.includes(value))
})
