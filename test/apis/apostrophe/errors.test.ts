import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { renderError, wire } from '../../../src/apis/apostrophe/errors.ts'
import { CardeaError, type ErrorCode } from '../../../src/errors.ts'
import { createLog } from '../../../src/server/log.ts'
import { api, assertError, csrf, keys, startApostrophe, tokenOf, usersPath } from '../../support/apostrophe.ts'
import { password } from '../../support/callers.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
let lines = ''
before(async () => {
  const stream = { write: (text: string) => (lines += text), isTTY: false } as unknown as NodeJS.WritableStream
  server = await startApostrophe({}, { log: createLog({ level: 'debug', stream }) })
})
after(() => server.close())

const context = { requestId: '', fromBrowser: false }

test('every failure has the status of its name, and says nothing that is not meant for the caller', () => {
  const internal = 'internal words'
  for (const code of Object.keys(wire) as ErrorCode[]) {
    for (const kind of [undefined, 'api-key', 'static-key', 'bearer-token', 'session-cookie']) {
      const error = new CardeaError(code, { internal, ...(kind === undefined ? {} : { kind }) })
      const { status, body } = renderError(error, context)
      assert.ok(
        status >= 400 &&
          (status < 500 || ['internal', 'busy', 'unavailable', 'upstream_failed', 'upstream_timeout'].includes(code)),
        code,
      )
      assert.ok(!JSON.stringify(body).includes(internal), code)
    }
  }
  assert.deepEqual(renderError(new CardeaError('internal', { internal }), context).body, {
    name: 'error',
    data: {},
    message: 'An error occurred.',
  })
})

test('a body that cannot be read is 400 in JSON, and what comes as anything else counts as nothing', async () => {
  const send = (raw: string, type: string) =>
    server.send('POST', `${api}/login`, { raw, headers: { 'Content-Type': type } })
  for (const [raw, type] of [
    ['{broken', 'application/json'],
    ['"text"', 'application/json'],
    ['5', 'application/json'],
    ['{broken', 'application/x-www-form-urlencoded'],
    ['a=%zz', 'application/x-www-form-urlencoded'],
    ['a=1&a=2', 'application/x-www-form-urlencoded'],
  ] as const) {
    const answered = await send(raw, type)
    assert.equal(answered.status, 400, `${raw} ${answered.text}`)
    assert.equal(answered.body.name, 'invalid')
  }
})

test('an address or method that is not there is 404 in JSON, after the credential and the CSRF cookie', async () => {
  for (const [method, path] of [
    ['GET', '/api/v1/nothing'],
    ['GET', `${api}/login`],
    ['GET', `${api}/logout`],
    ['POST', `${api}/whoami/more`],
    ['POST', `${api}/resetRequest`],
    ['DELETE', `${api}/login`],
    ['GET', `${api}/whoami/`],
  ] as const) {
    assertError(await server.send(method, path, method === 'GET' ? {} : { cookie: csrf }), 404, 'notfound')
    if (method !== 'GET') assert.equal((await server.send(method, path)).body.message, 'CSRF exception')
  }
})

test('every page may ask, without its visitor’s cookies, and preflights say so', async () => {
  const headers = { Origin: 'https://any.example', 'Access-Control-Request-Headers': 'authorization,content-type' }
  const preflight = await server.send('OPTIONS', `${api}/login`, { headers })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), '*')
  assert.equal(preflight.headers.get('access-control-allow-headers'), 'authorization,content-type')
  for (const path of [`${api}/context`, `${api}/whoami`, '/api/v1/nothing', `${api}/whoami?apikey=wrong`]) {
    const answered = await server.send('GET', path, { headers: { Origin: 'https://any.example' } })
    assert.equal(answered.headers.get('access-control-allow-origin'), '*', path)
    assert.equal(answered.headers.get('access-control-allow-credentials'), null)
  }
})

test('success is 200 with the contract’s type, or nothing at all', async () => {
  const json = { username: 'root', password }
  assert.equal((await server.send('POST', `${api}/login`, { json })).type, 'application/json; charset=utf-8')
  const token = await tokenOf(server, 'root')
  const made = await server.send('POST', usersPath, { token, json: { username: 'someone' } })
  assert.equal(made.status, 200)
})

test('no key or token of a query reaches a log line, at any level, whatever the answer is', async () => {
  lines = ''
  const token = await tokenOf(server, 'root')
  const secret = 'a-key-that-is-nowhere-else-0123456789'
  for (const key of [secret, keys.admin, keys.guest])
    for (const name of ['apikey', 'apiKey', 'apikey[]', 'access_token'])
      for (const [method, path] of [
        ['GET', `${api}/whoami`],
        ['POST', `${api}/logout`],
        ['GET', '/api/v1/nothing'],
        ['GET', usersPath],
        ['GET', '/auth/me'],
        ['GET', `/${'x'.repeat(9000)}`],
        ['PUT', api],
      ] as const)
        await server.send(method, `${path}?${name}=${key}`)
  await server.send('GET', `${api}/whoami?apikey=${secret}&x=%zz`, { token })
  assert.ok(lines.split('\n').length > 20, 'there are lines')
  assert.match(lines, /request refused/)
  for (const hidden of [secret, keys.admin, keys.guest, token, password]) assert.ok(!lines.includes(hidden))
})
