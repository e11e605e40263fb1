import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createCoreGuard } from '../../src/guard/core-guard.ts'
import { accepts, type Guard, requires } from '../../src/guard/index.ts'
import { codeOf, enrol, makeUser, signIn } from '../support/callers.ts'
import { bearer, principalOf } from '../support/people.ts'
import { createLine, headersOfKinds, origin, paths, type RemoteTest, sent, startRemoteTest } from '../support/remote.ts'

/* A guard elsewhere beside one in the same program: they know the same callers. */

let t: RemoteTest
let kinds: Awaited<ReturnType<typeof headersOfKinds>>
before(async () => {
  t = await startRemoteTest()
  kinds = await headersOfKinds(t.server, 'alice')
})
after(() => t.close())

const introspect = () => ({ introspect: { key: t.ownKey } })

const everyGuard: readonly (readonly [string, () => Guard])[] = [
  ['elsewhere', () => t.guard(introspect())],
  ['elsewhere, with the feed', () => t.guard({ ...introspect(), feed: {} })],
  ['in this program', () => createCoreGuard(t.server.core)],
]

for (const [where, make] of everyGuard) {
  describe(`a guard ${where}`, () => {
    test('knows who sent each kind of credential, in every way of sending it, cold and warm', async () => {
      const guard = make()
      for (const [name, headers] of Object.entries(kinds)) {
        const [kind = ''] = name.split(' ')
        for (const turn of ['cold', 'warm']) {
          const verdict = await guard.check(sent(headers))
          assert.ok(verdict.ok, `${name} ${turn}: ${JSON.stringify(verdict)}`)
          const { value } = verdict
          assert.equal(value.kind, kind, name)
          assert.equal(value.user?.publicId, t.alice.publicId, name)
          assert.equal(value.role, 'user', name)
          assert.equal(value.api, 'native', name)
          assert.ok(value.scopes.has('account:read') && !value.scopes.has('users:read'), name)
          assert.equal(value.actor, null)
          if (kind.endsWith('-token') && kind !== 'private-token') {
            assert.ok(value.sessionId, name)
            assert.deepEqual(value.factors, ['password'], name)
            assert.ok(value.provenAt !== null && value.provenAt <= t.server.clock.now(), name)
          } else assert.ok(value.keyId, name)
          if (kind === 'access-token') assert.ok((value.expiresAt ?? 0) > t.server.clock.now(), name)
        }
      }
    })

    test('refuses what is not good, by the code that says why', async () => {
      const guard = make()
      const { authorization } = kinds['access-token']
      const key = kinds['api-key']['x-api-key']
      const cases: readonly (readonly [Record<string, string>, string])[] = [
        [{}, 'credentials_missing'],
        [{ authorization: 'Bearer' }, 'credential_malformed'],
        [{ authorization: '' }, 'credential_malformed'],
        [{ authorization: 'Nonsense abc' }, 'credential_malformed'],
        [{ authorization: 'Bearer abc' }, 'credential_malformed'],
        [{ authorization: `${authorization}=` }, 'credential_malformed'],
        [{ authorization: `${authorization.slice(0, -4)}AAAA` }, 'credential_invalid'],
        [{ authorization: `Bearer ${key}` }, 'credential_kind_refused'],
        [{ 'x-api-key': 'cardea_nonsense' }, 'credential_malformed'],
        [{ 'x-api-key': 'nonsense' }, 'credential_malformed'],
        [{ 'x-api-key': key, authorization }, 'credentials_conflict'],
        [{ 'x-api-key': `${key}, ${key}` }, 'credential_malformed'],
        [
          { authorization: `Basic ${Buffer.from('alice:correct horse battery').toString('base64')}` },
          'credential_kind_refused',
        ],
        [{ ...kinds['api-key as Basic'], 'sec-fetch-site': 'cross-site' }, 'origin_refused'],
        [{ ...kinds['api-key as Basic'], origin: 'https://evil.example', host: 'shop.example' }, 'origin_refused'],
        [{ cookie: 'cardea=whatever' }, 'credentials_missing'],
      ]
      for (const [headers, code] of cases) {
        for (let turn = 0; turn < 2; turn += 1) {
          const verdict = await guard.check(sent(headers))
          assert.ok(!verdict.ok, JSON.stringify(headers))
          assert.equal(verdict.code, code, JSON.stringify(headers))
        }
      }
      // The same one sent twice is one.
      assert.ok((await guard.check(sent({ 'x-api-key': key, authorization: `ApiKey ${key}` }))).ok)
    })

    test('lets nobody pass who lacks a scope or comes by another kind, and says what is missing', async () => {
      const guard = make()
      const lacking = await guard.check(sent(kinds['access-token']), requires('account:read', 'orders:read'))
      assert.ok(!lacking.ok)
      assert.deepEqual([lacking.code, lacking.scope], ['scope_missing', 'orders:read'])
      assert.ok((await guard.check(sent(kinds['access-token']), requires('account:read'))).ok)
      const other = await guard.check(sent(kinds['api-key']), accepts('access-token'))
      assert.ok(!other.ok)
      assert.deepEqual(
        [other.code, other.kind, other.accepts],
        ['credential_kind_refused', 'api-key', ['access-token']],
      )
      assert.ok((await guard.check(sent(kinds['private-token']), accepts('access-token'))).ok)
      const strict = await guard.check(sent(kinds['private-token']), { accepts: ['access-token'], strictKinds: true })
      assert.ok(!strict.ok)
      const both = await guard.check(sent(kinds['api-key']), accepts('api-key'), requires('users:read'))
      assert.ok(!both.ok && both.code === 'scope_missing')
    })

    test('lets anonymous callers read where that is asked for, but none whose credential is not good', async () => {
      const guard = make()
      assert.deepEqual(await guard.checkOptional(sent({})), { ok: true, value: null })
      const known = await guard.checkOptional(sent(kinds['access-token']))
      assert.ok(known.ok && known.value?.user?.publicId === t.alice.publicId)
      const tried = await guard.checkOptional(sent({ authorization: 'Bearer garbage' }))
      assert.ok(!tried.ok)
    })

    test('a key that is bound to addresses is good from those only, and so is a token that it gets', async () => {
      const guard = make()
      const bound = await t.server.core.keys.issueFor(
        t.alice,
        { name: 'bound', allowAddresses: ['192.0.2.0/24', '127.0.0.1'] },
        origin,
        null,
      )
      const basic = [bound.record.id, bound.secret] as const
      const got = await t.server.send('POST', '/oauth/token', { basic, form: { grant_type: 'client_credentials' } })
      for (const headers of [{ 'x-api-key': bound.token }, { authorization: `Bearer ${got.body.access_token}` }]) {
        assert.ok((await guard.check(sent(headers, '192.0.2.7'))).ok)
        assert.ok((await guard.check(sent(headers, '::ffff:192.0.2.7'))).ok)
        for (const address of ['198.51.100.1', '', 'unknown']) {
          const verdict = await guard.check(sent(headers, address))
          assert.ok(!verdict.ok && verdict.code === 'credential_address_refused', address)
        }
        const unsaid = await guard.check({ headers: new Headers(headers) })
        assert.ok(!unsaid.ok)
      }
    })

    test('of a caller who acts for somebody it knows both', async () => {
      const guard = make()
      const boss = await makeUser(t.server, `boss-${everyGuard.findIndex(([name]) => name === where)}`, 'admin')
      const { access_token: token } = await signIn(t.server, boss.username)
      const by = await principalOf(t.server, bearer(String(token)))
      const acting = await t.server.core.impersonate(by, t.alice.publicId, origin)
      const headers = { authorization: `Bearer ${acting.token}` }
      const verdict = await guard.check(sent(headers))
      assert.ok(verdict.ok, JSON.stringify(verdict))
      assert.equal(verdict.value.user?.publicId, t.alice.publicId)
      assert.equal(verdict.value.actor, boss.publicId)
      // It ends with the session of whoever acts, although no change of its own tells of that.
      await t.server.send('POST', '/auth/sign-out', { token: String(token), json: {} })
      assert.ok(!(await guard.check(sent(headers))).ok)
    })
  })
}

