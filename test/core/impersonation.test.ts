import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { Factor, Principal, User } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { enrol, failsWith, mailsTo, makeAdmin, makePerson, principalOf, visitor } from '../support/identity.ts'
import { bearer, principalOf as principalBehind } from '../support/people.ts'

let t: TestCore
let root: User
let alice: User
beforeEach(async () => {
  t = await createTestCore()
  root = await makeAdmin(t.core)
  alice = await makePerson(t.core, 'alice')
})
afterEach(() => t.drop())

const here = visitor()

/** A session of the user, with a row behind it: what is opened from it ends with it. */
async function sessionOf(user: User, factors: readonly Factor[] = ['password']): Promise<Principal> {
  const opened = await t.core.sessions.open({ user, mode: 'token', factors, origin: here })
  return principalBehind(t, bearer(opened.token))
}

test('an impersonation says who acts, lasts 15 minutes at most, is audited, and its user is told', async () => {
  const opened = await t.core.impersonate(await sessionOf(root), alice.publicId, here, {
    lifetimeSeconds: 7 * 86_400,
  })
  assert.equal(opened.expiresAt, t.clock.now() + 15 * 60_000)
  const by = await principalBehind(t, bearer(opened.token))
  assert.deepEqual([by.user?.id, by.actor], [alice.id, root.publicId])
  const { items } = await t.core.events.list({ user: alice.publicId, kind: 'impersonation-begun' }, { limit: 9 })
  assert.deepEqual([items.length, items[0]?.actor, items[0]?.sessionId], [1, root.publicId, opened.session.id])
  assert.match((await mailsTo(t, 'alice@example.com')).at(-1)?.subject ?? '', /acts in your name/)
  await assert.rejects(t.core.impersonate(by, root.publicId, here), failsWith('beyond_own_rights'))
})

test('nobody impersonates without the right, beyond their own rights, from a program, themselves or nobody', async () => {
  const by = principalOf(t.core, root)
  const other = await makePerson(t.core, 'other', { role: 'admin' })
  const limited = { ...by, scopes: new Set(['users:write', 'impersonate']) }
  const cases = [
    [principalOf(t.core, alice), root.publicId, 'scope_missing'],
    [{ ...by, scopes: new Set(['users:write']) }, alice.publicId, 'scope_missing'],
    [limited, alice.publicId, 'beyond_own_rights'],
    [limited, other.publicId, 'beyond_own_rights'],
    [{ ...by, sessionId: null, keyId: 'key' }, alice.publicId, 'beyond_own_rights'],
    [{ ...by, actor: other.publicId }, alice.publicId, 'beyond_own_rights'],
    [by, root.publicId, 'beyond_own_rights'],
    [by, '00000000-0000-7000-8000-000000000000', 'not_found'],
  ] as const
  for (const [principal, target, code] of cases)
    await assert.rejects(t.core.impersonate(principal, target, here), failsWith(code), code)
  await t.core.users.setStatus(alice.publicId, 'disabled', null, here)
  await assert.rejects(t.core.impersonate(by, alice.publicId, here), failsWith('account_disabled'))
})

/** Reason, actor and session of each end that is in the log, newest first. */
async function ends() {
  const { items } = await t.core.events.list({ kind: 'impersonation-ended' }, { limit: 9 })
  return items.map(({ data, actor, user, sessionId }) => ({ reason: data.reason ?? null, actor, user, sessionId }))
}
const closeAll = async () => {
  const job = t.core.jobs.find(({ name }) => name === 'close-impersonations')
  await job?.run()
  await job?.run()
}

test('every impersonation ends in the audit log once, however it ended', async () => {
  const own = await sessionOf(root)
  const signedOut = await t.core.impersonate(own, alice.publicId, here)
  await t.core.sessions.signOut(await principalBehind(t, bearer(signedOut.token)), here)
  const closed = await t.core.impersonate(own, alice.publicId, here)
  await t.core.users.endSessions(alice.publicId, own, here)
  const cut = await t.core.impersonate(await sessionOf(root), alice.publicId, here)
  await t.core.sessions.endOthers(root, own.sessionId, here)
  await closeAll()
  const expired = await t.core.impersonate(own, alice.publicId, here)
  await closeAll()
  assert.equal((await ends()).length, 3)
  t.clock.advance(15 * 60_000)
  await closeAll()
  const who = { actor: root.publicId, user: alice.publicId }
  assert.deepEqual(
    (await ends()).map(({ sessionId, ...rest }) => [sessionId, rest]).sort(),
    [
      [signedOut.session.id, { reason: null, ...who }],
      [closed.session.id, { reason: 'closed', ...who }],
      [cut.session.id, { reason: 'closed', ...who }],
      [expired.session.id, { reason: 'expired', ...who }],
    ].sort(),
  )
})

test('an impersonation whose token is revoked ends as one, and not as a sign-out of the user', async () => {
  const opened = await t.core.impersonate(await sessionOf(root), alice.publicId, here)
  await t.core.sessions.revokeByToken(opened.token, here)
  await closeAll()
  const who = { actor: root.publicId, user: alice.publicId, sessionId: opened.session.id }
  assert.deepEqual(await ends(), [{ reason: null, ...who }])
  const signOuts = await t.core.events.list({ user: alice.publicId, kind: 'sign-out' }, { limit: 9 })
  assert.deepEqual(signOuts.items, [])
})

test('somebody with the same rights is not impersonated, whatever they are called', async () => {
  const equal = await makePerson(t.core, 'equal', { role: 'admin' })
  await assert.rejects(t.core.impersonate(await sessionOf(root), equal.publicId, here), failsWith('beyond_own_rights'))
})

test('who has a second factor has to have proven it', async () => {
  const { user } = await enrol(t, root)
  await assert.rejects(
    t.core.impersonate(principalOf(t.core, user), alice.publicId, here),
    failsWith('factor_required'),
  )
  const proven = await sessionOf(user, ['password', 'totp'])
  assert.equal((await t.core.impersonate(proven, alice.publicId, here)).user.id, alice.id)
})
