import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { keyUses } from '../../src/core/records.ts'
import { CardeaError } from '../../src/errors.ts'
import { createTestCore, testKeyTree } from '../support/core.ts'
import { countingStore } from '../support/counting-store.ts'
import { bearer, makeUser, openSession, principalOf, refusalOf } from '../support/people.ts'

const second = 1000
const day = 24 * 3600 * second
const kidOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
const kids = (set: { readonly keys: readonly object[] }) => set.keys.map((key) => ('kid' in key ? key.kid : null))

describe('the first key', () => {
  test('of 20 callers on two nodes all get the same one, for each use', async () => {
    const one = await createTestCore()
    const two = await createTestCore({ database: one.database, clock: one.clock })
    for (const use of keyUses) {
      const nodes = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : two))
      const found = await Promise.all(nodes.map((node) => node.core.signingKeys.current(use)))
      assert.equal(new Set(found.map((key) => key.kid)).size, 1)
    }
    assert.equal((await one.store.signingKeys.list()).length, 3)
    await two.core.close()
    await one.drop()
  })

  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
    test(`${algorithm}: what is signed is let in`, async () => {
      const t = await createTestCore({ settings: { signing: { algorithm } } })
      const { token } = await openSession(t, await makeUser(t))
      await principalOf(t, bearer(token))
      assert.equal(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).alg, algorithm)
      await t.drop()
    })
  }
})

describe('what is published', () => {
  test('only access keys, only public members', async () => {
    const t = await createTestCore()
    await openSession(t, await makeUser(t), { refreshForm: 'jwt' })
    await t.core.signingKeys.current('private')
    const set = await t.core.signingKeys.jwks()
    const access = (await t.store.signingKeys.list()).filter((key) => key.use === 'access')
    assert.deepEqual(
      kids(set),
      access.map((key) => key.kid),
    )
    for (const key of set.keys) assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    await t.drop()
  })

  test('a token of one use is nothing of another use: a refresh or private key signs no access token', async () => {
    const t = await createTestCore()
    const opened = await openSession(t, await makeUser(t), { refreshForm: 'jwt' })
    const [header = '', payload = '', signature = ''] = (opened.refreshToken ?? '').split('.')
    const typ = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), typ: 'at+jwt' }
    const forged = `${Buffer.from(JSON.stringify(typ)).toString('base64url')}.${payload}.${signature}`
    assert.deepEqual(await refusalOf(t, bearer(forged)), ['credential_invalid', 'access-token'])
    await t.drop()
  })

  test('private keys are boxed', async () => {
    const t = await createTestCore()
    await t.core.signingKeys.current('access')
    const [key] = await t.store.signingKeys.list()
    assert.match(key?.box ?? '', /^v1\./)
    assert.ok(!JSON.stringify(key).includes('"d"'))
    await t.drop()
  })
})

describe('rotation', () => {
  test('the next key is published a day ahead, takes over in time, and the old one verifies until its last token died', async () => {
    const t = await createTestCore({
      settings: { signing: { rotateSeconds: 90 * 86_400, publishAheadSeconds: 86_400 } },
    })
    const user = await makeUser(t)
    const first = kidOf((await openSession(t, user)).token)
    t.clock.advance(89 * day - second)
    await t.core.signingKeys.tend()
    assert.deepEqual(kids(await t.core.signingKeys.jwks()), [first])
    t.clock.advance(second)
    await t.core.signingKeys.tend()
    await t.core.signingKeys.tend()
    const published = kids(await t.core.signingKeys.jwks())
    assert.equal(published.length, 2)
    // Published, and not signing yet.
    const last = await openSession(t, user)
    assert.equal(kidOf(last.token), first)
    t.clock.advance(day)
    await t.core.signingKeys.tend()
    const next = await openSession(t, user)
    assert.notEqual(kidOf(next.token), first)
    assert.ok(published.includes(kidOf(next.token)))
    assert.deepEqual(kids(await t.core.signingKeys.jwks()).sort(), [...published].sort())
    t.clock.advance(31 * day)
    await t.core.signingKeys.tend()
    assert.deepEqual(kids(await t.core.signingKeys.jwks()), [kidOf(next.token)])
    await t.drop()
  })

  test('a token that was signed just before the switch is good until it ends', async () => {
    const t = await createTestCore()
    const opened = await openSession(t, await makeUser(t))
    await t.core.signingKeys.rotate('access', true)
    assert.notEqual((await t.core.signingKeys.current('access')).kid, kidOf(opened.token))
    t.clock.set(opened.expiresAt - 1)
    await t.core.signingKeys.tend()
    await t.core.feed.sync()
    await principalOf(t, bearer(opened.token))
    await t.drop()
  })

  test('another algorithm in the settings is followed, published ahead', async () => {
    const t = await createTestCore()
    const user = await makeUser(t)
    await openSession(t, user)
    const changed = await createTestCore({
      database: t.database,
      clock: t.clock,
      settings: { signing: { algorithm: 'EdDSA' } },
    })
    await changed.core.signingKeys.tend()
    assert.equal((await changed.core.signingKeys.current('access')).alg, 'ES256')
    t.clock.advance(day)
    await changed.core.signingKeys.tend()
    assert.equal((await changed.core.signingKeys.current('access')).alg, 'EdDSA')
    await changed.core.close()
    await t.drop()
  })

  test('a clock that jumps back neither stops the server from signing nor makes new keys', async () => {
    const t = await createTestCore()
    const user = await makeUser(t)
    const { token } = await openSession(t, user)
    t.clock.advance(-10 * day)
    const before = (await t.store.signingKeys.list()).length
    assert.equal((await t.core.signingKeys.current('access')).kid, kidOf(token))
    await t.core.signingKeys.tend()
    assert.equal((await t.store.signingKeys.list()).length, before)
    await t.drop()
  })

  test('a token of a key that another node has just made is let in here', async () => {
    const one = await createTestCore()
    const two = await createTestCore({ database: one.database, clock: one.clock })
    const user = await makeUser(one)
    await principalOf(two, bearer((await openSession(one, user)).token))
    await one.core.signingKeys.rotate('access', true)
    one.clock.advance(6 * second)
    await principalOf(two, bearer((await openSession(one, user)).token))
    await two.core.close()
    await one.drop()
  })
})

