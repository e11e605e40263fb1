import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Route } from '../../../src/apis/api.ts'
import { makeKey, makeToken, makeUser, password, signIn } from '../../support/callers.ts'
import {
  assertError,
  assertNothing,
  assertUnauthorized,
  basicChallenge,
  sewingKey,
  startSewing,
  tokenOf,
} from '../../support/freesewing.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
let token: string
let key: readonly [string, string]
before(async () => {
  server = await startSewing()
  await makeUser(server, 'jimmy')
  token = await tokenOf(server, 'jimmy')
  key = await sewingKey(server, token, 4)
})
after(() => server.close())

const routes = (): readonly Route[] => server.apis.find(({ name }) => name === 'freesewing')?.routes ?? []
const ending = (suffix: string) => routes().filter(({ path }) => path.endsWith(suffix))
const call = (route: Route, wish: Parameters<TestServer['send']>[2]) =>
  server.send(route.method, route.path.replace(/:[a-z]+/g, 'x'), wish)

describe('the last part of the path says which credential is taken', () => {
  test('there are routes of both kinds, and only these take one', () => {
    assert.ok(ending('/jwt').length > 15 && ending('/key').length > 12)
    for (const { method, path, takes } of routes()) {
      const wanted =
        path.endsWith('/jwt') || path === '/find/users' ? 'access-token' : path.endsWith('/key') ? 'api-key' : ''
      assert.equal(takes.join(), wanted, `${method} ${path}`)
    }
    const only = ['/whoami/jwt', '/consent/jwt', '/admin/impersonate/:id/jwt', '/whoami/key']
    for (const { path } of [...ending('/jwt'), ...ending('/key')]) {
      const twin = path.endsWith('/jwt') ? path.replace(/jwt$/, 'key') : path.replace(/key$/, 'jwt')
      if (!only.includes(path))
        assert.ok(
          routes().some((other) => other.path === twin),
          path,
        )
    }
  })

  test('without one, with the other one or with a bad one there is the bare word, and a challenge on /key', async () => {
    const others = [{}, { token: 'x' }, { token: `${token}x` }, { basic: ['jimmy', password] as const }]
    for (const route of ending('/jwt'))
      for (const wish of [...others, { basic: key }]) assertUnauthorized(await call(route, wish))
    const wrong = [key[0], 'f'.repeat(64)] as const
    for (const route of ending('/key')) {
      for (const wish of [...others, { token }, { basic: wrong }, { basic: [wrong[1], key[0]] as const }])
        assertUnauthorized(await call(route, wish), basicChallenge)
      assertUnauthorized(await call(route, { basic: ['', key[1]] }), basicChallenge)
      assertUnauthorized(await call(route, { basic: [key[0], ''] }), basicChallenge)
      assertUnauthorized(await call(route, { basic: [key[0], `${key[1]}:more`] }), basicChallenge)
      assertUnauthorized(
        await call(route, { basic: ['00000000-0000-4000-8000-000000000000', 'a'.repeat(64)] }),
        basicChallenge,
      )
    }
  })

  test('Basic that is none is a bad request', async () => {
    for (const text of ['Basic', 'Basic bm8tY29sb24=', 'Basic %%%', 'Basic a b']) {
      const answered = await server.send('GET', '/account/key', { headers: { Authorization: text } })
      assert.equal(answered.status, 400, text)
      assert.equal(answered.text, 'Bad Request')
      assert.equal(answered.headers.get('www-authenticate'), null)
    }
  })

  test('the scheme is read in any letter case, and a colon behind it is none', async () => {
    for (const scheme of ['bearer', 'BEARER', 'Bearer'])
      assert.equal(
        (await server.send('GET', '/account/jwt', { headers: { Authorization: `${scheme} ${token}` } })).status,
        200,
      )
    assertUnauthorized(await server.send('GET', '/account/jwt', { headers: { Authorization: `Bearer: ${token}` } }))
  })

  test('a credential in the address is none', async () => {
    assertUnauthorized(await server.send('GET', `/account/jwt?token=${token}&access_token=${token}`))
  })
})

