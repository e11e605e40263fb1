import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cleanValues } from '../../src/core/piece-fields.ts'
import { patchValues } from '../../src/core/piece-patch.ts'
import { storedName } from '../../src/core/piece-types.ts'
import { declared, newsroom } from '../support/pieces.ts'

const [article] = declared(newsroom)
const fields = article?.fields ?? []
const { values } = cleanValues(fields, {
  title: 'Ship',
  price: 3,
  place: { town: 'Almsford', street: 'Quay' },
  pictures: [{ _id: 'cpicture0001', caption: 'One' }],
  _related: ['cdocument0001'],
})

test('only the fields that are named are touched, under the name that they are stored by', () => {
  const patched = patchValues(fields, values, { 'place.town': 'Brookwick', relatedIds: [], nothing: 1 })
  assert.deepEqual(
    patched.fields.map(({ name }) => name),
    ['place', '_related'],
  )
  const cleaned = cleanValues(patched.fields, patched.input)
  assert.deepEqual(cleaned.values, { place: { town: 'Brookwick', street: 'Quay' }, relatedIds: [] })
})

test('what was there is not changed by what is made of it', () => {
  const before = structuredClone(values)
  patchValues(fields, values, { 'place.town': 'x', 'pictures.0.caption': 'x', 'pictures.@cpicture0001.address': 'x' })
  assert.deepEqual(values, before)
})

test('whatever comes as a patch, fields that it does not begin with stay, and no object of the machine changes', () => {
  const part = fc.oneof(
    fc.constantFrom(
      'title',
      'place',
      'town',
      'pictures',
      '0',
      '1',
      '@cpicture0001',
      'caption',
      '_related',
      'relatedIds',
    ),
    fc.constantFrom('__proto__', 'constructor', 'prototype', '$set', 'toString', '', 'length'),
    fc.string({ unit: 'binary', maxLength: 8 }),
  )
  const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.'))
  const own = Object.getOwnPropertyNames(Object.prototype).sort()
  fc.assert(
    fc.property(fc.array(fc.tuple(path, fc.anything()), { maxLength: 5 }), (pairs) => {
      const patched = patchValues(fields, values, Object.fromEntries(pairs))
      const after = { ...values, ...cleanValues(patched.fields, patched.input).values }
      const firsts = pairs.map(([name]) => name.split('.', 1)[0])
      for (const field of fields) {
        const stored = storedName(field)
        if (!firsts.includes(field.name) && !firsts.includes(stored)) assert.deepEqual(after[stored], values[stored])
      }
      assert.deepEqual(Object.keys(after).sort(), Object.keys(values).sort())
    }),
    { numRuns: 500 },
  )
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).sort(), own)
})
