import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createCookies } from '../../../src/apis/apostrophe/cookies.ts'
import {
  api,
  assertDeadBearer,
  assertEmpty,
  assertError,
  assertForged,
  csrf,
  jarOf,
  keys,
  login,
  sessionOf,
  startApostrophe,
  tokenOf,
  usersPath,
} from '../../support/apostrophe.ts'
import { makeUser, password } from '../../support/callers.ts'
import type { Answered, Wish } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startApostrophe()
  await makeUser(server, 'ann', 'editor')
})
after(() => server.close())

const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
const whoami = (wish: Wish): Promise<Answered> => server.send('GET', `${api}/whoami`, wish)
const withoutCsrf = (jar: string) =>
  jar
    .split('; ')
    .filter((pair) => !pair.startsWith('cardea.csrf'))
    .join('; ')
const sidOf = (jar: string) => /cardea\.sid=([^;]+)/.exec(jar)?.[1] ?? ''
const foreign: readonly Record<string, string>[] = [
  { Origin: 'https://evil.example' },
  { Origin: 'null' },
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
  { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
]

describe('signing in with a cookie', () => {
  test('answers nothing but the cookies that clients of this contract know', async () => {
    const answered = await login(server, 'ann', { session: true })
    assert.equal(answered.text, '{}')
    const [loggedIn, sid, token, ...more] = answered.headers.getSetCookie()
    assert.deepEqual(more, [])
    assert.equal(loggedIn, 'cardea.loggedIn=true; Path=/; SameSite=Lax')
    assert.match(sid ?? '', /^cardea\.sid=[^;]{32,}; Path=\/; HttpOnly; SameSite=Lax$/)
    assert.equal(token, 'cardea.csrf=csrf; Path=/; Max-Age=31536; HttpOnly; SameSite=Lax')
    assert.equal((await whoami({ cookie: jarOf(answered) })).body.username, 'ann')
  })

  test('is wished for by yes in any of the ways that a form can say it', async () => {
    for (const session of [true, 1, 'true', 'TRUE', 'yes', '1', 'Y', 't'])
      assert.equal((await login(server, 'ann', { session })).text, '{}', String(session))
    for (const session of [false, 0, '', 'on', 'no', null, [], {}, 2])
      assert.equal(typeof (await login(server, 'ann', { session })).body.token, 'string', JSON.stringify(session))
    assert.equal(
      (await server.send('POST', `${api}/login`, { form: { username: 'ann', password, session: 'true' } })).text,
      '{}',
    )
  })

  test('is a fresh session each time: none that was planted becomes one, and the one before is over', async () => {
    const first = await sessionOf(server, 'ann')
    const planted = `cardea.sid=${sidOf(first).slice(0, -4)}AAAA; ${csrf}`
    const second = await login(server, 'ann', { session: true })
    assert.notEqual(sidOf(jarOf(second)), sidOf(first))
    const json = { username: 'ann', password, session: true }
    const third = await server.send('POST', `${api}/login`, { json, cookie: planted })
    assert.notEqual(sidOf(jarOf(third)), sidOf(planted))
    const fourth = await server.send('POST', `${api}/login`, { json, cookie: jarOf(third) })
    assertError(await whoami({ cookie: jarOf(third) }), 404, 'notfound')
    assert.equal((await whoami({ cookie: jarOf(fourth) })).status, 200)
  })

  test('from a page of another site opens none, in no shape of body', async () => {
    const text = JSON.stringify({ username: 'ann', password, session: true })
    const before = await server.core.sessions.list((await server.core.users.find('ann', origin)) ?? assert.fail(), {
      limit: 1000,
    })
    for (const headers of foreign)
      for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
        const answered = await server.send('POST', `${api}/login`, {
          raw: text,
          headers: { ...headers, 'Content-Type': type },
        })
        assertForged(answered)
        assert.deepEqual(answered.headers.getSetCookie(), [])
      }
    const after = await server.core.sessions.list((await server.core.users.find('ann', origin)) ?? assert.fail(), {
      limit: 1000,
    })
    assert.equal(after.items.length, before.items.length)
    const bearer = await server.send('POST', `${api}/login`, {
      json: { username: 'ann', password },
      headers: foreign[0] ?? {},
    })
    assert.equal(typeof bearer.body.token, 'string')
    assert.deepEqual(bearer.headers.getSetCookie(), [])
  })
})

