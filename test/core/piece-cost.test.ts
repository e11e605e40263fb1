import assert from 'node:assert/strict'
import { test } from 'node:test'
import { costOf } from '../../src/core/piece-cost.ts'
import { readPieceQuery } from '../../src/core/piece-query.ts'
import { visibilities } from '../../src/core/piece-rights.ts'
import { readBracketQuery } from '../../src/http/bracket-query.ts'
import { newsroom, typeOf } from '../support/pieces.ts'

const { _memos, ...fields } = newsroom.article.fields
const type = typeOf({
  fields,
  indexes: [['color', 'price']],
})
const reader = {
  type,
  mode: 'published',
  projection: null,
  view: { see: 'whole', visibilities, archived: true },
} as const

function cost(query: string): number {
  const entries = readBracketQuery(new URLSearchParams(query))
  return costOf(type, readPieceQuery(entries, reader, { perPage: 50, maxPerPage: 200 }))
}

test('what an index answers costs nothing', () => {
  for (const query of [
    '',
    'page=3',
    'count=1',
    'color=red',
    'color=red&sort[price]=1',
    'color=red&price[min]=3&price[max]=9&sort[price]=-1',
    'sort[title]=1',
    'sort[place.town]=1',
    'place.town=Almsford',
    'slug=a',
    'sort[slug]=1',
    'sort[updatedAt]=1',
    'color=red&price=3',
    'price=3&color=red',
    'color=red&visibility=public&sort[price]=1',
    'sort[color]=-1&sort[price]=-1',
    'sort[price]=1&sort[updatedAt]=1',
    'price=3&sort[price]=1',
    `_ids[]=cabcdefgh`,
  ])
    assert.equal(cost(query), 0, query)
})

test('what reads all documents of a type is counted, and each list of values besides', () => {
  for (const [query, points] of [
    ['search=fog', 1],
    ['page=200', 1],
    ['color=red&title=Anchor', 1],
    ['title=Anchor&sort[price]=1', 1],
    ['price[min]=3', 1],
    ['price[]=3&price[]=4', 1],
    ['sort[createdAt]=1', 1],
    ['sort[title]=1&sort[price]=1', 1],
    // An index of these fields, and yet all of it is read: another order, two directions, a bound of what comes second.
    ['price=3&sort[color]=1', 1],
    ['sort[price]=1&sort[color]=1', 1],
    ['sort[color]=-1&sort[price]=1', 1],
    ['sort[price]=1&sort[updatedAt]=-1', 1],
    ['sort[updatedAt]=-1&sort[price]=-1', 1],
    ['sort[color]=1&sort[price]=1&price[min]=999', 1],
    ['sort[visibility]=1', 1],
    ['_related=cabcdefgh', 1],
    ['counts=price', 1],
    ['choices=price,color', 2],
    ['search=fog&counts=price&choices=color', 3],
  ] as const)
    assert.equal(cost(query), points, query)
})
