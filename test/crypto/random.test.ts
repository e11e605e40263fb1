import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  hexToken,
  isUuid,
  parseRecoveryCode,
  randomBelow,
  randomBytes,
  randomCode,
  randomToken,
  recoveryCode,
  requestId,
  uuidv4,
  uuidv7,
} from '../../src/crypto/random.ts'

test('tokens have 256 bits and never repeat', () => {
  const tokens = Array.from({ length: 500 }, randomToken)
  for (const token of tokens) assert.match(token, /^[A-Za-z0-9_-]{43}$/)
  assert.equal(new Set(tokens).size, 500)
  assert.equal(randomBytes(7).length, 7)
  assert.match(hexToken(32), /^[0-9a-f]{64}$/)
})

test('UUIDs carry their version and variant, and v7 its time in the first 48 bits', () => {
  assert.match(uuidv4(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  // the time of the example in RFC 9562, appendix A.6
  assert.match(uuidv7(1645557742000), /^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.notEqual(uuidv7(0), uuidv7(0))
  fc.assert(
    fc.property(fc.nat(2 ** 40), fc.nat(2 ** 40), (a, b) => {
      if (a < b) assert.ok(uuidv7(a) < uuidv7(b))
    }),
  )
  for (const bad of [-1, 2 ** 48, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => uuidv7(bad), TypeError)
})

test('isUuid takes any version and letter case and nothing around it', () => {
  fc.assert(fc.property(fc.uuid(), (id) => isUuid(id) && isUuid(id.toUpperCase())))
  assert.ok(isUuid('00000000-0000-0000-0000-000000000000'))
  const id = uuidv4()
  for (const bad of ['', `${id}\n`, ` ${id}`, `{${id}}`, id.replaceAll('-', ''), id.slice(1), `g${id.slice(1)}`]) {
    assert.equal(isUuid(bad), false, JSON.stringify(bad))
  }
})

test('recovery codes use all 32 characters of their alphabet evenly and no look-alikes', () => {
  const counts = new Map<string, number>()
  for (const sign of randomCode(1, 64_000)) counts.set(sign, (counts.get(sign) ?? 0) + 1)
  assert.deepEqual([...counts.keys()].sort().join(''), '0123456789abcdefghjkmnpqrstvwxyz')
  // 2000 expected of each, standard deviation 44: seven of them do not happen
  for (const [sign, count] of counts) assert.ok(Math.abs(count - 2000) < 310, `${sign}: ${count}`)
  assert.match(recoveryCode(), /^[0-9a-z]{5}-[0-9a-z]{5}$/)
  assert.match(randomCode(3, 4), /^[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}$/)
})

test('a recovery code is read however it was typed, and anything else is refused', () => {
  for (let turn = 0; turn < 100; turn += 1) {
    const code = recoveryCode()
    assert.equal(parseRecoveryCode(code), code)
    assert.equal(parseRecoveryCode(` ${code.toUpperCase().replace('-', ' ')} `), code)
    assert.equal(parseRecoveryCode(code.replaceAll('0', 'O').replaceAll('1', 'I')), code)
    assert.equal(parseRecoveryCode(code.slice(1)), null)
    assert.equal(parseRecoveryCode(`${code}0`), null)
  }
  assert.equal(parseRecoveryCode('uuuuu-uuuuu'), null)
  assert.equal(parseRecoveryCode('a'.repeat(1_000_000)), null)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const code = parseRecoveryCode(text)
      if (code !== null) assert.equal(parseRecoveryCode(code), code)
    }),
  )
})

test('names of requests are 96 random bits each and never come twice', () => {
  const names = Array.from({ length: 2000 }, () => requestId())
  assert.equal(new Set(names).size, 2000)
  for (const name of names) assert.match(name, /^[0-9a-f]{24}$/)
})

test('whole numbers below an end are all there, and no other', () => {
  const seen = new Set(Array.from({ length: 1000 }, () => randomBelow(4)))
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3])
})
