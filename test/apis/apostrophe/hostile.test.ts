import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { csrf, keys, startApostrophe, tokenOf } from '../../support/apostrophe.ts'
import { makeUser } from '../../support/callers.ts'
import type { Wish } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startApostrophe()
  await makeUser(server, 'ann', 'editor')
})
after(() => server.close())

const names = [
  'username',
  'password',
  'session',
  'incompleteToken',
  'name',
  'value',
  'email',
  'reset',
  'role',
  'title',
  'disabled',
  'resetTotp',
  '_id',
  '__proto__',
  'constructor',
]

test('whatever is sent to whatever route by whomever, in body or query, is answered in JSON or not at all, and never with a 5xx', async () => {
  const routes =
    server.apis.find(({ name }) => name === 'apostrophe')?.routes.filter(({ path }) => !path.endsWith('/logout')) ?? []
  const callers: Wish[] = [
    {},
    { cookie: csrf },
    { token: await tokenOf(server, 'ann') },
    { headers: { Authorization: `ApiKey ${keys.admin}` } },
  ]
  const body = fc.oneof(
    fc
      .dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 })
      .map((value) => JSON.stringify(value)),
    fc.string({ maxLength: 40 }),
    fc.string({ maxLength: 40 }).map((text) => `{${text}`),
  )
  const type = fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain', '')
  const query = fc.oneof(
    fc.constant(''),
    fc.webQueryParameters().map((text) => `?${text}`),
    fc.constantFrom(
      '?page=x',
      '?page[a]=1',
      '?perPage=1e99',
      '?%',
      '?email=%00&reset=a',
      '?search=%F0%9F%98%80',
      '?count=1&count=1',
    ),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...routes),
      fc.constantFrom(...callers),
      body,
      type,
      query,
      async (route, caller, raw, contentType, text) => {
        const path = `${route.path.replace(/:[a-z]+/g, '7')}${text}`
        const wish =
          route.method === 'GET'
            ? caller
            : { ...caller, raw, headers: { ...caller.headers, 'Content-Type': contentType } }
        const answered = await server.send(route.method, path, wish)
        assert.ok(answered.status < 500, `${route.method} ${path} ${raw}: ${answered.status} ${answered.text}`)
        if (answered.text !== '') assert.equal(answered.type, 'application/json; charset=utf-8')
        assert.equal(answered.headers.get('cache-control'), 'no-store')
      },
    ),
    { numRuns: 500 },
  )
  assert.deepEqual(
    (await server.core.users.list({ limit: 9 })).items.map(({ username, role }) => `${username} ${role}`),
    ['ann editor', 'root admin'],
  )
})

test('too long an address and too large a body are told apart in the shape of this contract', async () => {
  const long = await server.send('GET', `/api/v1/@apostrophecms/login/whoami?x=${'a'.repeat(9000)}`)
  assert.deepEqual([long.status, long.body.name], [400, 'invalid'])
  const large = await server.send('POST', '/api/v1/@apostrophecms/login/login', {
    json: { username: 'a'.repeat(70_000), password: 'b' },
  })
  assert.deepEqual([large.status, large.body.name], [413, 'invalid'])
})
