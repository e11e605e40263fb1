import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { makeKey, makeToken, makeUser, signIn } from '../../support/callers.ts'
import type { Body } from '../../support/http.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
let admin: string
/** A service user's key that may introspect. */
let service: readonly [string, string]
before(async () => {
  server = await startTestServer()
  await makeUser(server, 'root', 'admin')
  admin = (await signIn(server, 'root')).access_token as string
  const made = await server.send('POST', '/auth/admin/users', {
    token: admin,
    json: { username: 'gateway', kind: 'service', role: 'guest', granted_scopes: ['tokens:introspect'] },
  })
  assert.equal(made.status, 201, made.text)
  const key = await server.send('POST', `/auth/admin/users/${made.body.id}/keys`, {
    token: admin,
    json: { name: 'gateway' },
  })
  assert.equal(key.status, 201, key.text)
  service = [key.body.id as string, key.body.secret as string]
})
after(() => server.close())

const inspect = async (token: unknown): Promise<Body> => {
  const answered = await server.send('POST', '/oauth/introspect', { basic: service, form: { token: String(token) } })
  assert.equal(answered.status, 200, answered.text)
  assert.equal(answered.headers.get('cache-control'), 'no-store')
  return answered.body
}

test('an access token verifies by the published keys, with the claims of RFC 9068', async () => {
  await makeUser(server, 'ada')
  const { access_token: token, user } = await signIn(server, 'ada')
  const jwks = createRemoteJWKSet(new URL('/.well-known/jwks.json', server.url))
  const { payload, protectedHeader } = await jwtVerify(token as string, jwks, {
    issuer: server.url,
    audience: server.url,
    typ: 'at+jwt',
    currentDate: new Date(server.clock.now()),
  })
  assert.equal(protectedHeader.alg, 'ES256')
  assert.equal(payload.sub, user?.id)
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 3600)
  for (const claim of ['jti', 'sid', 'scope', 'role', 'client_id']) assert.equal(typeof payload[claim], 'string', claim)
  const { body } = await server.send('GET', '/.well-known/jwks.json')
  assert.ok(!JSON.stringify(body).includes('"d"'), 'a private key is published')
})

test('a private token does not verify by the published keys', async () => {
  const { token } = await makeToken(server, admin)
  const jwks = createRemoteJWKSet(new URL('/.well-known/jwks.json', server.url))
  await assert.rejects(jwtVerify(token as string, jwks, { currentDate: new Date(server.clock.now()) }))
})

test('introspection tells what a credential is good for now, and nothing of what is not', async () => {
  await makeUser(server, 'ida')
  const signedIn = await signIn(server, 'ida')
  const access = signedIn.access_token as string
  const key = await makeKey(server, access, { scopes: ['account:read'] })
  const token = await makeToken(server, access)
  const active = await inspect(access)
  assert.equal(active.active, true)
  assert.equal(active.sub, signedIn.user?.id)
  assert.equal(active.username, 'ida')
  assert.equal((await inspect(key.token)).scope, 'account:read')
  assert.equal((await inspect(token.token)).kind, 'private-token')
  await server.send('DELETE', `/auth/keys/${key.id}`, { token: access })
  for (const dead of [key.token, `${access.slice(0, -4)}AAAA`, 'garbage', 'cardea_x']) {
    assert.deepEqual(await inspect(dead), { active: false }, String(dead))
  }
})

test('introspection needs a key with the scope for it; an administrator has it not by role', async () => {
  const key = await makeKey(server, admin)
  const refused = await server.send('POST', '/oauth/introspect', {
    basic: [key.id as string, key.secret as string],
    form: { token: admin },
  })
  assert.equal(refused.status, 403)
  assert.equal(refused.body.error, 'unauthorized_client')
  assert.equal((await server.send('POST', '/oauth/introspect', { form: { token: admin } })).status, 401)
})

