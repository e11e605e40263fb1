import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createAccessTokens } from '../../src/core/access-tokens.ts'
import { codeOf, cookieOf, enrol, mailedToken, makeKey, makeUser, password, signIn } from '../support/callers.ts'
import { list } from '../support/http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/* Promises of the whole server that belong to no single part of it. */

const robotKey = 'static-key-of-the-promises-0123456789'
const publicUrl = 'https://cardea.example'
let server: TestServer
/** The same behind a proxy that ends TLS. */
let secure: TestServer

before(async () => {
  server = await startTestServer({
    settings: { staticKeys: [{ name: 'robot', key: robotKey, role: 'user', api: 'native' }] },
    http: { trustedProxies: ['127.0.0.1'] },
  })
  await makeUser(server, 'root', 'admin')
  await makeUser(server, 'alice')
  secure = await startTestServer({ settings: { publicUrl, audience: publicUrl }, http: { publicUrl } })
  await makeUser(secure, 'root', 'admin')
})
after(async () => {
  await server.close()
  await secure.close()
})

const filled = (path: string): string => path.replace(/:[a-z]+/g, '00000000-0000-4000-8000-000000000000')

test('every route answers with headers that let nothing be guessed, framed or sent on, and with HSTS on https', async () => {
  for (const at of [server, secure]) {
    for (const { method, path } of at.routes) {
      const { headers, status } = await at.send(method, filled(path))
      const where = `${method} ${path}: ${status}`
      assert.equal(headers.get('x-content-type-options'), 'nosniff', where)
      assert.ok(headers.get('referrer-policy') !== null, where)
      assert.ok(status < 500, where)
      assert.equal(headers.has('strict-transport-security'), at === secure, where)
      assert.equal(headers.get('access-control-allow-credentials'), null, where)
      assert.equal(headers.get('x-powered-by') ?? headers.get('server'), null, where)
    }
  }
})

test('on https the session cookie is bound to the host, and signing out takes cookie and storage along', async () => {
  const site = { Origin: publicUrl }
  const json = { identifier: 'root', password, mode: 'cookie' }
  const signedIn = await secure.send('POST', '/auth/sign-in', { json, headers: site })
  const lines = signedIn.headers.getSetCookie()
  const session = lines.find((line) => line.startsWith('__Host-cardea=')) ?? assert.fail(String(lines))
  for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/']) assert.ok(session.includes(attribute))
  assert.doesNotMatch(session, /Domain/i)
  for (const line of lines) assert.match(line, /; HttpOnly; Secure; SameSite=/)
  const cookie = session.split(';', 1)[0] ?? ''
  // The name without its prefix is another cookie.
  const renamed = cookie.replace('__Host-', '')
  assert.equal((await secure.send('GET', '/auth/me', { cookie: renamed, headers: site })).status, 401)

  const out = await secure.send('POST', '/auth/sign-out', { cookie, headers: site })
  assert.equal(out.status, 204)
  assert.equal(out.headers.get('clear-site-data'), '"cookies", "storage"')
  assert.match(out.headers.getSetCookie().join('\n'), /^__Host-cardea=; Path=\/; Max-Age=0/m)
  assert.equal((await secure.send('GET', '/auth/me', { cookie, headers: site })).status, 401)
})

test('a sign-in never takes over a session that the browser already had', async () => {
  const old = await cookieOf(server, 'alice')
  const answered = await server.send('POST', '/auth/sign-in', {
    json: { identifier: 'alice', password, mode: 'cookie' },
    cookie: old,
    headers: { Origin: server.url },
  })
  const fresh = answered.headers.getSetCookie().find((line) => line.startsWith('cardea=')) ?? ''
  assert.ok(fresh !== '' && !fresh.startsWith(`${old};`))
  const planted = 'cardea=00000000-0000-4000-8000-000000000000.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
  const again = await server.send('POST', '/auth/sign-in', {
    json: { identifier: 'alice', password, mode: 'cookie' },
    cookie: planted,
    headers: { Origin: server.url },
  })
  assert.equal(again.status, 200)
  assert.equal((await server.send('GET', '/auth/me', { cookie: planted, headers: { Origin: server.url } })).status, 401)
})

test('a static key is nobody: what belongs to a user is refused, and so is what its role may not do', async () => {
  for (const [path, status, code] of [
    ['/auth/me', 403, 'user_required'],
    ['/auth/sessions', 403, 'user_required'],
    ['/auth/keys', 403, 'user_required'],
    ['/auth/admin/users', 403, 'insufficient_scope'],
  ] as const) {
    const answered = await server.send('GET', path, { apiKey: robotKey })
    assert.deepEqual([answered.status, answered.body.code], [status, code], path)
  }
  assert.equal((await server.send('GET', '/auth/me', { apiKey: `${robotKey}0` })).status, 401)
  assert.equal((await server.send('GET', '/auth/me', { token: robotKey })).status, 401)
})

test('a credential in the address is none', async () => {
  const access = (await signIn(server, 'alice')).access_token as string
  const key = (await makeKey(server, access)).token as string
  for (const query of [
    `apikey=${key}`,
    `apiKey=${key}`,
    `api_key=${key}`,
    `access_token=${access}`,
    `token=${access}`,
  ]) {
    const answered = await server.send('GET', `/auth/me?${query}`)
    assert.equal(answered.status, 401, query.slice(0, 12))
    assert.equal(answered.body.code, 'credentials_missing')
    assert.ok(!answered.text.includes(key) && !answered.text.includes(access))
  }
})

