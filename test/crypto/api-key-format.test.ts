import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatApiKey, looksLikeApiKey, parseApiKey } from '../../src/crypto/api-key-format.ts'
import { hexToken, uuidv4 } from '../../src/crypto/random.ts'

const hex64 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))

test('every key that is formatted is read back', () => {
  fc.assert(
    fc.property(fc.uuid(), hex64, (id, secret) => {
      const text = formatApiKey(id, secret)
      assert.equal(text.length, 7 + 36 + 1 + 64 + 8)
      assert.ok(looksLikeApiKey(text))
      assert.deepEqual(parseApiKey(text), { id, secret })
    }),
  )
})

test('the checksum is CRC-32 over id and secret', () => {
  const zeros = formatApiKey('00000000-0000-4000-8000-000000000000', '0'.repeat(64))
  // computed with zlib.crc32 of another language
  assert.equal(zeros.slice(-8), '85873699')
})

test('every change of a single character is refused without a look-up', () => {
  for (let turn = 0; turn < 5; turn += 1) {
    const text = formatApiKey(uuidv4(), hexToken(32))
    for (let at = 0; at < text.length; at += 1) {
      for (const sign of '0123456789abcdefABCDEFgxz-_. \n') {
        if (text[at] === sign) continue
        assert.equal(parseApiKey(text.slice(0, at) + sign + text.slice(at + 1)), null)
      }
      assert.equal(parseApiKey(text.slice(0, at) + text.slice(at + 1)), null)
      assert.equal(parseApiKey(text.slice(0, at)), null)
    }
  }
})

test('two characters that changed places are refused', () => {
  const text = formatApiKey(uuidv4(), hexToken(32))
  for (let at = 1; at < text.length; at += 1) {
    const swapped = text.slice(0, at - 1) + text.charAt(at) + text.charAt(at - 1) + text.slice(at + 1)
    if (swapped !== text) assert.equal(parseApiKey(swapped), null)
  }
})

test('one key has one text: upper case, blanks and additions are refused', () => {
  const text = formatApiKey(uuidv4(), hexToken(32))
  for (const bad of [text.toUpperCase(), ` ${text}`, `${text} `, `${text}\n`, `${text}0`, `x${text}`, text.slice(7)]) {
    assert.equal(parseApiKey(bad), null)
  }
})

test('any other text is refused, and what is read formats to the same text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(parseApiKey(text), null)
      assert.equal(parseApiKey(`cardea_${text}`), null)
      assert.equal(looksLikeApiKey(`cardea_${text}`), true)
    }),
  )
  assert.equal(parseApiKey('cardea_'.repeat(200_000)), null)
  assert.equal(looksLikeApiKey('Cardea_'), false)
})

test('parts without the form of a key are not formatted', () => {
  const [id, secret] = [uuidv4(), hexToken(32)]
  for (const [badId, badSecret] of [
    [id.toUpperCase().replace(/^./, 'A'), secret],
    ['', secret],
    [id, secret.slice(1)],
    [id, `${secret}00`],
    [id, 'G'.repeat(64)],
  ] as const) {
    assert.throws(() => formatApiKey(badId, badSecret), TypeError)
  }
})
