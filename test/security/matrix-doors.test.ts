import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Api, Route } from '../../src/apis/api.ts'
import { findOverlaps } from '../../src/apis/overlap.ts'
import { type DoorName, doorNames } from '../../src/config/doors.ts'
import type { CredentialKind } from '../../src/types.ts'
import { sessionOf } from '../support/apostrophe.ts'
import { cookieOf, makeKey, makeToken, makeUser, password, signIn } from '../support/callers.ts'
import type { Answered, Wish } from '../support/http.ts'
import { declared, newsroom } from '../support/pieces.ts'
import { startTestServer, type TestServer, testDoors } from '../support/server.ts'
import { hostileBodies } from './hostile-bodies.ts'

/*
 * Every route of every door beside the native one against every kind of hostile caller, with credentials of the native
 * door: so what is refused here is refused whoever issued it. A new door is covered once it has a row in `shapes`.
 */

interface Shape {
  /** Throws unless a refusal looks as the contract's clients know it. */
  readonly isRefusal: (answered: Answered, where: string) => void
  /** Bodies that its server passes over without a word: they may be answered with success, and change nothing. */
  readonly passesOver: readonly string[]
  /** What a refused key is answered with, where that is not 401. */
  readonly badKey?: number
  /** Routes that answer anybody: only what was tried and is bad is refused there. */
  readonly open?: readonly string[]
  /** A good session cookie of the door's own, with all that goes with it. */
  readonly cookie?: (server: TestServer) => Promise<string>
}

const shapes: Readonly<Record<DoorName, Shape>> = {
  freesewing: {
    isRefusal({ status, type, text, body }, where) {
      if (text === 'Unauthorized' || text === 'Bad Request' || (status === 404 && text === '')) {
        assert.equal(type, '', where)
        return
      }
      assert.equal(type, 'application/json; charset=utf-8', where)
      assert.equal(body.result, 'error', where)
    },
    passesOver: ['an unknown field', 'an array', 'null', 'plain text', 'bytes that are no UTF-8'],
  },
  librephotos: {
    isRefusal({ type, body }, where) {
      assert.equal(type, 'application/json', where)
      // Password resets have a form of their own.
      if (typeof body.status === 'boolean') return assert.equal(typeof body.message, 'string', where)
      const errors = body.errors as unknown as readonly Record<string, unknown>[]
      assert.ok(errors.length > 0, where)
      for (const error of errors) {
        assert.deepEqual(Object.keys(error), ['field', 'message'], where)
        assert.equal(typeof error.message, 'string', where)
      }
    },
    passesOver: ['an unknown field'],
    open: [
      'GET /api/user/',
      'GET /api/photos/',
      ...['sitesettings', 'firsttimesetup'].flatMap((name) => [`GET /api/${name}/`, `GET /api/${name}`]),
    ],
  },
  hautai: {
    isRefusal({ type, body }, where) {
      assert.equal(type, 'application/json', where)
      if (typeof body.detail === 'string') return
      for (const [field, messages] of Object.entries(body as unknown as Record<string, unknown>)) {
        assert.ok(Array.isArray(messages) && messages.every((each) => typeof each === 'string'), `${where} ${field}`)
      }
    },
    passesOver: ['an unknown field'],
  },
  apostrophe: {
    isRefusal({ status, type, body }, where) {
      assert.equal(type, 'application/json; charset=utf-8', where)
      if ('error' in (body as object)) assert.deepEqual([status, body], [403, { error: 'invalid api key' }], where)
      else assert.deepEqual([typeof body.name, typeof body.message], ['string', 'string'], where)
    },
    passesOver: ['an unknown field', 'an array', 'null', 'plain text', 'bytes that are no UTF-8'],
    badKey: 403,
    open: ['GET /api/v1/@apostrophecms/login/context'],
    cookie: (server) => sessionOf(server, 'root'),
  },
}

interface Caller {
  readonly kind: CredentialKind
  readonly wish: Wish
  readonly why?: string
}

let server: TestServer
let doors: readonly Api[]
const good = new Map<CredentialKind, Wish>()
const dead: Caller[] = []
const powerless: Caller[] = []
const demoted: Caller[] = []
const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const

