import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchTotp, newTotpSecret, totpAt, totpStep, totpUri } from '../../src/crypto/totp.ts'

/** '12345678901234567890', the seed of RFC 6238, appendix B. */
const rfcSecret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

test('codes are those of RFC 6238, appendix B (SHA-1), in their last six digits', () => {
  const vectors: readonly (readonly [number, string])[] = [
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ]
  for (const [seconds, eight] of vectors) {
    const now = seconds * 1000
    assert.equal(totpAt(rfcSecret, totpStep(now)), eight.slice(2))
    assert.equal(matchTotp({ secret: rfcSecret, code: eight.slice(2), now, drift: 0 }), totpStep(now))
    assert.equal(matchTotp({ secret: rfcSecret, code: eight, now, drift: 0 }), null)
  }
})

test('a step begins exactly every 30 seconds', () => {
  assert.equal(totpStep(29_999), 0)
  assert.equal(totpStep(30_000), 1)
})

test('a code matches within the drift and not one step beyond, and tells which step it was', () => {
  const now = 1_700_000_000_000
  const present = totpStep(now)
  for (const drift of [0, 1, 2]) {
    for (let offset = -4; offset <= 4; offset += 1) {
      const matched = matchTotp({ secret: rfcSecret, code: totpAt(rfcSecret, present + offset), now, drift })
      assert.equal(matched, Math.abs(offset) <= drift ? present + offset : null, `drift ${drift}, offset ${offset}`)
    }
  }
  assert.equal(matchTotp({ secret: rfcSecret, code: totpAt(rfcSecret, 0), now: 0, drift: 1 }), 0)
})

test('blanks are typed away; anything but six ASCII digits is refused', () => {
  const now = 59_000
  assert.equal(matchTotp({ secret: rfcSecret, code: ' 287 082 ', now, drift: 0 }), 1)
  for (const code of [
    '',
    '28708',
    '2870820',
    '２８７０８２',
    '287-082',
    '0x4616a',
    '28708.',
    '1e5',
    '+87082',
    '287082\0',
  ]) {
    assert.equal(matchTotp({ secret: rfcSecret, code, now, drift: 1 }), null, JSON.stringify(code))
  }
  assert.equal(matchTotp({ secret: rfcSecret, code: ' '.repeat(1_000_000), now, drift: 1 }), null)
})

test('no other text matches', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (code) => {
      fc.pre(code.replace(/\s/g, '') !== '287082')
      assert.equal(matchTotp({ secret: rfcSecret, code, now: 59_000, drift: 0 }), null)
    }),
  )
})

test('a drift that would open the door wide is a mistake of the programmer', () => {
  for (const drift of [-1, 11, 0.5, Number.NaN]) {
    assert.throws(() => matchTotp({ secret: rfcSecret, code: '000000', now: 0, drift }), TypeError)
  }
})

test('seeds have 160 bits, never repeat and give different codes', () => {
  const seeds = Array.from({ length: 100 }, newTotpSecret)
  for (const seed of seeds) assert.match(seed, /^[A-Z2-7]{32}$/)
  assert.equal(new Set(seeds).size, 100)
  assert.ok(new Set(seeds.map((seed) => totpAt(seed, 1))).size > 90)
})

test('the address for the app carries the seed and all parameters, and no name can break out of it', () => {
  const uri = new URL(totpUri({ secret: rfcSecret, issuer: 'Cardea', account: 'alice@example.com' }))
  assert.equal(uri.protocol, 'otpauth:')
  assert.equal(uri.host, 'totp')
  assert.equal(decodeURIComponent(uri.pathname), '/Cardea:alice@example.com')
  assert.deepEqual(Object.fromEntries(uri.searchParams), {
    issuer: 'Cardea',
    secret: rfcSecret,
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  })
  fc.assert(
    fc.property(fc.oneof(fc.constant('a:b'), fc.string({ unit: 'binary', minLength: 1 })), (name) => {
      const parsed = new URL(totpUri({ secret: rfcSecret, issuer: `i${name}`, account: `a${name}` }))
      assert.deepEqual(parsed.searchParams.getAll('secret'), [rfcSecret])
      assert.equal(decodeURIComponent(parsed.pathname).split(':').length, 2)
    }),
  )
})
