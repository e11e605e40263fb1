import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createFakeClock, type FakeClock } from '../support/clock.ts'
import { createTestCore, type TestCore, type TestCoreWish } from '../support/core.ts'
import { credentialCases } from '../support/credentials.ts'
import {
  codeAt,
  enrol,
  failsWith,
  goodPassword,
  mailedToken,
  makeAdmin,
  makePerson,
  visitor,
} from '../support/identity.ts'
import { bearer, check, key, openSession, principalOf, refusalOf } from '../support/people.ts'
import { startTestServer } from '../support/server.ts'
import { createTestDatabase } from '../support/store.ts'

const hour = 3_600_000

interface House {
  readonly clock: FakeClock
  /** The server as it runs now. */
  now(): TestCore
  /** Ends it and starts another one on the same database. */
  restart(): Promise<TestCore>
}

async function withHouse(t: TestContext, wish: TestCoreWish = {}): Promise<House> {
  const database = await createTestDatabase()
  const clock = createFakeClock()
  let running = await createTestCore({ ...wish, database, clock })
  const end = async () => {
    await running.core.close()
    await running.store.close()
  }
  t.after(async () => {
    await end()
    await database.drop()
  })
  await makeAdmin(running.core)
  return {
    clock,
    now: () => running,
    async restart() {
      await end()
      running = await createTestCore({ ...wish, database, clock })
      return running
    },
  }
}

/** Two that could do harm, and an hour in both directions. */
const jumps = [
  { name: 'an hour forward', millis: hour },
  { name: 'an hour back', millis: -hour },
]

test('what was revoked before a restart is refused after it, and what was not is good', async (t) => {
  const house = await withHouse(t)
  for (const [index, each] of credentialCases.entries()) {
    const user = await makePerson(house.now().core, `user${index}`)
    const dead = await each.issue(house.now(), user)
    const alive = await each.issue(house.now(), user)
    await each.revoke(house.now(), dead.by)
    const after = await house.restart()
    assert.deepEqual(await refusalOf(after, dead.presented), [each.afterwards, each.kind], each.name)
    assert.ok((await check(after, alive.presented)).ok, each.name)
  }
})

test('an account that was disabled or deleted before a restart stays so', async (t) => {
  const house = await withHouse(t)
  const { core } = house.now()
  const disabled = await makePerson(core, 'alice')
  const deleted = await makePerson(core, 'bob')
  const tokens = [
    (await core.keys.issueFor(disabled, { name: 'one' }, visitor())).token,
    (await core.keys.issueFor(deleted, { name: 'one' }, visitor())).token,
  ]
  await core.users.setStatus(disabled.publicId, 'disabled', null, visitor())
  await core.users.remove(deleted, null, visitor())
  const after = await house.restart()
  assert.deepEqual(await refusalOf(after, key(tokens[0] ?? '')), ['account_disabled', 'api-key'])
  assert.deepEqual(await refusalOf(after, key(tokens[1] ?? '')), ['credential_invalid', 'api-key'])
  await assert.rejects(
    after.core.users.signUp({ username: 'bob', email: null, password: goodPassword, confirm: false }, visitor()),
    failsWith('username_taken'),
  )
})

test('limits that were reached before a restart are reached after it, by address and by user', async (t) => {
  const rule = { points: 3, windowSeconds: 3600 }
  const house = await withHouse(t, { settings: { limits: { enabled: true, user: rule } } })
  await makePerson(house.now().core, 'alice')
  const guess = (address: string) =>
    house.now().core.signIn.withPassword({ identifier: 'alice', password: 'wrong password 1' }, visitor(address))
  for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
    await assert.rejects(guess(address), failsWith('credentials_wrong'))
  }
  await assert.rejects(guess('192.0.2.4'), failsWith('rate_limited'))
  await house.restart()
  await assert.rejects(guess('192.0.2.5'), failsWith('rate_limited'))
})

test('the delay after ten wrong codes goes on after a restart', async (t) => {
  const house = await withHouse(t, { settings: { limits: { enabled: true } } })
  const { user, secret } = await enrol(house.now(), await makePerson(house.now().core, 'alice'))
  for (let turn = 0; turn < 10; turn += 1) {
    await assert.rejects(house.now().core.mfa.check(user, '000000', visitor()), failsWith('factor_wrong'))
  }
  const after = await house.restart()
  await assert.rejects(after.core.mfa.check(user, codeAt(secret, house.clock), visitor()), failsWith('rate_limited'))
})

