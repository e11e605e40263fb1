import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateSigningKey } from '../../src/crypto/key-ring.ts'
import { createKeySet } from '../../src/guard/jwks.ts'
import { createFakeClock } from '../support/clock.ts'

/* The issuer's public keys in a guard's memory, under a fake clock. */

const [first, second, third] = await Promise.all([1, 2, 3].map(() => generateSigningKey('ES256')))
if (first === undefined || second === undefined || third === undefined) throw new TypeError('no keys')

function setUp() {
  const clock = createFakeClock()
  let asked = 0
  let way: () => Promise<Response> = async () => Response.json({ keys: [first?.publicJwk] })
  const keys = createKeySet({
    url: 'https://id.example.com/.well-known/jwks.json',
    fetch: (_url, { signal }) => {
      asked += 1
      const cut = new Promise<never>((_done, fail) => signal?.addEventListener('abort', () => fail(signal.reason)))
      return Promise.race([way(), cut])
    },
    clock,
    log: { warn() {}, error() {} },
    timeoutMillis: 50,
    freshSeconds: 300,
    staleSeconds: 3600,
  })
  return {
    clock,
    keys,
    asked: () => asked,
    answer(next: () => Promise<Response>) {
      way = next
    },
    settle: () => new Promise((done) => setTimeout(done, 5)),
  }
}

const kidOf = async (found: unknown) => {
  const key = await found
  return typeof key === 'object' && key !== null && 'kid' in key ? key.kid : key
}

test('keys are fetched once, by however many ask at a time, and then known without waiting', async () => {
  const { keys, asked } = setUp()
  const found = await Promise.all(Array.from({ length: 50 }, () => kidOf(keys.keyOf(first.kid))))
  assert.deepEqual(new Set(found), new Set([first.kid]))
  assert.equal(asked(), 1)
  assert.ok(!(keys.keyOf(first.kid) instanceof Promise))
})

test('a flood of unknown kids makes at most one fetch in 30 seconds', async () => {
  const { keys, asked, clock } = setUp()
  await keys.keyOf(first.kid)
  for (let second = 0; second < 300; second += 1) {
    for (let each = 0; each < 20; each += 1) assert.equal(await keys.keyOf(`none-${second}-${each}`), null)
    clock.advance(1000)
  }
  assert.equal(asked(), 10)
})

test('a key that the issuer has rotated to is found by the first token that it signed', async () => {
  const { keys, asked, clock, answer } = setUp()
  await keys.keyOf(first.kid)
  clock.advance(30_000)
  answer(async () => Response.json({ keys: [first.publicJwk, second.publicJwk] }))
  assert.equal(await kidOf(keys.keyOf(second.kid)), second.kid)
  assert.equal(await kidOf(keys.keyOf(first.kid)), first.kid)
  assert.equal(asked(), 2)
})

test('a key that was taken back is gone when the keys are asked for again, which happens beside the requests', async () => {
  const { keys, asked, clock, answer, settle } = setUp()
  await keys.keyOf(first.kid)
  answer(async () => Response.json({ keys: [second.publicJwk] }))
  clock.advance(300_000)
  assert.equal(await kidOf(keys.keyOf(first.kid)), first.kid)
  await settle()
  assert.equal(asked(), 2)
  assert.equal(await keys.keyOf(first.kid), null)
})

test('a change that is heard of while the keys are being asked for makes them asked for once more', async () => {
  const { keys, answer, settle, asked } = setUp()
  const slow = Promise.withResolvers<Response>()
  answer(() => slow.promise)
  const waiting = keys.keyOf(first.kid)
  answer(async () => Response.json({ keys: [second.publicJwk] }))
  for (let each = 0; each < 5; each += 1) keys.refresh(first.kid)
  slow.resolve(Response.json({ keys: [first.publicJwk] }))
  await waiting
  await settle()
  assert.equal(asked(), 2)
  assert.equal(await keys.keyOf(first.kid), null)
  assert.equal(await kidOf(keys.keyOf(second.kid)), second.kid)
})

test('a key that changed is in doubt until the keys were asked for when no cache can know better', async () => {
  const { keys, clock, settle, answer } = setUp()
  await keys.keyOf(first.kid)
  keys.refresh(first.kid)
  await settle()
  assert.deepEqual([keys.isDoubtful(first.kid), keys.isDoubtful(second.kid)], [true, false])
  answer(async () => new Response('', { status: 502 }))
  clock.advance(300_000)
  keys.keyOf(first.kid)
  await settle()
  assert.ok(keys.isDoubtful(first.kid), 'nothing was answered')
  answer(async () => Response.json({ keys: [first.publicJwk] }))
  clock.advance(30_000)
  keys.keyOf(first.kid)
  await settle()
  assert.ok(!keys.isDoubtful(first.kid))
})

test('while the issuer does not answer, what is known is believed up to the stated bound and no longer', async () => {
  const { keys, clock, answer, asked } = setUp()
  await keys.keyOf(first.kid)
  answer(async () => new Response('', { status: 502 }))
  clock.advance(3_599_000)
  assert.equal(await kidOf(keys.keyOf(first.kid)), first.kid)
  // Nobody knows whether it is a new one.
  assert.equal(await keys.keyOf(third.kid), 'unknown')
  clock.advance(1000)
  assert.equal(await keys.keyOf(first.kid), 'unknown')
  const before = asked()
  for (let turn = 0; turn < 10; turn += 1) assert.equal(await keys.keyOf(first.kid), 'unknown')
  assert.equal(asked(), before, 'it is not asked more often while it is down')
  clock.advance(30_000)
  answer(async () => Response.json({ keys: [first.publicJwk] }))
  assert.equal(await kidOf(keys.keyOf(first.kid)), first.kid)
})

test('a clock that was set back makes no key fresh', async () => {
  const { keys, clock, asked, answer } = setUp()
  await keys.keyOf(first.kid)
  answer(async () => new Response('', { status: 502 }))
  clock.advance(-86_400_000)
  assert.equal(await keys.keyOf(first.kid), 'unknown')
  assert.equal(asked(), 2)
})

test('an answer that is slow, no list, too long or redirected is none', async () => {
  const ways: readonly (() => Promise<Response>)[] = [
    () => new Promise(() => {}),
    async () => Response.json({}),
    async () => Response.json([]),
    async () => new Response('{"keys":[],"keys":[]}'),
    async () => Response.json({ keys: [], pad: 'x'.repeat(300_000) }),
    () => Promise.reject(new TypeError('fetch failed')),
  ]
  for (const way of ways) {
    const { keys, answer } = setUp()
    answer(way)
    assert.equal(await keys.keyOf(first.kid), 'unknown', String(way))
  }
})

test('keys that are none of ours to verify with are passed over: symmetric, private use, weak, unnamed', async () => {
  const { keys, answer } = setUp()
  const jwk = first.publicJwk
  answer(async () =>
    Response.json({
      keys: [
        null,
        'x',
        { ...jwk, kid: 'a', alg: 'HS256' },
        { kty: 'oct', k: 'AAAA', kid: 'b', alg: 'HS256' },
        { ...jwk, kid: 'c', use: 'enc' },
        { ...jwk, kid: 'd', alg: 'RS256' },
        { ...jwk, kid: 'e', alg: 'none' },
        { ...jwk, kid: undefined },
        { ...jwk, kid: 'f', x: 'AAAA' },
        jwk,
      ],
    }),
  )
  assert.equal(await kidOf(keys.keyOf(first.kid)), first.kid)
  for (const kid of 'abcdef') assert.equal(await keys.keyOf(kid), null, kid)
})