describe('answers', () => {
  test('are JSON with the charset, and are not kept', async () => {
    const { headers } = await server.send('GET', '/account/jwt', { token })
    assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('x-powered-by'), null)
  })

  test('for what is not there are JSON in this shape, or nothing where a route looked for it', async () => {
    for (const [method, path] of [
      ['GET', '/account/nothing'],
      ['GET', '/account'],
      ['DELETE', '/account/mfa/jwt'],
      ['GET', '/signin'],
      ['GET', '/apikeys'],
      ['PUT', '/consent/jwt'],
      ['POST', '/users'],
    ] as const)
      assertError(await server.send(method, path, { token }), 404, 'notFound')
    assertNothing(await server.send('GET', '/users/nobody'))
    assertNothing(await server.send('GET', '/apikeys/00000000-0000-4000-8000-000000000000/jwt', { token }))
    const native = await server.send('GET', '/auth/nothing')
    assert.match(native.type, /problem/)
  })

  test('to HEAD are those of GET, but where a GET changes something: there it is no method, and changes nothing', async () => {
    await makeUser(server, 'headed')
    const by = await tokenOf(server, 'headed')
    const root = await tokenOf(server, 'root')
    assert.equal((await server.send('HEAD', '/account/jwt', { token: by })).status, 200)
    await server.core.idle()
    const mails = server.mails.length
    for (const [path, token] of [
      ['/account/restrict/jwt', by],
      ['/admin/impersonate/headed/jwt', root],
    ] as const) {
      assert.equal((await server.send('HEAD', path, { token })).status, 404, path)
      const asked = { Origin: 'https://a.example', 'Access-Control-Request-Method': 'HEAD' }
      const { headers } = await server.send('OPTIONS', path, { headers: asked })
      assert.equal(headers.get('access-control-allow-methods'), 'GET, OPTIONS')
    }
    await server.core.idle()
    assert.equal(server.mails.length, mails)
    assert.equal((await server.send('GET', '/account/jwt', { token: by })).status, 200)
  })

  test('to bodies that cannot be read are JSON, and say no more than that', async () => {
    const raw = '{"username": "x", '
    const json = { 'Content-Type': 'application/json' }
    const broken = await server.send('POST', '/signin', { raw, headers: { ...json, Origin: 'https://a.example' } })
    assertError(broken, 400, 'bodyMalformed')
    assert.equal(broken.headers.get('access-control-allow-origin'), '*')
    assertError(await server.send('POST', '/signin', { json: { username: 'x'.repeat(70_000) } }), 413, 'bodyTooLarge')
    for (const text of ['null', '[]', '1', '"x"'])
      assertError(await server.send('POST', '/signin', { raw: text, headers: json }), 400, 'postBodyMissing')
  })
})

describe('bodies', () => {
  test('that are not there, or of a type that is not read, are empty', async () => {
    assertError(await server.send('POST', '/signin'), 400, 'postBodyMissing')
    for (const type of ['text/plain', 'application/xml', ''])
      assertError(
        await server.send('POST', '/signin', { raw: '{"username":"jimmy"}', headers: { 'Content-Type': type } }),
        400,
        'postBodyMissing',
      )
  })

  test('come as JSON or as a form', async () => {
    const form = { username: 'jimmy', password, token: 'false' }
    assert.equal((await server.send('POST', '/signin', { form })).status, 200)
    const patched = await server.send('PATCH', '/account/jwt', { token, form: { bio: 'of a form' } })
    assert.match(patched.text, /"bio":"of a form"/)
    assertError(
      await server.send('POST', '/apikeys/jwt', { token, form: { name: 'x', level: '4' } }),
      400,
      'levelNotNumeric',
    )
  })
})

