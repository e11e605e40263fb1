import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Goal,
  isMet,
  markdownTable,
  median,
  mergeResults,
  parseResults,
  percentile,
  rounded,
  spread,
  tableRows,
  textTable,
} from '../../bench/results.ts'

const figure = (value: number, goal: number | null = null) => ({ value, goal, unit: 'x' })
const higher: Goal = { goal: 2, better: 'higher', unit: 'x' }
const lower: Goal = { goal: 2, better: 'lower', unit: 'x' }

test('the median is the middle value, or the mean of the two middle ones', () => {
  assert.equal(median([9, 1, 5]), 5)
  assert.equal(median([10, 1, 2, 3]), 2.5)
  assert.ok(Number.isNaN(median([])))
})

test('sorting for a figure leaves the measurements as they were', () => {
  const values = [3, 1, 2]
  median(values)
  percentile(values, 50)
  assert.deepEqual(values, [3, 1, 2])
})

test('a percentile is a value that was measured, by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
  assert.equal(percentile(hundred, 99), 99)
  assert.equal(percentile(hundred, 100), 100)
  assert.equal(percentile(hundred, 0), 1)
  // Of fewer than a hundred values the 99th percentile is the greatest: none may be hidden.
  assert.equal(percentile([1, 2, 50], 99), 50)
  assert.ok(Number.isNaN(percentile([], 50)))
})

test('the spread of equal rounds is nothing, and grows with their distance', () => {
  assert.equal(spread([4, 4, 4, 4]), 0)
  assert.ok(spread([1, 4, 4, 8]) > spread([3, 4, 4, 5]))
})

test('figures keep three significant digits', () => {
  assert.equal(rounded(0.123456), 0.123)
  assert.equal(rounded(1234.5), 1230)
  assert.ok(Number.isNaN(rounded(Number.NaN)))
})

test('a goal is met at its very value, and on its good side only', () => {
  assert.equal(isMet(figure(2, 2), higher), true)
  assert.equal(isMet(figure(1.99, 2), higher), false)
  assert.equal(isMet(figure(2, 2), lower), true)
  assert.equal(isMet(figure(2.01, 2), lower), false)
  assert.equal(isMet(figure(2), { better: null }), null)
})

test('a run of some names keeps the other figures, and drops names that are no more', () => {
  const old = { a: figure(1), gone: figure(2), b: figure(3) }
  const merged = mergeResults(old, { b: figure(4), c: figure(5) }, ['c', 'a', 'b', 'never'])
  assert.deepEqual(merged, { c: figure(5), a: figure(1), b: figure(4) })
  assert.deepEqual(Object.keys(merged), ['c', 'a', 'b'])
})

test('what is written as a result is read again; anything else counts as empty', () => {
  const results = { a: figure(1), b: figure(2, 3) }
  assert.deepEqual(parseResults(JSON.stringify(results)), results)
  for (const text of ['', '{', 'null', '[]', '1', '"a"']) assert.deepEqual(parseResults(text), {}, text)
  const damaged = { a: figure(1), b: null, c: { value: '1', goal: null, unit: 'x' }, d: { value: 1, goal: null } }
  assert.deepEqual(parseResults(JSON.stringify(damaged)), { a: figure(1) })
})

test('the table says which goals were not met', () => {
  const rows = tableRows({ good: figure(3, 2), bad: figure(3, 2), told: figure(3) }, { good: higher, bad: lower })
  assert.deepEqual(rows, [
    ['good', '3 x', '≥ 2 x', 'met'],
    ['bad', '3 x', '≤ 2 x', 'NOT met'],
    ['told', '3 x', '', ''],
  ])
  const text = textTable(rows).split('\n')
  assert.equal(new Set(text.slice(1).map((line) => line.indexOf('3 x'))).size, 1, 'columns stand below each other')
  assert.ok(text.some((line) => line.startsWith('bad') && line.endsWith('NOT met')))
  assert.equal(markdownTable(rows).split('\n').length, rows.length + 2)
})
