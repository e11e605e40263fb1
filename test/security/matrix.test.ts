import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Route } from '../../src/apis/api.ts'
import type { AccessSettings } from '../../src/http/access-rules.ts'
import { type CredentialKind, credentialKinds } from '../../src/types.ts'
import { cookieOf, makeKey, makeToken, makeUser, signIn } from '../support/callers.ts'
import { type Answered, type Body, list, type Wish } from '../support/http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { hostileBodies } from './hostile-bodies.ts'

/*
 * Every route of the server against every kind of hostile caller. The routes are read from the server, so a new one is
 * covered by itself; what each caller must get follows from what the route declares.
 */

interface Caller {
  readonly kind: CredentialKind
  readonly wish: Wish
}

/** What a proxy asks about may be anything, for whoever is known. */
const letsIn: AccessSettings = {
  signInUrl: null,
  rules: [{ path: '/**', accepts: credentialKinds, requires: [], public: false }],
}

let server: TestServer
/** Good credentials, one of each kind, of an administrator: only their kind can be a reason to refuse them. */
const good = new Map<CredentialKind, Wish>()
/** Credentials that were good once. */
const dead: (Caller & { readonly why: string })[] = []
/** Good credentials of somebody who may do nothing. */
const powerless: Caller[] = []
/** Credentials that an administrator made for themselves and who is an ordinary user since. */
const demoted: Caller[] = []
const secrets: string[] = []
const known: readonly string[] = ['root', 'victim', 'disabled', 'revoked', 'powerless', 'demoted', 'mallory']

before(async () => {
  server = await startTestServer({
    http: { trustedProxies: ['127.0.0.1'] },
    access: letsIn,
    settings: {
      staticKeys: [{ name: 'robot', key: 'static-key-of-the-matrix-0123456789', role: 'guest', api: 'native' }],
    },
  })
  await makeUser(server, 'root', 'admin')
  await makeUser(server, 'victim', 'user')
  good.set('access-token', { token: (await signIn(server, 'root')).access_token as string })
  good.set('bearer-token', { token: (await signIn(server, 'root', { mode: 'bearer' })).token as string })
  good.set('session-cookie', { cookie: await cookieOf(server, 'root'), headers: { Origin: server.url } })
  const admin = good.get('access-token')?.token as string
  good.set('api-key', { apiKey: (await makeKey(server, admin)).token as string })
  good.set('private-token', { token: (await makeToken(server, admin)).token as string })

  await makeDead()
  await makePowerless()
  await makeDemoted()
  secrets.push('victim@example.com', '$argon2', server.keyTree.current('session').bytes.toString('hex'))
})
after(() => server.close())

async function credentialsOf(name: string): Promise<Caller[]> {
  const access = (await signIn(server, name)).access_token as string
  return [
    { kind: 'access-token', wish: { token: access } },
    { kind: 'bearer-token', wish: { token: (await signIn(server, name, { mode: 'bearer' })).token as string } },
    { kind: 'session-cookie', wish: { cookie: await cookieOf(server, name), headers: { Origin: server.url } } },
    { kind: 'api-key', wish: { apiKey: (await makeKey(server, access)).token as string } },
    { kind: 'private-token', wish: { token: (await makeToken(server, access)).token as string } },
  ]
}

async function makeDead(): Promise<void> {
  const { users } = server.core
  const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
  const disabled = await makeUser(server, 'disabled', 'admin')
  for (const caller of await credentialsOf('disabled')) dead.push({ ...caller, why: 'owner disabled' })
  await users.setStatus(disabled.publicId, 'disabled', null, origin)
  const deleted = await makeUser(server, 'deleted', 'admin')
  for (const caller of await credentialsOf('deleted')) dead.push({ ...caller, why: 'owner deleted' })
  await users.remove(deleted, null, origin)
  const revoked = await makeUser(server, 'revoked', 'admin')
  for (const caller of await credentialsOf('revoked')) dead.push({ ...caller, why: 'revoked' })
  await server.core.sessions.endOthers(revoked, null, origin)
  for (const key of (await server.core.keys.list(revoked, { limit: 9 })).items)
    await server.core.keys.revoke(revoked, key.id, null, origin)
  for (const token of (await server.core.tokens.list(revoked, { limit: 9 })).items)
    await server.core.tokens.revoke(revoked, token.publicId, null, origin)
}

async function makePowerless(): Promise<void> {
  await makeUser(server, 'powerless', 'user')
  const access = (await signIn(server, 'powerless')).access_token as string
  powerless.push({ kind: 'api-key', wish: { apiKey: (await makeKey(server, access, { scopes: [] })).token as string } })
  powerless.push({
    kind: 'private-token',
    wish: { token: (await makeToken(server, access, { scopes: [] })).token as string },
  })
}

