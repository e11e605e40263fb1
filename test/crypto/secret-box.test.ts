import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createKeyTree } from '../../src/crypto/key-tree.ts'
import { type BoxContext, boxKeyId, open, seal } from '../../src/crypto/secret-box.ts'
import { CardeaError } from '../../src/errors.ts'

const tree = createKeyTree(Buffer.alloc(32, 7))
const key = tree.current('key-encryption')
const context: BoxContext = { table: 'factors', row: '12', purpose: 'totp' }
const refused = (error: unknown) =>
  error instanceof CardeaError && error.code === 'internal' && error.detail.internal !== undefined

test('what was sealed opens again, text and bytes, empty ones too', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), fc.string(), (bytes, table, row) => {
      const place = { table, row, purpose: 'p' }
      const box = seal(key, bytes, place)
      assert.match(box, /^v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{22,}$/)
      assert.equal(boxKeyId(box), key.id)
      assert.deepEqual(open(tree, 'key-encryption', box, place), Buffer.from(bytes))
    }),
  )
  assert.equal(open(tree, 'key-encryption', seal(key, 'ключ', context), context).toString(), 'ключ')
})

test('the same secret never gives the same box, and the box does not show it', () => {
  const boxes = Array.from({ length: 50 }, () => seal(key, 'a secret seed', context))
  assert.equal(new Set(boxes).size, 50)
  for (const box of boxes) {
    const body = Buffer.from(box.split('.')[3] ?? '', 'base64url')
    assert.ok(!body.toString('latin1').includes('secret'))
  }
})

test('a box opens in no other table, row or purpose, however the three are cut', () => {
  const box = seal(key, 'x', { table: 'ab', row: 'c', purpose: 'd' })
  for (const other of [
    { table: 'a', row: 'bc', purpose: 'd' },
    { table: 'ab', row: 'cd', purpose: '' },
    { table: 'ab', row: 'c', purpose: 'e' },
    { table: 'ab', row: 'x', purpose: 'd' },
    { table: 'ab","c', row: 'd', purpose: '' },
    { table: 'x', row: 'c', purpose: 'd' },
  ]) {
    assert.throws(() => open(tree, 'key-encryption', box, other), refused)
  }
  assert.throws(() => open(tree, 'audit', box, { table: 'ab', row: 'c', purpose: 'd' }), refused)
})

test('a box under a root that is gone does not open, and opens again when the root is listed as previous', () => {
  const box = seal(key, 'x', context)
  const root = Buffer.alloc(32, 8)
  assert.throws(() => open(createKeyTree(root), 'key-encryption', box, context), refused)
  const both = createKeyTree(root, [Buffer.alloc(32, 7)])
  assert.equal(open(both, 'key-encryption', box, context).toString(), 'x')
})

test('no change of a single character of a box goes unnoticed', () => {
  const box = seal(key, 'a seed', context)
  for (let at = 0; at < box.length; at += 1) {
    for (const sign of ['A', 'B', '0', '_', '.', ' ', '=']) {
      if (box[at] === sign) continue
      const changed = box.slice(0, at) + sign + box.slice(at + 1)
      assert.throws(() => open(tree, 'key-encryption', changed, context), refused, changed)
    }
  }
  for (const changed of [`${box}A`, `${box}=`, ` ${box}`, `${box}\n`, box.slice(0, -1), box.slice(0, -8)]) {
    assert.throws(() => open(tree, 'key-encryption', changed, context), refused)
  }
})

test('any other text is refused with an error that repeats nothing of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 12 }), (text) => {
      assert.throws(
        () => open(tree, 'key-encryption', text, context),
        (error) => refused(error) && !JSON.stringify(error).includes(JSON.stringify(text).slice(1, -1)),
      )
      assert.equal(boxKeyId(text), null)
    }),
  )
})