test('without a key of its own a guard takes access tokens only, and asks for nothing but public keys', async () => {
  const line = createLine()
  const guard = t.guard({}, line)
  assert.ok((await guard.check(sent(kinds['access-token']))).ok)
  for (const kind of ['api-key', 'bearer-token', 'private-token'] as const) {
    const verdict = await guard.check(sent(kinds[kind]))
    assert.ok(!verdict.ok)
    assert.deepEqual([verdict.code, verdict.accepts], ['credential_kind_refused', ['access-token']], kind)
  }
  assert.equal(line.asked(paths.introspection), 0)
})

test('the factors that a session was opened with are known, of its token and of its bearer', async () => {
  await makeUser(t.server, 'twofold')
  const { secret } = await enrol(t.server, String((await signIn(t.server, 'twofold')).access_token))
  for (const mode of ['token', 'bearer']) {
    t.server.clock.advance(30_000)
    const body = await signIn(t.server, 'twofold', { mode, code: codeOf(t.server, secret) })
    const verdict = await t
      .guard(introspect())
      .check(sent({ authorization: `Bearer ${body.access_token ?? body.token}` }))
    assert.ok(verdict.ok)
    assert.deepEqual(verdict.value.factors.toSorted(), ['password', 'totp'], mode)
    assert.equal(verdict.value.provenAt, t.server.clock.now())
  }
})

