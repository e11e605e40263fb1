import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCredentialReader } from '../../src/http/credentials.ts'
import { withQueryKeys } from '../../src/http/query-keys.ts'

const reader = () =>
  withQueryKeys(createCredentialReader('shop.sid', 'exact'), { keys: ['apikey', 'apiKey'], tokens: ['access_token'] })
const at = (query: string, headers: Record<string, string> = {}, connection: object | null = null) =>
  reader()(new Headers(headers), connection, `http://shop.example/a${query}`)
const key = (text: string) => ({ via: 'key', text })
const dead = { via: 'bearer', text: '' }
const unreadableKey = { via: 'unreadable', kind: 'api-key' }

test('a key is looked for in the query under each name in turn, then in the headers', () => {
  const header = { Authorization: 'apikey   third' }
  assert.deepEqual(at('?apiKey=second&apikey=first', header), [key('first')])
  assert.deepEqual(at('?x=1&apiKey=second', header), [key('second')])
  assert.deepEqual(at('?apikey=&apiKey=second', header), [key('second')])
  assert.deepEqual(at('?apikey=&apiKey=', header), [key('third')])
  assert.deepEqual(at('', header), [key('third')])
  for (const query of ['', '?', '?APIKEY=a&api_key=b&ApiKey=c&xapikey=d', '?apikey', '?#apikey=a'])
    assert.deepEqual(at(query), [], query)
  assert.deepEqual(at('?apikey=a%2Bb%26c'), [key('a+b&c')])
})

test('only one plain text is a key: lists, structures and what no key can be are refused, never passed over', () => {
  for (const query of [
    '?apikey=a&apikey=b',
    '?apikey[]=a',
    '?apikey[$ne]=',
    '?apikey=a&apikey[x]=b',
    '?apikey=a%20b',
    '?apikey=%00',
    '?apikey=%E2%82%AC',
    `?apikey=${'a'.repeat(513)}`,
  ])
    assert.deepEqual(at(query), [unreadableKey], query)
  assert.deepEqual(at('?apiKey=good&apikey[]=x'), [unreadableKey])
})

test('a token in the query is a dead one, whatever it is, beside any other', () => {
  for (const query of [
    '?access_token=abc',
    '?access_token=',
    '?access_token[]=a',
    '?access_token[x][y]=1',
    '?access_token=a&access_token=b',
  ])
    assert.deepEqual(at(query), [dead], query)
  const both = at('?access_token=abc', { Authorization: 'Bearer abc' })
  assert.deepEqual(both, [dead, { via: 'bearer', text: 'abc' }])
})

test('`Bearer` is spelled so, with one blank and one token; every other way is a dead token and not nobody', () => {
  assert.deepEqual(at('', { Authorization: 'Bearer abc' }), [{ via: 'bearer', text: 'abc' }])
  for (const text of ['bearer abc', 'BEARER abc', 'Bearer  abc', 'bEARER abc'])
    assert.deepEqual(at('', { Authorization: text }), [dead], text)
  for (const text of ['Bearer', 'Bearer abc def', 'Bearer a,b'])
    assert.deepEqual(at('', { Authorization: text }), [{ via: 'unreadable', kind: 'access-token' }], text)
})

test('a key in the query stands before one in a header, and beside a token; a cookie counts only alone', () => {
  const cookie = { Cookie: 'shop.sid=abc' }
  assert.deepEqual(at('?page=1', cookie), [{ via: 'cookie', text: 'abc' }])
  assert.deepEqual(at('?apikey=a', cookie), [key('a')])
  assert.deepEqual(at('?apikey=a', { Cookie: 'shop.sid=abc; shop.sid=def' }), [key('a')])
  assert.deepEqual(at('?access_token=a', cookie), [dead])
  assert.deepEqual(at('?apikey=a', { Authorization: 'ApiKey b' }), [key('a')])
  assert.deepEqual(at('?apikey=a', { 'X-API-Key': 'b' }), [key('a')])
  assert.deepEqual(at('?apikey=a', { Authorization: 'ApiKey' }), [key('a')])
  assert.deepEqual(at('?apikey=a', { Authorization: 'Bearer b' }), [key('a'), { via: 'bearer', text: 'b' }])
})

test('the same query on the same connection gives the same list, another query or header another one', () => {
  const read = reader()
  const connection = {}
  const headers = new Headers({ Authorization: 'Bearer b' })
  const ask = (url: string, sent = headers) => read(sent, connection, `http://shop.example${url}`)
  const first = ask('/a?apikey=a')
  assert.equal(ask('/a?apikey=a'), first)
  assert.deepEqual(ask('/a?apikey=c'), [key('c'), { via: 'bearer', text: 'b' }])
  assert.deepEqual(ask('/a?apikey=a', new Headers()), [key('a')])
  assert.deepEqual(ask('/a'), [{ via: 'bearer', text: 'b' }])
  assert.deepEqual(read(headers, {}, 'http://shop.example/a?apikey=a'), first)
})

test('no query throws, and none that holds a name of a key or token is passed over as if nobody had tried', () => {
  const names = fc.constantFrom('apikey', 'apiKey', 'access_token')
  const rest = fc.string({ maxLength: 30 })
  fc.assert(fc.property(fc.string(), (query) => Array.isArray(at(`?${query}`))))
  fc.assert(
    fc.property(names, rest, (name, value) => {
      const found = at(`?x=1&${name}=${encodeURIComponent(value.toWellFormed())}`)
      if (value !== '' || name === 'access_token') assert.equal(found.length, 1)
      else assert.deepEqual(found, [])
    }),
  )
})
