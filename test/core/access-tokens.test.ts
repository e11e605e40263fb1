import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { AccessTokenWish } from '../../src/core/access-tokens.ts'
import { createTestCore, type TestCore } from '../support/core.ts'

let t: TestCore
before(async () => {
  t = await createTestCore()
})
after(() => t.drop())

const wish: AccessTokenWish = {
  subject: '01977420-dc00-72ba-a4d0-092d15529343',
  sessionId: '01977420-dc00-7ea5-bcb5-1ba8afd34d9a',
  scopes: new Set(['b:read', 'a:read']),
  role: 'user',
  api: 'native',
  lifetimeSeconds: 3600,
}

async function claimsOf(patch: Partial<AccessTokenWish>) {
  const { token } = await t.core.accessTokens.issue({ ...wish, ...patch })
  const verdict = await t.core.accessTokens.verify(token)
  assert.ok(verdict.ok)
  return verdict.claims
}

test('the claims are those of RFC 9068, and exp - iat is exactly the lifetime', async () => {
  t.clock.advance(777)
  const { jti, iat, exp, ...claims } = await claimsOf({})
  assert.deepEqual(claims, {
    iss: t.settings.publicUrl,
    sub: wish.subject,
    aud: t.settings.audience,
    sid: wish.sessionId,
    scope: 'a:read b:read',
    role: 'user',
    client_id: 'cardea',
    api: 'native',
  })
  assert.match(jti, /^[0-9a-f-]{36}$/)
  assert.equal(exp - iat, 3600)
  assert.equal(iat, Math.floor(t.clock.now() / 1000))
})

test('a token never outlives what it belongs to', async () => {
  const notAfter = t.clock.now() + 90_500
  const { token, expiresAt } = await t.core.accessTokens.issue({ ...wish, notAfter })
  assert.ok(expiresAt <= notAfter)
  const verdict = await t.core.accessTokens.verify(token)
  assert.ok(verdict.ok)
  assert.equal(verdict.claims.exp * 1000, expiresAt)
})

test("an API's own claims are carried and replace none of ours", async () => {
  const own = {
    iss: 'x',
    sub: 'x',
    aud: 'x',
    iat: 1,
    exp: 9e9,
    jti: 'x',
    sid: 'x',
    scope: 'users:write',
    role: 'admin',
    client_id: 'x',
    api: 'x',
  }
  const claims = await claimsOf({ claims: { ...own, act: { sub: 'x' }, _id: 7 } })
  for (const [name, value] of Object.entries(own)) assert.notEqual(claims[name], value, name)
  assert.equal(claims.act, undefined)
  assert.equal(claims._id, 7)
})

test('who acts for somebody is said', async () => {
  assert.deepEqual((await claimsOf({ actor: 'the admin' })).act, { sub: 'the admin' })
  assert.equal((await claimsOf({ actor: null })).act, undefined)
})

test('an audience of the API has to hold ours, and a life has a bound', async () => {
  const aud = [t.settings.audience, 'https://other.example']
  assert.deepEqual((await claimsOf({ audience: aud })).aud, aud)
  await assert.rejects(t.core.accessTokens.issue({ ...wish, audience: 'https://other.example' }), TypeError)
  await assert.rejects(t.core.accessTokens.issue({ ...wish, lifetimeSeconds: 31 * 86_400 }), TypeError)
})

test('a token for another server is refused', async () => {
  const { token } = await t.core.accessTokens.issue(wish)
  for (const settings of [{ publicUrl: 'https://b.example' }, { audience: 'https://b.example' }]) {
    const other = await createTestCore({ database: t.database, clock: t.clock, settings })
    assert.equal((await other.core.accessTokens.verify(token)).ok, false)
    await other.core.close()
  }
})
