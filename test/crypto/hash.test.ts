import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64url } from '../../src/crypto/base64url.ts'
import { equalBytes, equalText } from '../../src/crypto/compare.ts'
import { hkdf, hmac, hmacHex, sha256, sha256Hex, textBytes } from '../../src/crypto/hash.ts'

test('SHA-256 gives the vectors of FIPS 180', () => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  assert.equal(sha256Hex('abc'), abc)
  assert.equal(sha256(Buffer.from('abc')).toString('hex'), abc)
})

test('HMAC-SHA-256 gives the vectors of RFC 4231', () => {
  assert.equal(
    hmacHex(Buffer.alloc(20, 0x0b), 'Hi There'),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  )
  assert.equal(
    hmac(Buffer.from('Jefe'), Buffer.from('what do ya want for nothing?')).toString('hex'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
})

test('HKDF gives the vector of RFC 5869, A.3 and other keys for other labels', () => {
  const root = Buffer.alloc(22, 0x0b)
  assert.equal(
    hkdf(root, '', 42).toString('hex'),
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  )
  assert.notDeepEqual(hkdf(root, 'a', 32), hkdf(root, 'b', 32))
})

test('no two texts share a hash, lone surrogates included', () => {
  assert.notEqual(sha256Hex('\ud800'), sha256Hex('\ud801'))
  assert.notEqual(sha256Hex('\ud800'), sha256Hex('\ufffd'))
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      assert.equal(textBytes(a).equals(textBytes(b)), a === b)
    }),
  )
})

test('constant-time comparison says the same as ===, for any lengths', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      assert.equal(equalText(a, b), a === b)
      assert.ok(equalText(a, a))
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      assert.equal(equalBytes(a, b), Buffer.compare(a, b) === 0)
      assert.ok(equalBytes(a, Buffer.from(a)))
    }),
  )
  assert.equal(equalText('', 'a'), false)
  assert.equal(equalText('\ud800', '\ud801'), false)
  assert.equal(equalText('é', 'e\u0301'), false)
})

test('base64url has exactly one text for each byte string', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = Buffer.from(bytes).toString('base64url')
      assert.deepEqual(decodeBase64url(text), Buffer.from(bytes))
    }),
  )
  fc.assert(
    fc.property(fc.string(), (text) => {
      const bytes = decodeBase64url(text)
      if (bytes !== null) assert.equal(bytes.toString('base64url'), text)
    }),
  )
  for (const bad of ['AA==', 'AA=', 'A', 'AB', 'A A', ' AA', 'AA\n', 'A+A_', '/w', 'Ä']) {
    assert.equal(decodeBase64url(bad), null, JSON.stringify(bad))
  }
})
