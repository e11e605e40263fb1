import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { createVerifyErrors } from '../../../src/apis/native/verify-errors.ts'
import { CardeaError, publicTexts } from '../../../src/errors.ts'
import { identityHeaders } from '../../../src/http/identity-headers.ts'
import { cookieOf, makeKey, makeToken, makeUser, password, signIn } from '../../support/callers.ts'
import type { Answered, Wish } from '../../support/http.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
let access: string

const kinds = ['access-token', 'bearer-token', 'session-cookie', 'api-key', 'static-key', 'password'] as const
const base = { accepts: kinds, requires: [], public: false }

before(async () => {
  server = await startTestServer({
    http: { trustedProxies: ['127.0.0.1'] },
    settings: {
      requireFactor: ['admin'],
      staticKeys: [{ name: 'robot', key: 'static-key-of-verify-0123456789', role: 'user', api: 'native' }],
    },
    access: {
      signInUrl: null,
      rules: [
        { ...base, path: '/open/**', public: true },
        { ...base, path: '/blind', accepts: [], public: true },
        { ...base, path: '/admin/**', requires: ['users:read'] },
        { ...base, path: '/write', methods: ['POST'], requires: ['keys:read', 'keys:write'] },
        { ...base, path: '/tokens', accepts: ['access-token'] },
        { ...base, path: '/keys', accepts: ['api-key'] },
        { ...base, path: '/named', audience: 'urn:named' },
        { ...base, path: '/own/**', passCredentials: true },
        { ...base, path: '/wild', public: true, passCredentials: true },
        { ...base, path: '/app/**' },
      ],
    },
  })
  await makeUser(server, 'alice')
  access = (await signIn(server, 'alice')).access_token as string
})
after(() => server.close())

const here = () => new URL(server.url).host

/** As nginx asks. */
function nginx(uri: string, wish: Wish = {}, method = 'GET', host = 'app.example.com'): Promise<Answered> {
  const told = { 'X-Original-URI': uri, 'X-Original-Method': method, 'X-Original-Host': host }
  return server.send('GET', '/auth/verify', { ...wish, headers: { ...told, ...wish.headers } })
}

/** As Caddy and Traefik ask. */
function caddy(uri: string, wish: Wish = {}, method = 'GET', host = here()): Promise<Answered> {
  const told = { 'X-Forwarded-Uri': uri, 'X-Forwarded-Method': method, 'X-Forwarded-Host': host }
  return server.send('GET', '/auth/verify', { ...wish, headers: { ...told, ...wish.headers } })
}

const identity = (answered: Answered) => identityHeaders.map((name) => answered.headers.get(name))

test('a good credential of every kind passes, and the service is told who it is', async () => {
  const key = await makeKey(server, access)
  const wishes: readonly [string, Wish][] = [
    ['access-token', { token: access }],
    ['bearer-token', { token: (await signIn(server, 'alice', { mode: 'bearer' })).token as string }],
    ['private-token', { token: (await makeToken(server, access)).token as string }],
    ['api-key', { apiKey: key.token as string }],
    ['api-key', { basic: [key.id as string, key.secret as string] }],
    ['password', { basic: ['alice', password] }],
  ]
  for (const [kind, wish] of wishes) {
    const answered = await nginx('/app/x?y=1', wish)
    assert.equal(answered.status, 200, `${kind}: ${answered.text}`)
    assert.equal(answered.text, '')
    assert.equal(answered.headers.get('x-cardea-kind'), kind)
    assert.equal(answered.headers.get('x-cardea-username'), 'alice')
    assert.equal(answered.headers.get('x-cardea-role'), 'user')
    assert.match(answered.headers.get('x-cardea-scopes') ?? '', /^account:read account:write keys:read/)
    assert.match(answered.headers.get('x-cardea-user') ?? '', /^[0-9a-f-]{36}$/)
    assert.equal(answered.headers.get('cache-control'), 'no-store')
  }
  const robot = await nginx('/app', { apiKey: 'static-key-of-verify-0123456789' })
  assert.deepEqual([robot.headers.get('x-cardea-user'), robot.headers.get('x-cardea-kind')], ['', 'static-key'])
  assert.equal(decodeJwt(robot.headers.get('x-cardea-jwt') ?? '').sub, 'static-key:robot')
})

