import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Api } from '../../src/apis/api.ts'
import { routesUnder } from '../../src/apis/overlap.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await startTestServer({ doors: { apostrophe: { enabled: true }, freesewing: { enabled: true } } })
})
after(() => server.close())

const meets = (prefix: string) => routesUnder(server.apis, prefix).length > 0

test('what lies at, above or below a route of ours, with its parameters, meets it', () => {
  for (const prefix of [
    '/api',
    '/auth',
    '/auth/me',
    '/auth/keys/x',
    '/auth/verify/x',
    '/account',
    '/api/v1',
    '/signin',
  ])
    assert.ok(meets(prefix), prefix)
  for (const prefix of ['/shop', '/authors', '/auth/mee/x', '/api/shop', '/api/helpers'])
    assert.ok(!meets(prefix), prefix)
  assert.deepEqual(routesUnder([{ name: 'native', routes: [] } as unknown as Api], '/shop'), [])
})

test('a service whose prefix meets a route stops the start, and both are named', async () => {
  const target = { protocol: 'http:', host: '127.0.0.1', port: 1, authority: '127.0.0.1:1', path: null } as const
  const upstream = { prefix: '/account', target, accepts: [], requires: [], audience: 'x', open: null } as const
  const gateway = { upstreams: [upstream], connectSeconds: 1, idleSeconds: 1, projectBytes: 1024 }
  await assert.rejects(startTestServer({ doors: { freesewing: { enabled: true } }, gateway }), (error) => {
    assert.ok(error instanceof ConfigError)
    assert.match(error.message, /upstreams .*\/account meets a route of this server: freesewing \w+ \/account/)
    return true
  })
})
