import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from '@hono/zod-openapi'
import { type ErrorCode, publicTexts } from '../../src/errors.ts'
import {
  buildOpenApi,
  type CredentialScheme,
  type DescribedApi,
  type DescribedError,
  type DescribedRoute,
  errorsOf,
  operationId,
} from '../../src/http/openapi.ts'

const failure = z.looseObject({ code: z.string() }).openapi('Failure')
const schemes: readonly CredentialScheme[] = [
  { name: 'jwt', kind: 'access-token', scheme: { type: 'http', scheme: 'bearer', description: '' } },
  { name: 'private', kind: 'private-token', scheme: { type: 'http', scheme: 'bearer', description: '' } },
  { name: 'key', kind: 'api-key', scheme: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: '' } },
  { name: 'keyBasic', kind: 'api-key', scheme: { type: 'http', scheme: 'basic', description: '' } },
]

/** Statuses by the first word of the code: enough to see where a code goes. */
function error(code: ErrorCode): DescribedError {
  const status = code.startsWith('credential') ? 401 : code === 'rate_limited' ? 429 : code === 'not_found' ? 404 : 400
  const headers = status === 401 ? { 'WWW-Authenticate': 'the challenge' } : {}
  return {
    status,
    code: code === 'not_found' ? 'gone' : code,
    type: 'application/problem+json',
    schema: failure,
    headers,
  }
}

const plain: DescribedRoute = {
  method: 'GET',
  path: '/things',
  summary: 'Things',
  tag: 'Things',
  takes: [],
  answers: { 200: { description: 'Good.' } },
}
const apiOf = (...routes: DescribedRoute[]): DescribedApi<DescribedRoute> => ({
  name: 'native',
  routes,
  description: { error, schemes },
})

interface Operation {
  readonly operationId: string
  readonly description?: string
  readonly security: readonly Record<string, unknown>[]
  readonly parameters?: readonly { name: string; in: string; required: boolean }[]
  readonly requestBody?: {
    required: boolean
    content: Record<string, { schema: { properties: Record<string, unknown> } }>
  }
  readonly responses: Record<
    string,
    { description: string; headers?: Record<string, unknown>; content?: Record<string, unknown> }
  >
}

function operationOf(route: Partial<DescribedRoute>): Operation {
  const full: DescribedRoute = { ...plain, ...route }
  const document = buildOpenApi({ apis: [apiOf(full)], publicUrl: 'https://door.example', version: '1.2.3' })
  const [path] = Object.values(document.paths ?? {})
  return (path as Record<string, Operation>)[full.method.toLowerCase()] as Operation
}

test('what a route gives is what the document lists: method, path, parameters, body, answers', () => {
  const operation = operationOf({
    method: 'POST',
    path: '/things/:id/parts',
    params: z.strictObject({ id: z.string() }),
    query: z.strictObject({ limit: z.string().optional() }),
    body: z.strictObject({ name: z.string() }),
    answers: { 201: { description: 'Made.', schema: z.object({ id: z.string() }), headers: { Location: 'where' } } },
  })
  assert.equal(operation.operationId, 'postThingsByIdParts')
  assert.deepEqual(
    operation.parameters?.map(({ name, in: where, required }) => [name, where, required]),
    [
      ['id', 'path', true],
      ['limit', 'query', false],
    ],
  )
  assert.equal(operation.requestBody?.required, true)
  assert.deepEqual(Object.keys(operation.requestBody?.content['application/json']?.schema.properties ?? {}), ['name'])
  assert.deepEqual(Object.keys(operation.responses['201']?.headers ?? {}), ['Location'])
  assert.deepEqual(Object.keys(operation.responses['201']?.content ?? {}), ['application/json'])
})

test('a body is required exactly when an empty one is refused, and a form is a form', () => {
  const optional = operationOf({ method: 'DELETE', body: z.strictObject({ code: z.string().optional() }) })
  assert.equal(optional.requestBody?.required, false)
  const form = operationOf({ method: 'POST', bodyType: 'form', body: z.object({ grant_type: z.string() }) })
  assert.deepEqual(Object.keys(form.requestBody?.content ?? {}), ['application/x-www-form-urlencoded'])
})

test('the ways to authenticate are alternatives; none is an empty list, optional adds the empty one', () => {
  assert.deepEqual(operationOf({}).security, [])
  assert.deepEqual(operationOf({ takes: ['api-key'] }).security, [{ key: [] }, { keyBasic: [] }])
  assert.deepEqual(operationOf({ takes: ['api-key'], anonymous: true }).security, [{ key: [] }, { keyBasic: [] }, {}])
})

test('a private token stands beside an access token unless the route is strict', () => {
  assert.deepEqual(operationOf({ takes: ['access-token'] }).security, [{ jwt: [] }, { private: [] }])
  assert.deepEqual(operationOf({ takes: ['access-token'], strictKinds: true }).security, [{ jwt: [] }])
})

