import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  api,
  assertDeadBearer,
  assertEmpty,
  assertError,
  csrf,
  jarOf,
  login,
  sessionOf,
  startApostrophe,
  tokenOf,
  usersPath,
} from '../../support/apostrophe.ts'
import { makeToken, makeUser, password, signIn } from '../../support/callers.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startApostrophe({ tokenSeconds: 1000 })
  for (const name of ['ann', 'bob', 'eve']) await makeUser(server, name, 'editor')
})
after(() => server.close())

const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
const whoami = (token: string) => server.send('GET', `${api}/whoami`, { token })

describe('a bearer token', () => {
  test('is one user, lives as long as the setting says from its sign-in on, and not longer by being used', async () => {
    const token = await tokenOf(server, 'ann')
    const { body } = await whoami(token)
    assert.deepEqual(Object.keys(body).sort(), ['_id', 'email', 'title', 'username'])
    assert.equal(body.username, 'ann')
    assert.equal(body.email, 'ann@example.com')
    server.clock.advance(600_000)
    assert.equal((await whoami(token)).status, 200)
    server.clock.advance(401_000)
    assertDeadBearer(await whoami(token))
  })

  test('that is dead is 401 at every address of this API, public ones and those where nothing is too', async () => {
    const token = await tokenOf(server, 'ann')
    assertEmpty(await server.send('POST', `${api}/logout`, { token }))
    for (const [method, path] of [
      ['GET', `${api}/context`],
      ['POST', `${api}/context`],
      ['POST', `${api}/login`],
      ['POST', '/api/v1/login/login'],
      ['POST', `${api}/logout`],
      ['POST', '/api/v1/login/logout'],
      ['POST', `${api}/requirement-verify`],
      ['POST', `${api}/reset-request`],
      ['GET', usersPath],
      ['GET', '/api/v1/nothing'],
      ['PATCH', '/api/v1/nothing/at-all'],
      ['GET', `${api}/login`],
    ] as const) {
      assertDeadBearer(await server.send(method, path, { token, json: method === 'GET' ? undefined : {} }))
    }
  })

  test('is spelled exactly so: another scheme, case or blank is a dead token', async () => {
    const token = await tokenOf(server, 'ann')
    for (const text of [
      `bearer ${token}`,
      `Bearer  ${token}`,
      `BEARER ${token}`,
      `Token ${token}`,
      'Bearer',
      `Bearer ${token} x`,
    ])
      assertDeadBearer(await server.send('GET', `${api}/whoami`, { headers: { Authorization: text } }))
  })

  test('is good as a whole only', async () => {
    const token = await tokenOf(server, 'ann')
    for (const text of [token.slice(0, -1), `${token}A`, token.toUpperCase(), token.slice(1)])
      assertDeadBearer(await whoami(text))
    assert.equal((await whoami(token)).status, 200)
  })

  test('dies when its user is disabled, and does not come back with them', async () => {
    const eve = await makeUser(server, 'evelyn')
    const token = await tokenOf(server, 'evelyn')
    await server.core.users.setStatus(eve.publicId, 'disabled', null, origin)
    assertDeadBearer(await whoami(token))
    const message = 'Your credentials are incorrect, or there is no such user'
    assertError(await login(server, 'evelyn'), 400, 'invalid', message)
    await server.core.users.setStatus(eve.publicId, 'active', null, origin)
    assertDeadBearer(await whoami(token))
    assert.equal((await login(server, 'evelyn')).status, 200)
  })

  test('dies with a change of the password, the own one too, and with its user', async () => {
    const bob = await makeUser(server, 'bobby')
    const token = await tokenOf(server, 'bobby')
    const other = (await signIn(server, 'bobby')).access_token as string
    const json = { current_password: password, new_password: 'another horse battery' }
    assert.equal((await server.send('POST', '/auth/me/password', { token: other, json })).status, 204)
    assertDeadBearer(await whoami(token))
    const again = await tokenOf(server, 'bobby', { password: 'another horse battery' })
    await server.core.users.remove(bob, null, origin)
    assertDeadBearer(await whoami(again))
  })

  test('is stored as a hash only', async () => {
    const token = await tokenOf(server, 'ann')
    const session = await server.store.sessions.byId(token.split('.', 1)[0] ?? '')
    assert.ok(session !== null)
    assert.ok(!JSON.stringify(session).includes(token.split('.')[1] ?? ''))
  })
})

