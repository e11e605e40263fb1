import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import express, { type ErrorRequestHandler } from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import * as inExpress from '../../src/adapters/express.ts'
import * as inFastify from '../../src/adapters/fastify.ts'
import * as inHono from '../../src/adapters/hono.ts'
import * as inNext from '../../src/adapters/next.ts'
import * as inNode from '../../src/adapters/node.ts'
import { guardedRequest } from '../../src/adapters/node.ts'
import { type Cardea, createCardea, requires } from '../../src/index.ts'
import { password } from '../support/callers.ts'
import { silentLog } from '../support/store.ts'

/* All of Cardea inside somebody else's program, and that program's own routes guarded by it: one store, one process. */

let cardea: Cardea
let folder: string
const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
const hosts = new Map<string, { readonly url: string; readonly close: () => Promise<unknown> }>()

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cardea-mount-'))
  cardea = await createCardea({
    settings: { dataDir: folder, publicUrl: 'http://localhost:8080', passwordHash: { memoryKib: 64, passes: 1 } },
    log: silentLog,
    mailer: { send: async () => {} },
  })
  await cardea.core.users.create(
    { username: 'alice', email: null, password, role: 'user', kind: 'person' },
    null,
    origin,
  )
  await cardea.core.users.create(
    { username: 'root', email: null, password, role: 'admin', kind: 'person' },
    null,
    origin,
  )
  for (const [name, start] of Object.entries(starts)) hosts.set(name, await start())
})
after(async () => {
  for (const { close } of hosts.values()) await close()
  await cardea.close()
  rmSync(folder, { recursive: true, force: true })
})

async function listening(server: Server) {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections()
      return new Promise((done) => server.close(done))
    },
  }
}

const starts = {
  async express() {
    const app = express()
    app.use(cardea.express())
    app.get('/mine', inExpress.guarded(cardea.guard, requires('account:read')), (request, response) => {
      response.json({ caller: inExpress.principalOf(request).user?.username })
    })
    app.use((_request, response) => void response.status(404).send('of the host'))
    return listening(createServer(app))
  },
  async fastify() {
    const app = fastify()
    await app.register(cardea.fastify())
    app.get('/mine', { onRequest: inFastify.guarded(cardea.guard, requires('account:read')) }, async (request) => ({
      caller: inFastify.principalOf(request).user?.username,
    }))
    app.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send('of the host'))
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    return { url, close: () => app.close() }
  },
  async hono() {
    const app = new Hono()
    app.use(cardea.hono())
    app.get('/mine', inHono.guarded(cardea.guard, requires('account:read')), (c) =>
      c.json({ caller: inHono.principalOf(c).user?.username }),
    )
    app.notFound((c) => c.text('of the host', 404))
    return listening(createServer(getRequestListener(app.fetch)))
  },
  async node() {
    const mine = inNode.guarded(cardea.guard, requires('account:read'), (_request, response, { user }) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ caller: user?.username }))
    })
    const mount = cardea.node()
    return listening(
      createServer((request, response) =>
        mount(request, response, () => {
          if (request.url === '/mine') void mine(request, response)
          else response.writeHead(404, { 'Content-Type': 'text/plain' }).end('of the host')
        }),
      ),
    )
  },
  /** What Next does: a file for each path, a function for each method. */
  async next() {
    const routes = cardea.next({ address: (request) => request.headers.get('x-real-ip') ?? '' })
    const mine = inNext.guarded(cardea.guard, requires('account:read'), (_request, { principal }) =>
      Response.json({ caller: principal.user?.username }),
    )
    const listener = getRequestListener(async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/mine') return mine(request, {})
      if (!/^\/(auth|oauth)\//.test(pathname)) return new Response('of the host', { status: 404 })
      return routes[request.method as 'GET'](request)
    })
    return listening(createServer(listener))
  },
} as const

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