async function makeDemoted(): Promise<void> {
  const user = await makeUser(server, 'demoted', 'admin')
  for (const caller of await credentialsOf('demoted')) demoted.push(caller)
  await server.core.users.setRole(user.publicId, 'user', null, {
    api: 'native',
    address: '127.0.0.1',
    userAgent: 'test',
  })
}

const call = (route: Route, wish: Wish, to = server): Promise<Answered> => {
  const path = route.path.replace(/:[a-z]+/g, '00000000-0000-4000-8000-000000000000').replace('*', 'x')
  if (route.aim === undefined) return to.send(route.method, path, wish)
  const told = { 'X-Forwarded-Uri': '/x', 'X-Forwarded-Method': 'POST', 'X-Forwarded-Host': new URL(to.url).host }
  return to.send(route.method, path, { ...wish, headers: { ...(path.endsWith('/x') ? {} : told), ...wish.headers } })
}
const named = (route: Route): string => `${route.method} ${route.path}`
const guarded = (): readonly Route[] => server.routes.filter((route) => route.takes.length > 0)
const takes = (route: Route, kind: CredentialKind): boolean =>
  route.takes.includes(kind) ||
  (kind === 'private-token' && route.strictKinds !== true && route.takes.includes('access-token'))
const isOauth = (route: Route): boolean => route.path.startsWith('/oauth/')