test('the token is for the service alone: verified by the published keys, and a credential nowhere here', async () => {
  const token = (await nginx('/app', { token: access })).headers.get('x-cardea-jwt') ?? ''
  const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`))
  const now = { currentDate: new Date(server.clock.now()) }
  const rules = { issuer: server.url, audience: 'app.example.com', typ: 'cardea-id+jwt', ...now }
  const { payload } = await jwtVerify(token, keys, rules)
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 60)
  assert.equal(payload.preferred_username, 'alice')
  await assert.rejects(jwtVerify(token, keys, { ...rules, audience: server.url }))
  const named = (await nginx('/named', { token: access })).headers.get('x-cardea-jwt') ?? ''
  assert.equal(decodeJwt(named).aud, 'urn:named')
  for (const path of ['/auth/me', '/auth/sessions', '/auth/keys'])
    assert.equal((await server.send('GET', path, { token })).status, 401, path)
  assert.equal((await nginx('/app', { token })).status, 401)
  const inspected = await server.core.guard.inspect(token, { api: 'native', address: '127.0.0.1', userAgent: '' })
  assert.equal(inspected, null)
})

test('a warm caller is answered with the same token, which is made anew before it is too short, and after a key was revoked', async () => {
  const ask = async () => (await nginx('/app', { token: access })).headers.get('x-cardea-jwt')
  const first = await ask()
  server.clock.advance(29_000)
  await server.core.feed.sync()
  assert.equal(await ask(), first)
  server.clock.advance(1500)
  await server.core.feed.sync()
  const second = await ask()
  assert.notEqual(second, first)
  await server.core.signingKeys.rotate('access', true)
  await server.core.feed.sync()
  assert.notEqual(await ask(), second)
})

test('nobody, garbage, a wrong kind, a missing scope: each is refused as what it is', async () => {
  const none = await nginx('/app')
  assert.equal(none.status, 401)
  assert.match(none.headers.get('www-authenticate') ?? '', /Bearer realm/)
  assert.equal(none.headers.get('x-cardea-reason'), 'credentials_missing')
  assert.deepEqual(
    identity(none),
    identityHeaders.map(() => null),
  )
  assert.equal((await nginx('/app', { token: 'garbage' })).status, 401)
  assert.equal((await nginx('/open/x', { token: 'garbage' })).status, 401)
  const kind = await nginx('/keys', { token: access })
  assert.deepEqual([kind.status, kind.body.code, kind.body.accepts], [401, 'credential_kind_refused', ['api-key']])
  const token = (await makeToken(server, access)).token as string
  assert.equal((await nginx('/tokens', { token })).status, 200)
  const scope = await nginx('/admin/x', { token: access })
  assert.deepEqual([scope.status, scope.body.scope], [403, 'users:read'])
  const narrow = (await makeKey(server, access, { scopes: ['keys:read'] })).token as string
  const half = await nginx('/write', { apiKey: narrow }, 'POST')
  assert.deepEqual([half.status, half.body.scope], [403, 'keys:write'])
  assert.equal((await nginx('/write', { token: access }, 'POST')).status, 200)
  const deny = await nginx('/write', { token: access }, 'PUT')
  assert.deepEqual([deny.status, deny.body.code], [403, 'rule_missing'])
  const spelled = await nginx('/ADMIN/x', { token: access })
  assert.deepEqual([spelled.status, spelled.body.code], [403, 'address_ambiguous'])
})

test('an administrator without the second factor that the role needs passes under no rule', async () => {
  await makeUser(server, 'boss', 'admin')
  const token = (await signIn(server, 'boss')).access_token as string
  const answered = await nginx('/app', { token })
  assert.deepEqual([answered.status, answered.body.code], [403, 'mfa_enrolment_required'])
})

test('a public rule lets everybody through, and says who it is where somebody is known', async () => {
  const nobody = await nginx('/open/x')
  assert.equal(nobody.status, 200)
  assert.deepEqual(
    identity(nobody),
    identityHeaders.map(() => ''),
  )
  assert.equal((await nginx('/open/x', { token: access })).headers.get('x-cardea-username'), 'alice')
  assert.equal((await nginx('/blind', { token: 'garbage' })).status, 200)
  const stale = { cookie: 'cardea=00000000-0000-4000-8000-000000000000.abc', headers: { Origin: server.url } }
  assert.equal((await caddy('/open/x', stale)).status, 200)
})

test('every pass says whether the service gets the credential: by the rule alone, never by what the caller sends', async () => {
  const told = async (uri: string, wish: Wish) => {
    const answered = await nginx(uri, { ...wish, headers: { 'X-Cardea-Pass-Credentials': '1' } })
    return [answered.status, answered.headers.get('x-cardea-pass-credentials')]
  }
  assert.deepEqual(await told('/own/x', { token: access }), [200, '1'])
  assert.deepEqual(await told('/wild', {}), [200, '1'])
  assert.deepEqual(await told('/app/x', { token: access }), [200, ''])
  assert.deepEqual(await told('/open/x', {}), [200, ''])
  // The same caller, remembered: one rule's word does not stick to the next answer.
  assert.deepEqual(await told('/own/x', { token: access }), [200, '1'])
  assert.deepEqual(await told('/app/x', { token: access }), [200, ''])
  assert.deepEqual(await told('/own/x', {}), [401, null])
  // Envoy is told what to take away; the others do not know that header.
  const envoy = async (path: string) =>
    (await server.send('GET', `/auth/verify${path}`, { token: access })).headers.get('x-envoy-auth-headers-to-remove')
  assert.equal(await envoy('/app/x'), 'authorization,cookie,x-api-key,x-cardea-pass-credentials')
  assert.equal(await envoy('/own/x'), 'x-cardea-pass-credentials')
  assert.equal((await nginx('/app/x', { token: access })).headers.get('x-envoy-auth-headers-to-remove'), null)
})

test('a revoked credential is refused at once, although it was warm', async () => {
  const key = await makeKey(server, access)
  const wish = { apiKey: key.token as string }
  assert.equal((await nginx('/app', wish)).status, 200)
  await server.send('DELETE', `/auth/keys/${key.id}`, { token: access })
  assert.equal((await nginx('/app', wish)).status, 401)
})

test('nginx hears 200, 401 and 403 and nothing else; the reason stands in a header', async () => {
  const two = { token: access, apiKey: (await makeKey(server, access)).token as string }
  const conflict = await nginx('/app', two)
  assert.deepEqual([conflict.status, conflict.body.status], [403, 403])
  assert.equal(conflict.headers.get('x-cardea-reason'), 'credentials_conflict')
  assert.equal((await caddy('/app', two)).status, 400)
  const told = { 'X-Original-URI': '/app', 'X-Original-Method': 'GET', 'X-Original-Host': 'a.example.com' }
  const long = await server.send('GET', `/auth/verify?${'a'.repeat(9000)}`, { headers: told })
  assert.equal(long.status, 403)
})

/** Without the headers that `fetch` adds: status and where it leads. */
function plain(
  path: string,
  method: string,
  headers: Readonly<Record<string, string>>,
): Promise<readonly [number, string | undefined]> {
  return new Promise((done, fail) => {
    request(new URL(server.url), { path, method, headers }, (response) => {
      response.resume()
      done([response.statusCode ?? 0, response.headers.location])
    })
      .on('error', fail)
      .end()
  })
}

test('every failure that there is has an answer that nginx knows, limits and outages too', () => {
  const render = createVerifyErrors('https://id.example.com', { rules: [], signInUrl: null })
  const told = { telling: 'original', scheme: null, method: 'GET', target: '/', host: 'a', authority: 'a' } as const
  const original = { ...told, at: { path: '/', folded: '' } }
  for (const code of Object.keys(publicTexts) as (keyof typeof publicTexts)[])
    for (const context of [{ original }, {}]) {
      const { status, headers, body } = render(new CardeaError(code), { requestId: '', fromBrowser: true, ...context })
      assert.ok(status === 401 || status === 403, `${code}: ${status}`)
      assert.equal(headers?.['X-Cardea-Reason'], (body as { code: string }).code)
      assert.equal((body as { status: number }).status, status)
    }
})

test('a browser behind Caddy is sent to sign in and back to the same page; everybody else gets the refusal', async () => {
  const html = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
  const ask = (headers: Readonly<Record<string, string>>, method = 'GET', host = here()) => {
    const told = { 'X-Forwarded-Uri': '/app/x?a=1&b=2', 'X-Forwarded-Method': method, 'X-Forwarded-Host': host }
    return plain('/auth/verify', 'GET', { ...told, ...headers })
  }
  const back = `${server.url}/console/sign-in?return_to=${encodeURIComponent('/app/x?a=1&b=2')}`
  assert.deepEqual(await ask(html), [302, back])
  assert.deepEqual(
    await ask({ ...html, 'Sec-Fetch-Mode': 'navigate', Cookie: 'cardea=old', 'Sec-Fetch-Site': 'none' }),
    [302, back],
  )
  for (const [headers, method] of [
    [html, 'POST'],
    [{}, 'GET'],
    [{ Accept: '*/*' }, 'GET'],
    [{ ...html, Authorization: 'Bearer garbage' }, 'GET'],
    [{ ...html, 'Sec-Fetch-Mode': 'cors' }, 'GET'],
  ] as const)
    assert.deepEqual(await ask(headers, method), [401, undefined], JSON.stringify([headers, method]))
  const told = { 'X-Original-URI': '/app/x', 'X-Original-Method': 'GET', 'X-Original-Host': here() }
  assert.deepEqual(await plain('/auth/verify', 'GET', { ...told, ...html }), [401, undefined])
  // A host that is not this one: no address of it is ever handed on.
  assert.deepEqual(await ask(html, 'GET', 'evil.example'), [401, undefined])
})

test('a sign-in page of somebody else gets addresses of hosts that the rules name, and no other', () => {
  const rules = [{ ...base, host: 'app.example.com', path: '/**' }]
  const render = createVerifyErrors('https://id.example.com', { rules, signInUrl: 'https://login.example.com/in?a=1' })
  const at = { path: '/x', folded: '/x' }
  const location = (host: string) => {
    const original = {
      telling: 'forwarded',
      scheme: 'https',
      method: 'GET',
      target: '/x?apikey=secret&y',
      host,
      authority: host,
      at,
    } as const
    const headers = new Headers({ accept: 'text/html' })
    const context = { requestId: '', fromBrowser: true, original, headers }
    return render(new CardeaError('credentials_missing'), context).headers?.Location
  }
  const page = 'https://login.example.com/in?a=1'
  assert.equal(location('app.example.com'), `${page}&return_to=${encodeURIComponent('https://app.example.com/x?y')}`)
  assert.equal(location('evil.example'), page)
})

test('a session cookie counts at our own host, with the proof; elsewhere it is not looked at', async () => {
  const cookie = await cookieOf(server, 'alice')
  const from = (headers: Record<string, string>): Wish => ({ cookie, headers })
  const code = async (headers: Record<string, string>, method = 'GET') => {
    const answered = await caddy('/app', from(headers), method)
    return answered.status === 200 ? 200 : answered.body.code
  }
  assert.equal(await code({ 'Sec-Fetch-Site': 'same-origin' }), 200)
  assert.equal(await code({ 'Sec-Fetch-Site': 'same-origin' }, 'POST'), 200)
  assert.equal(await code({ 'Sec-Fetch-Site': 'none' }), 200)
  assert.equal(await code({ 'Sec-Fetch-Site': 'none' }, 'POST'), 'origin_refused')
  assert.equal(await code({ Origin: server.url }, 'POST'), 200)
  assert.equal(await code({ Origin: 'https://evil.example' }, 'POST'), 'origin_refused')
  assert.equal(await code({ Origin: 'null' }), 'origin_refused')
  assert.equal(await code({ 'Sec-Fetch-Site': 'cross-site' }), 'origin_refused')
  assert.equal(await code({ 'Sec-Fetch-Site': 'same-site' }), 'origin_refused')
  assert.equal(await code({}), 'origin_refused')
  const elsewhere = await caddy('/app', from({ 'Sec-Fetch-Site': 'same-origin' }), 'GET', 'app.example.com')
  assert.equal(elsewhere.body.code, 'credentials_missing')
})

test('only a proxy that is named is believed, and nothing that it does not say whole', async () => {
  const asked = await server.send('GET', '/auth/verify', { token: access })
  assert.deepEqual([asked.status, asked.body.code], [403, 'original_refused'])
  const both = await nginx('/open/x', { headers: { 'X-Forwarded-Uri': '/open/x' } })
  assert.deepEqual([both.status, both.body.code], [403, 'original_refused'])
  const other = await startTestServer({ access: { signInUrl: null, rules: [{ ...base, path: '/**', public: true }] } })
  try {
    const told = { 'X-Original-URI': '/', 'X-Original-Method': 'GET', 'X-Original-Host': 'a.example.com' }
    const answered = await other.send('GET', '/auth/verify', { headers: told })
    assert.deepEqual([answered.status, answered.body.code], [403, 'original_refused'])
    assert.equal((await other.send('GET', '/auth/verify/x')).status, 403)
  } finally {
    await other.close()
  }
})

test('Envoy asks below the address with the method itself, and no dot segment leads to another address of ours', async () => {
  const ask = async (path: string, method = 'GET', token = access) =>
    (await plain(path, method, { Authorization: `Bearer ${token}` }))[0]
  assert.equal(await ask('/auth/verify/app/x?y=1'), 200)
  assert.equal(await ask('/auth/verify/app/x', 'GET', 'garbage'), 401)
  assert.equal(await ask('/auth/verify/write', 'POST'), 200)
  assert.equal(await ask('/auth/verify/write', 'DELETE'), 403)
  assert.equal(await ask('/auth/verify/app', 'OPTIONS', 'garbage'), 401)
  for (const path of ['/../../api/help', '/../../', '/%2e%2e/%2e%2e/api/help', '/app/../admin', '//app', '/..'])
    assert.equal(await ask(`/auth/verify${path}`), 403, path)
})
