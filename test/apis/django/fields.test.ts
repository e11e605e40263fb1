import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from '@hono/zod-openapi'
import fc from 'fast-check'
import { bodies, codeField, decimal, fieldMessages, flag, text, wholeNumber } from '../../../src/apis/django/fields.ts'
import { CardeaError } from '../../../src/errors.ts'
import { refuseHostileValues } from '../../../src/http/body.ts'
import { validate } from '../../../src/http/fields.ts'

/** What a serializer of these fields says of a body: the value, or the messages by field. */
function asked(schema: z.ZodType, body: unknown): unknown {
  try {
    refuseHostileValues(body)
    return validate(schema, body)
  } catch (error) {
    if (error instanceof CardeaError && error.code === 'request_invalid')
      return fieldMessages(error.detail.fields ?? [])
    throw error
  }
}

describe('a text', () => {
  const name = z.object({ name: text({ min: 2, max: 5 }) })
  const message = (value: unknown) => (asked(name, { name: value }) as { name: string[] }).name[0]

  test('that is missing, null, blank or none has the words of the framework', () => {
    assert.deepEqual(asked(name, {}), { name: ['This field is required.'] })
    assert.equal(message(null), 'This field may not be null.')
    for (const blank of ['', '  ']) assert.equal(message(blank), 'This field may not be blank.')
    for (const wrong of [true, false, [], {}, ['a']]) assert.equal(message(wrong), 'Not a valid string.')
    assert.equal(message('a'), 'Ensure this field has at least 2 characters.')
    assert.equal(message('abcdef'), 'Ensure this field has no more than 5 characters.')
    assert.equal(message('a\0'), 'Null characters are not allowed.')
    assert.equal(message('a\ud800'), 'Surrogate characters are not allowed: U+D800.')
    assert.equal(message('\udfff'), 'Surrogate characters are not allowed: U+DFFF.')
  })

  test('is trimmed, counted in characters, and a number is its text', () => {
    assert.deepEqual(asked(name, { name: ' abc ' }), { name: 'abc' })
    assert.deepEqual(asked(name, { name: 12.5 }), { name: '12.5' })
    assert.deepEqual(asked(name, { name: '👍👍👍👍👍' }), { name: '👍👍👍👍👍' })
  })

  test('that counts exactly keeps its blanks, so that no password is another than was typed', () => {
    const exact = z.object({ password: text({ max: 20, exact: true }) })
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }), (typed) => {
        fc.pre(typed.isWellFormed() && !typed.includes('\0'))
        assert.deepEqual(asked(exact, { password: typed }), { password: typed })
      }),
    )
  })
})

test('flags and numbers take the words that forms have for them, and nothing else', () => {
  const all = z.object({ on: flag, many: wholeNumber(0, 9), part: decimal(0, 1) })
  assert.deepEqual(asked(all, { on: 'true', many: '7', part: '0.25' }), { on: true, many: 7, part: 0.25 })
  assert.deepEqual(asked(all, { on: '0', many: 0, part: 1 }), { on: false, many: 0, part: 1 })
  assert.deepEqual(asked(all, { on: 2, many: true, part: [] }), {
    on: ['Must be a valid boolean.'],
    many: ['A valid integer is required.'],
    part: ['A valid number is required.'],
  })
  assert.deepEqual(asked(all, { on: null, many: 10, part: -1 }), {
    on: ['This field may not be null.'],
    many: ['Ensure this value is less than or equal to 9.'],
    part: ['Ensure this value is greater than or equal to 0.'],
  })
  for (const odd of ['1e1', '0x1', '', ' ', 'NaN', 'Infinity'])
    assert.deepEqual(asked(z.object({ part: decimal(0, 99) }), { part: odd }), {
      part: ['A valid number is required.'],
    })
})

test('a code may be a number that lost its zeros; blank and null are none', () => {
  const body = z.object({ code: codeField })
  assert.deepEqual(asked(body, { code: 12_345 }), { code: '012345' })
  assert.deepEqual(asked(body, { code: ' 012345 ' }), { code: '012345' })
  for (const none of [{}, { code: '' }, { code: null }, { code: '  ' }]) {
    assert.equal((asked(body, none) as { code?: string }).code, undefined)
  }
})

test('a body that is no object is told what it is', () => {
  const message = (body: unknown) => bodies.refuse(body)?.message
  assert.equal(message([]), 'Invalid data. Expected a dictionary, but got list.')
  assert.equal(message('a'), 'Invalid data. Expected a dictionary, but got str.')
  assert.equal(message(1), 'Invalid data. Expected a dictionary, but got int.')
  assert.equal(message(true), 'Invalid data. Expected a dictionary, but got bool.')
  assert.equal(message(null), 'No data provided')
  assert.equal(bodies.refuse({}), null)
})
