import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Change } from '../../src/core/records.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { credentialCases } from '../support/credentials.ts'
import { enrol, failsWith, goodPassword, mailedToken, makeAdmin, makePerson, visitor } from '../support/identity.ts'
import { check, key, openSession, principalOf, refusalOf } from '../support/people.ts'
import { runSql } from '../support/sql.ts'

async function given(t: TestContext): Promise<TestCore> {
  const test = await createTestCore()
  t.after(() => test.drop())
  return test
}

/** Two on one database. */
async function twoNodes(t: TestContext): Promise<readonly [TestCore, TestCore]> {
  const here = await createTestCore()
  const there = await createTestCore({ database: here.database, clock: here.clock })
  t.after(async () => {
    await there.drop()
    await here.drop()
  })
  return [here, there]
}

const lasting = ['api-key', 'private-token']

test('a new epoch refuses every credential that came before, on every node, and announces itself', async (t) => {
  const [here, there] = await twoNodes(t)
  const user = await makePerson(here.core, 'alice', { role: 'admin' })
  const issued = []
  for (const each of credentialCases) issued.push({ each, ...(await each.issue(here, user)) })
  await there.core.feed.sync()
  for (const { presented, each } of issued) assert.ok((await check(there, presented)).ok, each.name)
  assert.ok(there.core.guard.cacheSize() > 0)
  const heard: Change[] = []
  there.core.feed.subscribe((change) => heard.push(change))

  const begun = await here.core.instance.beginEpoch(visitor())
  await there.core.feed.sync()
  assert.deepEqual(
    heard.map(({ kind, id, epoch }) => ({ kind, id, epoch })),
    [{ kind: 'restore', id: '', epoch: 1 }],
  )
  assert.equal(there.core.guard.cacheSize(), 0)
  for (const node of [here, there]) {
    for (const { presented, each } of issued) {
      assert.deepEqual(await refusalOf(node, presented), [each.afterwards, each.kind], each.name)
    }
  }
  assert.equal(begun.epoch, 1)
  assert.ok(begun.sessions >= 3 && begun.keys === 3 && begun.tokens === 1, JSON.stringify(begun))
})

test('confirmed keys and private tokens are good again; sessions are not, nor what was revoked', async (t) => {
  const [here, there] = await twoNodes(t)
  const user = await makePerson(here.core, 'alice')
  const revoked = await here.core.keys.issueFor(user, { name: 'revoked' }, visitor())
  await here.core.keys.revoke(user, revoked.record.id, null, visitor())
  const unwanted = await here.core.keys.issueFor(user, { name: 'unwanted' }, visitor())
  const issued = []
  for (const each of credentialCases) issued.push({ each, ...(await each.issue(here, user)) })
  await here.core.instance.beginEpoch(visitor())

  // Suspended ones can be revoked, and made anew.
  await here.core.keys.revoke(user, unwanted.record.id, null, visitor())
  const fresh = await here.core.keys.issueFor(user, { name: 'fresh' }, visitor())
  assert.ok((await check(here, key(fresh.token))).ok)
  const { items } = await here.core.keys.list(user, { limit: 50, includeRevoked: true })
  const waits = new Map(items.map(({ id, suspendedAt }) => [id, suspendedAt]))
  assert.equal(waits.get(fresh.record.id), null)
  assert.equal(waits.get(revoked.record.id), null)
  assert.equal(waits.get(unwanted.record.id), here.clock.now())
  assert.deepEqual(
    (await here.core.tokens.list(user, { limit: 50 })).items.map(({ suspendedAt }) => suspendedAt),
    [here.clock.now()],
  )

  const waiting = await here.core.instance.suspended()
  assert.deepEqual(await here.core.instance.confirmKeys(visitor()), waiting)
  assert.deepEqual(waiting, { keys: 3, tokens: 1 })
  assert.deepEqual(await here.core.instance.confirmKeys(visitor()), { keys: 0, tokens: 0 })
  await there.core.feed.sync()
  for (const { each, presented } of issued) {
    const verdict = await check(there, presented)
    assert.equal(verdict.ok, lasting.includes(each.kind) || each.name.includes('a key got for itself'), each.name)
  }
  for (const dead of [revoked, unwanted]) {
    assert.deepEqual(await refusalOf(there, key(dead.token)), ['credential_revoked', 'api-key'])
  }
})

