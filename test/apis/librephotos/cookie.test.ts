import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Api, route } from '../../../src/apis/api.ts'
import { createMediaReader } from '../../../src/apis/librephotos/credentials.ts'
import { createApp } from '../../../src/apis/mount.ts'
import { makeToken, makeUser, password, signIn } from '../../support/callers.ts'
import { claimsOf, jwtCookie, obtain, refreshWith, startPhotos, tokensAt } from '../../support/librephotos.ts'
import type { TestServer } from '../../support/server.ts'

const site = 'https://photos.example.com'
const json = { username: 'root', password }
const send = (server: TestServer, headers: Record<string, string> = {}) =>
  server.send('POST', `${tokensAt}/obtain/`, { json, headers })

describe('the jwt cookie', () => {
  let server: TestServer
  before(async () => {
    server = await startPhotos({ corsOrigins: [site] })
  })
  after(() => server.close())

  test('holds the access token, ends with the browser, and no script reads it', async () => {
    const answered = await send(server)
    assert.deepEqual(jwtCookie(answered), { value: answered.body.access, rest: 'Path=/; HttpOnly; SameSite=Lax' })
    const refreshed = await refreshWith(server, answered.body.refresh as string)
    assert.equal(jwtCookie(refreshed)?.value, refreshed.body.access)
    assert.notEqual(jwtCookie(refreshed)?.value, answered.body.access)
  })

  test('is set for pages of this site and of the listed ones, and where no page asked; a foreign page gets tokens alone', async () => {
    for (const headers of [
      {},
      { Origin: server.url },
      { 'Sec-Fetch-Site': 'same-origin' },
      { Origin: site },
      { Origin: site, 'Sec-Fetch-Site': 'cross-site' },
    ] as Record<string, string>[])
      assert.notEqual(jwtCookie(await send(server, headers)), null, JSON.stringify(headers))
    for (const headers of [
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ] as Record<string, string>[]) {
      const answered = await send(server, headers)
      assert.equal(answered.status, 200)
      assert.equal(jwtCookie(answered), null, JSON.stringify(headers))
    }
  })

  test('is Secure on https, bare or for another site by setting', async () => {
    const looks = async (cookie: 'strict' | 'original' | 'cross-site', publicUrl?: string) => {
      const server = await startPhotos({ cookie }, publicUrl === undefined ? {} : { http: { publicUrl } })
      try {
        return jwtCookie(await send(server, { Host: '127.0.0.1' }))?.rest
      } finally {
        await server.close()
      }
    }
    assert.equal(await looks('original'), 'Path=/')
    assert.equal(await looks('strict', 'https://api.example.com'), 'Path=/; HttpOnly; Secure; SameSite=Lax')
    assert.equal(await looks('cross-site', 'https://api.example.com'), 'Path=/; HttpOnly; Secure; SameSite=None')
  })
})

describe('pages of another origin', () => {
  let server: TestServer
  before(async () => {
    server = await startPhotos({ corsOrigins: [site] })
  })
  after(() => server.close())

  test('that is listed may ask with credentials, after a preflight as the original answers it', async () => {
    const asked = { Origin: site, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'x-own' }
    const preflight = await server.send('OPTIONS', `${tokensAt}/obtain/`, { headers: asked })
    assert.equal(preflight.status, 200)
    assert.equal(preflight.text, '')
    const header = (name: string) => preflight.headers.get(`access-control-${name}`)
    assert.equal(header('allow-origin'), site)
    assert.equal(header('allow-credentials'), 'true')
    assert.equal(header('allow-methods'), 'DELETE, GET, OPTIONS, PATCH, POST, PUT')
    assert.equal(header('max-age'), '86400')
    assert.equal(
      header('allow-headers'),
      'cache-control, accept, accept-encoding, allow-credentials, withcredentials, authorization, content-type, dnt, origin, user-agent, x-csrftoken, x-requested-with',
    )
    const answered = await send(server, { Origin: site })
    assert.equal(answered.headers.get('access-control-allow-origin'), site)
    assert.equal(answered.headers.get('access-control-allow-credentials'), 'true')
    assert.match(answered.headers.get('vary') ?? '', /Origin/i)
  })

  test('that is not listed get no such header, also not with an error', async () => {
    for (const origin of ['https://evil.example', `${site}.evil.example`, 'null']) {
      for (const answered of [
        await server.send('OPTIONS', '/api/user/', { headers: { Origin: origin } }),
        await send(server, { Origin: origin }),
        await server.send('GET', '/api/manage/user/', { headers: { Origin: origin } }),
      ])
        assert.equal(answered.headers.get('access-control-allow-origin'), null)
    }
  })

  test('may be all, and then none with credentials', async () => {
    const open = await startPhotos({ corsOrigins: '*' })
    try {
      const answered = await send(open, { Origin: 'https://any.example' })
      assert.equal(answered.headers.get('access-control-allow-origin'), '*')
      assert.equal(answered.headers.get('access-control-allow-credentials'), null)
      assert.equal(jwtCookie(answered), null)
    } finally {
      await open.close()
    }
  })
})