describe('pages of other sites', () => {
  const Origin = 'https://freesewing.example'

  test('may all call, without credentials, and with the headers that they ask for', async () => {
    const asked = {
      Origin,
      'Access-Control-Request-Method': 'PATCH',
      'Access-Control-Request-Headers': 'authorization,x-a',
    }
    const preflight = await server.send('OPTIONS', '/account/jwt', { headers: asked })
    assert.equal(preflight.status, 204)
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*')
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'authorization,x-a')
    const methods = preflight.headers.get('access-control-allow-methods')?.split(', ') ?? []
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) assert.ok(methods.includes(method), method)
    assert.equal(preflight.headers.get('access-control-allow-credentials'), null)
    for (const answered of [
      await server.send('GET', '/account/jwt', { token, headers: { Origin } }),
      await server.send('GET', '/account/jwt', { headers: { Origin } }),
      await server.send('GET', '/account/nothing', { headers: { Origin } }),
    ]) {
      assert.equal(answered.headers.get('access-control-allow-origin'), '*')
      assert.equal(answered.headers.get('access-control-allow-credentials'), null)
      assert.match(answered.headers.get('vary') ?? '', /Origin/)
    }
    const native = await server.send('GET', '/auth/me', { headers: { Origin } })
    assert.equal(native.headers.get('access-control-allow-origin'), null)
  })

  test('sign up and ask for links from where they are', async () => {
    const headers = { Origin, 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' }
    assert.equal((await server.send('POST', '/signup', { json: { email: 'far@example.com' }, headers })).status, 201)
    assert.equal((await server.send('POST', '/signinlink', { json: { username: 'jimmy' }, headers })).status, 200)
    assert.equal((await server.send('POST', '/signin', { json: { username: 'jimmy', password }, headers })).status, 200)
  })

  test('send no key by Basic, which a browser keeps and sends by itself, unless they are named', async (t) => {
    const headers = { Origin, 'Sec-Fetch-Site': 'cross-site' }
    assertError(await server.send('GET', '/account/key', { basic: key, headers }), 403, 'originRefused')
    const listed = await startSewing({ corsOrigins: [Origin] })
    t.after(() => listed.close())
    await makeUser(listed, 'jimmy')
    const basic = await sewingKey(listed, await tokenOf(listed, 'jimmy'), 4)
    assert.equal((await listed.send('GET', '/account/key', { basic, headers })).status, 200)
    const other = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
    const refused = await listed.send('GET', '/account/key', { basic, headers: other })
    assertError(refused, 403, 'originRefused')
    assert.equal(refused.headers.get('access-control-allow-origin'), null)
    assert.equal(
      (await listed.send('GET', '/account/jwt', { headers })).headers.get('access-control-allow-origin'),
      Origin,
    )
  })
})

describe('credentials of the other doors', () => {
  test('a token and a key got here work at the native door, within what this door gives', async () => {
    const me = await server.send('GET', '/auth/me', { token })
    assert.equal(me.status, 200, me.text)
    assert.match(me.text, /"username":"jimmy"/)
    assert.equal((await server.send('GET', '/auth/me', { basic: key })).status, 200)
    const admin = await tokenOf(server, 'root')
    assert.equal((await server.send('GET', '/admin/user/1/jwt', { token: admin })).status, 200)
    assert.equal((await server.send('GET', '/auth/admin/users', { token: admin })).body.code, 'insufficient_scope')
  })

  test('tokens and keys of the native door work here, and end with what they belong to', async () => {
    const native = (await signIn(server, 'jimmy')).access_token as string
    const [lasting, made] = [await makeToken(server, native), await makeKey(server, native)]
    const basic = [made.id as string, made.secret as string] as const
    for (const each of [native, lasting.token as string])
      assert.equal((await server.send('GET', '/account/jwt', { token: each })).status, 200)
    assert.equal((await server.send('GET', '/account/key', { basic })).status, 200)
    assert.equal((await server.send('POST', '/auth/sign-out', { token: native, json: {} })).status, 204)
    assertUnauthorized(await server.send('GET', '/account/jwt', { token: native }))
  })
})

test('below a prefix everything is there, and nothing at the root', async (t) => {
  const moved = await startSewing({ prefix: '/sewing' })
  t.after(() => moved.close())
  const answered = await moved.send('POST', '/sewing/signin', { json: { username: 'root', password } })
  assert.equal(answered.status, 200, answered.text)
  assert.match((await moved.send('POST', '/signin', { json: {} })).type, /problem/)
  assertError(await moved.send('GET', '/sewing/nothing'), 404, 'notFound')
})