test('links, codes, tickets and recovery codes of an older epoch are void; passwords and second factors stay', async (t) => {
  const here = await given(t)
  await makeAdmin(here.core)
  const { user, recoveryCodes } = await enrol(here, await makePerson(here.core, 'alice'))
  const bob = await makePerson(here.core, 'bob')
  await here.core.signIn.requestLink('bob', visitor())
  const link = await mailedToken(here, 'bob@example.com')
  await here.core.users.forgotPassword('bob', visitor())
  const reset = await mailedToken(here, 'bob@example.com')
  const session = await openSession(here, bob)
  await here.core.instance.beginEpoch(visitor())

  await assert.rejects(here.core.signIn.withLink(link, visitor()), failsWith('one_time_invalid'))
  await assert.rejects(
    here.core.users.resetPassword(reset, 'another long word 8', visitor()),
    failsWith('one_time_invalid'),
  )
  await assert.rejects(
    here.core.sessions.refresh(session.refreshToken ?? '', visitor()),
    failsWith('credential_invalid'),
  )
  await assert.rejects(here.core.mfa.check(user, recoveryCodes[0] ?? '', visitor()), failsWith('factor_wrong'))
  assert.deepEqual(await here.core.mfa.status(user), { totp: 'on', recoveryCodesLeft: 0 })
  const proof = { identifier: 'bob', password: goodPassword }
  assert.equal((await here.core.signIn.withPassword(proof, visitor())).user.id, bob.id)
  const asked = here.core.signIn.withPassword({ identifier: 'alice', password: goodPassword }, visitor())
  await assert.rejects(asked, failsWith('factor_required'))
})

test('ids that were given out after the backup are not given out again, and who has read further hears of the epoch', async (t) => {
  const here = await given(t)
  const before = await makePerson(here.core, 'alice')
  const seen = (await here.store.changes.latest()) + 1_000_000
  await here.core.instance.beginEpoch(visitor())
  const after = await makePerson(here.core, 'bob')
  assert.ok(after.id > before.id + 1_000_000, `${before.id} ${after.id}`)
  const token = await here.core.tokens.issueFor(after, { name: 'one', expiresAt: here.clock.now() + 60_000 }, visitor())
  assert.ok(token.record.id > 1_000_000)
  const [first] = await here.store.changes.since(seen, 10)
  assert.equal(first?.kind, 'restore')
})

test('an epoch and a confirmation are in the audit log, and the chain holds', async (t) => {
  const here = await given(t)
  const user = await makePerson(here.core, 'alice')
  await here.core.keys.issueFor(user, { name: 'one' }, visitor())
  await here.core.instance.beginEpoch(visitor())
  await here.core.instance.beginEpoch(visitor())
  await here.core.instance.confirmKeys(visitor())
  const { items } = await here.core.events.list({}, { limit: 3 })
  assert.deepEqual(
    items.map(({ kind, data }) => [kind, data.epoch ?? data.keys]),
    [
      ['keys-confirmed', 1],
      ['instance-restored', 2],
      ['instance-restored', 1],
    ],
  )
  assert.equal((await here.core.events.verify()).brokenAt, null)
  const [row] = await runSql(here.database, 'select count(*) as count from keys where suspended_at is not null')
  assert.equal(Number(row?.count), 0)
})

test('a suspended key rotates nothing and gets no token; its owner may rotate it', async (t) => {
  const here = await given(t)
  const user = await makePerson(here.core, 'alice')
  const old = await here.core.keys.issueFor(user, { name: 'one' }, visitor())
  await here.core.instance.beginEpoch(visitor())
  assert.deepEqual(await refusalOf(here, key(old.token)), ['credential_revoked', 'api-key'])
  const by = await principalOf(here, { via: 'bearer', text: (await openSession(here, user)).token })
  const heir = await here.core.keys.rotate(by, old.record.id, { graceSeconds: 3600 }, visitor())
  assert.ok((await check(here, key(heir.token))).ok)
  // The grace is for what was good.
  assert.deepEqual(await refusalOf(here, key(old.token)), ['credential_revoked', 'api-key'])
})
