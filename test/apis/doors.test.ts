import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import { z } from '@hono/zod-openapi'
import { type Api, route, synonym, withPrefix } from '../../src/apis/api.ts'
import { createApp } from '../../src/apis/mount.ts'
import { findOverlaps } from '../../src/apis/overlap.ts'
import { CardeaError } from '../../src/errors.ts'
import { createCredentialReader } from '../../src/http/credentials.ts'
import { TypelessResponse } from '../../src/http/typeless-response.ts'
import { makeUser, signIn } from '../support/callers.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/* What a door of another contract can ask of the pipeline, on a small door that asks for all of it. */

const tag = 'Shop'
const summary = 'x'
const answers = { 200: { description: 'x' } }

const order = route('POST', '/orders', {
  tag,
  summary,
  answers,
  takes: [],
  bodyType: ['json', 'form'],
  otherBodies: 'ignored',
  refuse: (body) => {
    const { item } = body as { item?: unknown }
    if (Object.keys(body as object).length === 0) return { field: 'body', message: 'nothingOrdered' }
    return item === undefined ? { field: 'item', message: 'whatItem' } : null
  },
  body: z.object({ item: z.string() }),
  run: ({ body }) => ({ status: 200, body }),
})
const change = route('PATCH', '/orders/:id', {
  tag,
  summary,
  answers,
  takes: ['access-token'],
  params: z.object({ id: z.string() }),
  needs: 'account:read',
  admit: async (call) => {
    if (call.request.headers.has('x-closed')) throw new CardeaError('scope_missing', { extra: { shop: 'closed' } })
    return { ...call.caller(), role: 'keeper' }
  },
  body: z.object({ amount: z.number() }),
  run: (call) => ({ status: 200, body: { role: call.caller().role } }),
})
const shop: Api = {
  name: 'freesewing',
  prefixes: ['/orders'],
  cors: { origins: '*', credentials: false, methods: [] },
  cookieOrigins: [],
  readCredentials: createCredentialReader(null),
  renderError: (error, { route: at }) =>
    at?.takes.includes('access-token') && error.code.startsWith('credential')
      ? { status: 401, body: 'Go away', type: '' }
      : { status: 400, body: { word: error.detail.fields?.[0]?.message ?? error.code, ...error.detail.extra } },
  description: {
    error: () => ({ status: 400, code: 'x', type: 'application/json', schema: z.object({}), headers: {} }),
    schemes: [],
  },
  routes: [order, change, synonym(change, 'PUT')],
}

let house: TestServer
let url: string
const server = createServer({ ServerResponse: TypelessResponse })
before(async () => {
  house = await startTestServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { core, apis, http, metrics } = house
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const newRequestId = () => 'id'
  const app = createApp({ core, http, log, metrics, apis: [...apis, shop], newRequestId })
  server.on(
    'request',
    getRequestListener((request, env) => app.fetch(request, env), { overrideGlobalObjects: false }),
  )
})
after(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  await house.close()
})

const send = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) => {
  const answer = await fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}
const json = { 'Content-Type': 'application/json' }
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

describe('bodies of a door', () => {
  test('come as any of the types that the route names', async () => {
    assert.equal((await send('POST', '/orders', json, '{"item":"a b"}')).text, '{"item":"a b"}')
    assert.equal((await send('POST', '/orders', form, 'item=a+b')).text, '{"item":"a b"}')
  })

  test('of another type or of none are passed over where the route says so, and refused elsewhere', async () => {
    for (const headers of [{ 'Content-Type': 'text/plain' }, { 'Content-Type': '' }])
      assert.equal((await send('POST', '/orders', headers, '{"item":"a"}')).text, '{"word":"nothingOrdered"}')
    assert.equal((await send('POST', '/orders')).text, '{"word":"nothingOrdered"}')
    const native = await send('POST', '/auth/sign-in', { 'Content-Type': 'text/plain' }, '{}')
    assert.equal(native.status, 415)
  })

  test('are checked in the order of the contract before the schema sees them', async () => {
    assert.equal((await send('POST', '/orders', json, '{}')).text, '{"word":"nothingOrdered"}')
    assert.equal((await send('POST', '/orders', json, '{"a":1}')).text, '{"word":"whatItem"}')
    assert.match((await send('POST', '/orders', json, '{"item":1}')).text, /expected string/)
    assert.match((await send('POST', '/orders', json, '{')).text, /body_malformed/)
    assert.match((await send('POST', '/orders', json, '{"item":"a\\u0000"}')).text, /NUL/)
  })
})