describe('revoking', () => {
  test('kills the key and all it signed, here at once and on another node with the feed', async () => {
    const one = await createTestCore()
    const two = await createTestCore({ database: one.database, clock: one.clock })
    const user = await makeUser(one)
    const { token } = await openSession(one, user)
    await two.core.feed.sync()
    for (const node of [one, two]) await principalOf(node, bearer(token))
    await one.core.signingKeys.revoke(kidOf(token))
    assert.deepEqual(await refusalOf(one, bearer(token)), ['credential_invalid', 'access-token'])
    await two.core.feed.sync()
    assert.deepEqual(await refusalOf(two, bearer(token)), ['credential_invalid', 'access-token'])
    assert.ok(!kids(await one.core.signingKeys.jwks()).includes(kidOf(token)))
    await principalOf(one, bearer((await openSession(one, user)).token))
    await two.core.close()
    await one.drop()
  })

  test('a key that is not there is not found', async () => {
    const t = await createTestCore()
    await assert.rejects(t.core.signingKeys.revoke('x'), { code: 'not_found' })
    await t.drop()
  })
})

test('a flood of tokens with made-up key ids costs one read in five seconds', async () => {
  const counting = countingStore()
  const t = await createTestCore({ wrap: counting.wrap })
  const { token } = await openSession(t, await makeUser(t))
  await t.core.feed.sync()
  await principalOf(t, bearer(token))
  const [, payload = '', signature = ''] = token.split('.')
  counting.calls.length = 0
  for (let index = 0; index < 50; index += 1) {
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid: `made up ${index}`, typ: 'at+jwt' })).toString(
      'base64url',
    )
    assert.deepEqual(await refusalOf(t, bearer(`${header}.${payload}.${signature}`)), [
      'credential_invalid',
      'access-token',
    ])
  }
  assert.deepEqual(counting.calls, ['signingKeys.list'])
  await t.drop()
})

describe('the secret of the server', () => {
  test('the core does not start with a secret that its keys cannot be read with, and says what to do', async () => {
    const t = await createTestCore({ keyTree: testKeyTree(1) })
    await t.core.signingKeys.current('access')
    await assert.rejects(createTestCore({ database: t.database, keyTree: testKeyTree(2) }), (error) => {
      assert.ok(error instanceof CardeaError)
      assert.equal(error.code, 'internal')
      assert.ok(error.detail.internal?.includes(testKeyTree(1).current('key-encryption').id))
      assert.ok(error.detail.internal?.includes('CARDEA_PREVIOUS_SECRETS'))
      return true
    })
    await t.drop()
  })

  test('after re-wrapping the former secret is not needed any more, and old tokens are still good', async () => {
    const t = await createTestCore({ keyTree: testKeyTree(1) })
    const { token } = await openSession(t, await makeUser(t))
    const both = await createTestCore({ database: t.database, clock: t.clock, keyTree: testKeyTree(2, [1]) })
    assert.equal(await both.core.signingKeys.rewrap(), 1)
    assert.equal(await both.core.signingKeys.rewrap(), 0)
    const only = await createTestCore({ database: t.database, clock: t.clock, keyTree: testKeyTree(2) })
    await principalOf(only, bearer(token))
    await only.core.close()
    await both.core.close()
    await t.drop()
  })
})