test('links, codes and refresh tokens that were used before a restart are used after it', async (t) => {
  const house = await withHouse(t)
  const made = await makePerson(house.now().core, 'alice')
  const mail = 'alice@example.com'

  await house.now().core.signIn.requestLink('alice', visitor())
  const signInLink = await mailedToken(house.now(), mail)
  await house.now().core.signIn.withLink(signInLink, visitor())
  await house.now().core.users.forgotPassword('alice', visitor())
  const resetLink = await mailedToken(house.now(), mail)
  await house.now().core.users.resetPassword(resetLink, 'another long password 7', visitor())

  const again = (await house.now().core.users.byPublicId(made.publicId)) ?? made
  const { user, secret, recoveryCodes } = await enrol(house.now(), again)
  const code = codeAt(secret, house.clock)
  await house.now().core.mfa.check(user, code, visitor())
  const [recovery = '', unused = ''] = recoveryCodes
  assert.equal(await house.now().core.mfa.check(user, recovery, visitor()), 'recovery-code')
  const first = await openSession(house.now(), user)
  const second = await house.now().core.sessions.refresh(first.refreshToken ?? '', visitor())
  const third = await house.now().core.sessions.refresh(second.refreshToken ?? '', visitor())

  const { core } = await house.restart()
  await assert.rejects(core.signIn.withLink(signInLink, visitor()), failsWith('one_time_invalid'))
  await assert.rejects(
    core.users.resetPassword(resetLink, 'yet another word 9', visitor()),
    failsWith('one_time_invalid'),
  )
  for (const spent of [code, recovery])
    await assert.rejects(core.mfa.check(user, spent, visitor()), failsWith('factor_wrong'))
  assert.equal(await core.mfa.check(user, unused, visitor()), 'recovery-code')
  // The last one is good still; the first one, long rotated, ends the session.
  const fourth = await core.sessions.refresh(third.refreshToken ?? '', visitor())
  await assert.rejects(core.sessions.refresh(first.refreshToken ?? '', visitor()), failsWith('refresh_reused'))
  assert.deepEqual(await refusalOf(house.now(), bearer(fourth.token)), ['credential_revoked', 'access-token'])
})

test('links that nobody used are good after a restart, once', async (t) => {
  const house = await withHouse(t)
  await makePerson(house.now().core, 'alice')
  await house.now().core.signIn.requestLink('alice', visitor())
  const link = await mailedToken(house.now(), 'alice@example.com')
  const { core } = await house.restart()
  assert.equal((await core.signIn.withLink(link, visitor())).user.username, 'alice')
  await assert.rejects(core.signIn.withLink(link, visitor()), failsWith('one_time_invalid'))
})

