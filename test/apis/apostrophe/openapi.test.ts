import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { keys, startApostrophe } from '../../support/apostrophe.ts'
import { password } from '../../support/callers.ts'
import type { TestServer } from '../../support/server.ts'

interface Operation {
  readonly security: readonly object[]
  readonly requestBody?: { readonly content: object }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly headers?: object }>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const base = '/cms/api/v1/@apostrophecms'
let server: TestServer
let document: Document
before(async () => {
  server = await startApostrophe({ prefix: '/cms' })
  document = (await (await fetch(`${server.url}/api/schema`)).json()) as Document
})
after(() => server.close())

test('the document of both doors is valid OpenAPI 3.1, and has every route of this one', async () => {
  const result = await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>)
  assert.deepEqual(result.errors ?? [], [])
  const routes = server.apis.find(({ name }) => name === 'apostrophe')?.routes ?? []
  assert.ok(routes.length > 15)
  for (const { method, path } of routes)
    assert.ok(document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()], `${method} ${path}`)
})

test('its operations say how bodies come, which credential is taken and how a refusal looks', () => {
  const login = document.paths[`${base}/login/login`]?.post ?? assert.fail()
  assert.deepEqual(Object.keys(login.requestBody?.content ?? {}), [
    'application/json',
    'application/x-www-form-urlencoded',
  ])
  const names = login.security.flatMap(Object.keys)
  for (const name of ['apostropheToken', 'apostropheKey', 'apostropheOwnKey', 'apostropheSession'])
    assert.ok(names.includes(name), name)
  assert.deepEqual(login.security.at(-1), {})
  assert.match(login.responses[400]?.description ?? '', /Your credentials are incorrect/)
  assert.match(login.responses[401]?.description ?? '', /bearer token invalid/)
  assert.match(login.responses[403]?.description ?? '', /CSRF exception/)
  assert.ok('Retry-After' in (login.responses[400]?.headers ?? {}))
})

test('below a prefix everything is as it was at the root: the exempt login, dead tokens everywhere, keys in the query', async () => {
  const json = { username: 'root', password }
  const { token } = (await server.send('POST', `${base}/login/login`, { json })).body
  assert.equal((await server.send('GET', `${base}/login/whoami`, { token: token as string })).status, 200)
  assert.equal((await server.send('GET', '/cms/api/v1/nothing', { token: 'gone' })).status, 401)
  assert.equal((await server.send('GET', `${base}/login/whoami?apikey=${keys.guest}`)).status, 200)
  assert.equal((await server.send('POST', '/api/v1/@apostrophecms/login/login', { json })).status, 404)
})

test('the help tells how to get in at this door, with lines that work', async () => {
  const help = await (await fetch(`${server.url}/api/help`, { headers: { Accept: 'application/json' } })).json()
  const { apostrophe_bearer: bearer, apostrophe_key: key } = (
    help as { authentication: Record<string, { how_to: string }> }
  ).authentication
  assert.match(bearer?.how_to ?? '', /\/cms\/api\/v1\/@apostrophecms\/login\/login/)
  assert.match(key?.how_to ?? '', /apostrophe\.apiKeys/)
})