describe('where pictures are asked for', () => {
  let server: TestServer
  let get: (headers?: Record<string, string>, method?: string) => Promise<{ status: number; user: unknown }>
  before(async () => {
    server = await startPhotos({ corsOrigins: [site] })
    await makeUser(server, 'anna')
    const picture = (method: 'GET' | 'POST', path: string) =>
      route(method, path, {
        tag: 'x',
        summary: 'x',
        takes: ['access-token', 'password'],
        anonymous: true,
        ...(method === 'GET' ? { readCredentials: createMediaReader() } : {}),
        answers: { 200: { description: 'x' } },
        hidden: true,
        run: ({ principal }) => ({ status: 200, body: { user: principal?.user?.username ?? null } }),
      })
    const { core, http, metrics, apis } = server
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const withPictures = (api: Api): Api =>
      api.name === 'librephotos'
        ? {
            ...api,
            routes: [...api.routes, picture('GET', '/media/tried/:name'), picture('POST', '/media/tried/:name')],
          }
        : api
    const app = createApp({ core, http, log, metrics, apis: apis.map(withPictures), newRequestId: () => 'id' })
    get = async (headers = {}, method = 'GET') => {
      const request = new Request(`${server.url}/media/tried/x`, { method, headers })
      const answer = await app.fetch(request)
      const text = await answer.text()
      return { status: answer.status, user: text === '' ? undefined : JSON.parse(text).user }
    }
  })
  after(() => server.close())

  test('the cookie is a credential, with the proof of which page asks or where none does', async () => {
    const { access } = await obtain(server, 'anna')
    const cookie = { Cookie: `a=b; jwt=${access}` }
    assert.deepEqual(await get(cookie), { status: 200, user: 'anna' })
    assert.deepEqual(await get({ ...cookie, 'Sec-Fetch-Site': 'same-origin' }), { status: 200, user: 'anna' })
    assert.deepEqual(await get({ ...cookie, Origin: site }), { status: 200, user: 'anna' })
    assert.equal((await get(cookie, 'HEAD')).status, 200)
    for (const foreign of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://evil.example' }, { Origin: 'null' }])
      assert.equal((await get({ ...cookie, ...(foreign as Record<string, string>) })).status, 403)
    assert.deepEqual(await get(cookie, 'POST'), { status: 200, user: null }, 'nothing is changed by it')
  })

  test('a header beats it, in any spelling of the scheme', async () => {
    const { access } = await obtain(server, 'anna')
    const root = (await obtain(server, 'root')).access
    for (const scheme of ['Bearer', 'bearer'])
      assert.equal((await get({ Cookie: `jwt=${access}`, Authorization: `${scheme} ${root}` })).user, 'root')
    const basic = Buffer.from(`root:${password}`).toString('base64')
    assert.equal((await get({ Authorization: `Basic ${basic}` })).user, 'root')
    assert.equal((await get({ Cookie: `jwt=${access}`, Authorization: 'Bearer x' })).status, 401)
  })

  test('it holds an access token of this door and nothing else', async () => {
    const { refresh } = await obtain(server, 'anna')
    const native = (await signIn(server, 'anna')).access_token as string
    const wide = (await makeToken(server, native)).token as string
    const opaque = (await signIn(server, 'anna', { mode: 'bearer' })).token as string
    for (const value of [refresh, native, wide, opaque, 'x', 'a.b.c'])
      assert.equal((await get({ Cookie: `jwt=${value}` })).status, 401, value.slice(0, 20))
  })

  test('it dies with its session, and twice or unreadable it is refused; cleared it is none', async () => {
    const { access, refresh } = await obtain(server, 'anna')
    assert.equal((await get({ Cookie: `jwt=${access}; jwt=${access}` })).status, 401)
    assert.equal((await get({ Cookie: 'jwt="quoted"' })).status, 401)
    assert.deepEqual(await get({ Cookie: 'jwt=' }), { status: 200, user: null })
    assert.deepEqual(await get(), { status: 200, user: null })
    await server.send('POST', `${tokensAt}/blacklist/`, { json: { refresh } })
    await server.core.feed.sync()
    assert.equal((await get({ Cookie: `jwt=${access}` })).status, 401)
    assert.equal(claimsOf(access).api, 'librephotos')
  })
})
