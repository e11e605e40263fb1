import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isWithin, machineNames, parseDotPath } from '../../src/core/dot-path.ts'

test('a path is names between dots, and nothing that reaches the machine', () => {
  assert.deepEqual(parseDotPath('title'), ['title'])
  assert.deepEqual(parseDotPath('items.0.@abc.label'), ['items', '0', '@abc', 'label'])
  for (const text of [
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a b',
    'a.$where',
    '$a',
    "a'b",
    'a"b',
    'a[0]',
    'a\0',
    'ä',
    '__proto__',
    'a.__proto__.b',
    'constructor',
    'a.prototype',
    '@constructor',
    'a'.repeat(65),
    Array.from({ length: 13 }, () => 'a').join('.'),
  ])
    assert.equal(parseDotPath(text), null, text)
})

test('whatever is parsed comes back when it is joined, and holds no quote, operator or name of the machine', () => {
  const part = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...machineNames, 'a', '@b', '0', '$set'))
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')),
      (text) => {
        const path = parseDotPath(text)
        if (path === null) return
        assert.equal(path.join('.'), text)
        for (const each of path) {
          assert.match(each, /^@?[A-Za-z0-9_-]+$/)
          assert.equal(machineNames.includes(each), false)
        }
      },
    ),
  )
})

test('a path lies within itself and what is above it', () => {
  assert.equal(isWithin(['a', 'b'], ['a']), true)
  assert.equal(isWithin(['a'], ['a']), true)
  assert.equal(isWithin(['a'], ['a', 'b']), false)
  assert.equal(isWithin(['ab'], ['a']), false)
})
