import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type DjangoPage, pageBody, readPage, readSlice, sliceBody } from '../../../src/apis/django/paging.ts'

const base = 'https://photos.example.com'
const rules = { size: 10, maxSize: 50 }
const request = (query = '') => new Request(`http://backend/api/things/${query}`)
const page = (query: string, count: number) => {
  const asked = readPage(Object.fromEntries(new URLSearchParams(query)), rules)
  return pageBody(asked, { count, results: [] }, { base, request: request(query) })
}

test('the addresses of other pages carry no credential that was in the query', () => {
  const query = '?q=a&apikey=secret1&apiKey=secret2&access_token=secret3'
  const numbered = page(`${query}&page=2`, 25)
  const asked = readSlice({ limit: '5', offset: '5' }, 50)
  const sliced = sliceBody(asked, { count: 25, results: [] }, { base, request: request(query) })
  for (const address of [numbered?.next, numbered?.previous, sliced.next, sliced.previous]) {
    assert.match(address ?? '', /[?&]q=a/)
    assert.doesNotMatch(address ?? '', /secret|api_?key|access_token/i)
  }
})

describe('page numbers', () => {
  test('lead on and back, at the public address and with the rest of the query', () => {
    assert.deepEqual(page('?q=a%20b', 25), {
      count: 25,
      next: `${base}/api/things/?q=a+b&page=2`,
      previous: null,
      results: [],
    })
    const middle = page('?page=2&page_size=5', 25)
    assert.equal(middle?.next, `${base}/api/things/?page=3&page_size=5`)
    assert.equal(middle?.previous, `${base}/api/things/?page_size=5`)
    assert.equal(page('?page=3', 25)?.next, null)
  })

  test('that are none, and pages beyond the last, are no page; the first one always is', () => {
    for (const query of ['?page=0', '?page=-1', '?page=x', '?page=', '?page=1.5', '?page=4', '?page=99999999999'])
      assert.equal(page(query, 25), null, query)
    assert.equal(page('', 0)?.count, 0)
    assert.equal(page('?page=1', 0)?.count, 0)
  })

  test('sizes are bounded, and bad ones passed over', () => {
    const limit = (page_size: string) => readPage({ page_size }, rules).slice.limit
    assert.equal(limit('7'), 7)
    assert.equal(limit('1000'), 50)
    for (const bad of ['0', '-3', 'x', '']) assert.equal(limit(bad), 10, bad)
  })
})

test('limit and offset lead on and back, and bad values are passed over', () => {
  const asked = readSlice({ limit: '10', offset: '5' }, 100)
  const body = sliceBody(asked, { count: 30, results: [] }, { base, request: request('?limit=10&offset=5') })
  assert.equal(body.next, `${base}/api/things/?limit=10&offset=15`)
  assert.equal(body.previous, `${base}/api/things/?limit=10`)
  assert.deepEqual(readSlice({ limit: 'x', offset: '-1' }, 100), { limit: 100, offset: 0 })
  assert.deepEqual(readSlice({ limit: '1000' }, 100), { limit: 100, offset: 0 })
})

test('whoever follows next from the first page sees every row once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 1, max: 60 }), (count, size) => {
      const seen: number[] = []
      for (let query: string | null = `?page_size=${size}`; query !== null; ) {
        const asked = readPage(Object.fromEntries(new URLSearchParams(query)), rules)
        const { offset, limit } = asked.slice
        const results = Array.from({ length: count }, (_, index) => index).slice(offset, offset + limit)
        const body: DjangoPage<number> | null = pageBody(asked, { count, results }, { base, request: request(query) })
        assert.ok(body !== null)
        seen.push(...body.results)
        query = body.next === null ? null : new URL(body.next).search
      }
      assert.deepEqual(
        seen,
        Array.from({ length: count }, (_, index) => index),
      )
    }),
  )
})
