import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { CardeaError } from '../../src/errors.ts'
import type { Principal } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { bearer, check, openSession, origin, principalOf, refusalOf, signedIn } from '../support/people.ts'

let t: TestCore
let count = 0
before(async () => {
  t = await createTestCore()
})
after(() => t.drop())

const second = 1000
const day = 24 * 3600 * second
const person = (role = 'user') => {
  count += 1
  return signedIn(t, { username: `person${count}`, role })
}
const code = (expected: string, field?: string) => (error: unknown) =>
  error instanceof CardeaError &&
  error.code === expected &&
  (field === undefined || (error.detail.fields ?? []).some((each) => each.field === field))

async function tokenOf(by: Principal, wish: object = {}) {
  const issued = await t.core.tokens.issue(by, { name: 'a token', expiresAt: t.clock.now() + day, ...wish }, origin)
  return { ...issued, by: await principalOf(t, bearer(issued.token)) }
}

describe('issuing', () => {
  test('the token is not stored, and says no more than who, when and which', async () => {
    const { by, user } = await person()
    const { token, record } = await tokenOf(by)
    const [, payload = ''] = token.split('.')
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    assert.deepEqual(claims, {
      iss: t.settings.publicUrl,
      sub: user.publicId,
      aud: t.settings.audience,
      iat: Math.floor(record.createdAt / 1000),
      exp: record.expiresAt / 1000,
      jti: record.jti,
    })
    assert.ok(!JSON.stringify(await t.store.tokens.byPublicId(record.publicId)).includes(token.slice(-20)))
    assert.equal((await principalOf(t, bearer(token))).keyId, record.publicId)
  })

  test('an end is needed, in the future and within the longest life', async () => {
    const { by } = await person()
    const longest = t.settings.privateTokenMaxSeconds * second
    for (const expiresAt of [t.clock.now(), t.clock.now() + longest + second, Number.NaN, -1]) {
      await assert.rejects(tokenOf(by, { expiresAt }), code('request_invalid', 'expires_at'))
    }
    await tokenOf(by, { expiresAt: t.clock.now() + longest })
  })

  test('a token has no more than who asks, and leads to nothing wider or longer', async () => {
    const { by, user } = await person()
    await assert.rejects(tokenOf(by, { scopes: ['users:read'] }), code('beyond_own_rights'))
    const narrow = await tokenOf(by, { scopes: ['tokens:write', 'account:read'] })
    await assert.rejects(tokenOf(narrow.by, { scopes: ['keys:write'] }), code('beyond_own_rights'))
    await assert.rejects(tokenOf(narrow.by, { expiresAt: narrow.record.expiresAt + second }), code('beyond_own_rights'))
    const child = await tokenOf(narrow.by, { expiresAt: narrow.record.expiresAt })
    await t.store.users.update(user.id, { role: 'admin' }, t.clock.now())
    await t.core.feed.sync()
    assert.deepEqual([...(await principalOf(t, bearer(child.token))).scopes].sort(), ['account:read', 'tokens:write'])
  })
})

describe('using', () => {
  test('it is taken where access tokens are, unless the route is strict', async () => {
    const { by } = await person()
    const { token } = await tokenOf(by)
    assert.equal((await check(t, bearer(token), origin, ['access-token'])).ok, true)
    const strict = await t.core.guard.authenticate([bearer(token)], ['access-token'], origin, true)
    assert.deepEqual(strict, { ok: false, code: 'credential_kind_refused', kind: 'private-token' })
    const opened = await openSession(t, (await person()).user)
    assert.equal((await check(t, bearer(opened.token), origin, ['private-token'])).ok, false)
  })

  test('it never proves a factor', async () => {
    const { by } = await person()
    const issued = await tokenOf(by)
    assert.equal(issued.by.provenAt, null)
    assert.deepEqual(issued.by.factors, [])
    assert.equal(issued.by.sessionId, null)
  })

  test('the first use is audited once', async () => {
    const { by } = await person()
    const { record, token } = await tokenOf(by)
    await t.core.flush()
    await principalOf(t, bearer(token))
    await t.core.flush()
    const events = await t.core.events.list({ kind: 'token-first-used' }, { limit: 100 })
    assert.equal(events.items.filter((event) => event.keyId === record.publicId).length, 1)
    assert.equal((await t.core.tokens.byPublicId(by.user, record.publicId)).lastUsedAt, t.clock.now())
  })
})

