import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { parse } from 'yaml'
import { wireCode } from '../../../src/apis/native/errors.ts'
import { publicTexts } from '../../../src/errors.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

interface Document {
  readonly openapi: string
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>
    readonly securitySchemes: Readonly<Record<string, { readonly type: string }>>
  }
}

interface Operation {
  readonly operationId: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly headers?: Readonly<Record<string, unknown>> }>
  >
}

let server: TestServer
let document: Document

before(async () => {
  server = await startTestServer()
  document = (await (await fetch(`${server.url}/api/schema`)).json()) as Document
})
after(() => server.close())

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  )

test('the document is valid OpenAPI 3.1', async () => {
  assert.equal(document.openapi, '3.1.0')
  const validator = new Validator()
  const result = await validator.validate(structuredClone(document) as unknown as Record<string, unknown>)
  assert.deepEqual(result.errors ?? [], [])
  assert.ok(result.valid)
  assert.equal(validator.version, '3.1')
})

test('the validator sees what is wrong', async () => {
  const broken = { ...structuredClone(document), paths: { '/x': { get: { responses: { 200: {} } } } } }
  assert.equal((await new Validator().validate(broken)).valid, false)
})

test('every reference leads somewhere and every schema compiles', () => {
  const text = JSON.stringify(document)
  const references = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference))
  assert.ok(references.size > 20)
  for (const reference of references) {
    const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(reference) ?? []
    assert.ok(name !== undefined && name in document.components.schemas, reference)
  }
  const ajv = new Ajv2020({ strict: false })
  formats.default(ajv)
  ajv.addSchema({ $id: 'document', ...document })
  const pointers = (value: unknown, path: string): string[] =>
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).flatMap(([key, child]) => {
          const here = `${path}/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`
          return key === 'schema' ? [here] : pointers(child, here)
        })
  const all = [
    ...pointers(document.paths, '/paths'),
    ...Object.keys(document.components.schemas).map((name) => `/components/schemas/${name}`),
  ]
  assert.ok(all.length > 300)
  for (const pointer of all) assert.doesNotThrow(() => ajv.compile({ $ref: `document#${pointer}` }), pointer)
})

test('every operation has a name of its own and declares each parameter of its path', () => {
  const names = operations().map(({ operation }) => operation.operationId)
  assert.equal(new Set(names).size, names.length)
  for (const { path, operation } of operations()) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    assert.deepEqual(
      (operation.parameters ?? []).filter((each) => each.in === 'path').map(({ name }) => name),
      inPath,
      path,
    )
  }
})

test('every route that is not hidden is in the document, and nothing else', () => {
  const served = server.routes
    .filter(({ hidden }) => hidden !== true)
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
  assert.deepEqual(
    operations()
      .map(({ path, method }) => `${method.toUpperCase()} ${path}`)
      .sort(),
    served.sort(),
  )
})

test('every kind of credential that is sent with a request has its scheme, and routes name only those', () => {
  const schemes = document.components.securitySchemes
  assert.deepEqual(Object.keys(schemes), [
    'accessToken',
    'privateToken',
    'bearerToken',
    'sessionCookie',
    'apiKeyBasic',
    'apiKeyHeader',
    'apiKeyAuthorization',
    'staticKey',
    'passwordBasic',
  ])
  for (const { path, operation } of operations()) {
    for (const name of operation.security.flatMap(Object.keys)) assert.ok(name in schemes, `${path}: ${name}`)
  }
  const me = document.paths['/auth/me']?.get?.security.map((each) => Object.keys(each)[0])
  assert.ok(me?.includes('passwordBasic') && me.includes('privateToken'))
  const makeKey = document.paths['/auth/keys']?.post?.security.map((each) => Object.keys(each)[0])
  assert.deepEqual(makeKey, ['accessToken', 'bearerToken', 'sessionCookie'])
  assert.deepEqual(document.paths['/auth/sign-in']?.post?.security, [])
  assert.deepEqual(document.paths['/oauth/token']?.post?.security.at(-1), {})
})

test('every failure that the API knows is described somewhere, with the headers that it carries', () => {
  const text = JSON.stringify(document)
  // Not failures of a route: another method, an address that is none, and services behind the gateway have no operation.
  const elsewhere = ['method_not_allowed', 'upstream_failed', 'upstream_timeout']
  for (const code of Object.keys(publicTexts) as (keyof typeof publicTexts)[]) {
    if (!elsewhere.includes(code)) assert.ok(text.includes(`\`${wireCode(code)}\``), code)
  }
  for (const { path, operation } of operations()) {
    const { 401: unauthorized, 429: limited, 503: away } = operation.responses
    if (unauthorized !== undefined && operation.security.length > 0)
      assert.ok('WWW-Authenticate' in (unauthorized.headers ?? {}), path)
    if (limited !== undefined) assert.ok('Retry-After' in (limited.headers ?? {}), path)
    if (limited !== undefined && !path.startsWith('/oauth'))
      assert.ok('RateLimit-Limit' in (limited.headers ?? {}), path)
    assert.ok('Retry-After' in (away?.headers ?? {}), path)
  }
})

test('no default answer of a server hides in the document: servers are the public address', () => {
  assert.deepEqual(document.servers, [{ url: server.url }])
})

test('YAML and JSON say the same; the notation follows Accept or the query', async () => {
  const get = async (accept: string | null, query = '') => {
    const answer = await fetch(`${server.url}/api/schema${query}`, {
      headers: accept === null ? {} : { Accept: accept },
    })
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('vary') ?? '', /Accept/)
    return { type: answer.headers.get('content-type'), text: await answer.text() }
  }
  for (const accept of ['application/yaml', 'text/yaml', 'application/vnd.oai.openapi']) {
    const { type, text } = await get(accept)
    assert.equal(type, accept)
    assert.deepEqual(parse(text), document)
  }
  for (const accept of [null, '*/*', 'application/json', 'text/html,*/*;q=0.8'])
    assert.equal((await get(accept)).type, 'application/json')
  assert.equal((await get(null, '?format=yaml')).type, 'application/yaml')
  assert.equal((await get('application/yaml', '?format=json')).type, 'application/json')
  assert.equal((await fetch(`${server.url}/api/schema?format=xml`)).status, 400)
})

test('a caller that has the document is told so, and both notations have tags of their own', async () => {
  const first = await fetch(`${server.url}/api/schema`)
  const etag = first.headers.get('etag') ?? ''
  assert.match(etag, /^"[\w-]{20,}"$/)
  assert.equal(first.headers.get('cache-control'), 'no-cache')
  const again = await fetch(`${server.url}/api/schema`, { headers: { 'If-None-Match': `"other", W/${etag}` } })
  assert.equal(again.status, 304)
  assert.equal(await again.text(), '')
  assert.equal(again.headers.get('etag'), etag)
  assert.equal((await fetch(`${server.url}/api/schema`, { headers: { 'If-None-Match': '"other"' } })).status, 200)
  assert.equal(
    (await fetch(`${server.url}/api/schema?format=yaml`, { headers: { 'If-None-Match': etag } })).status,
    200,
  )
})
