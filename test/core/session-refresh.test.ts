import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { CardeaError } from '../../src/errors.ts'
import type { User } from '../../src/types.ts'
import { createTestCore, type TestCore, testKeyTree } from '../support/core.ts'
import { bearer, makeUser, openSession, origin, principalOf, refusalOf } from '../support/people.ts'

let t: TestCore
let count = 0
before(async () => {
  t = await createTestCore()
})
after(() => t.drop())

const newUser = (): Promise<User> => {
  count += 1
  return makeUser(t, { username: `person${count}` })
}
const refreshOf = async (user: User): Promise<string> => (await openSession(t, user)).refreshToken ?? ''
const code = (expected: string) => (error: unknown) => error instanceof CardeaError && error.code === expected
const second = 1000

describe('refreshing', () => {
  test('each refresh token is good once and the next one follows', async () => {
    const user = await newUser()
    const first = await refreshOf(user)
    const next = await t.core.sessions.refresh(first, origin)
    assert.notEqual(next.refreshToken, first)
    await principalOf(t, bearer(next.token))
    t.clock.advance(second)
    const after = await t.core.sessions.refresh(next.refreshToken ?? '', origin)
    assert.notEqual(after.refreshToken, next.refreshToken)
  })

  test('50 side by side with one refresh token all get the same successor', async () => {
    const token = await refreshOf(await newUser())
    const all = await Promise.all(Array.from({ length: 50 }, () => t.core.sessions.refresh(token, origin)))
    assert.equal(new Set(all.map((each) => each.refreshToken)).size, 1)
    for (const each of all) await principalOf(t, bearer(each.token))
  })

  test('a repeat within the grace gets the same successor, also after a restart', async () => {
    const token = await refreshOf(await newUser())
    const first = await t.core.sessions.refresh(token, origin)
    t.clock.advance(29 * second)
    const restarted = await createTestCore({ database: t.database, clock: t.clock })
    const again = await restarted.core.sessions.refresh(token, origin)
    assert.equal(again.refreshToken, first.refreshToken)
    await restarted.core.close()
  })

  test('a reused refresh token ends its session although the answer is an error', async () => {
    const opened = await openSession(t, await newUser())
    const token = opened.refreshToken ?? ''
    const next = await t.core.sessions.refresh(token, origin)
    t.clock.advance(31 * second)
    await t.core.feed.sync()
    await principalOf(t, bearer(next.token))
    await assert.rejects(t.core.sessions.refresh(token, origin), code('refresh_reused'))
    assert.equal(await t.store.sessions.byId(opened.session.id), null)
    assert.deepEqual(await refusalOf(t, bearer(next.token)), ['credential_revoked', 'access-token'])
    await assert.rejects(t.core.sessions.refresh(next.refreshToken ?? '', origin), code('credential_invalid'))
    const events = await t.core.events.list({ kind: 'refresh-reused' }, { limit: 1 })
    assert.equal(events.items[0]?.sessionId, opened.session.id)
  })

  test('the grace ends when the successor is used, and reuse then ends the session', async () => {
    const token = await refreshOf(await newUser())
    const next = await t.core.sessions.refresh(token, origin)
    await t.core.sessions.refresh(next.refreshToken ?? '', origin)
    await assert.rejects(t.core.sessions.refresh(token, origin), code('refresh_reused'))
  })

  test('a forged refresh token ends nothing, whatever generation it claims', async () => {
    const opened = await openSession(t, await newUser())
    const [id = '', , secret = ''] = (opened.refreshToken ?? '').split('.')
    const forged = 'A'.repeat(43)
    for (const token of [`${id}.1.${forged}`, `${id}.2.${secret}`, `${id}.2147483648.${forged}`]) {
      await assert.rejects(t.core.sessions.refresh(token, origin), code('credential_invalid'))
    }
    await t.core.sessions.refresh(opened.refreshToken ?? '', origin)
  })

  test('what is no refresh token is malformed, and no text throws anything else', async () => {
    for (const text of [
      '',
      '.',
      'a.b.c',
      'x'.repeat(100_000),
      '\u0000',
      '\ud800',
      (await openSession(t, await newUser())).token,
    ]) {
      await assert.rejects(t.core.sessions.refresh(text, origin), code('credential_malformed'))
    }
  })

  test('a refresh token is good at the door that issued it only', async () => {
    const token = await refreshOf(await newUser())
    await assert.rejects(t.core.sessions.refresh(token, { ...origin, api: 'librephotos' }), code('credential_invalid'))
    await t.core.sessions.refresh(token, origin)
  })

  test('a refresh token is no credential for requests', async () => {
    assert.deepEqual(await refusalOf(t, bearer(await refreshOf(await newUser()))), [
      'credential_kind_refused',
      'refresh-token',
    ])
    const jwt = await openSession(t, await newUser(), { refreshForm: 'jwt' })
    assert.deepEqual(await refusalOf(t, bearer(jwt.refreshToken ?? '')), ['credential_kind_refused', 'refresh-token'])
    await assert.rejects(t.core.sessions.refresh(jwt.refreshToken ?? '', origin), code('credential_malformed'))
  })

  test('a disabled user does not get new tokens', async () => {
    const user = await newUser()
    const token = await refreshOf(user)
    await t.store.users.update(user.id, { status: 'disabled' }, t.clock.now())
    await assert.rejects(t.core.sessions.refresh(token, origin), code('account_disabled'))
  })

  test('a promotion is felt in the next access token and not in the old one; a demotion in both at once', async () => {
    const user = await newUser()
    const opened = await openSession(t, user)
    await t.store.users.update(user.id, { role: 'support' }, t.clock.now())
    await t.core.feed.sync()
    assert.ok(!(await principalOf(t, bearer(opened.token))).scopes.has('users:read'))
    const next = await t.core.sessions.refresh(opened.refreshToken ?? '', origin)
    assert.ok((await principalOf(t, bearer(next.token))).scopes.has('users:read'))
    await t.store.users.update(user.id, { role: 'guest' }, t.clock.now())
    await t.core.feed.sync()
    for (const { token } of [opened, next]) {
      assert.deepEqual([...(await principalOf(t, bearer(token))).scopes], ['account:read'])
    }
  })

  test('sessions live through a change of the secret as long as the former one is named', async () => {
    const old = await createTestCore({ keyTree: testKeyTree(1) })
    const user = await makeUser(old)
    const refresh = (await openSession(old, user)).refreshToken ?? ''
    const { token } = await openSession(old, user, { mode: 'bearer' })
    const now = await createTestCore({ database: old.database, clock: old.clock, keyTree: testKeyTree(2, [1]) })
    await principalOf(now, bearer(token))
    await now.core.sessions.refresh(refresh, origin)
    await now.core.close()
    await old.drop()
  })
})
