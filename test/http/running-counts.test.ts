import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRunningCounts } from '../../src/http/running-counts.ts'

test('each key has as many as were begun and have not ended, in whatever order they end', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ key: fc.constantFrom('a', 'b', '__proto__'), ends: fc.nat() })), (steps) => {
      const counts = createRunningCounts()
      const open: { readonly key: string; readonly end: () => void }[] = []
      for (const { key, ends } of steps) {
        if (ends % 3 === 0) open.splice(ends % Math.max(open.length, 1), 1)[0]?.end()
        else open.push({ key, end: counts.begin(key) })
        for (const each of ['a', 'b', '__proto__'])
          assert.equal(counts.of(each), open.filter((one) => one.key === each).length)
      }
    }),
  )
})
