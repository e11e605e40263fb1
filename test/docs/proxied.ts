import assert from 'node:assert/strict'
import { type IncomingHttpHeaders, request } from 'node:http'
import type { AccessRule } from '../../src/http/access-rules.ts'
import { usualKinds } from '../../src/http/access-rules.ts'
import { identityHeaders, passCredentialsHeader } from '../../src/http/identity-headers.ts'
import { type Service, startService } from '../server/gateway/service.ts'
import { makeKey, makeUser, password, signIn } from '../support/callers.ts'
import { freePort, type RunningProxy } from '../support/proxies.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** A service, Cardea, and a proxy in front of both, as the page says. */
export interface Site {
  readonly service: Service
  readonly server: TestServer
  readonly proxy: RunningProxy
  readonly token: string
  get(path: string, headers?: SentHeaders, method?: string): Promise<Got>
  close(): Promise<void>
}

type SentHeaders = Readonly<Record<string, string | string[]>>

export interface Got {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

const rule = (path: string, more: Partial<AccessRule> = {}): AccessRule => ({
  path,
  accepts: usualKinds,
  requires: [],
  public: false,
  ...more,
})

/** Those of the pages, the one that lets credentials through too. */
const rules: readonly AccessRule[] = [
  rule('/wiki/**', { passCredentials: true }),
  rule('/own/**', { accepts: [], public: true, passCredentials: true }),
  rule('/assets/**', { methods: ['GET'], public: true }),
  rule('/reports/**', { methods: ['GET'], requires: ['reports:read'] }),
  rule('/**'),
]

export async function openSite(
  start: (ports: { service: number; server: number; own: number }) => Promise<RunningProxy>,
): Promise<Site> {
  const own = await freePort()
  const publicUrl = `http://127.0.0.1:${own}`
  const service = await startService()
  const server = await startTestServer({
    http: { publicUrl, trustedProxies: ['127.0.0.1'] },
    settings: { publicUrl, audience: publicUrl, roles: { reader: ['account:read', 'reports:read'] } },
    access: { rules, signInUrl: null },
  })
  const closeBoth = async () => {
    await server.close()
    await service.close()
  }
  const proxy = await start({ service: service.port, server: Number(new URL(server.url).port), own }).catch(
    async (error) => {
      await closeBoth()
      throw error
    },
  )
  await makeUser(server, 'alice')
  await makeUser(server, 'rita', 'reader')
  const token = (await signIn(server, 'alice')).access_token as string
  return {
    service,
    server,
    proxy,
    token,
    get: (path, headers = {}, method = 'GET') => ask(proxy.url, path, headers, method),
    async close() {
      await proxy.stop()
      await closeBoth()
    },
  }
}

/** Over plain HTTP: the path and the headers as they stand. */
export function ask(url: string, path: string, headers: SentHeaders, method: string): Promise<Got> {
  return new Promise((done, fail) => {
    request(new URL(url), { path, method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.on('error', fail)
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
      .on('error', fail)
      .end()
  })
}

/** A session cookie, as the sign-in page behind the proxy gets it. */
export async function cookieIn(url: string): Promise<string> {
  const answered = await fetch(`${url}/auth/sign-in`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: url },
    body: JSON.stringify({ identifier: 'alice', password, mode: 'cookie' }),
  })
  const line = answered.headers.getSetCookie().find((cookie) => cookie.startsWith('cardea='))
  return line?.split(';')[0] ?? assert.fail(await answered.text())
}

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** Credentials go on to the service where the rule says so, and nowhere else, whatever the client says. */
export async function demandPassing({ get, token, server }: Site): Promise<void> {
  const own = { Cookie: 'mine=1; theirs=2', 'X-Kept': 'yes' }
  const key = (await makeKey(server, token)).token as string
  const seen = async (path: string, headers: SentHeaders) => {
    const got = await get(path, headers)
    assert.equal(got.status, 200, `${path}: ${got.status} ${got.text}`)
    const { headers: arrived } = JSON.parse(got.text) as { headers: Record<string, string> }
    assert.equal(arrived['x-kept'], 'yes')
    assert.equal(arrived[passCredentialsHeader.toLowerCase()], undefined)
    const { authorization, cookie, 'x-api-key': apiKey } = arrived
    return { kind: arrived['x-cardea-kind'] ?? '', authorization, cookie, apiKey }
  }
  const none = { authorization: undefined, cookie: undefined, apiKey: undefined }
  const { Authorization: authorization } = bearer(token)
  assert.deepEqual(await seen('/wiki/x', { ...own, ...bearer(token) }), {
    ...none,
    kind: 'access-token',
    authorization,
    cookie: own.Cookie,
  })
  assert.deepEqual(await seen('/wiki/x', { 'X-Kept': 'yes', 'X-API-Key': key }), {
    ...none,
    kind: 'api-key',
    apiKey: key,
  })
  // The service's own sign-in: Cardea looks at nothing.
  const theirs = await seen('/own/x', { ...own, Authorization: 'Basic dTpw' })
  assert.deepEqual(theirs, { ...none, kind: '', authorization: 'Basic dTpw', cookie: own.Cookie })
  // The connection is the same one, and what was said of the last request does not hold for the next.
  for (const name of [passCredentialsHeader, 'x_cardea_pass_credentials', 'X-Cardea-Pass_Credentials'])
    for (const value of ['1', ['1', '1']]) {
      const forged = { ...own, [name]: value }
      assert.deepEqual(await seen('/things', { ...forged, ...bearer(token) }), { ...none, kind: 'access-token' })
      assert.deepEqual(await seen('/assets/x', forged), { ...none, kind: '' })
    }
  for (const Connection of [passCredentialsHeader, `close, ${passCredentialsHeader}`]) {
    const forged = { ...own, ...bearer(token), Connection, [passCredentialsHeader]: '1' }
    assert.deepEqual(await seen('/things', forged), { ...none, kind: 'access-token' })
  }
  assert.equal((await get('/wiki/x', { ...own, [passCredentialsHeader]: '1' })).status, 401)
  assert.equal((await get('/wiki/../things', { ...own, ...bearer(token) })).status, 403)
}

/** What every guarded service may rely on, whichever proxy asks. */
export async function demandGuarded({ get, token, server, service }: Site): Promise<void> {
  const seen = async (path: string, headers: SentHeaders, method = 'GET') => {
    const got = await get(path, headers, method)
    assert.equal(got.status, 200, `${method} ${path}: ${got.status} ${got.text}`)
    return JSON.parse(got.text) as { url: string; method: string; headers: Record<string, string> }
  }

  // Identity in, credentials out.
  const known = await seen('/things?a=1&b=/../c', { ...bearer(token), Cookie: 'mine=1', 'X-Kept': 'yes' }, 'POST')
  assert.deepEqual([known.method, known.url], ['POST', '/things?a=1&b=/../c'])
  assert.equal(known.headers['x-cardea-username'], 'alice')
  assert.equal(known.headers['x-cardea-kind'], 'access-token')
  assert.match(known.headers['x-cardea-jwt'] ?? '', /^ey/)
  assert.equal(known.headers['x-kept'], 'yes')
  for (const name of ['authorization', 'cookie', 'x-api-key']) assert.equal(known.headers[name], undefined, name)

  // What the client says of itself never arrives, whoever it is.
  const forged: Record<string, string> = {}
  for (const name of [...identityHeaders, passCredentialsHeader, 'X-Cardea-Other'])
    for (const spelling of [
      name,
      name.toLowerCase(),
      name.replaceAll('-', '_'),
      name.replace('-', '_'),
      name.replace(/-(?=[^-]*$)/, '_'),
    ])
      forged[spelling] = 'forged'
  for (const name of ['X-Original-URL', 'X-Rewrite-URL', 'X-HTTP-Method-Override', 'X-Forwarded-Uri', 'X.Cardea.User'])
    forged[name] = 'forged'
  for (const [path, headers] of [
    ['/assets/x', forged],
    ['/things', { ...forged, ...bearer(token) }],
  ] as const) {
    const { headers: arrived } = await seen(path, headers)
    const left = Object.entries(arrived).filter(
      ([name, value]) => value.includes('forged') && name !== 'x-cardea-other',
    )
    assert.deepEqual(left, [], path)
  }

  // Nor can the client have taken away what Cardea says.
  for (const Connection of [identityHeaders.join(', '), 'close,x-cardea-role', ['keep-alive', 'X-CARDEA-Scopes\t']]) {
    const { headers: arrived } = await seen('/things', { ...bearer(token), Connection })
    for (const name of identityHeaders) assert.ok(arrived[name.toLowerCase()], `${Connection}: ${name}`)
  }

  // What the client says of the request is not believed.
  const before = service.asked.length
  for (const told of [
    { 'X-Original-URI': '/assets/x', 'X-Original-Method': 'GET', 'X-Original-Host': 'x' },
    { 'X-Forwarded-Uri': '/assets/x', 'X-Forwarded-Method': 'GET' },
    { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' },
    { x_original_uri: '/assets/x', x_forwarded_uri: '/assets/x' },
  ])
    assert.equal((await get('/things', told)).status, 401, JSON.stringify(told))

  // Rules hold for every spelling.
  for (const [path, method, status] of [
    ['/things', 'GET', 401],
    ['/reports/1', 'GET', 401],
    ['/assets/x', 'POST', 401],
  ] as const)
    assert.equal((await get(path, {}, method)).status, status, `${method} ${path}`)
  for (const path of [
    '/assets/../things',
    '/assets/%2e%2e/things',
    '/assets//../things',
    '/assets/..%2fthings',
    '/assets;/../things',
    '/assets/x%00',
    '/Assets/x',
    '/assets/%252e%252e/x',
    '/assets\\..\\things',
  ])
    assert.notEqual((await get(path)).status, 200, path)
  for (const path of ['/reports/1', '/%72eports/1', '/reports/']) {
    const refused = await get(path, bearer(token))
    assert.equal(refused.status, 403, path)
    assert.equal(JSON.parse(refused.text).code, 'insufficient_scope', path)
  }
  assert.equal(service.asked.length, before)
  const rita = (await signIn(server, 'rita')).access_token as string
  assert.equal((await get('/reports/1', bearer(rita))).status, 200)

  // The question itself is not for the outside, nor are the numbers of the operator.
  for (const path of ['/auth/verify', '/auth/verify/things', '/auth/%76erify'])
    assert.equal((await get(path, bearer(token))).status, 404, path)

  // A bad credential, and the shape of refusals.
  const bad = await get('/things', bearer('garbage'))
  assert.deepEqual([bad.status, JSON.parse(bad.text).code], [401, 'credential_malformed'])
  assert.match(bad.headers['www-authenticate'] ?? '', /^Bearer/)
  assert.match(bad.headers['content-type'] ?? '', /^application\/problem\+json/)
}
