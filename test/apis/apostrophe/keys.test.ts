import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  api,
  assertBadKey,
  assertDeadBearer,
  assertEmpty,
  assertError,
  csrf,
  keys,
  sessionOf,
  startApostrophe,
  tokenOf,
  usersPath,
} from '../../support/apostrophe.ts'
import { makeKey, makeUser, password, signIn } from '../../support/callers.ts'
import type { Answered } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startApostrophe()
  await makeUser(server, 'ann', 'editor')
})
after(() => server.close())

const authorization = (text: string) => ({ headers: { Authorization: text } })
const whoami = (query = '', wish: object = {}): Promise<Answered> => server.send('GET', `${api}/whoami${query}`, wish)
const system = { title: 'System Task' }

describe('a key of the configuration', () => {
  test('is taken from apikey, apiKey and the header, in that order', async () => {
    for (const answered of [
      await whoami(`?apikey=${keys.guest}`),
      await whoami(`?apiKey=${keys.guest}`),
      await whoami('', authorization(`ApiKey ${keys.guest}`)),
      await whoami('', authorization(`apikey   ${keys.guest}`)),
      await whoami(`?apikey=${keys.guest}&apiKey=wrong`, authorization('ApiKey wrong')),
      await whoami(`?apiKey=${keys.guest}`, authorization('ApiKey wrong')),
      await whoami(`?apikey=&apiKey=${keys.guest}`),
    ]) {
      assert.equal(answered.status, 200, answered.text)
      assert.deepEqual(answered.body, system)
    }
    assertBadKey(await whoami(`?apikey=wrong&apiKey=${keys.guest}`, authorization(`ApiKey ${keys.guest}`)))
    assertBadKey(await whoami('?apiKey=wrong', authorization(`ApiKey ${keys.guest}`)))
    assertError(await whoami(`?APIKEY=${keys.guest}`), 404, 'notfound')
  })

  test('that is wrong is 403 at every address of this API, also where nobody has to be anybody or nothing is', async () => {
    const post = { json: { username: 'ann', password } }
    for (const [method, path, wish] of [
      ['GET', `${api}/context`, {}],
      ['POST', `${api}/login`, post],
      ['POST', '/api/v1/login/login', post],
      ['POST', `${api}/logout`, {}],
      ['GET', usersPath, {}],
      ['GET', '/api/v1/nothing', {}],
      ['DELETE', '/api/v1/nothing/at/all', {}],
      ['PUT', `${api}/login`, {}],
    ] as const) {
      assertBadKey(await server.send(method, `${path}?apikey=wrong`, wish))
      assertBadKey(await server.send(method, path, { ...wish, ...authorization('ApiKey wrong') }))
    }
  })

  test('is compared as one whole string: no part, no other case, no list, no pattern', async () => {
    const { admin } = keys
    for (const text of [admin.slice(0, -1), `${admin}0`, admin.toUpperCase(), `${admin}%00`, `%20${admin}`])
      assertBadKey(await whoami(`?apikey=${text}`))
    for (const query of [
      `?apikey=${admin}&apikey=${admin}`,
      `?apikey[]=${admin}`,
      '?apikey[$ne]=x',
      `?apikey[${admin}]=1`,
    ])
      assertBadKey(await whoami(query))
  })

  test('is nobody: it has no id and no session, changes without the CSRF cookie, and a logout leaves it alone', async () => {
    for (const key of Object.values(keys)) {
      assertEmpty(await server.send('POST', `${api}/logout?apikey=${key}`))
      assert.deepEqual((await server.send('POST', `${api}/whoami?apikey=${key}`)).body, system)
    }
  })

  test('works at this door only', async () => {
    for (const path of ['/auth/me', '/auth/keys']) {
      for (const wish of [authorization(`ApiKey ${keys.admin}`), { apiKey: keys.admin }])
        assert.equal((await server.send('GET', path, wish)).status, 401, path)
      assert.equal((await server.send('GET', `${path}?apikey=${keys.admin}`)).status, 401)
    }
  })

  test('is first used once in the audit log, by its name', async () => {
    await whoami(`?apikey=${keys.editor}`)
    await server.core.flush()
    await whoami(`?apikey=${keys.editor}`)
    await server.core.flush()
    const { items } = await server.core.events.list({ kind: 'static-key-first-used' }, { limit: 100 })
    assert.equal(items.filter(({ keyId }) => keyId === 'apostrophe-editor').length, 1)
    assert.ok(!JSON.stringify(items).includes(keys.editor))
  })
})