describe('rotating', () => {
  test('the successor keeps name, scopes and end; the old one lives through the grace and no longer', async () => {
    const { by } = await person()
    const old = await tokenOf(by, { scopes: ['account:read'] })
    const next = await t.core.tokens.rotate(by, old.record.publicId, { graceSeconds: 60 }, origin)
    assert.equal(next.record.name, old.record.name)
    assert.equal(next.record.expiresAt, old.record.expiresAt)
    assert.deepEqual([...(await principalOf(t, bearer(next.token))).scopes], ['account:read'])
    t.clock.advance(60 * second - 1)
    await principalOf(t, bearer(old.token))
    t.clock.advance(1)
    assert.deepEqual(await refusalOf(t, bearer(old.token)), ['credential_expired', 'private-token'])
  })

  test('without grace the old one is dead at once', async () => {
    const { by } = await person()
    const old = await tokenOf(by)
    await t.core.tokens.rotate(by, old.record.publicId, { graceSeconds: 0 }, origin)
    assert.deepEqual(await refusalOf(t, bearer(old.token)), ['credential_revoked', 'private-token'])
  })

  test('a new end can be wished by a session, and not by the token itself', async () => {
    const { by } = await person()
    const old = await tokenOf(by)
    const later = old.record.expiresAt + day
    const wish = { graceSeconds: 60, expiresAt: later }
    await assert.rejects(t.core.tokens.rotate(old.by, old.record.publicId, wish, origin), code('beyond_own_rights'))
    const next = await t.core.tokens.rotate(by, old.record.publicId, wish, origin)
    assert.equal(next.record.expiresAt, Math.floor(later / second) * second)
  })

  test('of 50 who rotate it side by side one gets the successor', async () => {
    const { by } = await person()
    const old = await tokenOf(by)
    const rotate = () => t.core.tokens.rotate(by, old.record.publicId, { graceSeconds: 60 }, origin)
    const all = await Promise.allSettled(Array.from({ length: 50 }, rotate))
    assert.equal(all.filter((each) => each.status === 'fulfilled').length, 1)
    for (const each of all) if (each.status === 'rejected') assert.ok(code('conflict')(each.reason))
  })

  test('what is not theirs, gone or over is not rotated', async () => {
    const { by } = await person()
    const stranger = await person()
    const old = await tokenOf(by)
    const wish = { graceSeconds: 60 }
    await assert.rejects(t.core.tokens.rotate(stranger.by, old.record.publicId, wish, origin), code('not_found'))
    await assert.rejects(
      t.core.tokens.revoke(stranger.user, old.record.publicId, stranger.by, origin),
      code('not_found'),
    )
    await assert.rejects(t.core.tokens.rotate(by, 'x', wish, origin), code('not_found'))
    await principalOf(t, bearer(old.token))
    t.clock.set(old.record.expiresAt)
    await assert.rejects(t.core.tokens.rotate(by, old.record.publicId, wish, origin), code('conflict'))
  })
})

test('what an owner had who was reset meanwhile makes no new credential', async () => {
  const { by, user } = await person()
  await t.store.users.growEpoch(user.id, t.clock.now())
  await assert.rejects(tokenOf(by), code('credential_revoked'))
  await assert.rejects(t.core.keys.issue(by, { name: 'x' }, origin), code('credential_revoked'))
  assert.equal((await t.core.tokens.list(user, { limit: 10 })).items.length, 0)
  assert.equal((await t.core.keys.list(user, { limit: 10 })).items.length, 0)
})
