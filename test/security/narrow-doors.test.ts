import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { makeKey, makeUser, signIn } from '../support/callers.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/* Ways around a rule that somebody once tried. */

let server: TestServer
before(async () => {
  server = await startTestServer()
  await makeUser(server, 'root', 'admin')
})
after(() => server.close())

test('a form of half a million repeated fields is refused with a short answer', async () => {
  for (const raw of ['a&'.repeat(30_000), Array.from({ length: 8_000 }, (_, index) => `a${index}=`).join('&')]) {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const answered = await server.send('POST', '/oauth/token', { raw, headers })
    assert.equal(answered.status, 400)
    assert.ok(answered.text.length < 1000, `${answered.text.length} characters`)
  }
})

test('a JSON body of very many values is refused before they are looked at', async () => {
  const raw = `{"refresh_token":[${'0,'.repeat(25_000)}0]}`
  const answered = await server.send('POST', '/auth/refresh', { raw, headers: { 'Content-Type': 'application/json' } })
  assert.equal(answered.status, 400)
  assert.equal(answered.body.code, 'request_invalid')
})

test('a token that a key got for itself enrols no second factor and does not become a key', async () => {
  await makeUser(server, 'prog')
  const access = (await signIn(server, 'prog')).access_token as string
  const key = await makeKey(server, access)
  const basic = [key.id as string, key.secret as string] as const
  const granted = await server.send('POST', '/oauth/token', { basic, form: { grant_type: 'client_credentials' } })
  const token = granted.body.access_token as string
  await server.send('POST', '/auth/mfa/totp', { token: access, json: {} })
  const confirmed = await server.send('POST', '/auth/mfa/totp/confirm', { token, json: { code: '000000' } })
  assert.equal(confirmed.body.code, 'reauthentication_required')
  const rotated = await server.send('POST', `/auth/keys/${key.id}/rotate`, { token, json: {} })
  assert.ok([401, 403].includes(rotated.status), rotated.text)
  assert.equal((await server.send('GET', '/auth/me', { basic })).status, 200, 'the key lives')
  const itself = await server.send('POST', `/auth/keys/${key.id}/rotate`, { apiKey: key.token as string, json: {} })
  assert.equal(itself.status, 201, 'a key may replace itself')
})

test('a change that names several fields changes none of them', async () => {
  const admin = (await signIn(server, 'root')).access_token as string
  const user = await makeUser(server, 'manifold')
  const path = `/auth/admin/users/${user.publicId}`
  const refused = await server.send('PATCH', path, {
    token: admin,
    json: { role: 'guest', password: 'short', status: 'blocked' },
  })
  assert.equal(refused.status, 400)
  const own = await server.send('PATCH', '/auth/me', {
    token: (await signIn(server, 'manifold')).access_token as string,
    json: { username: 'renamed', email: 'x@@' },
  })
  assert.equal(own.status, 400)
  const { body } = await server.send('GET', path, { token: admin })
  assert.deepEqual([body.username, body.role, body.status], ['manifold', 'user', 'active'])
})

test('a page elsewhere cannot use up the limits of its visitor', async () => {
  const limits = { enabled: true, address: { points: 2, windowSeconds: 60 }, mail: { points: 2, windowSeconds: 60 } }
  const limited = await startTestServer({ settings: { limits } })
  try {
    await makeUser(limited, 'visitor')
    const foreign = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
    for (const path of ['/auth/password/reset', '/auth/password/forgot', '/auth/sign-in', '/oauth/revoke']) {
      const text = { raw: '{}', headers: { 'Content-Type': 'text/plain', ...foreign } }
      for (let index = 0; index < 3; index += 1)
        assert.equal((await limited.send('POST', path, text)).status, 415, path)
    }
    const form = { form: { token: 'x' }, headers: foreign }
    for (let index = 0; index < 3; index += 1) {
      assert.equal((await limited.send('POST', '/oauth/revoke', form)).status, 403)
    }
    await signIn(limited, 'visitor')
  } finally {
    await limited.close()
  }
})

test('where every page may ask, what one elsewhere tries is counted, and apart from its visitor, at every such door', async () => {
  const few = { points: 3, windowSeconds: 60 }
  const limits = { enabled: true, address: few, knownUser: few, user: { points: 100, windowSeconds: 60 } }
  const doors = { freesewing: { enabled: true }, librephotos: { enabled: true }, hautai: { enabled: true } } as const
  const everyPage = Object.fromEntries(
    Object.entries(doors).map(([name, door]) => [name, { ...door, corsOrigins: '*' }]),
  )
  const limited = await startTestServer({ settings: { limits }, doors: everyPage })
  try {
    await makeUser(limited, 'visitor', 'user')
    await signIn(limited, 'visitor')
    const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
    const json = { username: 'visitor', password: 'wrong' }
    const statuses: number[] = []
    for (const path of ['/signin', '/signin', '/api/auth/token/obtain/', '/api/auth/token/obtain/', '/signin'])
      statuses.push((await limited.send('POST', path, { json, headers })).status)
    // The fourth is one too many; that contract has no 429.
    assert.deepEqual(statuses, [401, 401, 401, 401, 429])
    await signIn(limited, 'visitor')
  } finally {
    await limited.close()
  }
})

test('a refresh token is no bearer at a resource server', async () => {
  const service = await makeUser(server, 'resource', 'guest', 'service')
  const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
  await server.core.users.setGrantedScopes(service.publicId, ['tokens:introspect'], null, origin)
  const owner = await server.core.users.byPublicId(service.publicId)
  assert.ok(owner !== null)
  const { record, secret } = await server.core.keys.issueFor(owner, { name: 'resource' }, origin)
  await makeUser(server, 'refresher')
  const { refresh_token: refresh } = await signIn(server, 'refresher')
  const form = { token: refresh as string }
  const answered = await server.send('POST', '/oauth/introspect', { basic: [record.id, secret], form })
  assert.deepEqual(answered.body, { active: false })
})
