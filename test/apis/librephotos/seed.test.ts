import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import type { Body } from '../../support/http.ts'
import { jwtCookie, obtain, startPhotos } from '../../support/librephotos.ts'
import type { TestServer } from '../../support/server.ts'

/* The lines that LibrePhotos documents for callers of its API, as they stand there, on another host. */

const run = promisify(execFile)
const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
let server: TestServer
before(async () => {
  server = await startPhotos({}, { doors: { hautai: { enabled: true }, freesewing: { enabled: true } } })
  const wish = {
    username: 'myuser',
    email: null,
    password: 'mypassword of mine',
    role: 'user',
    kind: 'person',
  } as const
  await server.core.users.create(wish, null, origin)
})
after(() => server.close())

/** Runs a documented line in a shell; answers status and body. */
async function shell(line: string): Promise<{ status: number; body: Record<string, string> }> {
  const command = line.replaceAll('http://<backend>', server.url).replace('curl ', "curl -sS -w '\\n%{http_code}' ")
  const { stdout } = await run('sh', ['-c', command])
  const at = stdout.lastIndexOf('\n')
  return { status: Number(stdout.slice(at + 1)), body: JSON.parse(stdout.slice(0, at)) }
}

test('obtain, refresh and call as they are documented', async () => {
  const obtained = await shell(`curl -X POST "http://<backend>/api/auth/token/obtain/" \\
  -H 'Content-Type: application/json' \\
  -d '{"username":"myuser","password":"mypassword of mine"}'`)
  assert.equal(obtained.status, 200)
  assert.deepEqual(Object.keys(obtained.body), ['refresh', 'access'])
  const refreshed = await shell(`curl -X POST "http://<backend>/api/auth/token/refresh/" \\
  -H 'Content-Type: application/json' \\
  -d '{"refresh":"${obtained.body.refresh}"}'`)
  assert.deepEqual([refreshed.status, Object.keys(refreshed.body)], [200, ['access']])
  const bearer = await shell(`curl -H 'Authorization: Bearer ${refreshed.body.access}' \\
  "http://<backend>/api/user/"`)
  assert.equal(bearer.status, 200)
  const basic = await shell(`curl -u "myuser:mypassword of mine" "http://<backend>/api/user/"`)
  assert.deepEqual(basic, bearer)
})

test('the help is there at all times, structured, with lines that work, for this door and all others', async () => {
  const { status, body } = await server.send('GET', '/api/help')
  assert.equal(status, 200)
  const help = body as unknown as Record<string, Record<string, unknown>>
  for (const key of ['about', 'authentication', 'useful_endpoints', 'documentation', 'examples'])
    assert.ok(key in help, key)
  const authentication = help.authentication as unknown as Record<string, Body>
  assert.deepEqual(authentication.default_authentication_classes as unknown, ['Bearer', 'Basic'])
  for (const name of ['jwt', 'basic', 'librephotos_jwt', 'librephotos_basic', 'hautai_jwt', 'hautai_private_token'])
    assert.equal(typeof authentication[name]?.how_to, 'string', name)
  const jwt = authentication.librephotos_jwt as Body
  const { help: own, photos, search } = help.useful_endpoints as unknown as Record<string, string>
  assert.deepEqual(
    [own, photos, search],
    ['help', 'photos/', 'photos/searchlist/'].map((path) => `${server.url}/api/${path}`),
  )
  assert.equal(jwt.obtain, `${server.url}/api/auth/token/obtain/`)
  assert.equal(jwt.refresh, `${server.url}/api/auth/token/refresh/`)
  assert.match((authentication.librephotos_basic as Body).how_to as string, /crosses the network in clear/)
  const fill = (line: string) => line.replaceAll('$IDENTIFIER', 'myuser').replaceAll('$PASSWORD', 'mypassword of mine')
  const { body: pair, status: obtained } = await shell(fill(jwt.obtain_curl as string).replace('curl -sS ', 'curl '))
  assert.equal(obtained, 200)
  const called = (jwt.curl as string).replace('$TOKEN', pair.access ?? '').replace('curl -sS ', 'curl ')
  assert.equal((await shell(called)).status, 200)
  const basic = fill((authentication.librephotos_basic as Body).curl as string).replace('curl -sS ', 'curl ')
  assert.equal((await shell(basic)).status, 200)
})

test('the document lists these endpoints with their true answers', async () => {
  const { body } = await server.send('GET', '/api/schema', { headers: { Accept: 'application/json' } })
  const { paths } = body as unknown as {
    paths: Record<
      string,
      Record<string, { responses: Record<string, unknown>; requestBody?: { content: object }; security: object[] }>
    >
  }
  for (const name of ['obtain', 'refresh', 'blacklist']) {
    const operation = paths[`/api/auth/token/${name}/`]?.post
    assert.deepEqual(Object.keys(operation?.requestBody?.content ?? {}), [
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
    ])
    assert.deepEqual(operation?.security, [])
    for (const status of ['200', '400', '401', '415']) assert.ok(operation?.responses[status] !== undefined, status)
    assert.equal(operation?.responses['429'], undefined, 'this contract knows no 429 here')
    assert.equal(paths[`/api/auth/token/${name}`], undefined, 'redirects are not listed')
  }
  for (const path of [
    '/api/user/',
    '/api/user/{id}/',
    '/api/manage/user/',
    '/api/v1/auth/login/',
    '/api/v1/auth/private_tokens/{id}/rotate/',
  ])
    assert.ok(path in paths, path)
  for (const viewer of ['/api/swagger', '/api/redoc']) {
    const answered = await server.send('GET', viewer)
    assert.equal(answered.status, 200)
    assert.match(answered.type, /text\/html/)
  }
})

test('the endpoints that issue tokens set the cookie for the browser', async () => {
  const { refresh } = await obtain(server, 'root')
  const answered = await server.send('POST', '/api/auth/token/refresh/', { json: { refresh } })
  assert.equal(jwtCookie(answered)?.value, answered.body.access)
})