for (const name of Object.keys(starts)) {
  describe(`inside ${name}`, () => {
    const at = (path: string) => `${hosts.get(name)?.url}${path}`

    test('a user signs in at a mounted address, and is known at a route of the host until they sign out', async () => {
      const signedIn = await post(at('/auth/sign-in'), { identifier: 'alice', password })
      assert.equal(signedIn.status, 200)
      const { access_token: token } = (await signedIn.json()) as { access_token: string }
      const headers = { Authorization: `Bearer ${token}` }
      const mine = await fetch(at('/mine'), { headers })
      assert.deepEqual([mine.status, await mine.json()], [200, { caller: 'alice' }])
      assert.equal((await fetch(at('/auth/me'), { headers })).status, 200)
      assert.equal((await post(at('/auth/sign-out'), {}, headers)).status, 204)
      const after = await fetch(at('/mine'), { headers })
      assert.equal(after.status, 401)
      assert.match(after.headers.get('www-authenticate') ?? '', /^Bearer realm="cardea", error="invalid_token"/)
      assert.equal(((await after.json()) as { code: string }).code, 'credential_revoked')
    })

    test('an answer of Cardea has its own headers, and a wrong method or body its own refusal', async () => {
      const refused = await fetch(at('/auth/me'))
      assert.equal(refused.status, 401)
      assert.equal(refused.headers.get('content-type'), 'application/problem+json')
      assert.equal(refused.headers.get('cache-control'), 'no-store')
      const body = await fetch(at('/auth/sign-in'), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{broken',
      })
      assert.equal(((await body.json()) as { code: string }).code, 'body_malformed')
      assert.equal((await fetch(at('/auth/sign-in'), { method: 'DELETE' })).status, 405)
    })

    test('what is at no address of Cardea is the host own, and so are the doors that are off', async () => {
      for (const path of [
        '/',
        '/healthz',
        '/metrics',
        '/nothing',
        '/signin',
        '/api/v1/article',
        '/AUTH/me',
        '//auth/me',
        '/x/auth/me',
      ]) {
        const answered = await fetch(at(path))
        assert.deepEqual([answered.status, await answered.text()], [404, 'of the host'], path)
      }
    })
  })
}

/** Hosts that read bodies first, as most programs do. */
const readers = {
  async 'express with its parsers'() {
    const app = express()
    app.use(express.json(), express.urlencoded({ extended: true }), express.text())
    app.use(cardea.express())
    app.post('/own', (request, response) => void response.json(request.body))
    return listening(createServer(app))
  },
  async 'express that keeps the bytes'() {
    const app = express()
    app.use(express.raw({ type: () => true }))
    app.use(cardea.express())
    app.post('/own', (request, response) => void response.json(JSON.parse(String(request.body))))
    return listening(createServer(app))
  },
  async 'fastify with its parsers'() {
    const app = fastify()
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    )
    app.addHook('preHandler', async (request) => void request.body)
    app.post('/own', async (request) => request.body)
    await app.register(cardea.fastify())
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    return { url, close: () => app.close() }
  },
  async 'hono that reads json, text or forms'() {
    const app = new Hono()
    app.use(async (c, next) => {
      const type = c.req.header('content-type') ?? ''
      if (type.includes('json')) await c.req.json().catch(() => null)
      else if (type.includes('multipart')) await c.req.formData().catch(() => null)
      else await c.req.parseBody()
      await next()
    })
    app.use(cardea.hono())
    app.post('/own', async (c) => c.json(await c.req.json()))
    return listening(createServer(getRequestListener(app.fetch)))
  },
  async 'hono that reads forms as such'() {
    const app = new Hono()
    app.use(async (c, next) => {
      const type = c.req.header('content-type') ?? ''
      if (c.req.method === 'POST') await (type.includes('form') ? c.req.formData() : c.req.text()).catch(() => null)
      await next()
    })
    app.use(cardea.hono())
    app.post('/own', async (c) => c.json(await c.req.json()))
    return listening(createServer(getRequestListener(app.fetch)))
  },
} as const