async function credentialsOf(name: string, limited: object = {}): Promise<Caller[]> {
  const access = (await signIn(server, name)).access_token as string
  const key = await makeKey(server, access, limited)
  return [
    { kind: 'access-token', wish: { token: access } },
    { kind: 'api-key', wish: { basic: [key.id as string, key.secret as string] } },
    { kind: 'private-token', wish: { token: (await makeToken(server, access, limited)).token as string } },
  ]
}

before(async () => {
  const open = Object.fromEntries(doorNames.map((name) => [name, { ...testDoors[name], enabled: true }]))
  const pieces = { types: declared({ memo: newsroom.memo }), maxPerPage: 200, siteUrl: null }
  server = await startTestServer({ doors: open, settings: { pieces } })
  doors = server.apis.filter(({ name }) => name !== 'native')
  await makeUser(server, 'root', 'admin')
  for (const { kind, wish } of await credentialsOf('root')) good.set(kind, wish)
  good.set('bearer-token', { token: (await signIn(server, 'root', { mode: 'bearer' })).token as string })
  good.set('session-cookie', { cookie: await cookieOf(server, 'root'), headers: { Origin: server.url } })
  good.set('password', { basic: ['root', password] })

  const disabled = await makeUser(server, 'disabled', 'admin')
  for (const caller of await credentialsOf('disabled')) dead.push({ ...caller, why: 'owner disabled' })
  await server.core.users.setStatus(disabled.publicId, 'disabled', null, origin)
  const deleted = await makeUser(server, 'deleted', 'admin')
  for (const caller of await credentialsOf('deleted')) dead.push({ ...caller, why: 'owner deleted' })
  await server.core.users.remove(deleted, null, origin)
  const late = await makeUser(server, 'revoked', 'admin')
  for (const caller of await credentialsOf('revoked')) dead.push({ ...caller, why: 'revoked' })
  await server.core.sessions.endOthers(late, null, origin)
  for (const key of (await server.core.keys.list(late, { limit: 9 })).items)
    await server.core.keys.revoke(late, key.id, null, origin)
  for (const token of (await server.core.tokens.list(late, { limit: 9 })).items)
    await server.core.tokens.revoke(late, token.publicId, null, origin)

  await makeUser(server, 'powerless', 'admin')
  powerless.push(...(await credentialsOf('powerless', { scopes: [] })).filter(({ kind }) => kind !== 'access-token'))
  const fallen = await makeUser(server, 'demoted', 'admin')
  demoted.push(...(await credentialsOf('demoted')))
  await server.core.users.setRole(fallen.publicId, 'guest', null, origin)
})
after(() => server.close())

const call = (route: Route, wish: Wish, query = ''): Promise<Answered> =>
  server.send(route.method, `${route.path.replace(/:[a-z]+/g, '00000000-0000-4000-8000-000000000000')}${query}`, wish)
const isOpen = ({ open = [] }: Shape, { method, path }: Route): boolean => open.includes(`${method} ${path}`)
/** A key, and not a person's name and password. */
const isKey = ({ basic, apiKey }: Wish): boolean => apiKey !== undefined || /^[0-9a-f-]{36}$/.test(basic?.[0] ?? '')
const takes = (route: Route, kind: CredentialKind): boolean =>
  route.takes.includes(kind) ||
  (kind === 'private-token' && route.strictKinds !== true && route.takes.includes('access-token'))

/** Each guarded route of each door, with a check of what it answered. */
async function each(
  run: (route: Route, refused: (answered: Answered, more: string) => void, shape: Shape) => Promise<void>,
): Promise<void> {
  for (const { name, routes } of doors) {
    const shape = shapes[name as DoorName]
    const { isRefusal } = shape
    for (const route of routes.filter(({ takes }) => takes.length > 0)) {
      await run(
        route,
        (answered, more) => {
          const where = `${name} ${route.method} ${route.path} ${more}: ${answered.status} ${answered.text.slice(0, 200)}`
          assert.ok(answered.status >= 400 && answered.status < 500, where)
          isRefusal(answered, where)
          assert.equal(answered.headers.get('cache-control'), 'no-store', where)
          assert.deepEqual(answered.headers.getSetCookie(), [], where)
          assert.doesNotMatch(answered.text, /node_modules|\.ts:\d|select |SQLITE|<html|\$argon2/i, where)
        },
        shape,
      )
    }
  }
}

