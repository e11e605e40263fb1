import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cacheKey, createVerdictCache, type Held, type Subject } from '../../src/core/verdict-cache.ts'

const held = (...subjects: Subject[]): Held => ({
  principal: {
    kind: 'api-key',
    user: null,
    role: 'user',
    scopes: new Set(),
    api: 'native',
    sessionId: null,
    keyId: null,
    factors: [],
    provenAt: null,
    expiresAt: null,
    actor: null,
  },
  endsAt: null,
  idle: null,
  addresses: null,
  use: null,
  subjects,
})

test('a change voids all verdicts of its subject and no other', () => {
  const cache = createVerdictCache({ max: 10 })
  cache.put('a', held('user:1', 'key:a'), cache.version())
  cache.put('b', held('user:1', 'key:b'), cache.version())
  cache.put('c', held('user:2', 'key:c'), cache.version())
  cache.forget('key', 'a')
  assert.equal(cache.get('a'), null)
  assert.notEqual(cache.get('b'), null)
  cache.forget('user', '1')
  assert.equal(cache.get('b'), null)
  assert.notEqual(cache.get('c'), null)
  cache.forget('restore', '')
  assert.equal(cache.size(), 0)
})

test('an id of one kind does not void the same id of another kind', () => {
  const cache = createVerdictCache({ max: 10 })
  cache.put('a', held('key:1'), cache.version())
  cache.forget('session', '1')
  assert.notEqual(cache.get('a'), null)
})

test('a verdict that was looked up while any change was told is not kept', () => {
  const cache = createVerdictCache({ max: 10 })
  const version = cache.version()
  cache.forget('user', 'somebody')
  cache.put('a', held('key:a'), version)
  assert.equal(cache.get('a'), null)
})

test('a verdict that was replaced is still found by its change', () => {
  const cache = createVerdictCache({ max: 10 })
  cache.put('a', held('key:a'), cache.version())
  cache.put('a', held('key:a'), cache.version())
  cache.forget('key', 'a')
  assert.equal(cache.get('a'), null)
})

test('the cache holds no more than it may, and nothing when it may hold nothing', () => {
  const cache = createVerdictCache({ max: 3 })
  for (let index = 0; index < 100; index += 1) cache.put(`${index}`, held(`key:${index}`), cache.version())
  assert.equal(cache.size(), 3)
  const none = createVerdictCache({ max: 0 })
  none.put('a', held(), none.version())
  assert.equal(none.get('a'), null)
})

test('whatever is put and forgotten in whatever order, no verdict of a forgotten subject is left', () => {
  const step = fc.record({ key: fc.nat(8), user: fc.nat(3), forget: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const cache = createVerdictCache({ max: 4 })
      const last = new Map<number, number>()
      for (const { key, user, forget } of steps) {
        if (forget) {
          cache.forget('user', `${user}`)
          for (const [each, owner] of last) if (owner === user) assert.equal(cache.get(`${each}`), null)
        } else {
          cache.put(`${key}`, held(`user:${user}`), cache.version())
          last.set(key, user)
        }
      }
    }),
  )
})

test('the way in is part of the key, and no two pairs of way and credential share one', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      if (one !== other) assert.notEqual(cacheKey('api-key', one), cacheKey('api-key', other))
      assert.notEqual(cacheKey('bearer-token', one), cacheKey('session-cookie@native', one))
    }),
  )
})
