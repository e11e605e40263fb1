import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readScalar } from '../../src/core/piece-fields.ts'
import type { Field } from '../../src/core/piece-types.ts'

const field = (type: 'integer' | 'float'): Field =>
  ({ name: 'n', type, required: false, min: null, max: null, def: null, choices: [], fields: [] }) as unknown as Field

test('numbers are read as they are written, and what only looks like one is refused', () => {
  for (const [text, number] of [
    ['1', 1],
    ['-1.5', -1.5],
    ['+.5', 0.5],
    ['2.', 2],
    ['1e3', 1000],
    ['1E-2', 0.01],
  ] as const)
    assert.deepEqual(readScalar(field('float'), text), { value: number })
  for (const text of ['.', '1e', '1.2.3', '0x10', 'Infinity', 'NaN', '--1', '1 2', '1,5', `${'1'.repeat(401)}`])
    assert.ok('wrong' in readScalar(field('float'), text), text)
})

test('a text is a number exactly when it is written as one, wherever it goes wrong', () => {
  const digits = fc.string({ unit: fc.constantFrom('0', '1', '9', '.', 'e', 'E', '+', '-', 'x'), maxLength: 30 })
  const oneWay = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
  fc.assert(
    fc.property(digits, (text) => {
      if (text === '') return
      const isNumber = oneWay.test(text) && Number.isFinite(Number(text))
      assert.equal('wrong' in readScalar(field('float'), text), !isNumber, text)
    }),
    { numRuns: 3000 },
  )
})