test('a token for another audience, from another issuer or too old is refused', async () => {
  for (const wish of [
    { audience: 'https://other.example' },
    { issuer: t.server.url.replace('127.0.0.1', 'localhost') },
  ]) {
    const verdict = await t.guard(wish).check(sent(kinds['access-token']))
    assert.ok(!verdict.ok)
    const byAsking = await t.guard({ ...introspect(), ...wish }).check(sent(kinds['api-key']))
    assert.ok(!byAsking.ok)
  }
  const guard = t.guard()
  const { access_token: token } = await signIn(t.server, 'alice')
  const headers = { authorization: `Bearer ${token}` }
  assert.ok((await guard.check(sent(headers))).ok)
  const clock = { now: () => t.server.clock.now() + 3_600_000 }
  for (const late of [t.guard({ clock })]) {
    const verdict = await late.check(sent(headers))
    assert.ok(!verdict.ok && verdict.code === 'credential_expired')
  }
})

test('what is asked about is remembered for seconds, asked once by many, and never longer than it lives', async () => {
  const line = createLine()
  const guard = t.guard({ introspect: { key: t.ownKey, cacheSeconds: 10, refusedCacheSeconds: 5 } }, line)
  const good = sent(kinds['api-key'])
  await Promise.all(Array.from({ length: 20 }, () => guard.check(good)))
  assert.equal(line.asked(paths.introspection), 1)
  // Known now: no promise.
  assert.ok(!(guard.check(good) instanceof Promise))
  t.server.clock.advance(10_000)
  await guard.check(good)
  assert.equal(line.asked(paths.introspection), 2)
  t.server.clock.advance(-60_000)
  await guard.check(good)
  assert.equal(line.asked(paths.introspection), 3, 'a clock that was set back makes nothing last longer')
  t.server.clock.advance(60_000)
  const gone = sent({ authorization: `Bearer ${crypto.randomUUID()}.${'A'.repeat(43)}` })
  for (let turn = 0; turn < 3; turn += 1) assert.ok(!(await guard.check(gone)).ok)
  assert.equal(line.asked(paths.introspection), 4)
  t.server.clock.advance(5000)
  await guard.check(gone)
  assert.equal(line.asked(paths.introspection), 5)
})