describe('a session', () => {
  test('rolls: its cookie comes again with every answer, and it ends when it is unused', async (t) => {
    const fresh = await startApostrophe({}, { settings: { session: { idleSeconds: 1000 } } })
    t.after(() => fresh.close())
    const cookie = await sessionOf(fresh, 'root')
    for (let times = 0; times < 3; times += 1) {
      fresh.clock.advance(900_000)
      const answered = await fresh.send('GET', `${api}/whoami`, { cookie })
      assert.equal(answered.status, 200, answered.text)
      assert.ok(jarOf(answered).includes(`cardea.sid=${sidOf(cookie)}`))
    }
    fresh.clock.advance(1_001_000)
    assertError(await fresh.send('GET', `${api}/whoami`, { cookie }), 404, 'notfound')
  })

  test('tells pages that they are signed in, once', async () => {
    const cookie = await sessionOf(server, 'ann')
    const told = await whoami({ cookie })
    assert.ok(!jarOf(told).includes('loggedIn'))
    const untold = await whoami({ cookie: cookie.replace('loggedIn=true', 'loggedIn=false') })
    assert.ok(jarOf(untold).includes('cardea.loggedIn=true'))
  })

  test('that is tampered with or over is nobody, and does not keep anybody from signing in', async () => {
    const cookie = await sessionOf(server, 'ann')
    const sid = sidOf(cookie)
    for (const value of ['x', 's%3Aabc.def', `${sid}x`, sid.slice(0, -1), 'deleted', '']) {
      const wish = { cookie: `cardea.sid=${value}; ${csrf}` }
      assertError(await whoami(wish), 404, 'notfound')
      assert.equal((await server.send('GET', `${api}/context`, wish)).status, 200)
      assertError(await server.send('POST', `${api}/logout`, wish), 403, 'forbidden', 'You were not logged in.')
      assert.equal(
        (await server.send('POST', `${api}/login`, { ...wish, json: { username: 'ann', password } })).status,
        200,
      )
    }
    assert.equal((await whoami({ cookie })).status, 200)
  })

  test('whose cookie is there twice is refused', async () => {
    const [one, other] = [await sessionOf(server, 'ann'), await sessionOf(server, 'root')]
    for (const cookie of [`${one}; ${other}`, `${one}; cardea.sid=${sidOf(one)}`]) {
      const answered = await whoami({ cookie })
      assertError(answered, 400, 'invalid', 'The session cookie cannot be read.')
      assert.equal((await server.send('GET', `${api}/context`, { cookie })).status, 400)
    }
  })

  test('is over when its user is disabled, and stays over', async () => {
    const { publicId } = await makeUser(server, 'dan')
    const cookie = await sessionOf(server, 'dan')
    await server.core.users.setStatus(publicId, 'disabled', null, origin)
    assertError(await whoami({ cookie }), 404, 'notfound')
    await server.core.users.setStatus(publicId, 'active', null, origin)
    assertError(await whoami({ cookie }), 404, 'notfound')
  })

  test('counts only where no key and no token does', async () => {
    const cookie = await sessionOf(server, 'ann')
    assert.equal((await whoami({ cookie, token: await tokenOf(server, 'root') })).body.username, 'root')
    assert.equal((await server.send('GET', `${api}/whoami?apikey=${keys.guest}`, { cookie })).body.title, 'System Task')
    assertDeadBearer(await whoami({ cookie, token: 'gone' }))
  })

  test('has cookies for https only where the public URL is, under the name of the project', async (t) => {
    for (const secure of [true, false]) {
      const cookies = createCookies('shop', secure)
      for (const cookie of [...cookies.signedIn('x'), ...cookies.signedOut()]) assert.equal(cookie.secure, secure)
    }
    const other = await startApostrophe({ shortName: 'our-site' })
    t.after(() => other.close())
    const answered = await login(other, 'root', { session: true })
    const names = answered.headers.getSetCookie().map((line) => line.split('=', 1)[0])
    assert.deepEqual(names, ['our-site.loggedIn', 'our-site.sid', 'our-site.csrf'])
    assert.equal((await other.send('GET', `${api}/context`)).body.name, 'our-site')
  })
})

test('pages of a named origin may use the session of their visitor, others may not', async (t) => {
  const named = await startApostrophe({ corsOrigins: ['https://www.shop.example'] })
  t.after(() => named.close())
  const cookie = await sessionOf(named, 'root')
  const from = (Origin: string) =>
    named.send('POST', `${api}/whoami`, { cookie, headers: { Origin, 'Sec-Fetch-Site': 'same-site' } })
  const theirs = await from('https://www.shop.example')
  assert.equal(theirs.body.username, 'root')
  assert.equal(theirs.headers.get('access-control-allow-origin'), 'https://www.shop.example')
  assert.equal(theirs.headers.get('access-control-allow-credentials'), 'true')
  const others = await from('https://evil.shop.example')
  assertForged(others)
  assert.equal(others.headers.get('access-control-allow-origin'), null)
})