test('a scheme that no route takes is not in the document', () => {
  const document = buildOpenApi({
    apis: [apiOf({ ...plain, takes: ['access-token'], strictKinds: true })],
    publicUrl: 'https://door.example',
    version: '1',
  })
  assert.deepEqual(Object.keys(document.components?.securitySchemes ?? {}), ['jwt'])
})

test('failures are grouped by their status, with the words of the wire and its headers', () => {
  const { responses } = operationOf({ takes: ['api-key'], errors: ['not_found'], limit: 'address' })
  assert.equal(responses['404']?.description, '`gone`')
  assert.match(responses['401']?.description ?? '', /`credential_malformed`.*`credential_expired`/)
  assert.deepEqual(Object.keys(responses['401']?.headers ?? {}), ['WWW-Authenticate'])
  assert.ok('429' in responses)
  assert.ok(!('429' in operationOf({ takes: ['api-key'] }).responses))
})

test('what a route says of a status itself is kept, and its codes are added once', () => {
  const answers = {
    200: { description: 'Good.' },
    404: { description: 'There is no such `gone` thing.', schema: failure },
  }
  const { responses } = operationOf({ errors: ['not_found'], answers })
  assert.equal(responses['404']?.description, 'There is no such `gone` thing.')
  assert.deepEqual(Object.keys(responses['404']?.content ?? {}), ['application/problem+json', 'application/json'])
})

test('every field of a route that can refuse a request adds its failures', () => {
  const has = (route: Partial<DescribedRoute>, ...codes: ErrorCode[]) => {
    const all = errorsOf({ ...plain, ...route })
    for (const code of codes) assert.ok(all.includes(code), `${JSON.stringify(route)} lacks ${code}`)
    const bare = errorsOf(plain)
    for (const code of codes) assert.ok(!bare.includes(code), `${code} is there without its field`)
  }
  has(
    { takes: ['api-key'] },
    'credentials_missing',
    'credentials_conflict',
    'credential_malformed',
    'credential_invalid',
    'credential_expired',
    'credential_revoked',
    'credential_kind_refused',
    'credential_address_refused',
    'account_pending',
    'account_disabled',
    'account_blocked',
    'origin_refused',
  )
  has({ takes: ['password'] }, 'credentials_wrong', 'rate_limited', 'busy')
  has({ takes: ['static-key'] }, 'user_required')
  has({ takes: ['session-cookie'] }, 'origin_refused')
  has({ needs: 'a:b' }, 'scope_missing')
  has(
    { fresh: 'all' },
    'reauthentication_required',
    'credentials_wrong',
    'factor_wrong',
    'factor_required',
    'rate_limited',
  )
  has({ limit: 'mail' }, 'rate_limited')
  has({ body: z.object({}) }, 'body_malformed', 'media_type_unsupported')
  has({ errors: ['last_admin'] }, 'last_admin')
  assert.ok(!errorsOf({ ...plain, takes: ['api-key'], anonymous: true }).includes('credentials_missing'))
  for (const code of errorsOf({ ...plain, takes: ['password'], fresh: 'all' })) assert.ok(code in publicTexts)
})

test('what is hidden is not in the document', () => {
  const document = buildOpenApi({
    apis: [apiOf({ ...plain, hidden: true })],
    publicUrl: 'https://door.example',
    version: '1',
  })
  assert.deepEqual(document.paths, {})
})

test('the document names the public address and the version', () => {
  const document = buildOpenApi({
    apis: [apiOf(plain)],
    publicUrl: 'https://door.example/base',
    version: '1.2.3',
    about: '# Hello',
  })
  assert.equal(document.openapi, '3.1.0')
  assert.deepEqual(document.servers, [{ url: 'https://door.example/base' }])
  assert.equal(document.info.version, '1.2.3')
  assert.equal(document.info.description, '# Hello')
})

test('names of operations are stable and readable, those of other APIs carry its name', () => {
  assert.equal(operationId('native', { method: 'GET', path: '/' }), 'getRoot')
  assert.equal(operationId('native', { method: 'GET', path: '/.well-known/jwks.json' }), 'getWellKnownJwksJson')
  assert.equal(operationId('forward-auth', { method: 'GET', path: '/auth/verify' }), 'forwardAuthGetAuthVerify')
})

test('two operations of one name, and a path parameter that is not declared, do not build', () => {
  const build = (...routes: DescribedRoute[]) =>
    buildOpenApi({ apis: [apiOf(...routes)], publicUrl: 'https://door.example', version: '1' })
  assert.throws(() => build({ ...plain, path: '/a-b' }, { ...plain, path: '/a/b' }), TypeError)
  assert.throws(() => build({ ...plain, path: '/a/:id' }), /declares the path parameters \(none\), its path has id/)
  assert.throws(() => build({ ...plain, params: z.strictObject({ id: z.string() }) }), TypeError)
})
