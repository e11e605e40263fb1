import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatApiKey } from '../../src/crypto/api-key-format.ts'
import { createIntrospection } from '../../src/guard/introspection.ts'
import type { Finding } from '../../src/guard/types.ts'
import { createFakeClock } from '../support/clock.ts'

/* What a guard makes of Cardea's answers about one credential, which come when the test says so. */

const id = '01977420-dc00-7ea5-bcb5-1ba8afd34d9a'
const issuer = 'https://id.example.com'
const text = formatApiKey(id, 'a'.repeat(64))
const shown = (key: string, address = '') => ({ kind: 'api-key', text, key, address }) as const
const active = {
  ...{ active: true, kind: 'api-key', iss: issuer, aud: issuer, api: 'native' },
  ...{ sub: id, client_id: id, scope: 'account:read', role: 'user' },
}

function setUp() {
  const waiting: ((answer: object) => void)[] = []
  const clock = createFakeClock()
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
    clock,
    log: { warn() {}, error() {} },
    timeoutMillis: 1000,
    cacheSeconds: 10,
    refusedCacheSeconds: 10,
    cacheSize: 100,
    isSettled: () => true,
  })
  const answer = (at: number, how: object) => waiting[at]?.(how)
  const answerAll = (how: object) => {
    for (const each of waiting) each(how)
  }
  return { introspection, clock, waiting, answer, answerAll }
}

test('who asks while the same is asked waits for that answer', async () => {
  const { introspection, waiting, answer } = setUp()
  const all = [1, 2, 3].map(() => introspection.find(shown('key')))
  assert.equal(waiting.length, 1)
  answer(0, active)
  for (const each of await Promise.all(all)) assert.ok(each.ok)
})

test('who asks after a change is not answered by what was asked before it, nor is that remembered', async () => {
  const { introspection, waiting, answer } = setUp()
  const before = introspection.find(shown('key'))
  introspection.forget(`key:${id}`)
  const after = introspection.find(shown('key'))
  assert.equal(waiting.length, 2)
  answer(0, active)
  assert.ok((await before).ok)
  const joining = introspection.find(shown('key'))
  assert.equal(waiting.length, 2)
  answer(1, { active: false })
  for (const each of [await after, await joining, await introspection.find(shown('key'))])
    assert.ok(!each.ok && each.code === 'credential_invalid')
})

const codeOf = (found: Finding) => (found.ok ? 'good' : found.code)
const many = (count: number, of: (at: number) => string) => Array.from({ length: count }, (_, at) => shown(of(at)))

test('strangers have 48 questions at a time, those that a change has overtaken counted, and who was good before 16 more', async () => {
  const { introspection, clock, answerAll } = setUp()
  const good = many(17, (at) => `good ${at}`)
  const first = good.map((each) => introspection.find(each))
  answerAll(active)
  await Promise.all(first)
  clock.advance(11_000)
  const asked = many(48, (at) => (at % 2 === 0 ? 'the same' : `key ${at}`)).map((each) => {
    introspection.forget('user:somebody')
    return introspection.find(each)
  })
  assert.equal(codeOf(await introspection.find(shown('another'))), 'busy')
  const [last, ...again] = good.map((each) => introspection.find(each)).toReversed()
  assert.equal(codeOf((await last) ?? assert.fail()), 'busy', 'no more than 64 in all')
  answerAll(active)
  for (const each of await Promise.all([...asked, ...again])) assert.ok(each.ok)
  const late = introspection.find(shown('another'))
  answerAll(active)
  assert.ok((await late).ok)
})

test('an address that sends garbage has 4 questions at a time for some seconds, and keeps nobody else from asking', async () => {
  const { introspection, clock, answerAll } = setUp()
  const bad = '2001:db8:0:1::1'
  // Another address of the same /64.
  const neighbour = '2001:db8:0:1::2'
  const flood = (from: string, name: string) =>
    many(33, (at) => `${name} ${at}`).map((each) => introspection.find({ ...each, address: from }))
  const begun = flood(bad, 'first')
  assert.equal(codeOf((await begun.pop()) ?? assert.fail()), 'rate_limited', 'half of all for one address')
  const other = introspection.find(shown('good', '192.0.2.1'))
  answerAll({ active: false })
  await Promise.all(begun)
  const second = flood(neighbour, 'second').slice(4)
  assert.ok(second.every((each) => !(each instanceof Promise) && codeOf(each) === 'rate_limited'))
  const others = [
    other,
    ...many(20, (at) => `other ${at}`).map((each) => introspection.find({ ...each, address: '192.0.2.1' })),
  ]
  const unknown = introspection.find(shown('from nobody knows where'))
  answerAll(active)
  for (const each of await Promise.all([...others.slice(1), unknown])) assert.ok(each.ok)
  const known = Array.from({ length: 20 }, (_, at) => ({ ...shown(`other ${at}`), address: bad }))
  clock.advance(10_000)
  const more = flood(bad, 'more')
  answerAll({ active: false })
  await Promise.all(more)
  const asked = known.map((each) => introspection.find(each))
  assert.ok(
    asked.every((each) => each instanceof Promise),
    'who was good before is asked about from there, too',
  )
  answerAll(active)
  await Promise.all(asked)
  clock.advance(11_000)
  const late = flood(bad, 'third')
  answerAll(active)
  assert.deepEqual((await Promise.all(late)).filter((each) => each.ok).length, 32)
})

test('answers that never came are no garbage of who asked', async () => {
  const { introspection, answerAll } = setUp()
  const wave = (name: string) =>
    many(30, (at) => `${name} ${at}`).map((each) => introspection.find({ ...each, address: '192.0.2.1' }))
  const begun = wave('first')
  answerAll([])
  for (const each of await Promise.all(begun)) assert.equal(codeOf(each), 'unavailable')
  const again = wave('second')
  answerAll(active)
  for (const each of await Promise.all(again)) assert.ok(each.ok)
})