describe('logging out with a cookie', () => {
  test('with exactly the cookies of the sign-in and no Origin ends the session and clears them', async () => {
    const cookie = await sessionOf(server, 'ann')
    const answered = await server.send('POST', `${api}/logout`, { cookie })
    assertEmpty(answered)
    assert.deepEqual(answered.headers.getSetCookie(), [
      'cardea.sid=deleted; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
      'cardea.loggedIn=false; Path=/; SameSite=Lax',
    ])
    assertError(await whoami({ cookie }), 404, 'notfound')
    assertError(await server.send('POST', `${api}/logout`, { cookie }), 403, 'forbidden', 'You were not logged in.')
  })

  test('from this site works, from another Origin or site it is 403 and ends nothing', async () => {
    const cookie = await sessionOf(server, 'ann')
    for (const headers of foreign) {
      const answered = await server.send('POST', `${api}/logout`, { cookie, headers })
      assertForged(answered)
      assert.deepEqual(answered.headers.getSetCookie(), [])
    }
    assert.equal((await whoami({ cookie })).status, 200)
    for (const headers of [{ Origin: server.url }, { 'Sec-Fetch-Site': 'same-origin' }])
      assertEmpty(await server.send('POST', `${api}/logout`, { cookie: await sessionOf(server, 'ann'), headers }))
  })
})

describe('the CSRF cookie', () => {
  const posts = [
    `${api}/logout`,
    `${api}/whoami`,
    `${api}/context`,
    `${api}/requirement-verify`,
    `${api}/reset-request`,
    usersPath,
    '/api/v1/nothing',
  ]

  test('is given to everybody who only looks, and to no program', async () => {
    const line = 'cardea.csrf=csrf; Path=/; Max-Age=31536; HttpOnly; SameSite=Lax'
    assert.deepEqual((await server.send('GET', `${api}/context`)).headers.getSetCookie(), [line])
    assert.deepEqual((await server.send('HEAD', `${api}/context`)).headers.getSetCookie(), [line])
    const cookie = withoutCsrf(await sessionOf(server, 'ann'))
    assert.ok((await whoami({ cookie })).headers.getSetCookie().includes(line))
    assert.deepEqual((await whoami({ token: await tokenOf(server, 'ann') })).headers.getSetCookie(), [])
    for (const headers of foreign)
      assert.deepEqual((await server.send('GET', `${api}/context`, { headers })).headers.getSetCookie(), [])
  })

  test('is asked for by every call that changes something, before anything else is said', async () => {
    const session = withoutCsrf(await sessionOf(server, 'ann'))
    for (const path of posts)
      for (const cookie of [
        '',
        'cardea.csrf=other',
        'cardea.csrf=',
        'other.csrf=csrf',
        'cardea.csrf=csrf; cardea.csrf=csrf',
        session,
        `${session}; cardea.csrf=CSRF`,
      ])
        assertForged(await server.send('POST', path, cookie === '' ? {} : { cookie }))
    for (const method of ['PUT', 'PATCH', 'DELETE'])
      assertForged(await server.send(method, `${usersPath}/1`, { cookie: session }))
    assertForged(
      await server.send('POST', `${api}/whoami`, { raw: '{broken', headers: { 'Content-Type': 'application/json' } }),
    )
  })

  test('lets through who has it, and comes from nowhere or from here', async () => {
    const cookie = await sessionOf(server, 'ann')
    for (const headers of [{}, { Origin: server.url }, { 'Sec-Fetch-Site': 'same-origin' }])
      assert.equal((await server.send('POST', `${api}/whoami`, { cookie, headers })).body.username, 'ann')
    for (const headers of foreign) {
      assertForged(await server.send('POST', `${api}/whoami`, { cookie, headers }))
      assertForged(await server.send('POST', `${api}/context`, { cookie: csrf, headers }))
    }
    assertError(await server.send('POST', `${api}/whoami`, { cookie: csrf }), 404, 'notfound')
    assert.equal((await server.send('POST', `${api}/context`, { cookie: csrf })).status, 200)
  })

  test('is not asked for from keys and live tokens', async () => {
    const token = await tokenOf(server, 'ann')
    assert.equal((await server.send('POST', `${api}/whoami`, { token })).status, 200)
    assert.equal((await server.send('POST', `${api}/whoami?apikey=${keys.guest}`)).status, 200)
    assertError(await server.send('POST', '/api/v1/nothing', { token }), 404, 'notfound')
  })

  test('is not asked for by a sign-in at exactly its address, and is with anything behind it', async () => {
    const json = { username: 'ann', password }
    for (const path of [`${api}/login`, '/api/v1/login/login']) {
      assert.equal((await server.send('POST', path, { json })).status, 200)
      assertForged(await server.send('POST', `${path}?x=1`, { json }))
      assertForged(await server.send('POST', `${path}?`, { json }))
      assert.equal((await server.send('POST', `${path}?x=1`, { json, cookie: csrf })).status, 200)
      assertForged(await server.send('POST', `${path}/`, { json }))
    }
    assertForged(await server.send('POST', '/api/v1/%40apostrophecms/login/login', { json }))
  })
})
