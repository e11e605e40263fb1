import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { CardeaError } from '../../src/errors.ts'
import type { Origin, User } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { bearer, check, cookie, makeUser, openSession, origin, principalOf, refusalOf } from '../support/people.ts'

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
const code = (expected: string) => (error: unknown) => error instanceof CardeaError && error.code === expected
const second = 1000

describe('opening', () => {
  test('each mode hands out its own form and nothing else', async () => {
    const user = await newUser()
    const token = await openSession(t, user)
    assert.match(token.token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
    assert.match(token.refreshToken ?? '', /^[0-9a-f-]{36}\.1\.[\w-]{43}$/)
    for (const mode of ['bearer', 'cookie'] as const) {
      const opened = await openSession(t, user, { mode })
      assert.match(opened.token, /^[0-9a-f-]{36}\.[\w-]{43}$/)
      assert.equal(opened.refreshToken, null)
    }
  })

  test('no secret of a session is stored', async () => {
    const user = await newUser()
    for (const mode of ['bearer', 'cookie', 'token'] as const) {
      const opened = await openSession(t, user, { mode })
      const row = JSON.stringify(await t.store.sessions.byId(opened.session.id))
      const secret = (mode === 'token' ? (opened.refreshToken ?? '') : opened.token).split('.').at(-1) ?? ''
      assert.equal(secret.length, 43)
      assert.ok(!row.includes(secret))
    }
  })

  test('the device is shown in the list, cut to 256 characters and without control characters', async () => {
    const user = await newUser()
    const from: Origin = { ...origin, userAgent: `a\u0000b\u001b[31m\u202e${'x'.repeat(1000)}\ud800` }
    await openSession(t, user, { origin: from })
    const [session] = (await t.core.sessions.list(user, { limit: 10 })).items
    assert.equal(session?.userAgent, `ab[31m${'x'.repeat(250)}`)
    assert.equal(session?.address, '192.0.2.1')
  })

  for (const status of ['disabled', 'blocked'] as const) {
    test(`a user who was ${status} between the proof and the session gets none`, async () => {
      const proven = await newUser()
      await t.core.users.setStatus(proven.publicId, status, null, origin)
      await assert.rejects(openSession(t, proven), code(`account_${status}`))
      assert.equal((await t.core.sessions.list(proven, { limit: 10 })).items.length, 0)
    })
  }

  test('a password that was changed between the proof and the session opens none', async () => {
    const proven = await newUser()
    await t.core.users.setPassword(proven.publicId, 'quite another 77 lamp', null, origin)
    await assert.rejects(openSession(t, proven), code('credentials_wrong'))
    assert.equal((await t.core.sessions.list(proven, { limit: 10 })).items.length, 0)
  })

  test('a deleted user opens none, and the answer is a clean one', async () => {
    const user = await newUser()
    await t.core.users.remove(user, null, origin)
    await assert.rejects(openSession(t, user), code('credentials_wrong'))
  })

  test('beyond the cap the oldest session ends, and its token with it', async () => {
    const small = await createTestCore({ settings: { session: { maxPerUser: 3 } } })
    const user = await makeUser(small)
    const tokens: string[] = []
    for (let index = 0; index < 4; index += 1) {
      tokens.push((await openSession(small, user)).token)
      small.clock.advance(second)
    }
    await small.core.feed.sync()
    const [first = '', ...rest] = tokens
    assert.deepEqual(await refusalOf(small, bearer(first)), ['credential_revoked', 'access-token'])
    for (const token of rest) await principalOf(small, bearer(token))
    await small.drop()
  })

  test('an impersonation says who acts, is never fresh, lasts 15 minutes, is not refreshed and can make no credentials', async () => {
    const admin = await makeUser(t, { username: 'impersonator', role: 'admin' })
    const user = await newUser()
    const own = await openSession(t, admin)
    const opened = await openSession(t, user, { actor: { user: admin, sessionId: own.session.id } })
    assert.equal(opened.refreshToken, null)
    assert.equal(opened.session.expiresAt - t.clock.now(), 15 * 60 * second)
    assert.ok(opened.expiresAt <= opened.session.expiresAt)
    const by = await principalOf(t, bearer(opened.token))
    assert.equal(by.actor, admin.publicId)
    assert.equal(by.provenAt, 0)
    assert.equal(by.user?.publicId, user.publicId)
    for (const scope of ['keys:write', 'tokens:write', 'impersonate']) assert.ok(!by.scopes.has(scope), scope)
    await assert.rejects(t.core.keys.issue(by, { name: 'x' }, origin), code('beyond_own_rights'))
    const expiresAt = t.clock.now() + 60 * second
    await assert.rejects(t.core.tokens.issue(by, { name: 'x', expiresAt }, origin), code('beyond_own_rights'))
  })

  test('an impersonation ends with the right of whoever opened it, their session and their password', async () => {
    const ends: readonly ((admin: User, sessionId: string) => Promise<unknown>)[] = [
      ({ publicId }) => t.core.users.setRole(publicId, 'user', null, origin),
      ({ publicId }) => t.core.users.setStatus(publicId, 'disabled', null, origin),
      (admin, sessionId) => t.core.sessions.end(admin, sessionId, origin),
      // Also from the very session that is kept.
      (admin, sessionId) => t.core.users.changePassword(admin, 'another good password', sessionId, origin),
    ]
    for (const [index, end] of ends.entries()) {
      const admin = await makeUser(t, { username: `impersonator${index}`, role: 'admin' })
      const { session } = await openSession(t, admin)
      const actor = { user: admin, sessionId: session.id }
      const opened = await openSession(t, await newUser(), { actor })
      await principalOf(t, bearer(opened.token))
      await end(admin, session.id)
      assert.deepEqual(await refusalOf(t, bearer(opened.token)), ['credential_revoked', 'access-token'], `${index}`)
    }
  })

  test('an impersonation is over when the session that it was opened from is', async () => {
    const admin = await makeUser(t, { username: 'impersonator-late', role: 'admin' })
    const short = await openSession(t, admin, { refreshForm: 'none', lifetimeSeconds: 60 })
    const actor = { user: admin, sessionId: short.session.id }
    const { token } = await openSession(t, await newUser(), { actor })
    assert.equal((await principalOf(t, bearer(token))).expiresAt, short.session.expiresAt)
    t.clock.advance(60 * second)
    await t.core.feed.sync()
    assert.ok(['credential_revoked', 'credential_expired'].includes((await refusalOf(t, bearer(token)))[0]))
  })
})

describe('ending', () => {
  test('a session ends by idling, and use puts that off although nothing is written', async () => {
    const idle = await createTestCore({ settings: { session: { idleSeconds: 600 } } })
    const user = await makeUser(idle)
    const { token } = await openSession(idle, user, { mode: 'bearer' })
    for (let turn = 0; turn < 3; turn += 1) {
      idle.clock.advance(599 * second)
      await idle.core.feed.sync()
      await principalOf(idle, bearer(token))
    }
    // The same after what was noted has been written.
    await idle.core.flush()
    idle.clock.advance(599 * second)
    await idle.core.feed.sync()
    await principalOf(idle, bearer(token))
    idle.clock.advance(600 * second)
    await idle.core.feed.sync()
    assert.deepEqual(await refusalOf(idle, bearer(token)), ['credential_expired', 'bearer-token'])
    await idle.drop()
  })

  test('use on one node keeps a session alive on the other', async () => {
    const one = await createTestCore({ settings: { session: { idleSeconds: 600 } } })
    const two = await createTestCore({
      settings: { session: { idleSeconds: 600 } },
      database: one.database,
      clock: one.clock,
    })
    const { token } = await openSession(one, await makeUser(one), { mode: 'bearer' })
    await principalOf(two, bearer(token))
    one.clock.advance(500 * second)
    await one.core.feed.sync()
    await principalOf(one, bearer(token))
    await one.core.flush()
    one.clock.advance(500 * second)
    await two.core.feed.sync()
    await principalOf(two, bearer(token))
    await two.core.close()
    await one.drop()
  })

  test('no use moves the absolute end', async () => {
    const short = await createTestCore({ settings: { session: { absoluteSeconds: 7200 } } })
    const opened = await openSession(short, await makeUser(short))
    short.clock.advance(3500 * second)
    const next = await short.core.sessions.refresh(opened.refreshToken ?? '', origin)
    short.clock.advance(3500 * second)
    const last = await short.core.sessions.refresh(next.refreshToken ?? '', origin)
    assert.equal(last.expiresAt, opened.session.expiresAt)
    short.clock.advance(200 * second)
    await assert.rejects(short.core.sessions.refresh(last.refreshToken ?? '', origin), code('credential_expired'))
    assert.deepEqual(await refusalOf(short, bearer(last.token)), ['credential_expired', 'access-token'])
    await short.drop()
  })

  test('signing out ends the session and what was issued in it, and a second time is fine', async () => {
    const opened = await openSession(t, await newUser())
    const by = await principalOf(t, bearer(opened.token))
    await t.core.sessions.signOut(by, origin)
    await t.core.sessions.signOut(by, origin)
    assert.deepEqual(await refusalOf(t, bearer(opened.token)), ['credential_revoked', 'access-token'])
    await assert.rejects(t.core.sessions.refresh(opened.refreshToken ?? '', origin), code('credential_invalid'))
  })

  test('a sign-out that cannot be written is an error and the session stays', async () => {
    let broken = false
    const failing = await createTestCore({
      wrap: (store) => ({
        ...store,
        transaction: (run) => (broken ? Promise.reject(new CardeaError('unavailable')) : store.transaction(run)),
      }),
    })
    const { token } = await openSession(failing, await makeUser(failing))
    const by = await principalOf(failing, bearer(token))
    broken = true
    await assert.rejects(failing.core.sessions.signOut(by, origin), code('unavailable'))
    broken = false
    await principalOf(failing, bearer(token))
    await failing.drop()
  })

  test("nobody ends another user's session, and the answer is that of one that is not there", async () => {
    const { session, token } = await openSession(t, await newUser())
    const stranger = await newUser()
    await assert.rejects(t.core.sessions.end(stranger, session.id, origin), code('not_found'))
    await assert.rejects(
      t.core.sessions.end(stranger, '00000000-0000-4000-8000-000000000000', origin),
      code('not_found'),
    )
    await assert.rejects(t.core.sessions.end(stranger, "' or 1=1 --", origin), code('not_found'))
    await principalOf(t, bearer(token))
  })

  test('ending all others leaves one', async () => {
    const user = await newUser()
    const kept = await openSession(t, user)
    const gone = [await openSession(t, user), await openSession(t, user, { mode: 'bearer' })]
    assert.equal(await t.core.sessions.endOthers(user, kept.session.id, origin), 2)
    await principalOf(t, bearer(kept.token))
    for (const { token } of gone) assert.equal((await check(t, bearer(token))).ok, false)
  })

  test('a cookie is good as a cookie and at its own door only', async () => {
    const { token } = await openSession(t, await newUser(), { mode: 'cookie' })
    await principalOf(t, cookie(token))
    assert.deepEqual(await refusalOf(t, bearer(token)), ['credential_invalid', 'bearer-token'])
    assert.deepEqual(await refusalOf(t, cookie(token), { ...origin, api: 'apostrophe' }), [
      'credential_invalid',
      'session-cookie',
    ])
    const opaque = await openSession(t, await newUser(), { mode: 'bearer' })
    assert.deepEqual(await refusalOf(t, cookie(opaque.token)), ['credential_invalid', 'session-cookie'])
    await principalOf(t, bearer(opaque.token), { ...origin, api: 'apostrophe' })
  })
})

describe('proving again', () => {
  test('the proof is seen by the very next check', async () => {
    const opened = await openSession(t, await newUser())
    const before = await principalOf(t, bearer(opened.token))
    t.clock.advance(60 * second)
    await t.core.sessions.reprove(opened.session.id, ['password', 'totp'])
    const after = await principalOf(t, bearer(opened.token))
    assert.equal((after.provenAt ?? 0) - (before.provenAt ?? 0), 60 * second)
    assert.deepEqual(after.factors, ['password', 'totp'])
  })
})

describe('revoking by the token alone', () => {
  test('every form that belongs to a session ends it', async () => {
    const user = await newUser()
    const opened = async () => openSession(t, user)
    const access = await opened()
    await t.core.sessions.revokeByToken(access.token, origin)
    assert.equal(await t.store.sessions.byId(access.session.id), null)
    const refresh = await opened()
    await t.core.sessions.revokeByToken(refresh.refreshToken ?? '', origin)
    assert.equal(await t.store.sessions.byId(refresh.session.id), null)
    const jwt = await openSession(t, user, { refreshForm: 'jwt' })
    await t.core.sessions.revokeByToken(jwt.refreshToken ?? '', origin)
    assert.equal(await t.store.sessions.byId(jwt.session.id), null)
    for (const mode of ['bearer', 'cookie'] as const) {
      const opaque = await openSession(t, user, { mode })
      await t.core.sessions.revokeByToken(opaque.token, origin)
      assert.equal(await t.store.sessions.byId(opaque.session.id), null)
    }
  })

  test('a private token and an API key revoke themselves', async () => {
    const by = await principalOf(t, bearer((await openSession(t, await newUser())).token))
    const token = await t.core.tokens.issue(by, { name: 'x', expiresAt: t.clock.now() + 3600 * second }, origin)
    await t.core.sessions.revokeByToken(token.token, origin)
    assert.deepEqual(await refusalOf(t, bearer(token.token)), ['credential_revoked', 'private-token'])
    const issued = await t.core.keys.issue(by, { name: 'x' }, origin)
    await t.core.sessions.revokeByToken(issued.token, origin)
    assert.deepEqual(await refusalOf(t, { via: 'key', text: issued.token }), ['credential_revoked', 'api-key'])
  })

  test('what is not ours, forged or gone changes nothing and is no error', async () => {
    const opened = await openSession(t, await newUser())
    const id = opened.session.id
    const forged = [
      `${id}.${'A'.repeat(43)}`,
      `${id}.1.${'A'.repeat(43)}`,
      `${opened.token.slice(0, -4)}AAAA`,
      '',
      'x',
      '\ud800',
    ]
    for (const token of forged) await t.core.sessions.revokeByToken(token, origin)
    await principalOf(t, bearer(opened.token))
  })
})
