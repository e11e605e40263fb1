import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { randomToken, uuidv7 } from '../../src/crypto/random.ts'
import { formatRefreshToken, parseRefreshToken } from '../../src/crypto/refresh-format.ts'

const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('base64url'))
const parts = fc.record(
  { sessionId: fc.uuid(), generation: fc.integer({ min: 1, max: 2 ** 31 - 1 }), secret },
  { noNullPrototype: true },
)

test('every refresh token that is formatted is read back', () => {
  fc.assert(
    fc.property(parts, (token) => {
      assert.deepEqual(parseRefreshToken(formatRefreshToken(token)), token)
    }),
  )
  const last = { sessionId: uuidv7(0), generation: 2 ** 31, secret: randomToken() }
  assert.deepEqual(parseRefreshToken(formatRefreshToken(last)), last)
})

test('one token has one text: other spellings of the same parts are refused', () => {
  const [sessionId, code] = [uuidv7(1), randomToken()]
  const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.indexOf(code.charAt(42))
  const loose = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.charAt(last + 1)
  for (const bad of [
    `${sessionId.toUpperCase()}.1.${code}`.replace(/^./, 'A'),
    `${sessionId}.01.${code}`,
    `${sessionId}.0.${code}`,
    `${sessionId}.-1.${code}`,
    `${sessionId}.1e3.${code}`,
    `${sessionId}.1.5.${code}`,
    `${sessionId}..${code}`,
    `${sessionId}.2147483649.${code}`,
    `${sessionId}.99999999999.${code}`,
    `${sessionId}.١.${code}`,
    `${sessionId}.1.${code.slice(0, 42)}${loose}`,
    `${sessionId}.1.${code}=`,
    `${sessionId}.1.${code.slice(1)}`,
    ` ${sessionId}.1.${code}`,
    `${sessionId}.1.${code}\n`,
    `${sessionId.replaceAll('-', '')}.1.${code}`,
    code,
    '',
  ]) {
    assert.equal(parseRefreshToken(bad), null, JSON.stringify(bad))
  }
  assert.notEqual(parseRefreshToken(`${sessionId}.1.${code}`), null)
})

test('any other text is refused or formats to itself', () => {
  const near = fc.tuple(parts.map(formatRefreshToken), fc.nat(90), fc.string({ unit: 'binary', maxLength: 1 }))
  const changed = near.map(([text, at, sign]) => text.slice(0, at) + sign + text.slice(at + 1))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), changed), (text) => {
      const read = parseRefreshToken(text)
      if (read !== null) assert.equal(formatRefreshToken(read), text)
    }),
  )
  assert.equal(parseRefreshToken('a.'.repeat(500_000)), null)
})

test('parts without their form are not formatted', () => {
  const good = { sessionId: uuidv7(1), generation: 1, secret: randomToken() }
  for (const bad of [
    { ...good, sessionId: 'x' },
    { ...good, generation: 0 },
    { ...good, generation: 1.5 },
    { ...good, generation: 2 ** 31 + 1 },
    { ...good, generation: Number.NaN },
    { ...good, secret: 'short' },
  ]) {
    assert.throws(() => formatRefreshToken(bad), TypeError)
  }
})
