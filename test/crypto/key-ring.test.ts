import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { calculateJwkThumbprint } from 'jose'
import {
  generateSigningKey,
  importSigningKey,
  isSigningAlgorithm,
  type SigningAlgorithm,
  signingAlgorithms,
} from '../../src/crypto/key-ring.ts'
import { CardeaError } from '../../src/errors.ts'

const algorithms: readonly SigningAlgorithm[] = ['ES256', 'EdDSA', 'RS256']
const made = new Map(await Promise.all(algorithms.map(async (alg) => [alg, await generateSigningKey(alg)] as const)))
function keyFor(alg: SigningAlgorithm) {
  const key = made.get(alg)
  assert.ok(key)
  return key
}
const refused = (error: unknown) => error instanceof CardeaError && error.code === 'internal'

test('a new key is named by its thumbprint, and its public half holds nothing private', async () => {
  assert.deepEqual(Object.keys(signingAlgorithms), algorithms)
  for (const alg of algorithms) {
    const { kid, publicJwk, privateJwk } = keyFor(alg)
    assert.equal(kid, await calculateJwkThumbprint(publicJwk))
    assert.match(kid, /^[A-Za-z0-9_-]{43}$/)
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.ok(!(member in publicJwk), member)
    assert.ok(privateJwk.d)
    for (const jwk of [publicJwk, privateJwk]) {
      assert.equal(jwk.kid, kid)
      assert.equal(jwk.alg, alg)
      assert.equal(jwk.use, 'sig')
    }
  }
  assert.notEqual((await generateSigningKey('ES256')).kid, keyFor('ES256').kid)
})

test('a stored key comes back as it was, through JSON, and cannot be taken out again', async () => {
  for (const alg of algorithms) {
    const stored = JSON.parse(JSON.stringify(keyFor(alg)))
    const key = await importSigningKey(stored)
    assert.equal(key.alg, alg)
    assert.equal(key.kid, stored.kid)
    assert.equal(key.publicKey.type, 'public')
    assert.ok(key.sign)
    // Its private half is in no member of it.
    const { d } = stored.privateJwk
    assert.ok(!inspect(key, { depth: 9, showHidden: true }).includes(d) && !JSON.stringify(key).includes(d))
    assert.deepEqual(Object.keys(key).sort(), ['alg', 'kid', 'publicKey', 'sign'])
    const { privateJwk: _, ...publicOnly } = stored
    assert.equal((await importSigningKey(publicOnly)).sign, null)
  }
})

test('a private key in the place of the public one is used as public only', async () => {
  const { kid, privateJwk } = keyFor('ES256')
  const key = await importSigningKey({ alg: 'ES256', kid, publicJwk: privateJwk })
  assert.equal(key.publicKey.type, 'public')
  assert.deepEqual(key.publicKey.usages, ['verify'])
})

test('a key is refused for every algorithm but its own, and for unknown and symmetric ones', async () => {
  for (const alg of [...algorithms, 'HS256', 'none', 'PS256', 'ES384', '', '__proto__', 'toString']) {
    for (const own of algorithms) {
      if (alg === own) continue
      await assert.rejects(importSigningKey({ ...keyFor(own), alg }), refused, `${own} as ${alg}`)
    }
  }
  assert.equal(isSigningAlgorithm('HS256'), false)
  assert.equal(isSigningAlgorithm('constructor'), false)
})

test('RSA with less than 2048 bits is refused, public and private', async () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const publicJwk = pair.publicKey.export({ format: 'jwk' })
  const privateJwk = pair.privateKey.export({ format: 'jwk' })
  await assert.rejects(importSigningKey({ alg: 'RS256', kid: 'weak', publicJwk }), refused)
  await assert.rejects(importSigningKey({ alg: 'RS256', kid: 'weak', publicJwk, privateJwk }), refused)
})

test('halves of two keys, symmetric keys and garbage are refused', async () => {
  const [one, two] = [keyFor('ES256'), await generateSigningKey('ES256')]
  const { kid, alg, publicJwk } = one
  const record = { kid, alg, publicJwk }
  await assert.rejects(importSigningKey({ ...record, privateJwk: two.privateJwk }), refused)
  await assert.rejects(importSigningKey({ ...record, privateJwk: publicJwk }), refused)
  const garbage = [null, undefined, 'x', 1, [], {}, { kty: 'oct', k: 'AAAA' }, { kty: 'EC', crv: 'P-256' }]
  for (const jwk of [...garbage, { ...publicJwk, x: 'AAAA' }, { ...publicJwk, crv: 'P-384' }, { ...publicJwk, y: 7 }]) {
    await assert.rejects(importSigningKey({ ...record, publicJwk: jwk }), refused, JSON.stringify(jwk))
  }
})

test('an error about a key does not show it', async () => {
  const { kid, publicJwk, privateJwk } = keyFor('ES256')
  const secret = privateJwk.d ?? 'none'
  await assert.rejects(
    importSigningKey({ alg: 'ES256', kid, publicJwk, privateJwk: { ...privateJwk, x: 'AAAA' } }),
    (error) => refused(error) && !`${String(error)} ${JSON.stringify(error)}`.includes(secret),
  )
})
