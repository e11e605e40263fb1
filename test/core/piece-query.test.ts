import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createProjection } from '../../src/core/piece-projection.ts'
import { type PieceQuery, type QueryEntry, readPieceQuery } from '../../src/core/piece-query.ts'
import { visibilities } from '../../src/core/piece-rights.ts'
import { CardeaError } from '../../src/errors.ts'
import { declared, newsroom } from '../support/pieces.ts'

const [type] = declared(newsroom)
if (type === undefined) throw new Error('there is no type')
const projection = createProjection(type.publicApiProjection ?? [])
const settings = { perPage: 50, maxPerPage: 200 }
const whole = {
  type,
  mode: 'published',
  projection: null,
  view: { see: 'whole', visibilities, archived: true },
} as const
const projected = {
  type,
  mode: 'published',
  projection,
  view: { see: 'projected', visibilities: ['public'], archived: false },
} as const

/** The query, or the code of the refusal; anything else that is thrown fails the test. */
function read(entries: readonly QueryEntry[], reader: typeof whole | typeof projected): PieceQuery | string {
  try {
    return readPieceQuery(entries, reader, settings)
  } catch (error) {
    assert.ok(error instanceof CardeaError, String(error))
    return error.code
  }
}

const text = fc.oneof(
  fc.constantFrom(
    'title',
    'price',
    'body',
    'place',
    'place.town',
    'place.street',
    'pictures.caption',
    'pictures',
    'sort',
  ),
  fc.constantFrom(
    'project',
    'choices',
    'counts',
    '_ids',
    'archived',
    'visibility',
    'slug',
    '_related',
    '_memos',
    'page',
  ),
  fc.constantFrom('perPage', 'search', 'count', 'updatedAt', '__proto__', 'a.constructor', 'min', 'max', '', '1', '-1'),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const entries = fc.array(fc.record({ name: text, key: fc.option(text), value: text }), { maxLength: 6 })

test('whatever is asked is a query within its bounds, or one of two refusals', () => {
  fc.assert(
    fc.property(entries, fc.constantFrom(whole, projected), (asked, reader) => {
      const query = read(asked, reader)
      if (typeof query === 'string') return assert.ok(['request_invalid', 'scope_missing'].includes(query), query)
      assert.ok(query.limit >= 1 && query.limit <= 200 && Number.isSafeInteger(query.offset) && query.offset >= 0)
      assert.ok(query.page >= 1 && query.sort.length >= 1)
      assert.equal(query.type, 'article')
      assert.equal(query.visibilities, reader.view.visibilities)
    }),
    { numRuns: 2000 },
  )
})

test('the query of those who see the projection names nothing but what it covers', () => {
  fc.assert(
    fc.property(entries, (asked) => {
      const query = read(asked, projected)
      if (typeof query === 'string') return
      const isShown = (operand: object, isDefault = false) => {
        if ('path' in operand) return projection.covers(operand.path as readonly string[])
        const { column } = operand as { readonly column: string }
        return isDefault || projection.covers([column])
      }
      for (const condition of query.conditions) {
        const shown = condition.op === 'relates' ? projection.covers(['_related']) : isShown(condition.operand)
        assert.ok(shown, JSON.stringify(condition))
      }
      const sorts = asked.some(({ name }) => name === 'sort')
      for (const { operand } of query.sort) assert.ok(isShown(operand, !sorts || query.sort.length === 1))
      for (const { operand } of query.choices) assert.ok(isShown(operand))
      for (const path of query.search?.paths ?? []) assert.ok(projection.covers(path.split('.')), path)
      assert.deepEqual([query.archived, query.project], [false, null])
    }),
    { numRuns: 2000 },
  )
})

test('who sees whole documents may ask the same and more, and gets the same query for it', () => {
  fc.assert(
    fc.property(entries, (asked) => {
      const query = read(asked, projected)
      const more = read(
        asked.filter(({ name }) => name !== 'project'),
        whole,
      )
      if (typeof query === 'string') return
      assert.ok(typeof more !== 'string')
      assert.deepEqual(
        [more.conditions, more.sort, more.limit, more.offset],
        [query.conditions, query.sort, query.limit, query.offset],
      )
    }),
  )
})
