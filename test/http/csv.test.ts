import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { csvLine } from '../../src/http/csv.ts'

test('cells are quoted, and what a spreadsheet would run is text', () => {
  assert.equal(csvLine(['a', 1, null, 'say "no"']), '"a","1","","say ""no"""\r\n')
  for (const cell of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', '\u200b=1']) {
    assert.ok(csvLine([cell]).startsWith(`"'`), JSON.stringify(cell))
  }
  assert.equal(csvLine([-5]), '"-5"\r\n')
})

/** As RFC 4180 has it. */
function cellsOf(line: string): readonly string[] {
  return [...line.matchAll(/"((?:[^"]|"")*)"(?:,|\r\n$)/g)].map(([, cell = '']) => cell.replaceAll('""', '"'))
}

test('whatever is in the cells, they come back as they were, but for an apostrophe', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (cells) => {
      const read = cellsOf(csvLine(cells))
      assert.equal(read.length, cells.length)
      for (const [at, cell] of read.entries()) assert.ok(cell === cells[at] || cell === `'${cells[at]}`)
    }),
  )
})