describe('an API key of the core', () => {
  test('works in the same places as its owner, within its scopes, and dies with them', async () => {
    const token = (await signIn(server, 'ann')).access_token as string
    const made = await makeKey(server, token)
    const text = made.token as string
    for (const answered of [
      await whoami(`?apikey=${text}`),
      await whoami(`?apiKey=${text}`),
      await whoami('', authorization(`ApiKey ${text}`)),
      await whoami('', { apiKey: text }),
    ]) {
      assert.equal(answered.body.username, 'ann', answered.text)
    }
    const limited = (await makeKey(server, token, { scopes: ['account:read'] })).token as string
    assert.equal((await server.send('GET', `${usersPath}?apikey=${text}`)).status, 200)
    assertError(await server.send('GET', `${usersPath}?apikey=${limited}`), 404, 'notfound')
    assertEmpty(await server.send('POST', `${api}/logout?apikey=${text}`))
    assert.equal((await whoami(`?apikey=${text}`)).status, 200)
    assertBadKey(await whoami(`?apikey=${text.slice(0, -1)}x`))
    assert.equal((await server.send('DELETE', `/auth/keys/${made.id}`, { token })).status, 204)
    assertBadKey(await whoami(`?apikey=${text}`))
  })
})

describe('a key beside another credential', () => {
  test('gives way to a live bearer token, stands in for a dead one, and has to be good itself', async () => {
    const token = await tokenOf(server, 'ann')
    assert.equal((await whoami(`?apikey=${keys.guest}`, { token })).body.username, 'ann')
    assert.deepEqual((await whoami(`?apikey=${keys.guest}`, { token: 'gone' })).body, system)
    assert.deepEqual((await whoami(`?apikey=${keys.guest}`, authorization(`bearer ${token}`))).body, system)
    assertBadKey(await whoami('?apikey=wrong', { token }))
    assertBadKey(await whoami('?apikey=wrong', { token: 'gone' }))
    assertDeadBearer(await whoami('', { token: 'gone' }))
  })

  test('counts before a session, which a logout ends all the same', async () => {
    const cookie = await sessionOf(server, 'ann')
    assert.deepEqual((await whoami(`?apikey=${keys.guest}`, { cookie })).body, system)
    assertEmpty(await server.send('POST', `${api}/logout?apikey=${keys.guest}`, { cookie }))
    assertError(await whoami('', { cookie }), 404, 'notfound')
  })

  test('two tokens in one request are refused', async () => {
    const token = await tokenOf(server, 'ann')
    assert.equal((await whoami(`?access_token=${token}`, { token })).status, 400)
  })

  test('a token in the query is taken nowhere, and its caller is not somebody without one', async () => {
    const token = await tokenOf(server, 'ann')
    for (const path of [`${api}/whoami`, `${api}/context`, '/api/v1/nothing'])
      assertDeadBearer(await server.send('GET', `${path}?access_token=${token}`))
    const answered = await server.send('POST', `${api}/login?x=1`, {
      json: { username: 'ann', password, access_token: 'x' },
      cookie: csrf,
    })
    assert.equal(answered.status, 200, 'in a body it is passed over')
  })
})

test('answers to a key in a query are kept nowhere, and no link or redirect carries it on', async () => {
  for (const path of [`${api}/whoami`, `${api}/context`, '/api/v1/nothing', usersPath]) {
    const answered = await server.send('GET', `${path}?apikey=${keys.admin}`)
    assert.equal(answered.headers.get('cache-control'), 'no-store')
    assert.equal(answered.headers.get('referrer-policy'), 'no-referrer')
    assert.ok(answered.status < 300 || answered.status >= 400)
    assert.ok(!`${answered.text}${JSON.stringify([...answered.headers])}`.includes(keys.admin))
    assert.deepEqual(answered.headers.getSetCookie(), [])
  }
})