test('while Cardea cannot be asked the answer is 503, and nothing of it is remembered', async () => {
  const line = createLine()
  const guard = t.guard(introspect(), line)
  const ways: readonly (() => Promise<Response>)[] = [
    async () => new Response('', { status: 500 }),
    async () => new Response('', { status: 403 }),
    async () => new Response('<html>'),
    async () => new Response('[]'),
    async () => new Response(`{"active":true,"pad":"${'x'.repeat(70_000)}"}`),
    async () => new Response('{"active":false,"active":true}'),
    async () => Response.redirect('https://evil.example/'),
    () => Promise.reject(new TypeError('fetch failed')),
  ]
  for (const way of ways) {
    line.answer(paths.introspection, way)
    const verdict = await guard.check(sent(kinds['api-key']))
    assert.ok(!verdict.ok && verdict.code === 'unavailable', String(way))
    assert.ok((verdict.retryAfter ?? 0) >= 1)
  }
  line.answer(paths.introspection, null)
  assert.ok((await guard.check(sent(kinds['api-key']))).ok)
  const secret = kinds['api-key']['x-api-key'].split('_')[2] ?? ''
  assert.ok(!t.logged.join().includes(secret.slice(0, 64)))
  assert.ok(!t.logged.join().includes((t.ownKey.split('_')[2] ?? '').slice(0, 64)))
})

test('an answer that does not fit what was asked is no good one', async () => {
  const line = createLine()
  const guard = t.guard({ introspect: { key: t.ownKey, refusedCacheSeconds: 0 } }, line)
  const whole = {
    active: true,
    kind: 'api-key',
    iss: t.server.url,
    aud: t.server.url,
    sub: '01900000-0000-7000-8000-000000000000',
    scope: 'a',
    role: 'user',
    client_id: '01900000-0000-7000-8000-000000000001',
    api: 'native',
  }
  const answer = async (body: object) => {
    line.answer(paths.introspection, async () => Response.json(body))
    t.server.clock.advance(31_000)
    return (await guard.check(sent(kinds['api-key']))).ok
  }
  assert.equal(await answer(whole), true)
  const wrong: readonly object[] = [
    { active: 1 },
    { active: 'true' },
    { kind: 'access-token' },
    { kind: undefined },
    { iss: 'https://other.example' },
    { aud: 'https://other.example' },
    { sub: '' },
    { sub: 1 },
    { scope: ['a'] },
    { role: null },
    { client_id: undefined },
    { client_id: 'cardea' },
    { api: 'other' },
    { exp: 'never' },
    { exp: 1 },
    { exp: -1 },
    { allow_addresses: 'x' },
    { allow_addresses: [] },
    { allow_addresses: ['x'] },
    { act: {} },
    { act: 'x' },
    { amr: 'pwd' },
    { auth_time: 'x' },
  ]
  for (const change of wrong) assert.equal(await answer({ ...whole, ...change }), false, JSON.stringify(change))
})

test('options that are wrong are named when the guard is made, and no secret is repeated', () => {
  const good = { issuer: 'https://id.example.com', audience: 'https://id.example.com' }
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ issuer: 'http://id.example.com' }, /issuer/],
    [{ issuer: 'https://id.example.com/' }, /trailing slash/],
    [{ issuer: 'id.example.com' }, /issuer/],
    [{ audience: '' }, /audience/],
    [{ audience: [] }, /audience/],
    [{ introspect: { key: 'geheim' } }, /introspect\.key/],
    [{ introspect: { key: `${crypto.randomUUID()}:geheim` } }, /introspect\.key/],
    [{ introspect: { key: t.ownKey, cacheSeconds: 31 } }, /cacheSeconds must be a number from 0 to 30/],
    [{ feed: {} }, /feed needs introspect/],
    [{ introspect: { key: t.ownKey }, feed: { silenceSeconds: 1 } }, /silenceSeconds/],
    [{ staleKeysSeconds: 1 }, /staleKeysSeconds/],
    [{ timeoutSeconds: Number.NaN }, /timeoutSeconds/],
  ]
  for (const [change, message] of wrong) {
    assert.throws(
      () => t.guard({ ...good, ...change }),
      (error) => error instanceof TypeError && message.test(error.message) && !error.message.includes('geheim'),
      JSON.stringify(change),
    )
  }
  assert.throws(() => requires(), TypeError)
  assert.throws(() => requires('a b'), TypeError)
  assert.throws(() => requires('a"'), TypeError)
  assert.throws(() => accepts('password' as 'api-key'), TypeError)
})