for (const [name, start] of Object.entries(readers)) {
  test(`what ${name} has read before Cardea is no loss: it is answered as if nobody had`, async () => {
    const { url, close } = await start()
    hosts.set(name, { url, close })
    const signIn = (body: string | URLSearchParams | FormData, headers: Record<string, string> = {}) =>
      fetch(`${url}/auth/sign-in`, { method: 'POST', body, headers })
    const json = { 'Content-Type': 'application/json' }
    const good = await signIn(JSON.stringify({ identifier: 'alice', password }), json)
    assert.equal(good.status, 200)
    const { refresh_token: refresh } = (await good.json()) as { refresh_token: string }
    const wrong = await signIn(JSON.stringify({ identifier: 'alice', password: 'wrong', more: [1] }), json)
    assert.equal(wrong.status, 400)
    assert.equal((await signIn('', json)).status, 400)
    assert.equal((await signIn(`${'['.repeat(30_000)}${']'.repeat(30_000)}`, json)).status, 400)
    const text = await signIn('text', { 'Content-Type': 'text/plain' })
    assert.equal(text.status, 415, await text.text())
    const token = (form: URLSearchParams) => fetch(`${url}/oauth/token`, { method: 'POST', body: form })
    const renewed = await token(new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refresh }))
    assert.equal(renewed.status, 200, await renewed.text())
    for (const form of ['grant_type=a&grant_type=b', 'grant_type[a]=b', 'grant_type[]=b', '__proto__[a]=b', 'a=%zz'])
      assert.ok([400, 401].includes((await token(new URLSearchParams(form))).status), form)
    const parts = new FormData()
    parts.set('identifier', 'alice')
    assert.equal((await signIn(parts)).status, 415)
    const broken = await signIn('no parts', { 'Content-Type': 'multipart/form-data; boundary=x' })
    assert.equal(broken.status, 415)
    const own = await post(`${url}/own`, { mine: true })
    assert.deepEqual([own.status, await own.json()], [200, { mine: true }])
  })
}

test('a body that was read and not kept is an error that says what to change, at addresses of Cardea only', async () => {
  const app = express()
  let told = ''
  app.use((request, _response, next) => request.resume().on('end', next))
  app.use(cardea.express())
  const note: ErrorRequestHandler = (error: Error, _request, response, _next) => {
    told = error.message
    response.status(500).end()
  }
  app.use(note)
  const { url, close } = await listening(createServer(app))
  assert.equal((await post(`${url}/auth/sign-in`, { identifier: 'alice', password })).status, 500)
  assert.match(told, /Mount Cardea before whatever reads bodies/)
  // Without a body there is nothing to miss.
  assert.equal((await fetch(`${url}/auth/me`)).status, 401)
  await close()

  const bare = createServer(async (request, response) => {
    for await (const _ of request);
    cardea.node()(request, response)
  })
  const other = await listening(bare)
  const answered = await post(`${other.url}/auth/sign-in`, { identifier: 'alice', password })
  assert.equal(answered.status, 500)
  assert.match(await answered.text(), /Mount Cardea before whatever reads bodies/)
  assert.equal((await fetch(`${other.url}/nothing`)).status, 404)
  await other.close()

  const hono = new Hono()
  hono.use(async (c, next) => {
    await c.req.raw.text()
    await next()
  })
  hono.use(cardea.hono())
  hono.post('/own', (c) => c.text('own'))
  hono.onError((error, c) => c.text(error.message, 500))
  const late = await hono.request('/auth/sign-in', { method: 'POST', body: '{}' })
  assert.match(await late.text(), /Mount Cardea before whatever reads bodies/)
  assert.equal(await (await hono.request('/own', { method: 'POST', body: '{}' })).text(), 'own')

  const read = new Request('http://localhost:8080/auth/sign-in', { method: 'POST', body: '{}' })
  await read.text()
  await assert.rejects(cardea.next().POST(read), /Mount Cardea before whatever reads bodies/)
})