for (const { name, millis } of jumps) {
  test(`a clock that jumps ${name} revives nothing, and ends only what had to end in that time`, async (t) => {
    const house = await withHouse(t)
    const { core } = house.now()
    await core.feed.sync()
    const user = await makePerson(core, 'alice')
    const revoked = await core.keys.issueFor(user, { name: 'revoked' }, visitor())
    await core.keys.revoke(user, revoked.record.id, null, visitor())
    const rotated = await core.keys.issueFor(user, { name: 'rotated' }, visitor())
    const by = await principalOf(house.now(), key(rotated.token))
    const heir = await core.keys.rotate(by, rotated.record.id, { graceSeconds: 0 }, visitor())
    const endsSoon = await core.keys.issueFor(
      user,
      { name: 'soon', expiresAt: house.clock.now() + hour / 2 },
      visitor(),
    )
    const kept = await openSession(house.now(), user)
    const ended = await openSession(house.now(), user)
    await core.sessions.end(user, ended.session.id, visitor())

    house.clock.advance(millis)
    const refused = async (presented: ReturnType<typeof bearer>) => {
      const verdict = await check(house.now(), presented)
      return verdict.ok ? 'good' : verdict.code
    }
    for (const dead of [key(revoked.token), key(rotated.token)]) assert.equal(await refused(dead), 'credential_revoked')
    assert.equal(await refused(bearer(ended.token)), millis > 0 ? 'credential_expired' : 'credential_revoked')
    assert.equal(await refused(key(heir.token)), 'good')
    assert.equal(await refused(key(endsSoon.token)), millis > 0 ? 'credential_expired' : 'good')
    // The access token lives for an hour; its session does not care.
    assert.equal(await refused(bearer(kept.token)), millis > 0 ? 'credential_expired' : 'good')
    const next = await core.sessions.refresh(kept.refreshToken ?? '', visitor())
    assert.equal(await refused(bearer(next.token)), 'good')

    // Everything goes on: sign-in, keys and their revocation, the audit chain, scheduled work.
    const made = await core.keys.issueFor(user, { name: 'new' }, visitor())
    assert.equal(await refused(key(made.token)), 'good')
    await core.keys.revoke(user, made.record.id, null, visitor())
    assert.equal(await refused(key(made.token)), 'credential_revoked')
    await core.signIn.withPassword({ identifier: 'alice', password: goodPassword }, visitor())
    for (const job of core.jobs) await job.run()

    // The clock is put right: what was made meanwhile is good, what was dead is dead.
    house.clock.advance(-millis)
    for (const job of core.jobs) await job.run()
    assert.equal(await refused(bearer(next.token)), millis > 0 ? 'good' : 'credential_expired')
    assert.equal(await refused(key(heir.token)), 'good')
    for (const dead of [revoked, rotated, made]) assert.equal(await refused(key(dead.token)), 'credential_revoked')
    assert.equal((await core.events.verify()).brokenAt, null)
  })

  test(`a clock that jumps ${name} makes no code, link or refresh token good twice`, async (t) => {
    const house = await withHouse(t)
    const { core } = house.now()
    const { user, secret } = await enrol(house.now(), await makePerson(core, 'alice'))
    const code = codeAt(secret, house.clock)
    await core.mfa.check(user, code, visitor())
    await core.signIn.requestLink('alice', visitor())
    const used = await mailedToken(house.now(), 'alice@example.com')
    await assert.rejects(core.signIn.withLink(used, visitor()), failsWith('factor_required'))
    const session = await openSession(house.now(), user)
    const second = await core.sessions.refresh(session.refreshToken ?? '', visitor())

    house.clock.advance(millis)
    for (const job of core.jobs) await job.run()
    await assert.rejects(core.mfa.check(user, code, visitor()), failsWith('factor_wrong'))
    await core.mfa.check(user, codeAt(secret, house.clock), visitor())
    await assert.rejects(core.signIn.withLink(used, visitor()), failsWith('one_time_invalid'))
    // The grace is half a minute, whichever way the clock went.
    await assert.rejects(core.sessions.refresh(session.refreshToken ?? '', visitor()), failsWith('refresh_reused'))
    await assert.rejects(core.sessions.refresh(second.refreshToken ?? '', visitor()), failsWith('credential_invalid'))

    house.clock.advance(-millis)
    await assert.rejects(core.mfa.check(user, code, visitor()), failsWith('factor_wrong'))
  })

  test(`wrong codes and a clock that jumps ${name}: nobody waits for longer than the delay`, async (t) => {
    const house = await withHouse(t, { settings: { limits: { enabled: true } } })
    const { user, secret } = await enrol(house.now(), await makePerson(house.now().core, 'alice'))
    const { mfa } = house.now().core
    for (let turn = 0; turn < 10; turn += 1) {
      await assert.rejects(mfa.check(user, '000000', visitor()), failsWith('factor_wrong'))
    }
    await assert.rejects(mfa.check(user, codeAt(secret, house.clock), visitor()), failsWith('rate_limited'))
    house.clock.advance(millis)
    // One more try, and the delay counts from there.
    await assert.rejects(mfa.check(user, '000000', visitor()), failsWith('factor_wrong'))
    await assert.rejects(mfa.check(user, codeAt(secret, house.clock), visitor()), failsWith('rate_limited'))
    house.clock.advance(61_000)
    assert.equal(await mfa.check(user, codeAt(secret, house.clock), visitor()), 'totp')
  })
}

test('a clock that was set back makes no proof of identity younger', async (t) => {
  const server = await startTestServer()
  t.after(() => server.close())
  const user = await makePerson(server.core, 'alice')
  const { token } = await openSession(server, user)
  const make = (name: string) => server.send('POST', '/auth/keys', { token, json: { name } })
  assert.equal((await make('one')).status, 201)
  server.clock.advance(-hour)
  assert.equal((await make('two')).body.code, 'reauthentication_required')
})
