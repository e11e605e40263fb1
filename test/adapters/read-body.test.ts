import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bodyAgain, withBody } from '../../src/adapters/read-body.ts'

/* What a host's parser made of a body is made a body again. */

const form = 'application/x-www-form-urlencoded'

test('JSON is said again as it was, whatever it holds', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const again = bodyAgain(typeof value === 'string' ? { value } : value, 'application/json; charset=utf-8')
      if (value === null) assert.equal(again, null)
      else
        assert.deepEqual(
          JSON.parse(String(again)),
          JSON.parse(JSON.stringify(typeof value === 'string' ? { value } : value)),
        )
    }),
  )
  // A name that means something to JavaScript stays a name.
  assert.equal(bodyAgain(JSON.parse('{"__proto__":{"a":1}}'), 'application/json'), '{"__proto__":{"a":1}}')
})

test('a form has the same fields again, those sent twice twice', () => {
  const text = fc.string({ unit: 'grapheme' }).map((each) => each.toWellFormed())
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, fc.array(text, { minLength: 2 }))), (fields) => {
      const sent = Object.entries(fields).flatMap(([name, value]) => [value].flat().map((each) => [name, each]))
      const again = bodyAgain(fields, `${form}; charset=UTF-8`)
      assert.ok(again instanceof URLSearchParams)
      assert.deepEqual([...new URLSearchParams(String(again))], sent)
    }),
  )
  const nested = bodyAgain({ a: { b: ['1', { c: '2' }] } }, form)
  assert.deepEqual(
    [...(nested as URLSearchParams)],
    [
      ['a[b]', '1'],
      ['a[b][c]', '2'],
    ],
  )
})

test('nothing that a parser can leave makes it throw, and what is not there is none', () => {
  let deep: unknown = {}
  for (let level = 0; level < 100_000; level += 1) deep = { deep }
  for (const type of ['application/json', form, 'multipart/form-data', '', null]) {
    for (const value of [deep, { deep }, [], {}, 0, false, Number.NaN]) assert.notEqual(bodyAgain(value, type), null)
    assert.equal(bodyAgain(undefined, type), null)
    assert.deepEqual(bodyAgain(Buffer.from('bytes'), type), new Uint8Array(Buffer.from('bytes')))
  }
})

test('the request with it says that it has a body, not how long the former was or how it was packed', async () => {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': '99', 'Content-Encoding': 'gzip', 'X-A': 'b' }
  const made = withBody(
    new Request('https://id.example.com/auth/sign-in?a=b', { method: 'POST', headers, body: 'x' }),
    '{}',
  )
  assert.deepEqual(
    [made.url, made.method, await made.text()],
    ['https://id.example.com/auth/sign-in?a=b', 'POST', '{}'],
  )
  assert.deepEqual(
    [...made.headers],
    [
      ['content-type', 'application/json'],
      ['transfer-encoding', 'chunked'],
      ['x-a', 'b'],
    ],
  )
})
