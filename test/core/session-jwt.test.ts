import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { User } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { failsWith } from '../support/identity.ts'
import { bearer, check, makeUser, openSession, origin } from '../support/people.ts'

let t: TestCore
let user: User
let count = 0
before(async () => {
  t = await createTestCore()
})
after(() => t.drop())
beforeEach(async () => {
  count += 1
  user = await makeUser(t, { username: `person${count}`, password: 'violet anchor 93 lantern' })
})

const day = 86_400_000
const shape = async () => ({ lifetimeSeconds: 300 })
const open = (wish: object = {}) => openSession(t, user, { refreshForm: 'jwt', sessionSeconds: 7 * 86_400, ...wish })
const tokenOf = async (wish: object = {}) => {
  const { refreshToken } = await open(wish)
  assert.ok(refreshToken !== null)
  return refreshToken
}
const renew = (token: string, from = origin) => t.core.sessions.renew(token, from, shape)
const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

describe('a refresh token that is a JWT', () => {
  test('gives 50 callers side by side an access token each, and none outlives the session', async () => {
    const opened = await open()
    const answers = await Promise.all(Array.from({ length: 50 }, () => renew(opened.refreshToken ?? '')))
    assert.equal(new Set(answers.map(({ token }) => claims(token).jti)).size, 50)
    t.clock.advance(7 * day - 60_000)
    const { token, expiresAt } = await renew(opened.refreshToken ?? '')
    assert.equal(expiresAt, opened.session.expiresAt)
    assert.equal(claims(token).exp * 1000, opened.session.expiresAt)
    t.clock.advance(60_000)
    await assert.rejects(renew(opened.refreshToken ?? ''), failsWith('credential_expired'))
    assert.equal((await check(t, bearer(token))).ok, false)
  })

  test('carries what the door says, and none of it replaces what is ours', async () => {
    const token = await tokenOf({ claims: { user_id: 7, token_type: 'access', sub: 'x', sid: 'y' } })
    const { user_id, token_type, sub, sid, exp, iat } = claims(token)
    assert.deepEqual([user_id, token_type, sub], [7, 'refresh', user.publicId])
    assert.notEqual(sid, 'y')
    assert.equal(exp - iat, 7 * 86_400)
  })

  test('idling does not cut the life that its door promises', async () => {
    const short = await createTestCore({ settings: { session: { idleSeconds: 60 } } })
    try {
      const somebody = await makeUser(short)
      const wish = { refreshForm: 'jwt', sessionSeconds: 7 * 86_400 } as const
      const { refreshToken } = await openSession(short, somebody, wish)
      short.clock.advance(6 * day)
      await short.core.sessions.renew(refreshToken ?? '', origin, shape)
    } finally {
      await short.drop()
    }
  })

  test('is good at the door that issued it only, and never where tokens are rotated', async () => {
    const token = await tokenOf()
    await assert.rejects(renew(token, { ...origin, api: 'hautai' }), failsWith('credential_invalid'))
    await assert.rejects(t.core.sessions.retire(token, { ...origin, api: 'hautai' }), failsWith('credential_invalid'))
    await assert.rejects(t.core.sessions.refresh(token, origin), failsWith('credential_malformed'))
    assert.equal((await check(t, bearer(token))).ok, false)
    await renew(token)
  })

  test('an access token, a rotated one and garbage are none', async () => {
    const { token } = await open()
    await assert.rejects(renew(token), failsWith('credential_kind_refused'))
    const { refreshToken } = await openSession(t, user)
    await assert.rejects(renew(refreshToken ?? ''), failsWith('credential_malformed'))
    const good = await tokenOf()
    for (const bad of [
      '',
      'a.b.c',
      `${good}=`,
      ` ${good}`,
      good.slice(0, -1),
      good.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')),
    ])
      await assert.rejects(renew(bad), (error: { code?: string }) =>
        ['credential_malformed', 'credential_invalid'].includes(error.code ?? ''),
      )
  })

  test('dies with its session, with a change of the password, and with its user', async () => {
    const ended = await open()
    await t.core.sessions.end(user, ended.session.id, origin)
    await assert.rejects(renew(ended.refreshToken ?? ''), failsWith('credential_revoked'))

    const changed = await tokenOf()
    await t.core.users.changePassword(user, 'another anchor 94 lantern', null, origin)
    await assert.rejects(renew(changed), failsWith('credential_revoked'))

    user = (await t.core.users.byPublicId(user.publicId)) ?? user
    const closed = await tokenOf()
    await t.core.users.setStatus(user.publicId, 'disabled', null, origin)
    await assert.rejects(renew(closed), failsWith('account_disabled'))
    await t.core.users.setStatus(user.publicId, 'active', null, origin)
    await assert.rejects(renew(closed), failsWith('credential_revoked'), 'enabled again, the session stays ended')

    user = (await t.core.users.byPublicId(user.publicId)) ?? user
    const gone = await tokenOf()
    await t.core.users.remove(user, null, origin)
    await assert.rejects(renew(gone), (error: { code?: string; detail?: { ownerGone?: boolean } }) => {
      return error.code === 'credential_revoked' && error.detail?.ownerGone === true
    })
  })

  test('ends its session once, and once more is fine', async () => {
    const opened = await open()
    const token = opened.refreshToken ?? ''
    await Promise.all(Array.from({ length: 50 }, () => t.core.sessions.retire(token, origin)))
    await t.core.sessions.retire(token, origin)
    await assert.rejects(renew(token), failsWith('credential_revoked'))
    assert.equal((await check(t, bearer(opened.token))).ok, false, 'the access token is dead with it')
    const { items } = await t.core.events.list({ user: user.publicId, kind: 'sign-out' }, { limit: 10 })
    assert.equal(items.length, 1)
    await assert.rejects(t.core.sessions.retire('garbage', origin), failsWith('credential_malformed'))
  })
})

test('a Haut.AI session is refreshed at the native door, and its access tokens live one hour whatever is set', async () => {
  const other = await createTestCore({ settings: { accessTokenSeconds: 60, session: { absoluteSeconds: 120 } } })
  try {
    const somebody = await makeUser(other)
    const haut = { ...origin, api: 'hautai' } as const
    const opened = await openSession(other, somebody, { origin: haut })
    const life = (token: string) => claims(token).exp - claims(token).iat
    assert.equal(life(opened.token), 3600)
    const next = await other.core.sessions.refresh(opened.refreshToken ?? '', origin)
    assert.equal(life(next.token), 3600)
    assert.equal(claims(next.token).api, 'hautai')
    await assert.rejects(other.core.sessions.refresh(next.refreshToken ?? '', haut), failsWith('credential_invalid'))
  } finally {
    await other.drop()
  }
})