test('a host that does not say that there is a body gets no other type past the check either', async () => {
  const body = JSON.stringify({ identifier: 'alice', password })
  const send = (type: string) =>
    cardea.fetch(
      new Request('http://localhost:8080/auth/sign-in', { method: 'POST', body, headers: { 'Content-Type': type } }),
    )
  assert.equal((await send('text/plain')).status, 415)
  assert.equal((await send('application/json')).status, 200)
})

test('requests of HTTP/2 and those that tests inject are guarded too, and a key sent twice is none', async () => {
  const user = (await cardea.core.users.list({ limit: 1, search: 'alice' })).items[0] ?? assert.fail()
  const { token } = await cardea.core.keys.issueFor(user, { name: 'adapters' }, origin, null)
  const app = fastify()
  await app.register(cardea.fastify())
  app.get('/mine', { onRequest: inFastify.guarded(cardea.guard) }, async (request) => ({
    caller: inFastify.principalOf(request).user?.username,
  }))
  const injected = await app.inject({ url: '/mine', headers: { 'x-api-key': token } })
  assert.deepEqual([injected.statusCode, injected.json()], [200, { caller: 'alice' }])
  assert.equal((await app.inject('/mine')).statusCode, 401)
  const signedIn = await app.inject({
    ...{ method: 'POST', url: '/auth/sign-in', headers: { host: 'localhost:8080' } },
    payload: { identifier: 'alice', password },
  })
  assert.equal(signedIn.statusCode, 200, signedIn.body)
  await app.close()

  const two = createHttp2Server((request, response) => {
    const { headers } = guardedRequest(request as unknown as IncomingMessage)
    response.end(String(headers.get('x-api-key')))
  })
  await new Promise<void>((done) => two.listen(0, '127.0.0.1', done))
  const line = connect(`http://127.0.0.1:${(two.address() as AddressInfo).port}`)
  const keyOf = async (sent: string | string[]) => {
    let text = ''
    for await (const chunk of line.request({ ':path': '/', 'x-api-key': sent })) text += chunk
    return text
  }
  assert.deepEqual([await keyOf('a'), await keyOf(['a', 'b'])], ['a', 'a, b'])
  await new Promise<void>((done) => line.close(done))
  two.close()
})

test('in hono who calls is known behind what bounds bodies, too', async () => {
  const user = (await cardea.core.users.list({ limit: 1, search: 'alice' })).items[0] ?? assert.fail()
  const { token } = await cardea.core.keys.issueFor(user, { name: 'bounded' }, origin, null)
  const app = new Hono()
  app.post('/mine', inHono.guarded(cardea.guard), bodyLimit({ maxSize: 100 }), async (c) =>
    c.json({ caller: inHono.principalOf(c).user?.username, sent: await c.req.text() }),
  )
  const chunks = ReadableStream.from(['a', 'b']).pipeThrough(new TextEncoderStream())
  const headers = { 'X-API-Key': token, 'Transfer-Encoding': 'chunked' }
  const init = { method: 'POST', headers, body: chunks, duplex: 'half' } as const
  const answered = await app.request('/mine', init)
  assert.deepEqual([answered.status, await answered.json()], [200, { caller: 'alice', sent: 'ab' }])
  assert.match(answered.headers.get('vary') ?? '', /X-API-Key/)
})

test('who calls is known behind a guard only', () => {
  assert.throws(() => inExpress.principalOf({}), /went through no guard/)
  assert.throws(() => inExpress.optionalPrincipalOf({}), /went through no guard/)
})

test('in a proxy of Next nothing is answered for a caller who is let in', async () => {
  const proxy = inNext.guardedPaths(cardea.guard, requires('account:read'))
  const refused = await proxy(new Request('http://localhost:8080/x'))
  assert.equal(refused?.status, 401)
  const signedIn = await cardea.fetch(
    new Request('http://localhost:8080/auth/sign-in', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ identifier: 'alice', password }),
    }),
  )
  const { access_token: token } = (await signedIn.json()) as { access_token: string }
  const headers = { Authorization: `Bearer ${token}` }
  assert.equal(await proxy(new Request('http://localhost:8080/x', { headers })), undefined)
})