test('client_credentials gives a token that dies with its key and has no more scopes than it', async () => {
  await makeUser(server, 'cleo')
  const access = (await signIn(server, 'cleo')).access_token as string
  const key = await makeKey(server, access, { scopes: ['account:read', 'keys:read'] })
  const basic = [key.id as string, key.secret as string] as const
  const granted = await server.send('POST', '/oauth/token', {
    basic,
    form: { grant_type: 'client_credentials', scope: 'account:read' },
  })
  assert.equal(granted.status, 200, granted.text)
  assert.equal(granted.body.scope, 'account:read')
  assert.equal(granted.headers.get('cache-control'), 'no-store')
  assert.equal(granted.body.refresh_token, undefined)
  const token = granted.body.access_token as string
  assert.equal((await server.send('GET', '/auth/me', { token })).status, 200)
  assert.equal((await server.send('GET', '/auth/keys', { token })).status, 403)
  assert.equal((await server.send('POST', '/auth/sign-out', { token })).status, 401)

  const beyond = await server.send('POST', '/oauth/token', {
    basic,
    form: { grant_type: 'client_credentials', scope: 'account:read users:write' },
  })
  assert.equal(beyond.body.error, 'invalid_scope')
  assert.equal(
    (await server.send('POST', '/oauth/token', { token, form: { grant_type: 'client_credentials' } })).status,
    401,
  )

  await server.send('DELETE', `/auth/keys/${key.id}`, { token: access })
  assert.equal((await server.send('GET', '/auth/me', { token })).status, 401)
  const dead = await server.send('POST', '/oauth/token', { basic, form: { grant_type: 'client_credentials' } })
  assert.equal(dead.status, 401)
  assert.equal(dead.body.error, 'invalid_client')
  assert.match(dead.headers.get('www-authenticate') ?? '', /^Basic /)
})

test('the refresh grant rotates like the native call; what is wrong is invalid_grant', async () => {
  await makeUser(server, 'remy')
  const { refresh_token: refresh } = await signIn(server, 'remy')
  const grant = (token: unknown) =>
    server.send('POST', '/oauth/token', { form: { grant_type: 'refresh_token', refresh_token: String(token) } })
  const next = await grant(refresh)
  assert.equal(next.status, 200, next.text)
  assert.equal((await grant(next.body.refresh_token)).status, 200)
  for (const wrong of [
    'garbage',
    `${String(refresh).slice(0, -1)}A`,
    `00000000-0000-4000-8000-000000000000.1.${'A'.repeat(43)}`,
  ]) {
    const refused = await grant(wrong)
    assert.equal(refused.status, 400)
    assert.equal(refused.body.error, 'invalid_grant')
  }
  assert.equal(
    (await server.send('POST', '/oauth/token', { form: { grant_type: 'password' } })).body.error,
    'unsupported_grant_type',
  )
  assert.equal((await server.send('POST', '/oauth/token', { form: {} })).body.error, 'invalid_request')
  assert.equal(
    (await server.send('POST', '/oauth/token', { form: { grant_type: 'refresh_token' } })).body.error,
    'invalid_request',
  )
})

test('revocation ends what the token belongs to, and is silent about what it does not know', async () => {
  await makeUser(server, 'rolf')
  const { access_token: access, refresh_token: refresh } = await signIn(server, 'rolf')
  assert.equal((await server.send('POST', '/oauth/revoke', { form: { token: 'unknown' } })).status, 200)
  assert.equal((await server.send('POST', '/oauth/revoke', { form: { token: refresh as string } })).status, 200)
  assert.equal((await server.send('GET', '/auth/me', { token: access as string })).status, 401)
})

test('the metadata names addresses that answer', async () => {
  const { body } = await server.send('GET', '/.well-known/oauth-authorization-server')
  assert.equal(body.issuer, server.url)
  for (const [name, address] of Object.entries(body).filter(([name]) => /_endpoint$|_uri$/.test(name))) {
    const answered = await server.send('OPTIONS', new URL(String(address)).pathname)
    assert.equal(answered.status, 204, name)
  }
})
