import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { cookieOf, makeKey } from '../../support/callers.ts'
import { echo, open, useShop } from './service.ts'

const deadPort = 9 // Nobody listens on the port of `discard`.
const shop = useShop(({ upstream, port }) => {
  const target = { protocol: 'http:', host: '127.0.0.1', port, authority: `127.0.0.1:${port}` } as const
  return {
    http: { corsOrigins: ['https://pages.example.com'] },
    upstreams: [
      upstream('/shop'),
      upstream('/cut', { target: { ...target, path: '' } }),
      upstream('/moved', { target: { ...target, path: '/base' } }),
      upstream('/ruled', { accepts: ['api-key'], requires: ['keys:write'] }),
      upstream('/dead', { target: { ...target, port: deadPort, path: null } }),
    ],
  }
})
const { port, bearer } = shop

interface Echoed {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

interface Got {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

/** Over plain HTTP, without what `fetch` adds and resolves. */
function get(
  path: string,
  headers: Readonly<Record<string, string | string[]>> = bearer(),
  method = 'GET',
  body?: string,
): Promise<Got> {
  return new Promise((done, fail) => {
    open(port(), path, headers, method, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.on('error', fail)
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
      .on('error', fail)
      .end(body)
  })
}

test('the service is told who calls and what was asked; what the caller says of that is struck, in every spelling', async () => {
  const forged = [
    'X-Cardea-User',
    'x-cardea-role',
    'X_Cardea_User',
    'X-Cardea_Role',
    'X.Cardea.User',
    'X-Cardea-Anything',
    'X-Forwarded-For',
    'X-Forwarded-User',
    'X_Forwarded_For',
    'X-Original-URI',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'Forwarded',
    'X-Real-IP',
    'Proxy-Authorization',
    'X-API-Key-Extra_',
  ]
  const headers = {
    ...bearer(),
    ...Object.fromEntries(forged.map((name) => [name, 'forged'])),
    Cookie: 'mine=1; cardea=old; __Host-cardea_device=x; other=2',
    Connection: 'close, X-Hop, X-Cardea-User',
    'X-Hop': 'forged',
    'X-Kept': 'yes',
  }
  const { status, text } = await get('/shop/items?a=1&apikey=secret&API_KEY=x&access_token=y&b=2', headers)
  assert.equal(status, 200, text)
  const { url, headers: seen } = JSON.parse(text) as Echoed
  assert.equal(url, '/shop/items?a=1&b=2')
  assert.ok(!JSON.stringify(seen).includes('forged'), JSON.stringify(seen))
  assert.equal(seen['x-cardea-username'], 'alice')
  assert.equal(seen['x-cardea-kind'], 'access-token')
  assert.equal(seen['x-kept'], 'yes')
  assert.equal(seen.cookie, 'mine=1; other=2')
  assert.equal(seen.authorization, undefined)
  assert.equal(seen.host, `127.0.0.1:${shop.service.port}`)
  assert.equal(seen['x-forwarded-for'], '127.0.0.1')
  assert.equal(seen['x-forwarded-host'], `127.0.0.1:${port()}`)
  const claims = decodeJwt(seen['x-cardea-jwt'] ?? '')
  assert.deepEqual([claims.aud, claims.iss], [`http://127.0.0.1:${shop.service.port}`, shop.server.url])
  const key = (await makeKey(shop.server, shop.access)).token as string
  const byKey = JSON.parse((await get('/shop', { 'X-API-Key': key })).text) as Echoed
  assert.equal(byKey.headers['x-api-key'], undefined)
  assert.equal(byKey.headers['x-cardea-kind'], 'api-key')
})

test('who is not let in reaches nothing, and is told why', async () => {
  const cases: readonly (readonly [string, Record<string, string>, number, string])[] = [
    ['/shop', {}, 401, 'credentials_missing'],
    ['/shop', { Authorization: 'Bearer garbage' }, 401, 'credential_malformed'],
    ['/shop', { ...bearer(), Host: 'evil.example' }, 421, 'host_unknown'],
    ['/shop', { Cookie: await cookieOf(shop.server, 'alice'), 'Sec-Fetch-Site': 'cross-site' }, 403, 'origin_refused'],
    ['/ruled', bearer(), 401, 'credential_kind_refused'],
    [
      '/ruled',
      { 'X-API-Key': (await makeKey(shop.server, shop.access, { scopes: ['keys:read'] })).token as string },
      403,
      'insufficient_scope',
    ],
    ['/shop', { 'Sec-Fetch-Site': 'cross-site', Authorization: `Basic ${btoa('alice:x')}` }, 403, 'origin_refused'],
  ]
  for (const [path, headers, status, code] of cases) {
    const got = await get(path, headers)
    assert.deepEqual([got.status, JSON.parse(got.text).code], [status, code], path)
    assert.match(got.headers['content-type'] ?? '', /^application\/problem\+json/)
  }
  const traced = await get('/shop', bearer(), 'TRACE')
  assert.deepEqual([traced.status, JSON.parse(traced.text).code], [405, 'method_not_allowed'])
  assert.match(traced.text + JSON.stringify(traced.headers), /PATCH/)
  assert.equal(shop.service.asked.length, 0)
})

test('what a service sends beside its answer reaches nobody: early hints, trailers, a second answer', async () => {
  const sent = [
    'HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\nX-Cardea-User: evil\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond',
  ]
  for (const bytes of sent) {
    // The last one leaves its connection open, with the second answer on it.
    shop.service.answer = ({ socket }) => (bytes.endsWith('second') ? socket.write(bytes) : socket.end(bytes))
    const got = await get('/shop')
    assert.deepEqual([got.status, got.text], [200, 'first'])
    shop.service.answer = echo
    assert.equal((JSON.parse((await get('/shop/next')).text) as Echoed).url, '/shop/next')
  }
  for (const lines of [
    'Content-Length: 5\r\nTransfer-Encoding: chunked',
    'Content-Length: 5\r\nContent-Length: 6',
    'X: a\x01b',
  ]) {
    shop.service.answer = (asked) => asked.socket.write(`HTTP/1.1 200 OK\r\n${lines}\r\n\r\nfirst`)
    assert.equal((await get('/shop')).status, 502, lines)
  }
})

test('an address that could be read as another one is refused, and one that only resolves to the service is not found', async () => {
  for (const path of [
    '/shop/../x',
    '/shop/%2e%2e/x',
    '/shop//x',
    '/shop/a%2fb',
    '/shop/a;b',
    '/shop/a%00',
    '/shop/%',
    '/shop/a\\b',
    '/shop/%252e%252e/x',
  ]) {
    const got = await get(path)
    assert.deepEqual([got.status, JSON.parse(got.text).code], [403, 'address_ambiguous'], path)
  }
  for (const path of ['/x/../shop/a', '/%73hop', '/shopping', '/SHOP', '//shop'])
    assert.equal((await get(path)).status, 404, path)
  assert.equal(shop.service.asked.length, 0)
})

test('the path is kept, or its prefix replaced, as the target says', async () => {
  const seen = async (path: string) => (JSON.parse((await get(path)).text) as Echoed).url
  assert.equal(await seen('/shop/a%20b?c'), '/shop/a%20b?c')
  assert.equal(await seen('/cut/a'), '/a')
  assert.equal(await seen('/cut'), '/')
  assert.equal(await seen('/moved/a?b'), '/base/a?b')
})

test('what a service must not say for the whole site is struck from its answer, and redirects lead back here', async () => {
  const origin = `http://127.0.0.1:${shop.service.port}`
  shop.service.answer = (_, response) => {
    response.writeHead(302, [
      ['Location', `${origin}/base/next`],
      ['Set-Cookie', 'theirs=1; Path=/'],
      ['Set-Cookie', 'cardea=evil; Path=/'],
      ['Set-Cookie', '__Host-cardea=evil; Path=/; Secure'],
      ['Set-Cookie', '=cardea=evil'],
      ['Set-Cookie', 'cardea_device=evil'],
      ['Clear-Site-Data', '"*"'],
      ['Service-Worker-Allowed', '/'],
      ['Strict-Transport-Security', 'max-age=0'],
      ['Access-Control-Allow-Origin', '*'],
      ['Access-Control-Allow-Credentials', 'true'],
      ['X-Accel-Redirect', '/protected'],
      ['X-Cardea-User', 'evil'],
      ['WWW-Authenticate', 'Basic'],
      ['Cache-Control', 'public, max-age=600'],
      ['Vary', 'Accept'],
      ['Content-Security-Policy', 'script-src *'],
      ['Connection', 'X-Private'],
      ['X-Private', 'hop'],
      ['X-Kept', 'yes'],
    ] as never)
    response.end()
  }
  const { status, headers } = await get('/moved/here')
  assert.equal(status, 302)
  assert.equal(headers.location, `${shop.server.url}/moved/next`)
  assert.deepEqual(headers['set-cookie'], ['theirs=1; Path=/'])
  for (const name of [
    'clear-site-data',
    'service-worker-allowed',
    'strict-transport-security',
    'access-control-allow-origin',
    'access-control-allow-credentials',
    'x-accel-redirect',
    'x-cardea-user',
    'www-authenticate',
    'x-private',
  ])
    assert.equal(headers[name], undefined, name)
  assert.equal(headers['content-security-policy'], 'script-src *, sandbox')
  assert.equal(headers['cache-control'], 'private, no-cache')
  assert.match(headers.vary ?? '', /Accept, Authorization, Cookie, X-API-Key/)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['x-kept'], 'yes')
  const listed = await get('/shop', { ...bearer(), Origin: 'https://pages.example.com' })
  assert.equal(listed.headers['access-control-allow-origin'], 'https://pages.example.com')
})

test('a preflight is answered here, by the list of origins, and reaches no service', async () => {
  const ask = (Origin: string) => get('/shop', { Origin, 'Access-Control-Request-Method': 'PUT' }, 'OPTIONS')
  const listed = await ask('https://pages.example.com')
  assert.equal(listed.status, 204)
  assert.match(listed.headers['access-control-allow-methods'] ?? '', /PUT/)
  assert.equal((await ask('https://evil.example')).headers['access-control-allow-origin'], undefined)
  assert.equal((await get('/shop', {}, 'OPTIONS')).status, 401)
  assert.equal(shop.service.asked.length, 0)
})

test('bodies of every kind arrive, and HEAD has none', async () => {
  shop.service.answer = (asked, response) => asked.pipe(response)
  const sent = 'x'.repeat(300_000)
  assert.equal((await get('/shop', { ...bearer(), 'Content-Length': '300000' }, 'POST', sent)).text, sent)
  assert.equal((await get('/shop', { ...bearer(), 'Transfer-Encoding': 'chunked' }, 'DELETE', sent)).text, sent)
  assert.equal((await get('/shop', bearer(), 'DELETE')).text, '')
  shop.service.answer = echo
  const head = await get('/shop', bearer(), 'HEAD')
  assert.deepEqual([head.status, head.text], [200, ''])
  assert.equal(shop.service.asked.at(-1)?.method, 'HEAD')
})

test('an answer that breaks off does not look like one that ended', async () => {
  shop.service.answer = (_, response) => {
    response.write('half of it')
    setTimeout(() => response.destroy(), 20)
  }
  await assert.rejects(get('/shop'))
})

test('a service that is away, silent or speaks no HTTP is a clean 502 or 504', async () => {
  const code = async (path: string) => {
    const { status, text, headers } = await get(path)
    assert.match(headers['content-type'] ?? '', /problem/)
    return [status, JSON.parse(text).code]
  }
  assert.deepEqual(await code('/dead/x'), [502, 'upstream_failed'])
  shop.service.answer = (_, response) => response.destroy()
  assert.deepEqual(await code('/shop'), [502, 'upstream_failed'])
  shop.service.answer = (asked) => asked.socket.end('nonsense\r\n\r\n')
  assert.deepEqual(await code('/shop'), [502, 'upstream_failed'])
  shop.service.answer = (_, response) => response.writeHead(407).end()
  assert.deepEqual(await code('/shop'), [502, 'upstream_failed'])
  shop.service.answer = () => {}
  assert.deepEqual(await code('/shop'), [504, 'upstream_timeout'])
})

test('a kept connection that the service has closed is no failure', async () => {
  for (let turn = 0; turn < 3; turn += 1) {
    assert.equal((await get('/shop')).status, 200)
    shop.service.server.closeIdleConnections()
    assert.equal((await get('/shop')).status, 200)
  }
})
