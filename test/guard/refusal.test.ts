import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wire, wireCode } from '../../src/apis/native/errors.ts'
import type { ErrorCode } from '../../src/errors.ts'
import { accepts, combine, guardKinds, problemOf, refusalResponse, requires } from '../../src/guard/index.ts'
import { refusals } from '../../src/guard/refusal.ts'
import { takes } from '../../src/guard/rules.ts'

const codes = Object.keys(refusals) as (keyof typeof refusals)[]

test('a guard refuses with the status, the code and the challenge of the native API', () => {
  for (const code of codes) {
    const native: Readonly<Record<string, unknown>> = wire[code]
    const own: Readonly<Record<string, unknown>> = refusals[code]
    assert.equal(own.status, native.status, code)
    assert.equal(own.bearer, native.bearer, code)
    assert.equal(own.code ?? code, wireCode(code as ErrorCode), code)
  }
})

test('every 401 and every missing scope has a challenge for what would have been taken, every 503 says when to come again', () => {
  for (const code of codes) {
    const { status, headers, body } = problemOf({ code, accepts: guardKinds })
    assert.equal(JSON.parse(body).status, status)
    assert.equal('WWW-Authenticate' in headers, status === 401 || code === 'scope_missing', code)
    if (status === 503) assert.ok(Number(headers['Retry-After']) >= 1, code)
    assert.equal(headers['Cache-Control'], 'no-store')
  }
  assert.equal(problemOf({ code: 'unavailable', accepts: [], retryAfter: 2.2 }).headers['Retry-After'], '3')
  const onlyKeys = problemOf({ code: 'credentials_missing', accepts: ['api-key'] })
  assert.equal(onlyKeys.headers['WWW-Authenticate'], 'ApiKey realm="cardea"')
  assert.equal(refusalResponse({ code: 'scope_missing', scope: 'a:b', accepts: guardKinds }).status, 403)
})

test('rules add up: every scope of each, only kinds that all of them take', () => {
  const rule = combine([
    requires('a', 'b'),
    accepts('api-key', 'access-token'),
    requires('b', 'c'),
    accepts('access-token'),
  ])
  assert.deepEqual(rule, { accepts: ['access-token'], requires: ['a', 'b', 'c'], strictKinds: false })
  assert.ok(takes(rule, 'private-token') && !takes(rule, 'api-key'))
  const none = combine([accepts('api-key'), accepts('bearer-token')])
  for (const kind of guardKinds) assert.ok(!takes(none, kind), kind)
  assert.ok(!takes(combine([accepts('access-token'), { strictKinds: true }]), 'private-token'))
  for (const kind of guardKinds) assert.ok(takes(combine([]), kind))
  for (const kind of ['password', 'session-cookie', 'refresh-token']) assert.ok(!takes({}, kind))
})
