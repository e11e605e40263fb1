import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { makeUser, signIn } from '../../support/callers.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { echo, type Service, startService } from './service.ts'

let service: Service
let server: TestServer
let access: string

const item = { _id: 1, title: 'a', secret: 's', author: { name: 'b', email: 'e' } }
const shown = { title: 'a', author: { name: 'b' } }

before(async () => {
  service = await startService()
  server = await startTestServer({
    gateway: {
      upstreams: [service.upstream('/shop', { open: { paths: ['title', 'author.name'], query: ['page'] } })],
      connectSeconds: 1,
      idleSeconds: 5,
      projectBytes: 10_000,
    },
  })
  await makeUser(server, 'alice')
  access = (await signIn(server, 'alice')).access_token as string
})
after(async () => {
  await server.close()
  await service.close()
})

function answering(body: string | Buffer, headers: Readonly<Record<string, string>> = {}, status = 200): void {
  service.asked.length = 0
  service.answer = (_, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers })
    response.end(body)
  }
}

const ask = (path = '/shop/items', wish = {}, method = 'GET') => server.send(method, path, wish)

test('nobody sees of an object, a list or an envelope what is not named; who is known sees all of it', async () => {
  for (const [body, part] of [
    [item, shown],
    [
      [item, item],
      [shown, shown],
    ],
    [
      { count: 9, next: 'x', results: [item] },
      { count: 9, results: [shown] },
    ],
  ]) {
    answering(JSON.stringify(body), { 'Cache-Control': 'public', ETag: '"1"', 'X-Secret': 's' })
    const open = await ask()
    assert.equal(open.status, 200, open.text)
    assert.deepEqual(open.body, part)
    assert.deepEqual([open.headers.get('etag'), open.headers.get('x-secret')], [null, null])
    assert.equal(open.headers.get('cache-control'), 'no-store')
    assert.match(open.headers.get('vary') ?? '', /Authorization, Cookie, X-API-Key/)
    const known = await ask('/shop/items', { token: access })
    assert.deepEqual(known.body, body)
    assert.equal(known.headers.get('cache-control'), 'private, no-cache')
  }
})

test('a stranger says nothing to the service but what is asked for', async () => {
  answering('{}')
  const headers = {
    'X-Debug': '1',
    'If-None-Match': '"1"',
    Range: 'bytes=0-1',
    'X-Cardea-User': 'x',
    Cookie: 'mine=1',
    Referer: 'x',
  }
  await ask('/shop/items?page=2', { headers })
  const seen = service.asked[0]
  assert.equal(seen?.url, '/shop/items?page=2')
  for (const name of ['x-debug', 'if-none-match', 'range', 'cookie', 'referer'])
    assert.equal(seen?.headers[name], undefined, name)
  assert.deepEqual(
    [seen?.headers['x-cardea-user'], seen?.headers['x-cardea-kind'], seen?.headers['accept-encoding']],
    ['', '', 'identity'],
  )
})

test('a query that is not listed cannot ask what is hidden', async () => {
  answering('[]')
  for (const query of [
    'sort=secret',
    'page=1&filter[secret]=s',
    'page=1&page=2',
    'Page=1',
    '%70age2=1',
    'page[]=1',
    'page=1;sort=secret',
    ';page=1',
  ]) {
    const refused = await ask(`/shop/items?${query}`)
    assert.deepEqual([refused.status, refused.body.code], [400, 'request_invalid'], query)
  }
  assert.equal(service.asked.length, 0)
  assert.equal((await ask('/shop/items?sort=secret', { token: access })).status, 200)
})

test('what is no JSON, is not read, or too large, is shown to nobody without a credential', async () => {
  const json = JSON.stringify(item)
  const cases: readonly (readonly [string, string | Buffer, Record<string, string>, number])[] = [
    ['HTML', '<p>secret', { 'Content-Type': 'text/html' }, 401],
    ['no type', json, { 'Content-Type': '' }, 401],
    ['JSON by name only', 'secret', {}, 401],
    ['broken', '{"title": "a"', {}, 401],
    ['no UTF-8', Buffer.from('{"title": "\xff"}', 'latin1'), {}, 401],
    ['a text', '"secret"', {}, 401],
    ['a list of texts', '["secret"]', {}, 401],
    ['too large', JSON.stringify({ title: 'x'.repeat(20_000) }), {}, 401],
    ['deep', `{"title": ${'['.repeat(4900)}${']'.repeat(4900)}}`, {}, 401],
    ['a bomb', gzipSync(JSON.stringify({ title: 'x'.repeat(5_000_000) })), { 'Content-Encoding': 'gzip' }, 401],
    ['an encoding that is not known', json, { 'Content-Encoding': 'zstd' }, 401],
    ['encoded twice', gzipSync(json), { 'Content-Encoding': 'gzip, gzip' }, 401],
    ['not what it is encoded as', json, { 'Content-Encoding': 'gzip' }, 502],
    ['a redirect', '', { Location: '/secret' }, 401],
  ]
  for (const [name, body, headers, status] of cases) {
    answering(body, headers, name === 'a redirect' ? 302 : 200)
    const answered = await ask()
    assert.equal(answered.status, status, `${name}: ${answered.text}`)
    assert.doesNotMatch(answered.text, /xxx|"secret"|<p>/, name)
  }
  for (const [upstream, status] of [
    [404, 404],
    [410, 404],
    [403, 401],
    [500, 502],
    [206, 401],
    [304, 401],
  ] as const) {
    answering(upstream === 304 ? '' : json, {}, upstream)
    assert.equal((await ask()).status, status, String(upstream))
  }
})

test('what is encoded in a known way is read', async () => {
  for (const [encoding, body] of [
    ['gzip', gzipSync(JSON.stringify(item))],
    ['br', brotliCompressSync(JSON.stringify(item))],
  ] as const) {
    answering(body, { 'Content-Encoding': encoding })
    assert.deepEqual((await ask()).body, shown, encoding)
  }
})

test('only GET and HEAD are open, a bad credential is no stranger, and HEAD tells nothing of what is hidden', async () => {
  answering(JSON.stringify(item))
  for (const method of ['POST', 'PUT', 'DELETE'])
    assert.equal((await ask('/shop/items', {}, method)).status, 401, method)
  assert.equal((await ask('/shop/items', { token: 'garbage' })).status, 401)
  assert.equal(service.asked.length, 0)
  const head = await ask('/shop/items', {}, 'HEAD')
  assert.deepEqual([head.status, head.headers.get('content-length')], [200, String(JSON.stringify(shown).length)])
  const stale = { cookie: 'cardea=gone', headers: { 'Sec-Fetch-Site': 'same-origin' } }
  assert.deepEqual((await ask('/shop/items', stale)).body, shown)
  service.answer = echo
})
