import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { rootUses } from '../../src/core/instance.ts'
import { CardeaError } from '../../src/errors.ts'
import { createFakeClock } from '../support/clock.ts'
import { createTestCore, type TestCore, testKeyTree } from '../support/core.ts'
import { codeAt, enrol, failsWith, goodPassword, makePerson, visitor } from '../support/identity.ts'
import { basic, bearer, check, cookie, key, openSession, refusalOf } from '../support/people.ts'
import { runSql } from '../support/sql.ts'
import { createTestDatabase } from '../support/store.ts'

const [old, next] = [7, 8]

/** Servers on one database, one after the other: each call is a restart under these roots. */
async function restarts(t: TestContext) {
  const database = await createTestDatabase()
  const clock = createFakeClock()
  let running: TestCore | null = null
  const end = async () => {
    await running?.core.close()
    await running?.store.close()
    running = null
  }
  t.after(async () => {
    await end()
    await database.drop()
  })
  return {
    clock,
    database,
    async under(current: number, previous: readonly number[] = []): Promise<TestCore> {
      await end()
      const settings = { limits: { enabled: true } }
      running = await createTestCore({ database, clock, keyTree: testKeyTree(current, previous), settings })
      return running
    },
  }
}

const usesOf = async (t: TestCore) => {
  const uses = await rootUses(t)
  const of = (state: string) => uses.filter((use) => use.state === state).map(({ what, count }) => [what, count])
  return { current: of('current'), previous: of('previous'), missing: of('missing') }
}

test('what was made under the earlier secret is good beside the new one', async (t) => {
  const servers = await restarts(t)
  const before = await servers.under(old)
  const user = await makePerson(before.core, 'alice')
  const issued = await before.core.keys.issueFor(user, { name: 'one' }, visitor())
  const expiresAt = servers.clock.now() + 3_600_000
  const token = await before.core.tokens.issueFor(user, { name: 'one', expiresAt }, visitor())
  const session = await openSession(before, user)
  const opaque = await openSession(before, user, { mode: 'bearer' })
  const browser = await openSession(before, user, { mode: 'cookie' })
  const presented = [
    key(issued.token),
    basic(issued.record.id, issued.secret),
    bearer(token.token),
    bearer(session.token),
    bearer(opaque.token),
    cookie(browser.token),
  ]

  const beside = await servers.under(next, [old])
  for (const each of presented) assert.ok((await check(beside, each)).ok, JSON.stringify(each))
  const refreshed = await beside.core.sessions.refresh(session.refreshToken ?? '', visitor())
  assert.ok((await check(beside, bearer(refreshed.token))).ok)
  // Reuse is found out with the old key as well.
  await beside.core.sessions.refresh(refreshed.refreshToken ?? '', visitor())
  await assert.rejects(beside.core.sessions.refresh(session.refreshToken ?? '', visitor()), failsWith('refresh_reused'))
})

test('without the earlier secret its keys and sessions are refused and named, and come back with it', async (t) => {
  const servers = await restarts(t)
  const before = await servers.under(old)
  const user = await makePerson(before.core, 'alice')
  const issued = await before.core.keys.issueFor(user, { name: 'one' }, visitor())
  const opaque = await openSession(before, user, { mode: 'bearer' })
  const session = await openSession(before, user)
  const beside = await servers.under(next, [old])
  assert.ok((await beside.core.signingKeys.rewrap()) > 0)
  const own = await beside.core.keys.issueFor(user, { name: 'own' }, visitor())

  const without = await servers.under(next)
  assert.deepEqual(await refusalOf(without, key(issued.token)), ['credential_invalid', 'api-key'])
  assert.ok(without.logs.some(({ message }) => message.includes('former CARDEA_SECRET is missing')))
  assert.deepEqual(await refusalOf(without, bearer(opaque.token)), ['credential_invalid', 'bearer-token'])
  await assert.rejects(
    without.core.sessions.refresh(session.refreshToken ?? '', visitor()),
    failsWith('credential_invalid'),
  )
  // Signed by a key that was sealed anew; the session itself needs no secret for it.
  assert.ok((await check(without, bearer(session.token))).ok)
  assert.ok((await check(without, key(own.token))).ok)

  const again = await servers.under(next, [old])
  assert.ok((await check(again, key(issued.token))).ok)
  assert.ok((await check(again, bearer(opaque.token))).ok)
  await again.core.sessions.refresh(session.refreshToken ?? '', visitor())
})

