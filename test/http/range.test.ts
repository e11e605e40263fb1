import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rangeHolds, readRange } from '../../src/http/range.ts'

const some = (from: number, to: number) => ({ part: 'some', from, to })
const whole = { part: 'whole' }
const none = { part: 'none' }

const rows: readonly (readonly [header: string | null, wanted: object])[] = [
  [null, whole],
  ['bytes=0-', some(0, 99)],
  ['bytes=0-0', some(0, 0)],
  ['bytes=10-19', some(10, 19)],
  ['bytes=90-200', some(90, 99)],
  ['bytes=-1', some(99, 99)],
  ['bytes=-100', some(0, 99)],
  ['bytes=-1000', some(0, 99)],
  ['Bytes = 5-6', some(5, 6)],
  ['bytes=99-', some(99, 99)],
  ['bytes=100-', none],
  ['bytes=100-200', none],
  ['bytes=-0', none],
  ['bytes=99999999999999999999-', none],
  ['bytes=0-99999999999999999999', some(0, 99)],
  ['bytes=-', whole],
  ['bytes=', whole],
  ['bytes', whole],
  ['bytes=20-10', whole],
  ['bytes=0-1,5-6', whole],
  ['bytes=0-1,', whole],
  ['bytes=+1-2', whole],
  ['bytes=1.5-2', whole],
  ['bytes=0x1-2', whole],
  ['bytes=1-2-3', whole],
  ['bytes=--5', whole],
  ['lines=0-1', whole],
  ['', whole],
]

for (const [header, wanted] of rows) {
  test(`of 100 bytes, ${header} asks for ${JSON.stringify(wanted)}`, () => {
    assert.deepEqual(readRange(header, 100), wanted)
  })
}

test('whatever a range says, the bytes that are sent are bytes that there are', () => {
  const piece = fc.oneof(fc.string(), fc.bigInt({ min: 0n }).map(String), fc.nat(300).map(String), fc.constant(''))
  const header = fc.oneof(
    fc.string(),
    fc.tuple(piece, piece).map(([first, last]) => `bytes=${first}-${last}`),
    fc.array(piece).map((pieces) => `bytes=${pieces.join(',')}`),
  )
  fc.assert(
    fc.property(header, fc.integer({ min: 1, max: 2 ** 40 }), (text, size) => {
      const wanted = readRange(text, size)
      if (wanted.part !== 'some') return
      assert.ok(Number.isSafeInteger(wanted.from) && Number.isSafeInteger(wanted.to))
      assert.ok(0 <= wanted.from && wanted.from <= wanted.to && wanted.to < size, JSON.stringify(wanted))
    }),
  )
})

test('a well-formed range of bytes that are there is answered with exactly these', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(4999), fc.nat(4999), (size, a, b) => {
      const [from, to] = [Math.min(a, b) % size, Math.max(a, b) % size]
      if (from > to) return
      assert.deepEqual(readRange(`bytes=${from}-${to}`, size), some(from, to))
      assert.deepEqual(readRange(`bytes=-${size - from}`, size), some(from, size - 1))
    }),
  )
})

test('only our own strong tag keeps a range in force', () => {
  assert.equal(rangeHolds(null, '"a"'), true)
  assert.equal(rangeHolds('"a"', '"a"'), true)
  for (const other of ['W/"a"', '"b"', 'a', '', 'Sat, 29 Oct 1994 19:43:31 GMT', '"a", "b"'])
    assert.equal(rangeHolds(other, '"a"'), false, other)
})
