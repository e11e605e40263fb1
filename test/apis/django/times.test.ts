import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseDateTime } from '../../../src/apis/django/times.ts'

const at = (text: string) => {
  const millis = parseDateTime(text)
  return millis === null ? null : new Date(millis).toISOString()
}

test('every form of the framework is read, and what has no offset is UTC', () => {
  assert.equal(at('2030-01-02T03:04'), '2030-01-02T03:04:00.000Z')
  assert.equal(at('2030-01-02T03:04:05'), '2030-01-02T03:04:05.000Z')
  assert.equal(at('2030-01-02 03:04:05.6'), '2030-01-02T03:04:05.600Z')
  assert.equal(at('2030-01-02T03:04:05.123456Z'), '2030-01-02T03:04:05.123Z')
  assert.equal(at('2030-01-02T03:04:05+02:30'), '2030-01-02T00:34:05.000Z')
  assert.equal(at('2030-01-02T03:04:05-0100'), '2030-01-02T04:04:05.000Z')
  assert.equal(at('2028-02-29T00:00Z'), '2028-02-29T00:00:00.000Z')
})

test('days and hours that do not exist, and texts that are no time, are none', () => {
  for (const text of [
    '',
    'tomorrow',
    '2030-01-02',
    '1750000000',
    '2029-02-29T00:00Z',
    '2030-13-01T00:00Z',
    '2030-00-10T00:00Z',
    '2030-01-32T00:00Z',
    '2030-01-02T24:00Z',
    '2030-01-02T03:60Z',
    '2030-01-02T03:04:60Z',
    '2030-01-02T03:04:05+25:00',
    '2030-01-02T03:04:05+01:99',
    '20300102T030405Z',
  ])
    assert.equal(parseDateTime(text), null, text)
})

test('every time that is written in ISO 8601 is read as itself, and no text makes it throw', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true }), (date) => {
      assert.equal(parseDateTime(date.toISOString()), date.getTime())
    }),
  )
  fc.assert(
    fc.property(fc.string({ maxLength: 64 }), (text) => {
      const read = parseDateTime(text)
      assert.ok(read === null || Number.isSafeInteger(read))
    }),
  )
})
