import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { createApp } from '../../../src/apis/mount.ts'
import { createConsole } from '../../../src/apis/native/console.ts'
import { createNativeApi } from '../../../src/apis/native/index.ts'
import { linkPurposes } from '../../../src/apis/native/pages.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { silentLog } from '../../support/store.ts'

const page = `<meta name="cardea-facts" content="__FACTS__"><link href="__ICON__"><meta nonce="__NONCE__"><script src="/console/assets/index-a1.js" nonce="__NONCE__"></script>`
const script = 'console.log("hello")'.repeat(20)

let server: TestServer
let folder: string
let ask: (path: string, init?: RequestInit) => Promise<Response>

before(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'cardea-console-'))
  const http = { ...server.http, console: { idleSeconds: 600 } }
  const api = createNativeApi({
    http,
    health: { ready: async () => {} },
    metrics: server.metrics,
    console: { load: createConsole(folder), newNonce: randomUUID, version: '1.2.3' },
  })
  const app = createApp({
    core: server.core,
    http,
    log: silentLog,
    metrics: server.metrics,
    apis: [api],
    newRequestId: () => 'id',
  })
  ask = async (path, init) => {
    const request = new Request(new URL(path, server.url), init)
    const { host } = new URL(server.url)
    return app.fetch(request, {
      incoming: { headers: { ...Object.fromEntries(request.headers), host }, joinDuplicateHeaders: true },
    })
  }
})
after(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server.close()
})

test('without a build the address says how to make one, and mailed links keep to the pages that need none', async () => {
  const answer = await ask('/console')
  assert.equal(answer.status, 404)
  assert.match(await answer.text(), /npm run console/)
  assert.equal((await ask('/auth/page/setup')).status, 200)
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), page)
  writeFileSync(join(folder, '.sources'), 'hash')
  writeFileSync(join(folder, 'assets', 'index-a1.js'), script)
  writeFileSync(join(folder, 'assets', 'index-a1.js.br'), brotliCompressSync(script))
  writeFileSync(join(folder, 'assets', 'notes.txt'), 'not for anybody')
  assert.equal((await ask('/console')).status, 200, 'a build that comes later is seen')
})

test('every address of the console answers the page, with a nonce of its own and a policy that names it', async () => {
  const seen = new Set<string>()
  for (const path of [
    '/console',
    '/console/',
    '/console/sign-in',
    '/console/tokens?cursor=a',
    '/console/admin/users/1',
  ]) {
    const answer = await ask(path)
    assert.equal(answer.status, 200, path)
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const text = await answer.text()
    const nonce = /script [^>]*nonce="([^"]+)"/.exec(text)?.[1] ?? ''
    assert.ok(nonce !== '' && !seen.has(nonce), 'the nonce is used again')
    seen.add(nonce)
    assert.deepEqual((answer.headers.get('content-security-policy') ?? '').split('; '), [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      "img-src 'self' data:",
      "font-src 'self'",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ])
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(answer.headers.get('cross-origin-opener-policy'), 'same-origin')
    assert.ok(!text.includes('__'), 'a mark was left open')
  }
  assert.equal((await ask('/console/a/b/c/d')).status, 404)
  assert.equal((await ask('/console', { method: 'POST' })).status, 405)
  assert.equal(await (await ask('/console', { method: 'HEAD' })).text(), '')
})

test('what the page is told of the server holds no secret, and cannot break out of its attribute', async () => {
  const text = await (await ask('/console', { headers: { 'X-Forwarded-Host': '"><script>' } })).text()
  const facts = JSON.parse(
    (/content="([^"]*)"/.exec(text)?.[1] ?? '').replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
  )
  assert.deepEqual(facts, {
    version: '1.2.3',
    public_url: server.url,
    sign_up: 'open',
    confirm_email: true,
    needs_set_up: true,
    password: { min_length: 8, max_length: 256 },
    token_max_seconds: 365 * 86_400,
    idle_seconds: 600,
    documents: true,
  })
})

test('files are kept for ever under names that change with what is in them, and travel compressed', async () => {
  const plain = await ask('/console/assets/index-a1.js')
  assert.equal(await plain.text(), script)
  assert.equal(plain.headers.get('content-type'), 'text/javascript; charset=utf-8')
  assert.equal(plain.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  assert.match(plain.headers.get('vary') ?? '', /Accept-Encoding/)
  assert.equal(plain.headers.get('content-encoding'), null)
  const packed = await ask('/console/assets/index-a1.js', { headers: { 'Accept-Encoding': 'gzip, br' } })
  assert.equal(packed.headers.get('content-encoding'), 'br')
  assert.equal(brotliDecompressSync(Buffer.from(await packed.arrayBuffer())).toString(), script)
  const etag = packed.headers.get('etag') ?? ''
  assert.notEqual(etag, plain.headers.get('etag'), 'two codings have one tag')
  const headers = { 'Accept-Encoding': 'br', 'If-None-Match': etag }
  assert.equal((await ask('/console/assets/index-a1.js', { headers })).status, 304)
})

test('nothing but what was built for a browser can be had, whatever the name says', async () => {
  for (const name of [
    'index-b2.js',
    'notes.txt',
    'index-a1.js.br',
    '.sources',
    '..%2Findex.html',
    '%2e%2e%2f.sources',
    '..%5c..%5cpackage.json',
    '%2Fetc%2Fpasswd',
    'constructor',
    '__proto__',
    'index-a1.js%00',
    `${'a'.repeat(200)}.js`,
  ]) {
    const answer = await ask(`/console/assets/${name}`)
    assert.ok([400, 404].includes(answer.status), `${name}: ${answer.status}`)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
  }
})

test('mailed links lead to the page of the same name, and keep their token to themselves', async () => {
  for (const purpose of linkPurposes) {
    const answer = await ask(`/auth/page/${purpose}`)
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, `/console/${purpose}`])
    assert.equal((await ask(`/console/${purpose}`)).status, 200)
  }
  assert.equal((await ask('/auth/page/..%2Fsign-in')).status, 404)
})

test('where the console is off there is nothing at its address', async () => {
  for (const path of ['/console', '/console/sign-in', '/console/assets/index-a1.js'])
    assert.equal((await fetch(`${server.url}${path}`)).status, 404)
})
