import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CardeaError } from '../../src/errors.ts'
import { entriesOf, readBracketQuery } from '../../src/http/bracket-query.ts'

const read = (query: string) => readBracketQuery(new URLSearchParams(query))

test('a name may have one key in brackets, and may come several times', () => {
  assert.deepEqual(read('page=2&sort[a.b]=-1&c[]=x&c[]=y&d='), [
    { name: 'page', key: null, value: '2' },
    { name: 'sort', key: 'a.b', value: '-1' },
    { name: 'c', key: '', value: 'x' },
    { name: 'c', key: '', value: 'y' },
    { name: 'd', key: null, value: '' },
  ])
})

test('what has more structure than that is left out', () => {
  assert.deepEqual(read('a[b][c]=1&[x]=1&a]=1&a[=1&=1'), [])
})

test('an object in a body says the same as an address', () => {
  const body = { page: 2, sort: { a: 1 }, c: ['x', true], d: { e: { f: 1 } }, g: null, h: [['i']] }
  assert.deepEqual(entriesOf(body), read('page=2&sort[a]=1&c[]=x&c[]=true'))
})

test('more than 200 parameters are refused, however they come', () => {
  const many = Array.from({ length: 201 }, (_, at) => [`n${at}`, '1'])
  const isRefusal = (error: unknown) => error instanceof CardeaError && error.code === 'request_invalid'
  assert.throws(() => readBracketQuery(new URLSearchParams(many as [string, string][])), isRefusal)
  assert.throws(() => entriesOf({ a: many.map(([name]) => name) }), isRefusal)
})

test('whatever comes is read without a throw, and every value is one that came', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 20 }),
      (pairs) => {
        const query = new URLSearchParams(pairs.map(([a, b]): [string, string] => [a.toWellFormed(), b.toWellFormed()]))
        for (const { name, key, value } of readBracketQuery(query))
          assert.ok(query.getAll(key === null ? name : `${name}[${key}]`).includes(value))
      },
    ),
  )
  fc.assert(
    fc.property(fc.object(), (body) => assert.ok(entriesOf(body).every(({ value }) => typeof value === 'string'))),
  )
})
