import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { preferredCoding } from '../../src/http/encoding.ts'

const both = ['br', 'gzip'] as const

test('a file is sent in the coding that the caller likes best, and plain where it takes none of ours', () => {
  assert.equal(preferredCoding('gzip, deflate, br, zstd', both), 'br')
  assert.equal(preferredCoding('gzip', both), 'gzip')
  assert.equal(preferredCoding('br;q=0.5, gzip;q=0.8', both), 'gzip')
  assert.equal(preferredCoding('*', both), 'br')
  assert.equal(preferredCoding('br;q=0, *', both), 'gzip')
  assert.equal(preferredCoding('GZIP ; Q=1', both), 'gzip')
  for (const accepted of [null, '', 'identity', 'br;q=0', 'br;q=0, gzip;q=0.000', 'br;q=2', 'br;q=-1', 'xbr, gzipx'])
    assert.equal(preferredCoding(accepted, both), null, String(accepted))
  assert.equal(preferredCoding('br', []), null)
})

test('no Accept-Encoding makes it throw, or choose what was not offered', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 1200 }), (accepted) => {
      const chosen = preferredCoding(accepted, ['gzip'])
      assert.ok(chosen === null || chosen === 'gzip')
    }),
  )
})