describe('callers of a door', () => {
  test('are let in by what the contract asks beyond scopes, before anything is parsed', async () => {
    await makeUser(house, 'sam')
    const token = (await signIn(house, 'sam')).access_token as string
    const headers = { ...json, Authorization: `Bearer ${token}` }
    const closed = await send('PATCH', '/orders/1', { ...headers, 'X-Closed': 'yes' }, '{broken')
    assert.equal(closed.text, '{"word":"scope_missing","shop":"closed"}')
    assert.equal((await send('PATCH', '/orders/1', headers, '{"amount":1}')).text, '{"role":"keeper"}')
  })

  test('without a credential get the 401 of the contract, without a type where it has none', async () => {
    const refused = await send('PATCH', '/orders/1', { ...json, 'X-Closed': 'yes' }, '{}')
    assert.equal(refused.status, 401)
    assert.equal(refused.text, 'Go away')
    assert.equal(refused.headers.get('content-type'), null)
    assert.equal(refused.headers.get('www-authenticate'), null)
    assert.equal(refused.headers.get('cache-control'), 'no-store')
  })

  test('may use a method that stands for another', async () => {
    const headers = { ...json, Authorization: `Bearer ${(await signIn(house, 'sam')).access_token}` }
    assert.equal((await send('PUT', '/orders/1', headers, '{"amount":1}')).text, '{"role":"keeper"}')
    assert.equal((await send('PUT', '/orders/1', { ...headers, 'X-Closed': 'y' }, '{"amount":1}')).status, 400)
  })
})

describe('addresses of a door', () => {
  test('that nothing is at get the 404 of the door with the longest prefix, whole segments counting', async () => {
    assert.equal((await send('GET', '/orders/1/2/3')).text, '{"word":"not_found"}')
    for (const path of ['/ordersX', '/auth/orders', '/nothing'])
      assert.match((await send('GET', path)).text, /"type":"about:blank"/, path)
  })

  test('answer preflights for every page without credentials, and leave those of others alone', async () => {
    const asked = { Origin: 'https://any.example', 'Access-Control-Request-Headers': 'authorization,x-own' }
    const preflight = await send('OPTIONS', '/orders', asked)
    assert.equal(preflight.status, 204)
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*')
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'authorization,x-own')
    assert.equal(preflight.headers.get('access-control-allow-credentials'), null)
    const odd = await send('OPTIONS', '/orders', { ...asked, 'Access-Control-Request-Headers': 'a;b=<x>' })
    assert.equal(odd.headers.get('access-control-allow-headers'), 'Authorization, Content-Type, X-API-Key')
    const native = await send('OPTIONS', '/auth/me', asked)
    assert.equal(native.headers.get('access-control-allow-origin'), null)
    const answer = await send('POST', '/orders', { ...form, Origin: 'https://any.example' }, 'item=1')
    assert.equal(answer.headers.get('access-control-allow-origin'), '*')
    assert.match(answer.headers.get('vary') ?? '', /Origin/)
  })

  test('move below a prefix as a whole', () => {
    const moved = withPrefix(shop, '/shop')
    assert.deepEqual(moved.prefixes, ['/shop'])
    assert.deepEqual(
      moved.routes.map(({ path }) => path),
      ['/shop/orders', '/shop/orders/:id', '/shop/orders/:id'],
    )
    assert.equal(withPrefix(shop, ''), shop)
  })

  test('that two doors would answer are found, whatever the method and the names of parameters', () => {
    const other = (path: string): Api => ({ ...shop, name: 'hautai', routes: [{ ...order, method: 'GET', path }] })
    for (const path of ['/orders', '/:any', '/orders/new', '/:a/:b'])
      assert.notDeepEqual(findOverlaps([shop, other(path)]), [], path)
    for (const path of ['/order', '/orders/1/2', '/']) assert.deepEqual(findOverlaps([shop, other(path)]), [], path)
    assert.equal(findOverlaps([{ ...shop, routes: [order, order] }]).length, 1)
    assert.deepEqual(findOverlaps([shop]), [])
  })
})