/** A refusal in the shape of its API that gives nothing away. */
function assertCleanRefusal(route: Route, answered: Answered, where: string): void {
  assert.ok(answered.status >= 400 && answered.status < 500, `${where}: ${answered.status} ${answered.text}`)
  assert.match(answered.type, isOauth(route) ? /^application\/json/ : /^application\/problem\+json/, where)
  assert.ok(typeof answered.body[isOauth(route) ? 'error' : 'code'] === 'string', where)
  assert.equal(answered.headers.get('cache-control'), 'no-store', where)
  assert.deepEqual(answered.headers.getSetCookie(), [], where)
  assert.doesNotMatch(answered.text, /node_modules|\.ts:\d|at [A-Za-z.]+ \(|select |insert |SQLITE|<html/i, where)
  for (const secret of secrets) assert.ok(!answered.text.includes(secret), `${where} gives ${secret} away`)
}

describe('hostile callers', () => {
  test('the server has routes, and most of them are guarded', () => {
    assert.ok(server.routes.length > 40, String(server.routes.length))
    assert.ok(guarded().length > 25, String(guarded().length))
  })

  test('nobody: every guarded route asks for a credential and says how', async () => {
    for (const route of guarded().filter((route) => route.anonymous !== true)) {
      const answered = await call(route, {})
      assertCleanRefusal(route, answered, named(route))
      assert.equal(answered.status, 401, named(route))
      assert.ok(answered.headers.get('www-authenticate'), `${named(route)} has no challenge`)
    }
  })

  test('garbage: a credential that was tried and is none never passes as anonymous', async () => {
    const access = good.get('access-token')?.token ?? ''
    const garbage: readonly Wish[] = [
      { token: 'garbage' },
      { token: `${access.slice(0, -2)}AA` },
      { token: `${access}=` },
      { token: access.split('.').slice(0, 2).join('.') },
      { apiKey: 'cardea_nonsense' },
      { basic: ['00000000-0000-4000-8000-000000000000', 'f'.repeat(64)] },
      { basic: ['root', 'wrong password'] },
      { headers: { Authorization: 'Bearer' } },
      { headers: { Authorization: 'Nonsense abc' } },
      { headers: { Authorization: '' } },
      { cookie: 'cardea=garbage', headers: { Origin: 'SELF' } },
      { cookie: 'cardea=a; cardea=b', headers: { Origin: 'SELF' } },
    ]
    for (const route of guarded()) {
      for (const wish of garbage) {
        const headers = wish.headers?.Origin === 'SELF' ? { Origin: server.url } : wish.headers
        const answered = await call(route, { ...wish, ...(headers === undefined ? {} : { headers }) })
        const where = `${named(route)} with ${JSON.stringify(wish).slice(0, 60)}`
        assertCleanRefusal(route, answered, where)
        assert.equal(answered.status, 401, `${where}: ${answered.text}`)
      }
    }
  })

  test('two different credentials in one request are refused', async () => {
    const wish: Wish = { ...good.get('access-token'), apiKey: good.get('api-key')?.apiKey as string }
    for (const route of guarded()) {
      const answered = await call(route, wish)
      assertCleanRefusal(route, answered, named(route))
      assert.equal(answered.status, 400, `${named(route)}: ${answered.text}`)
    }
  })

  test('wrong kind: a good credential of a kind that the route does not take is refused by name', async () => {
    for (const route of guarded()) {
      for (const [kind, wish] of good) {
        if (takes(route, kind)) continue
        const answered = await call(route, wish)
        assertCleanRefusal(route, answered, named(route))
        assert.equal(answered.status, 401, `${named(route)} took a ${kind}`)
        if (!isOauth(route)) assert.equal(answered.body.code, 'credential_kind_refused', `${named(route)} with ${kind}`)
        if (!isOauth(route)) assert.equal(answered.body.credential_kind, kind)
      }
    }
  })

  test('dead: revoked, or the owner disabled or deleted', async () => {
    for (const route of guarded()) {
      for (const { kind, wish, why } of dead) {
        const answered = await call(route, wish)
        const where = `${named(route)} with ${kind}, ${why}`
        assertCleanRefusal(route, answered, where)
        assert.ok(
          answered.status === 401 || (answered.status === 403 && why === 'owner disabled'),
          `${where}: ${answered.status} ${answered.text}`,
        )
      }
    }
  })

  test('missing scope: a credential without the scope is told which one, before anything is parsed or looked up', async () => {
    for (const route of guarded()) {
      if (route.needs === undefined) continue
      for (const { kind, wish } of powerless) {
        if (!takes(route, kind)) continue
        const answered = await call(route, {
          ...wish,
          raw: '{broken',
          headers: { 'Content-Type': isOauth(route) ? 'application/x-www-form-urlencoded' : 'application/json' },
          ...(route.method === 'GET' ? { raw: undefined as never } : {}),
        })
        assertCleanRefusal(route, answered, named(route))
        assert.equal(answered.status, 403, `${named(route)} with ${kind}: ${answered.text}`)
        if (!isOauth(route)) assert.equal(answered.body.scope, route.needs)
      }
    }
  })

  test('demoted: what an administrator made before does no more than its owner may do now', async () => {
    const rights = server.core.roles.scopesOf('user')
    let tried = 0
    for (const route of guarded()) {
      if (route.needs === undefined || rights.has(route.needs)) continue
      for (const { kind, wish } of demoted) {
        if (!takes(route, kind)) continue
        tried += 1
        const body = route.method === 'GET' ? {} : isOauth(route) ? { form: {} } : { json: {} }
        const answered = await call(route, { ...wish, ...body })
        const where = `${named(route)} with ${kind} of somebody who was demoted`
        assertCleanRefusal(route, answered, where)
        assert.equal(answered.status, 403, `${where}: ${answered.text}`)
        if (!isOauth(route)) assert.equal(answered.body.code, 'insufficient_scope', where)
        if (!isOauth(route)) assert.equal(answered.body.scope, route.needs, where)
      }
    }
    assert.ok(tried >= 20, String(tried))
    // They are refused for what they lack, not because they are dead.
    for (const { kind, wish } of demoted) {
      assert.equal((await server.send('GET', '/auth/me', wish)).status, 200, kind)
    }
  })

  test('a cookie from another origin, or without a proof, opens nothing', async () => {
    const cookie = good.get('session-cookie')?.cookie as string
    const foreign: readonly Record<string, string>[] = [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      {},
    ]
    for (const route of guarded()) {
      for (const headers of foreign) {
        const answered = await call(route, { cookie, headers })
        const where = `${named(route)} with a cookie and ${JSON.stringify(headers)}`
        assertCleanRefusal(route, answered, where)
        assert.equal(answered.status, 403, `${where}: ${answered.text}`)
        assert.equal(answered.headers.get('access-control-allow-origin'), null, where)
      }
    }
  })

  test('a program cannot make a change that needs a fresh proof of the person', async () => {
    for (const route of guarded().filter((route) => route.fresh !== undefined)) {
      for (const kind of ['api-key', 'private-token'] as const) {
        const wish = good.get(kind)
        if (wish === undefined || !takes(route, kind)) continue
        const answered = await call(route, { ...wish, json: {} })
        assertCleanRefusal(route, answered, named(route))
      }
    }
  })

  test('somebody else: ids of others are as unknown as ids of nobody', async () => {
    const victim = (await signIn(server, 'victim')).access_token as string
    const key = await makeKey(server, victim)
    const token = await makeToken(server, victim)
    const sessions = await server.send('GET', '/auth/sessions', { token: victim })
    const [session] = list(sessions.body.items as Body)
    await makeUser(server, 'mallory', 'user')
    const mallory = (await signIn(server, 'mallory')).access_token as string
    const ids = { keys: key.id, tokens: token.id, sessions: session?.id } as Record<string, unknown>
    let tried = 0
    for (const route of guarded().filter((route) => route.path.includes(':id'))) {
      const noun = /^\/auth\/(keys|tokens|sessions)\//.exec(route.path)?.[1]
      if (noun === undefined) continue
      tried += 1
      const path = route.path.replace(':id', String(ids[noun]))
      const wish = route.method === 'GET' ? { token: mallory } : { token: mallory, json: {} }
      const theirs = await server.send(route.method, path, wish)
      const nobodys = await call(route, wish)
      assertCleanRefusal(route, theirs, named(route))
      assert.equal(theirs.status, 404, `${named(route)}: ${theirs.text}`)
      const strip = ({ request_id: _, ...rest }: Record<string, unknown>) => rest
      assert.deepEqual(strip({ ...(theirs.body as object) }), strip({ ...(nobodys.body as object) }), named(route))
    }
    assert.ok(tried >= 7, String(tried))
  })

  test('expired: when its time is over a credential is refused, at every route', async () => {
    const late = await startTestServer({ http: { trustedProxies: ['127.0.0.1'] }, access: letsIn })
    try {
      await makeUser(late, 'old', 'admin')
      const access = (await signIn(late, 'old')).access_token as string
      const expires_at = new Date(late.clock.now() + 60_000).toISOString()
      const key = await makeKey(late, access, { expires_at })
      const token = await makeToken(late, access, { expires_at })
      const bearer = (await signIn(late, 'old', { mode: 'bearer' })).token as string
      const cookie = await cookieOf(late, 'old')
      const expired: readonly Caller[] = [
        { kind: 'access-token', wish: { token: access } },
        { kind: 'api-key', wish: { apiKey: key.token as string } },
        { kind: 'private-token', wish: { token: token.token as string } },
        { kind: 'bearer-token', wish: { token: bearer } },
        { kind: 'session-cookie', wish: { cookie, headers: { Origin: late.url } } },
      ]
      // Known and kept before, so that memory cannot bring one back.
      for (const { wish } of expired) assert.equal((await late.send('GET', '/auth/me', wish)).status, 200)
      late.clock.advance(late.settings.session.absoluteSeconds * 1000)
      await late.core.feed.sync()
      for (const route of guarded()) {
        for (const { kind, wish } of expired) {
          const answered = await call(route, wish, late)
          const where = `${named(route)} with an expired ${kind}`
          assertCleanRefusal(route, answered, where)
          assert.equal(answered.status, 401, `${where}: ${answered.text}`)
          if (takes(route, kind) && !isOauth(route)) assert.equal(answered.body.code, 'credential_expired', where)
        }
      }
    } finally {
      await late.close()
    }
  })

  test('no second factor where the role must have one: nothing but enrolling is allowed', async () => {
    const strict = await startTestServer({ settings: { requireFactor: ['admin'] } })
    try {
      await makeUser(strict, 'bare', 'admin')
      const callers: readonly Caller[] = [
        { kind: 'access-token', wish: { token: (await signIn(strict, 'bare')).access_token as string } },
        { kind: 'bearer-token', wish: { token: (await signIn(strict, 'bare', { mode: 'bearer' })).token as string } },
        { kind: 'session-cookie', wish: { cookie: await cookieOf(strict, 'bare'), headers: { Origin: strict.url } } },
      ]
      for (const route of guarded()) {
        if (route.needs === undefined || ['account:read', 'account:write'].includes(route.needs)) continue
        for (const { kind, wish } of callers) {
          if (!takes(route, kind)) continue
          const answered = await call(route, wish, strict)
          const where = `${named(route)} with ${kind}`
          assertCleanRefusal(route, answered, where)
          assert.equal(answered.status, 403, `${where}: ${answered.text}`)
        }
      }
    } finally {
      await strict.close()
    }
  })

  test('hostile bodies: whatever is sent, the answer is a clean 4xx that names the field', async () => {
    const admin = good.get('access-token') as Wish
    for (const route of server.routes.filter((route) => route.body !== undefined && route.method !== 'GET')) {
      for (const [name, wish] of hostileBodies) {
        const answered = await call(route, route.takes.length === 0 || isOauth(route) ? wish : { ...admin, ...wish })
        const where = `${named(route)} with ${name}`
        assertCleanRefusal(route, answered, where)
        if (answered.body.code === 'request_invalid')
          assert.ok((answered.body.errors as unknown as unknown[]).length > 0, where)
      }
    }
  })

  test('after all of that nothing has changed: what was good is good, and who was attacked is as before', async () => {
    for (const [kind, wish] of good) assert.equal((await server.send('GET', '/auth/me', wish)).status, 200, kind)
    const victim = await signIn(server, 'victim')
    assert.equal((victim.user as Body).role, 'user')
    const { items } = await server.core.users.list({ limit: 100 })
    const admins = items.filter(({ role, status }) => role === 'admin' && status === 'active')
    assert.deepEqual(admins.map(({ username }) => username).sort(), ['revoked', 'root'])
    assert.deepEqual(
      items.filter(({ username }) => !known.includes(username)).map(({ username }) => username),
      [],
    )
  })
})
