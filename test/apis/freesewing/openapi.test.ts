import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { Validator } from '@seriousme/openapi-schema-validator'
import { levelOfRoute } from '../../../src/apis/freesewing/callers.ts'
import { makeUser, password } from '../../support/callers.ts'
import { startSewing } from '../../support/freesewing.ts'
import type { TestServer } from '../../support/server.ts'

type Responses = Readonly<Record<string, { readonly description: string; readonly headers?: object }>>
interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly operationId: string
            readonly security: readonly object[]
            readonly responses: Responses
            readonly requestBody?: { readonly content: object }
          }
        >
      >
    >
  >
}

let server: TestServer
let document: Document
before(async () => {
  server = await startSewing({ prefix: '/sewing' })
  document = (await (await fetch(`${server.url}/api/schema`)).json()) as Document
})
after(() => server.close())

test('the document of both doors is valid OpenAPI 3.1, and has every route of this one', async () => {
  const result = await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>)
  assert.deepEqual(result.errors ?? [], [])
  const routes = server.apis.find(({ name }) => name === 'freesewing')?.routes ?? []
  for (const { method, path, hidden } of routes) {
    const operation = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
    assert.equal(operation === undefined, hidden === true, `${method} ${path}`)
  }
})

test('its operations say how bodies come, which credential is taken and how a refusal looks', () => {
  const operation = (path: string, method: string) =>
    document.paths[`/sewing${path}`]?.[method] ?? assert.fail(`${method} ${path}`)
  assert.deepEqual(Object.keys(operation('/signin', 'post').requestBody?.content ?? {}), [
    'application/json',
    'application/x-www-form-urlencoded',
  ])
  assert.deepEqual(operation('/signin', 'post').security, [])
  const names = (path: string) => operation(path, 'get').security.flatMap(Object.keys)
  assert.deepEqual(names('/account/jwt'), ['freesewingToken', 'freesewingPrivateToken'])
  assert.deepEqual(names('/account/key'), ['freesewingKey'])
  assert.ok('WWW-Authenticate' in (operation('/account/key', 'get').responses[401]?.headers ?? {}))
  assert.equal(operation('/account/jwt', 'get').responses[401]?.headers, undefined)
  assert.match(operation('/signin', 'post').responses[403]?.description ?? '', /mfaTokenRequired.*statusLacking/)
})

test('every route with a credential has a level, and the levels are those of the contract', () => {
  const routes = server.apis.find(({ name }) => name === 'freesewing')?.routes ?? []
  const levels = new Map(
    routes.map((route) => [`${route.method} ${route.path.slice('/sewing'.length)}`, levelOfRoute(route)]),
  )
  for (const { method, path, takes } of routes)
    assert.equal(levels.get(`${method} ${path.slice('/sewing'.length)}`) === undefined, takes.length === 0, path)
  const table = {
    'GET /whoami/jwt': 1,
    'GET /account/jwt': 1,
    'PATCH /account/jwt': 3,
    'PUT /account/key': 3,
    'PATCH /consent/jwt': 3,
    'POST /account/mfa/jwt': 4,
    'POST /apikeys/jwt': 4,
    'GET /apikeys/jwt': 0,
    'GET /apikeys/:id/jwt': 1,
    'DELETE /apikeys/:id/key': 4,
    'GET /whoami/key': 0,
    'POST /available/username/jwt': 0,
    'GET /users/:id/jwt': 0,
    'GET /account/export/jwt': 4,
    'GET /account/restrict/jwt': 4,
    'DELETE /account/jwt': 4,
    'POST /find/users': 0,
    'POST /admin/search/users/jwt': 9,
    'GET /admin/user/:id/jwt': 9,
    'PATCH /admin/user/:id/key': 9,
    'GET /admin/impersonate/:id/jwt': 9,
  }
  for (const [route, level] of Object.entries(table)) assert.equal(levels.get(route), level, route)
})

test('the help tells how to get in here, with lines that work as they are pasted, below the prefix too', async () => {
  await makeUser(server, 'pasted')
  const help = (await (await fetch(`${server.url}/api/help`)).json()) as {
    readonly authentication: Readonly<Record<string, Readonly<Record<string, string>>>>
    readonly useful_endpoints: Readonly<Record<string, string>>
  }
  const shell = async (line = '', variables: Readonly<Record<string, string>> = {}) => {
    const { stdout } = await promisify(execFile)('sh', ['-uc', line], {
      env: { PATH: process.env.PATH ?? '', NO_PROXY: '*', ...variables },
    })
    return JSON.parse(stdout)
  }
  const { freesewing_jwt: byToken, freesewing_key: byKey, jwt } = help.authentication
  assert.ok(jwt !== undefined, 'the native door is still there')
  const { token } = await shell(byToken?.obtain_curl, { IDENTIFIER: 'pasted', PASSWORD: password })
  assert.equal((await shell(byToken?.curl, { TOKEN: token })).account.username, 'pasted')
  const { apikey } = await shell(byKey?.obtain_curl, { TOKEN: token })
  assert.equal((await shell(byKey?.curl, { KEY: apikey.key, SECRET: apikey.secret })).account.username, 'pasted')
  assert.equal(help.useful_endpoints.freesewing_sign_in, `${server.url}/sewing/signin`)
  const page = await fetch(`${server.url}/api/help`, { headers: { Accept: 'text/html' } })
  assert.match(await page.text(), /FreeSewing: password to token/)
})