test('second factors move to the new secret by re-wrapping; before that, no server starts without the earlier one', async (t) => {
  const servers = await restarts(t)
  const before = await servers.under(old)
  const { user, secret } = await enrol(before, await makePerson(before.core, 'alice'))
  const beside = await servers.under(next, [old])
  assert.equal(await beside.core.mfa.check(user, codeAt(secret, servers.clock), visitor()), 'totp')
  // Signing keys alone are not enough: half of a re-wrap must not pass for all of it.
  await beside.core.signingKeys.rewrap()
  await assert.rejects(servers.under(next), (error) => {
    assert.ok(error instanceof CardeaError)
    assert.match(error.detail.internal ?? '', /second factors .* Put the former secret back .*CARDEA_PREVIOUS_SECRETS/)
    return true
  })
  const third = await servers.under(next, [old])
  assert.equal(await third.core.mfa.rewrap(), 1)
  assert.equal(await third.core.mfa.rewrap(), 0)
  servers.clock.advance(30_000)
  const without = await servers.under(next)
  assert.equal(await without.core.mfa.check(user, codeAt(secret, servers.clock), visitor()), 'totp')
})

test('a signing key that the secret does not open stops the start, and says what to do', async (t) => {
  const servers = await restarts(t)
  const before = await servers.under(old)
  await before.core.signingKeys.jwks()
  await assert.rejects(servers.under(next), (error) => {
    assert.ok(error instanceof CardeaError)
    assert.match(error.detail.internal ?? '', /^signing key .* Put the former secret back .*CARDEA_PREVIOUS_SECRETS/)
    return true
  })
})

test('the audit chain holds across a change of the secret, as long as the earlier one is there', async (t) => {
  const servers = await restarts(t)
  const before = await servers.under(old)
  await makePerson(before.core, 'alice')
  const beside = await servers.under(next, [old])
  await makePerson(beside.core, 'bob')
  assert.deepEqual(await beside.core.events.verify(), { checked: 2, brokenAt: null })
  const without = await servers.under(next)
  assert.equal((await without.core.events.verify()).brokenAt, 1)
  await makePerson(without.core, 'carol')
  const again = await servers.under(next, [old])
  assert.deepEqual(await again.core.events.verify(), { checked: 3, brokenAt: null })
  await runSql(servers.database, "update events set kind = 'user-removed' where id = 1")
  assert.equal((await again.core.events.verify()).brokenAt, 1)
})

test('once retention has cut the events of the earlier secret, the rest verifies without it', async (t) => {
  const servers = await restarts(t)
  const before = await servers.under(old)
  await makePerson(before.core, 'alice')
  servers.clock.advance(366 * 24 * 3_600_000)
  const beside = await servers.under(next, [old])
  await makePerson(beside.core, 'bob')
  assert.equal(await beside.core.events.purge(), 1)
  const without = await servers.under(next)
  assert.deepEqual(await without.core.events.verify(), { checked: 1, brokenAt: null })
})

test('names of deleted users stay reserved, and known places known, beside the new secret; without the old one they are free and new', async (t) => {
  const servers = await restarts(t)
  const before = await servers.under(old)
  const gone = await makePerson(before.core, 'alice')
  const bob = await makePerson(before.core, 'bob')
  await makePerson(before.core, 'root', { role: 'admin' })
  await before.core.users.remove(gone, null, visitor())
  await before.core.signIn.withPassword({ identifier: 'bob', password: goodPassword }, visitor('192.0.2.9'))
  const device = before.core.devices.issue()
  const wish = { username: 'alice', email: null, password: goodPassword, confirm: false }

  const beside = await servers.under(next, [old])
  await assert.rejects(beside.core.users.signUp(wish, visitor()), failsWith('username_taken'))
  assert.equal(await beside.core.limits.isKnown(bob.id, visitor('192.0.2.9')), true)
  assert.equal(beside.core.devices.read(device), before.core.devices.read(device))
  assert.notEqual(beside.core.devices.read(device), null)

  const without = await servers.under(next)
  assert.equal(await without.core.limits.isKnown(bob.id, visitor('192.0.2.9')), false)
  assert.equal(without.core.devices.read(device), null)
  assert.equal((await without.core.users.signUp(wish, visitor())).username, 'alice')
})

test('it is told what hangs on which secret, by kind and number', async (t) => {
  const servers = await restarts(t)
  const before = await servers.under(old)
  const { user } = await enrol(before, await makePerson(before.core, 'alice'))
  await before.core.keys.issueFor(user, { name: 'one' }, visitor())
  const revoked = await before.core.keys.issueFor(user, { name: 'two' }, visitor())
  await before.core.keys.revoke(user, revoked.record.id, null, visitor())
  await openSession(before, user)
  await openSession(before, user, { mode: 'bearer' })
  const events = (await before.core.events.verify()).checked
  const all = [
    ['signing-key', 1],
    ['second-factor', 1],
    ['api-key', 1],
    ['session', 2],
    ['audit-event', events],
  ]
  assert.deepEqual(await usesOf(before), { current: all, previous: [], missing: [] })

  const beside = await servers.under(next, [old])
  assert.deepEqual(await usesOf(beside), { current: [], previous: all, missing: [] })
  await beside.core.signingKeys.rewrap()
  await beside.core.mfa.rewrap()
  const [, , ...rest] = all
  assert.deepEqual((await usesOf(beside)).previous, rest)
  const without = await servers.under(next)
  assert.deepEqual((await usesOf(without)).missing, rest)
})