test('introspection says of what is not for this server, or not good, only that it is not active', async () => {
  const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
  const robot = await makeUser(server, 'resource-server', 'guest', 'service')
  const granted = await server.core.users.setGrantedScopes(robot.publicId, ['tokens:introspect'], null, origin)
  const key = await server.core.keys.issueFor(granted, { name: 'introspection' }, origin, null)
  const access = (await signIn(server, 'alice')).access_token as string
  const claims = JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()) as Record<string, string>
  const { clock, core } = server
  const settings = { publicUrl: server.url, audience: 'https://other.example', accessTokenSeconds: 3600 }
  const elsewhere = createAccessTokens({ clock, signingKeys: core.signingKeys, settings })
  const foreign = await elsewhere.issue({
    subject: claims.sub ?? '',
    sessionId: claims.sid ?? '',
    scopes: new Set(['account:read']),
    role: 'user',
    api: 'native',
    lifetimeSeconds: 600,
  })
  const introspect = (token: string) =>
    server.send('POST', '/oauth/introspect', { basic: [key.record.id, key.secret], form: { token } })
  assert.equal((await introspect(access)).body.active, true)
  for (const token of [foreign.token, 'garbage', `${access}x`, robotKey, password, 'alice']) {
    assert.equal((await introspect(token)).text, '{"active":false}', token)
  }
})

test('no field of a body makes anybody more than they are', async () => {
  const access = (await signIn(server, 'alice')).access_token as string
  const { total } = { total: (await server.core.users.list({ limit: 200 })).items.length }
  const more = { role: 'admin', status: 'active', verified: true, user_id: 1, is_admin: true, kind: 'service' }
  const bodies: readonly (readonly [method: string, path: string, body: object])[] = [
    ['POST', '/auth/sign-up', { username: 'eve', email: 'eve@example.com', password }],
    ['PATCH', '/auth/me', { username: 'alice' }],
    ['POST', '/auth/keys', { name: 'x' }],
    ['POST', '/auth/tokens', { name: 'x', expires_at: '2030-01-01T00:00:00Z' }],
    ['POST', '/auth/mfa/totp', {}],
    ['POST', '/auth/sign-in', { identifier: 'alice', password }],
  ]
  for (const [method, path, body] of bodies) {
    for (const [name, value] of Object.entries(more)) {
      const answered = await server.send(method, path, { token: access, json: { ...body, [name]: value } })
      assert.equal(answered.status, 400, `${method} ${path} with ${name}`)
      assert.ok(JSON.stringify(answered.body.errors).includes(name), `${method} ${path}: ${answered.text}`)
    }
  }
  const issued = await server.send('POST', '/auth/tokens', { token: access, json: { name: 'x', expires_at: null } })
  assert.equal(issued.status, 400)
  assert.equal((await server.core.users.list({ limit: 200 })).items.length, total)
  assert.equal((await server.send('GET', '/auth/me', { token: access })).body.user?.role, 'user')
  assert.equal((await server.send('GET', '/auth/keys', { token: access })).text.includes('"x"'), false)
})

test('links in mails lead to the public address, whatever the request called this server', async () => {
  const port = new URL(server.url).port
  for (const headers of [{ 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' }, {}]) {
    const response = await fetch(`http://localhost:${port}/auth/password/forgot`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ identifier: 'alice' }),
    })
    assert.equal(response.status, 202)
  }
  await mailedToken(server, 'alice@example.com')
  for (const { text } of server.mails) {
    for (const [url] of text.matchAll(/https?:\/\/\S+/g)) assert.equal(new URL(url).origin, server.url)
  }
})

test('the list of keys says what their limits are: none, and no check of a key is counted', async () => {
  const limited = await startTestServer({
    settings: { limits: { enabled: true, address: { points: 60, windowSeconds: 600 } } },
  })
  try {
    await makeUser(limited, 'carol')
    const access = (await signIn(limited, 'carol')).access_token as string
    const key = (await makeKey(limited, access)).token as string
    const { items } = (await limited.send('GET', '/auth/keys', { token: access })).body
    assert.deepEqual(
      list(items ?? assert.fail()).map(({ limits }) => limits),
      [null],
    )
    for (let times = 0; times < 200; times += 1) {
      assert.equal((await limited.send('GET', '/auth/me', { apiKey: key })).status, 200)
    }
  } finally {
    await limited.close()
  }
})

test('a code that was used is not good again, even when the clock is set back and old steps have been purged', async () => {
  const clocked = await startTestServer()
  try {
    await makeUser(clocked, 'dora')
    const { secret } = await enrol(clocked, (await signIn(clocked, 'dora')).access_token as string)
    const then = clocked.clock.now()
    const code = codeOf(clocked, secret)
    const json = { identifier: 'dora', password, code }
    assert.equal((await clocked.send('POST', '/auth/sign-in', { json })).status, 200)
    clocked.clock.advance(23 * 3_600_000)
    for (const job of clocked.core.jobs) await job.run()
    clocked.clock.set(then)
    const replayed = await clocked.send('POST', '/auth/sign-in', { json })
    assert.deepEqual([replayed.status, replayed.body.code], [401, 'mfa_code_wrong'])
    clocked.clock.advance(30_000)
    const next = { ...json, code: codeOf(clocked, secret) }
    assert.equal((await clocked.send('POST', '/auth/sign-in', { json: next })).status, 200)
  } finally {
    await clocked.close()
  }
})