describe('logging out', () => {
  test('ends exactly the token that was sent, at both addresses, whatever the body is', async () => {
    const other = await tokenOf(server, 'bob')
    for (const [path, wish] of [
      [`${api}/logout`, {}],
      ['/api/v1/login/logout', { json: { a: 1 } }],
      [`${api}/logout`, { raw: '{broken', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }],
      [`${api}/logout`, { raw: 'x', headers: { 'Content-Type': 'text/plain' } }],
    ] as const) {
      const token = await tokenOf(server, 'bob')
      const answered = await server.send('POST', path, { token, ...wish })
      assertEmpty(answered)
      assert.deepEqual(answered.headers.getSetCookie(), [])
      assertDeadBearer(await whoami(token))
    }
    assert.equal((await whoami(other)).status, 200)
  })

  test('of nobody is 403 and says so', async () => {
    for (const path of [`${api}/logout`, '/api/v1/login/logout'])
      assertError(await server.send('POST', path, { cookie: csrf }), 403, 'forbidden', 'You were not logged in.')
    assertError(await server.send('GET', `${api}/logout`), 404, 'notfound')
  })

  test('ends the session that came along as well, and clears its cookies', async () => {
    const [token, cookie] = [await tokenOf(server, 'bob'), await sessionOf(server, 'ann')]
    const answered = await server.send('POST', `${api}/logout`, { token, cookie })
    assertEmpty(answered)
    assert.equal(jarOf(answered), 'cardea.loggedIn=false')
    assert.ok(
      answered.headers
        .getSetCookie()
        .some((line) => line.startsWith('cardea.sid=deleted; Path=/; Max-Age=0; HttpOnly')),
    )
    assertDeadBearer(await whoami(token))
    assertError(await server.send('GET', `${api}/whoami`, { cookie }), 404, 'notfound')
  })

  test('of a page elsewhere does not touch the session of its visitor', async () => {
    const [token, cookie] = [await tokenOf(server, 'bob'), await sessionOf(server, 'ann')]
    const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
    assertEmpty(await server.send('POST', `${api}/logout`, { token, cookie, headers }))
    assert.equal((await server.send('GET', `${api}/whoami`, { cookie })).status, 200)
  })

  test('of 50 at once with one token each is told the truth: it is over', async () => {
    const token = await tokenOf(server, 'bob')
    const all = await Promise.all(Array.from({ length: 50 }, () => server.send('POST', `${api}/logout`, { token })))
    assert.deepEqual(
      [...new Set(all.map(({ status }) => status))].filter((status) => status !== 200 && status !== 401),
      [],
    )
    assertDeadBearer(await whoami(token))
  })
})

describe('the native door and this one', () => {
  test('honour each other’s tokens, each within the ceiling of the door that gave it', async () => {
    const here = await tokenOf(server, 'root')
    assert.match((await server.send('GET', '/auth/me', { token: here })).text, /"username":"root"/)
    assert.equal((await server.send('GET', '/auth/admin/users', { token: here })).status, 403)
    const access = (await signIn(server, 'root')).access_token as string
    const opaque = (await signIn(server, 'root', { mode: 'bearer' })).token as string
    for (const token of [access, opaque]) {
      assert.equal((await whoami(token)).body.username, 'root')
      assertEmpty(await server.send('POST', `${api}/logout`, { token: token }))
      assert.equal((await server.send('GET', '/auth/me', { token: token })).status, 401)
    }
    assertEmpty(await server.send('POST', `${api}/logout`, { token: here }))
    assert.equal((await server.send('GET', '/auth/me', { token: here })).status, 401)
  })

  test('a private token is somebody here, and is not said to be ended by a logout that does not end it', async () => {
    const access = (await signIn(server, 'ann')).access_token as string
    const token = (await makeToken(server, access)).token as string
    assert.equal((await whoami(token)).body.username, 'ann')
    const refused = await server.send('POST', `${api}/logout`, { token })
    assert.equal(refused.status, 401)
    assert.equal(refused.body.message, 'this kind of credential is not taken here')
    assert.equal((await whoami(token)).status, 200)
  })

  test('the cookie of the one is nobody at the other', async () => {
    const sid = /cardea\.sid=([^;]+)/.exec(await sessionOf(server, 'ann'))?.[1]
    assert.equal(
      (await server.send('GET', '/auth/me', { cookie: `cardea=${sid}`, headers: { Origin: server.url } })).status,
      401,
    )
    assertDeadBearer(await whoami(sid as string))
  })
})