test('every door is open here, and no two of them answer one address', () => {
  assert.deepEqual(doors.map(({ name }) => name).sort(), [...doorNames].sort())
  assert.deepEqual(findOverlaps(server.apis), [])
  for (const { routes, name } of doors) assert.ok(routes.filter(({ takes }) => takes.length > 0).length > 3, name)
})

describe('hostile callers at the doors', () => {
  test('nobody, garbage and dead credentials are refused as such', async () => {
    const access = good.get('access-token')?.token ?? ''
    const garbage: readonly Wish[] = [
      {},
      { token: 'garbage' },
      { token: `${access.slice(0, -2)}AA` },
      { token: `${access}=` },
      { apiKey: 'cardea_nonsense' },
      { basic: ['00000000-0000-4000-8000-000000000000', 'f'.repeat(64)] },
      { basic: ['root', 'wrong password'] },
      { headers: { Authorization: 'Bearer' } },
      { headers: { Authorization: 'Nonsense abc' } },
      { headers: { Authorization: '' } },
    ]
    await each(async (route, refused, shape) => {
      for (const wish of [...garbage, ...dead.map((caller) => caller.wish)]) {
        const isNobody = Object.keys(wish).length === 0
        if (isNobody && isOpen(shape, route)) continue
        const answered = await call(route, wish)
        refused(answered, JSON.stringify(wish).slice(0, 60))
        // Where nobody is let on without a credential, what they are told is the route's own word.
        if (isNobody && route.anonymous === true) continue
        const status = isKey(wish) ? (shape.badKey ?? 401) : 401
        assert.equal(answered.status, status, `${route.path} ${JSON.stringify(wish).slice(0, 60)} ${answered.text}`)
      }
    })
  })

  test('a good credential of a kind that the route does not take is none', async () => {
    await each(async (route, refused) => {
      for (const [kind, wish] of good) {
        // A cookie of another door is not looked at.
        if (takes(route, kind) || (kind === 'session-cookie' && route.anonymous === true)) continue
        const answered = await call(route, wish)
        refused(answered, kind)
        assert.equal(answered.status, 401, `${route.path} took a ${kind}`)
      }
    })
  })

  test('two different credentials in one request are refused', async () => {
    const key = good.get('api-key')?.basic as readonly [string, string]
    const apiKey = (await makeKey(server, good.get('access-token')?.token as string)).token as string
    await each(async (route, refused) => {
      const both = { ...good.get('access-token'), apiKey }
      // A door whose contract says which of the two counts takes them.
      for (const wish of [...(route.precedence === undefined ? [both] : []), { basic: key, apiKey }]) {
        const answered = await call(route, wish)
        refused(answered, 'two')
        assert.equal(answered.status, 400, route.path)
      }
    })
  })

  test('a key or token in the address is refused where it is bad, and nothing where the door takes none there', async () => {
    const key = (await makeKey(server, good.get('access-token')?.token as string)).token as string
    const access = good.get('access-token')?.token as string
    for (const { name, routes, queryKeys = [] } of doors) {
      const { badKey = 401, isRefusal } = shapes[name as DoorName]
      for (const route of routes.filter(({ takes }) => takes.length > 0)) {
        const bad = [...['apikey', 'apiKey'].map((each) => `?${each}=${queryKeys.length > 0 ? 'garbage' : key}`)]
        for (const query of [...bad, `?access_token=${access}`]) {
          const answered = await call(route, {}, query)
          const where = `${name} ${route.method} ${route.path}${query.slice(0, 20)} ${answered.status} ${answered.text}`
          const isToken = query.startsWith('?access_token')
          assert.ok(!answered.text.includes(isToken ? access : key), where)
          // Where nobody is let on, what is nothing is answered as nobody is.
          const isNothing = queryKeys.length === 0 && route.anonymous === true
          const expected = isNothing ? (await call(route, {})).status : isToken ? 401 : badKey
          assert.equal(answered.status, expected, where)
          if (answered.status !== 200) isRefusal(answered, where)
        }
      }
    }
  })

  test('a session of the door’s own does nothing for a page of another site, and changes nothing without its CSRF cookie', async () => {
    let tried = 0
    for (const { name, routes, csrfCookie } of doors) {
      const { cookie: signIn, isRefusal } = shapes[name as DoorName]
      if (signIn === undefined || csrfCookie === undefined) continue
      const cookie = await signIn(server)
      const bare = cookie
        .split('; ')
        .filter((pair) => !pair.startsWith(csrfCookie.name))
        .join('; ')
      for (const route of routes.filter(({ takes }) => takes.includes('session-cookie'))) {
        const from = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
        const wishes: Wish[] = [
          { cookie, headers: from },
          { cookie, headers: { Origin: 'null' } },
        ]
        if (route.method !== 'GET' && route.csrfFree !== true) wishes.push({ cookie: bare })
        for (const wish of wishes) {
          tried += 1
          const answered = await call(route, wish)
          const where = `${name} ${route.method} ${route.path}: ${answered.status} ${answered.text}`
          isRefusal(answered, where)
          assert.equal(answered.status, 403, where)
          assert.deepEqual(answered.headers.getSetCookie(), [], where)
        }
      }
    }
    assert.ok(tried > 20, String(tried))
  })

  test('a credential without a scope, and one whose owner fell, does nothing that needs more', async () => {
    let tried = 0
    await each(async (route, refused) => {
      for (const { kind, wish } of [...powerless, ...demoted]) {
        const needed = route.needs
        const isFallen = demoted.some((caller) => caller.wish === wish)
        if (!takes(route, kind) || needed === undefined || (isFallen && needed === 'account:read')) continue
        tried += 1
        const answered = await call(
          route,
          route.body === undefined
            ? wish
            : { ...wish, raw: '{broken', headers: { 'Content-Type': 'application/json' } },
        )
        refused(answered, `powerless ${kind}`)
        assert.equal(answered.status, 403, `${route.method} ${route.path}: ${answered.text}`)
      }
    })
    assert.ok(tried > 20, String(tried))
  })

  test('a page of another site makes nobody’s browser call with what it keeps', async () => {
    const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
    const cookie = good.get('session-cookie')?.cookie as string
    await each(async (route, refused, shape) => {
      if (!isOpen(shape, route)) refused(await call(route, { cookie, headers }), 'a cookie from elsewhere')
      for (const kind of ['api-key', 'password'] as const) {
        if (!route.takes.includes(kind)) continue
        const answered = await call(route, { ...good.get(kind), headers })
        refused(answered, 'Basic from elsewhere')
        assert.equal(answered.status, 403, route.path)
      }
    })
  })

  test('whatever body is sent, the answer is a clean 4xx, or the body was passed over', async () => {
    for (const { name, routes } of doors) {
      const { isRefusal, passesOver } = shapes[name as DoorName]
      for (const route of routes.filter(({ body, method }) => body !== undefined && method !== 'GET')) {
        const kind = route.takes.find((each) => good.has(each))
        for (const [title, wish] of hostileBodies) {
          const answered = await call(route, kind === undefined ? wish : { ...good.get(kind), ...wish })
          const where = `${name} ${route.method} ${route.path} with ${title}: ${answered.status} ${answered.text.slice(0, 200)}`
          if (answered.status < 300) assert.ok(passesOver.includes(title), where)
          else {
            assert.ok(answered.status >= 400 && answered.status < 500, where)
            isRefusal(answered, where)
          }
        }
      }
    }
  })

  test('after all of that nothing has changed', async () => {
    for (const [kind, wish] of good) assert.equal((await server.send('GET', '/auth/me', wish)).status, 200, kind)
    const { items } = await server.core.users.list({ limit: 100 })
    assert.deepEqual(items.map(({ username, role, status }) => `${username} ${role} ${status}`).sort(), [
      'demoted guest active',
      'disabled admin disabled',
      'powerless admin active',
      'revoked admin active',
      'root admin active',
    ])
  })
})
