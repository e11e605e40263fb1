import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatApiKey } from '../../src/crypto/api-key-format.ts'
import { createIntrospection } from '../../src/guard/introspection.ts'
import { createFakeClock } from '../support/clock.ts'

/* What a guard makes of Cardea's answers about one credential, which come when the test says so. */

const id = '01977420-dc00-7ea5-bcb5-1ba8afd34d9a'
const issuer = 'https://id.example.com'
const sent = { kind: 'api-key', text: formatApiKey(id, 'a'.repeat(64)) } as const
const active = {
  ...{ active: true, kind: 'api-key', iss: issuer, aud: issuer, api: 'native' },
  ...{ sub: id, client_id: id, scope: 'account:read', role: 'user' },
}

function setUp() {
  const waiting: ((answer: object) => void)[] = []
  const introspection = createIntrospection({
    url: `${issuer}/oauth/introspect`,
    authorization: '',
    issuer,
    audience: issuer,
    fetch: (_url, { signal }) =>
      new Promise((done, fail) => {
        waiting.push((answer) => done(Response.json(answer)))
        signal?.addEventListener('abort', () => fail(signal.reason))
      }),
    clock: createFakeClock(),
    log: { warn() {}, error() {} },
    timeoutMillis: 1000,
    cacheSeconds: 10,
    refusedCacheSeconds: 10,
    cacheSize: 10,
    isSettled: () => true,
  })
  return { introspection, waiting, answer: (at: number, how: object) => waiting[at]?.(how) }
}

test('who asks while the same is asked waits for that answer', async () => {
  const { introspection, waiting, answer } = setUp()
  const all = [1, 2, 3].map(() => introspection.find(sent, 'key'))
  assert.equal(waiting.length, 1)
  answer(0, active)
  for (const each of await Promise.all(all)) assert.ok(each.ok)
})

test('who asks after a change is not answered by what was asked before it, nor is that remembered', async () => {
  const { introspection, waiting, answer } = setUp()
  const before = introspection.find(sent, 'key')
  introspection.forget(`key:${id}`)
  const after = introspection.find(sent, 'key')
  assert.equal(waiting.length, 2)
  answer(0, active)
  assert.ok((await before).ok)
  const joining = introspection.find(sent, 'key')
  assert.equal(waiting.length, 2)
  answer(1, { active: false })
  for (const each of [await after, await joining, await introspection.find(sent, 'key')])
    assert.ok(!each.ok && each.code === 'credential_invalid')
})

test('no more than 64 questions run at a time, those that a change has overtaken counted', async () => {
  const { introspection, answer } = setUp()
  const asked = []
  for (let each = 0; each < 64; each += 1) {
    if (each % 2 === 0) introspection.forget(`key:${id}`)
    asked.push(introspection.find(sent, each % 2 === 0 ? 'key' : `key ${each}`))
  }
  const more = await introspection.find(sent, 'another')
  assert.ok(!more.ok && more.code === 'busy')
  for (let each = 0; each < 64; each += 1) answer(each, active)
  await Promise.all(asked)
  const again = introspection.find(sent, 'another')
  answer(64, active)
  assert.ok((await again).ok)
})
