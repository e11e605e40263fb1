import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { codeOf, cookieOf, enrol, makeUser, password, signIn } from '../support/callers.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let token: string
before(async () => {
  server = await startTestServer({ http: { corsOrigins: ['https://front.example'], trustedProxies: ['127.0.0.1'] } })
  await makeUser(server, 'pia')
  token = (await signIn(server, 'pia')).access_token as string
})
after(() => server.close())

/** A request as bytes of our choice: `fetch` would mend Host and repeated headers. */
function raw(path: string, headers: Record<string, string | string[]>): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url)
    const sent = request({ hostname, port, path, headers, setHost: !('Host' in headers) }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('what is not there is a problem, not a page', async () => {
  for (const path of [
    '/nothing',
    '/auth/nothing',
    '/auth/me/',
    '/auth/keys/x/y/z',
    '/AUTH/ME',
    '/auth/%6de%00',
    '/%ff',
  ]) {
    const answered = await server.send('GET', path)
    assert.equal(answered.status, 404, path)
    assert.match(answered.type, /^application\/problem\+json/)
    assert.equal(answered.body.code, 'not_found')
  }
})

test('a method that an address does not have is 405 and names those that it has', async () => {
  const answered = await server.send('PUT', '/auth/me', { token, json: {} })
  assert.equal(answered.status, 405)
  assert.equal(answered.headers.get('allow'), 'GET, PATCH, DELETE, HEAD, OPTIONS')
  assert.equal(answered.body.code, 'method_not_allowed')
})

test('HEAD answers like GET without a body', async () => {
  const answered = await server.send('HEAD', '/healthz')
  assert.equal(answered.status, 204)
  assert.equal(answered.text, '')
})

test('a foreign Host gets nothing', async () => {
  const { status, text } = await raw('/auth/me', { Host: 'evil.example' })
  assert.equal(status, 421)
  assert.match(text, /host_unknown/)
})

test('a repeated Authorization header is refused, whichever of them is good', async () => {
  const { status } = await raw('/auth/me', { Authorization: [`Bearer ${token}`, 'Bearer other'] })
  assert.equal(status, 401)
})

describe('cross-origin requests', () => {
  test('a listed origin is answered by name, with credentials; another gets no header', async () => {
    const listed = await server.send('GET', '/auth/me', { token, headers: { Origin: 'https://front.example' } })
    assert.equal(listed.status, 200)
    assert.equal(listed.headers.get('access-control-allow-origin'), 'https://front.example')
    assert.equal(listed.headers.get('access-control-allow-credentials'), 'true')
    assert.match(listed.headers.get('vary') ?? '', /Origin/)
    const other = await server.send('GET', '/auth/me', { token, headers: { Origin: 'https://evil.example' } })
    assert.equal(other.headers.get('access-control-allow-origin'), null)
    assert.match(other.headers.get('vary') ?? '', /Origin/)
  })

  test('preflights name the methods of the address, for listed origins only', async () => {
    const listed = await server.send('OPTIONS', '/auth/keys', {
      headers: { Origin: 'https://front.example', 'Access-Control-Request-Method': 'POST' },
    })
    assert.equal(listed.status, 204)
    assert.equal(listed.headers.get('access-control-allow-methods'), 'GET, POST, HEAD, OPTIONS')
    assert.match(listed.headers.get('access-control-allow-headers') ?? '', /Authorization/)
    const other = await server.send('OPTIONS', '/auth/keys', { headers: { Origin: 'https://evil.example' } })
    assert.equal(other.headers.get('access-control-allow-methods'), null)
  })

  test('a session cookie needs the proof of the site to be set and to be taken', async () => {
    const json = { identifier: 'pia', password, mode: 'cookie' }
    for (const headers of [
      {},
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
    ]) {
      const answered = await server.send('POST', '/auth/sign-in', { json, headers: headers as Record<string, string> })
      assert.equal(answered.status, 403, JSON.stringify(headers))
      assert.deepEqual(answered.headers.getSetCookie(), [])
    }
    const good = await server.send('POST', '/auth/sign-in', { json, headers: { Origin: server.url } })
    const line = good.headers.getSetCookie().find((cookie) => cookie.startsWith('cardea=')) ?? ''
    assert.match(line, /^cardea=[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/)
    assert.deepEqual(Object.keys(good.body), ['user'], 'the body of a cookie sign-in holds no token')
  })

  test('a token may be answered without the proof, but no cookie leaves', async () => {
    const answered = await server.send('POST', '/auth/sign-in', {
      json: { identifier: 'pia', password },
      headers: { Origin: 'https://evil.example' },
    })
    assert.equal(answered.status, 200)
    assert.deepEqual(answered.headers.getSetCookie(), [])
  })

  test('a password by Basic is ambient too: from a foreign page it is refused', async () => {
    const basic = ['pia', password] as const
    assert.equal(
      (await server.send('GET', '/auth/me', { basic, headers: { 'Sec-Fetch-Site': 'cross-site' } })).status,
      403,
    )
    assert.equal((await server.send('GET', '/auth/me', { basic })).status, 200)
  })

  test('an explicit credential beats the cookie', async () => {
    const cookie = await cookieOf(server, 'pia')
    const answered = await server.send('GET', '/auth/me', {
      token,
      cookie,
      headers: { Origin: 'https://evil.example' },
    })
    assert.equal(answered.status, 200)
    assert.equal(answered.body.credential?.kind, 'access-token')
  })
})

describe('bodies', () => {
  test('too large is 413 and says the limit; another type is 415 and says the right one', async () => {
    const large = await server.send('POST', '/auth/sign-in', {
      json: { identifier: 'pia', password: 'x'.repeat(1024 * 1024) },
    })
    assert.equal(large.status, 413)
    assert.equal(Number(large.body.limit_bytes), 64 * 1024)
    const other = await server.send('POST', '/auth/sign-in', { raw: 'a=b', headers: { 'Content-Type': 'text/plain' } })
    assert.equal(other.status, 415)
    assert.equal(other.body.expected, 'application/json')
  })

  test('every wrong field is named with what is right, and no value is repeated', async () => {
    const answered = await server.send('POST', '/auth/keys', {
      token,
      json: { name: '', scopes: 'all', expires_at: 'soon-4711', colour: 'red' },
    })
    assert.equal(answered.status, 400)
    const fields = (answered.body.errors as unknown as { field: string }[]).map(({ field }) => field)
    assert.deepEqual(fields.sort(), ['colour', 'expires_at', 'name', 'scopes'])
    assert.ok(!answered.text.includes('soon-4711'))
  })

  test('dates out of range are refused by name', async () => {
    for (const expires of [
      '2027-02-30T00:00:00Z',
      '0000-00-00T00:00:00Z',
      '+275760-09-13T00:00:00.001Z',
      '1999-01-01T00:00:00Z',
      '9999-12-31T23:59:59Z',
    ]) {
      const answered = await server.send('POST', '/auth/tokens', {
        token,
        json: { name: 'dated', expires_at: expires },
      })
      assert.equal(answered.status, 400, expires)
      assert.equal((answered.body.errors as unknown as { field: string }[])[0]?.field, 'expires_at')
    }
  })

  test('a password far longer than any costs no hash', async () => {
    const answered = await server.send('POST', '/auth/sign-in', {
      json: { identifier: 'pia', password: 'x'.repeat(60_000) },
    })
    assert.equal(answered.status, 400)
  })

  test('a query parameter given twice, or unknown, is refused by name', async () => {
    for (const query of [
      'limit=1&limit=2',
      'limit=0',
      'limit=201',
      'limit=x',
      'cursor=%00',
      'cursor=nonsense',
      'colour=red',
    ]) {
      const answered = await server.send('GET', `/auth/keys?${query}`, { token })
      assert.equal(answered.status, 400, query)
      assert.equal(answered.body.code, 'request_invalid')
    }
  })
})

test('lists are paged by cursor: every item once, also while new ones come', async () => {
  for (let index = 0; index < 7; index += 1) {
    server.clock.advance(1)
    await server.send('POST', '/auth/keys', { token, json: { name: `key ${index}` } })
  }
  const names: string[] = []
  let cursor = ''
  do {
    const page = await server.send('GET', `/auth/keys?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`, { token })
    assert.equal(page.status, 200, page.text)
    names.push(...(page.body.items as unknown as { name: string }[]).map(({ name }) => name))
    cursor = (page.body.next_cursor ?? '') as string
    server.clock.advance(1)
    if (names.length === 3) await server.send('POST', '/auth/keys', { token, json: { name: 'late' } })
  } while (cursor !== '')
  assert.deepEqual(names, ['key 6', 'key 5', 'key 4', 'key 3', 'key 2', 'key 1', 'key 0'])
})

test('limits: 429 with Retry-After and RateLimit headers, on every door that checks a password', async () => {
  const limits = { enabled: true, address: { points: 3, windowSeconds: 60 } }
  const limited = await startTestServer({ settings: { limits }, http: { trustedProxies: ['127.0.0.1'] } })
  try {
    await makeUser(limited, 'lim')
    const json = { identifier: 'lim', password: 'wrong wrong wrong' }
    const from = (address: string) => ({ 'X-Forwarded-For': address })
    for (let index = 0; index < 3; index += 1)
      assert.equal((await limited.send('POST', '/auth/sign-in', { json, headers: from('198.51.100.1') })).status, 401)
    const form = await limited.send('POST', '/auth/sign-in', { json, headers: from('198.51.100.1') })
    assert.equal(form.status, 429)
    assert.ok(Number(form.headers.get('retry-after')) >= 1)
    assert.equal(form.headers.get('ratelimit-limit'), '3')
    assert.equal(form.headers.get('ratelimit-remaining'), '0')
    assert.ok(Number(form.headers.get('ratelimit-reset')) >= 1)
    const basic = await limited.send('GET', '/auth/me', { basic: ['lim', password], headers: from('198.51.100.1') })
    assert.equal(basic.status, 429)
    // IPv6 is counted by /64; another network is not touched; a key or token never is.
    for (let index = 0; index < 3; index += 1)
      await limited.send('POST', '/auth/sign-in', { json, headers: from(`2001:db8::${index}`) })
    assert.equal((await limited.send('POST', '/auth/sign-in', { json, headers: from('2001:db8::ffff') })).status, 429)
    assert.equal((await limited.send('POST', '/auth/sign-in', { json, headers: from('2001:db8:0:1::1') })).status, 401)
  } finally {
    await limited.close()
  }
})

test('who lacks the second factor that the role needs is told to enrol, and then may', async () => {
  const strict = await startTestServer({ settings: { requireFactor: ['admin'] } })
  try {
    await makeUser(strict, 'boss', 'admin')
    const bare = (await signIn(strict, 'boss')).access_token as string
    const refused = await strict.send('GET', '/auth/admin/users', { token: bare })
    assert.equal(refused.status, 403)
    assert.equal(refused.body.code, 'mfa_enrolment_required')
    const { secret } = await enrol(strict, bare)
    const whole = (await signIn(strict, 'boss', { code: codeOf(strict, secret) })).access_token as string
    assert.equal((await strict.send('GET', '/auth/admin/users', { token: whole })).status, 200)
    await makeUser(strict, 'plain', 'user')
    const plain = await strict.send('GET', '/auth/admin/users', {
      token: (await signIn(strict, 'plain')).access_token as string,
    })
    assert.equal(plain.body.code, 'insufficient_scope')
  } finally {
    await strict.close()
  }
})

test('metrics are for this machine and for holders of the scope; what a proxy passes on is not from this machine', async () => {
  assert.equal((await server.send('GET', '/metrics')).status, 200)
  for (const name of ['X-Forwarded-For', 'Forwarded', 'Via', 'X-Real-IP']) {
    const answered = await server.send('GET', '/metrics', {
      headers: { [name]: name === 'Via' ? '1.1 proxy' : '127.0.0.1' },
    })
    assert.equal(answered.status, 401, name)
  }
  assert.equal((await server.send('GET', '/metrics', { token })).status, 403)
})
