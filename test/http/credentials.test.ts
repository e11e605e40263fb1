import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCredentialReader, decodeBasic } from '../../src/http/credentials.ts'

const read = (headers: Record<string, string>) => createCredentialReader('cardea')(new Headers(headers), null)
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

test('each way of sending a credential is read as what it is', () => {
  assert.deepEqual(read({ authorization: 'Bearer abc.def.ghi' }), [{ via: 'bearer', text: 'abc.def.ghi' }])
  assert.deepEqual(read({ authorization: 'bearer   abc' }), [{ via: 'bearer', text: 'abc' }])
  assert.deepEqual(read({ authorization: basic('alice:pass:word') }), [
    { via: 'basic', username: 'alice', password: 'pass:word' },
  ])
  assert.deepEqual(read({ authorization: 'ApiKey k-1' }), [{ via: 'key', text: 'k-1' }])
  assert.deepEqual(read({ 'x-api-key': 'k-1' }), [{ via: 'key', text: 'k-1' }])
  assert.deepEqual(read({ cookie: 'a=b; cardea=v1; c=d' }), [{ via: 'cookie', text: 'v1' }])
  assert.deepEqual(read({}), [])
})

test('a credential that was tried and cannot be read is reported, never passed over as anonymous', () => {
  const cases: readonly [Record<string, string>, string][] = [
    [{ authorization: '' }, 'access-token'],
    [{ authorization: 'Bearer' }, 'access-token'],
    [{ authorization: 'Bearer a b' }, 'access-token'],
    [{ authorization: 'Bearer a, Bearer b' }, 'access-token'],
    [{ authorization: 'Digest username=x' }, 'access-token'],
    [{ authorization: 'Basic' }, 'password'],
    [{ authorization: 'Basic !!!' }, 'password'],
    [{ authorization: 'Basic YTpi=' }, 'password'],
    [{ authorization: `Basic ${Buffer.from('no colon').toString('base64')}` }, 'password'],
    [{ authorization: `Basic ${Buffer.from([0xff, 0x3a, 0xfe]).toString('base64')}` }, 'password'],
    [{ authorization: basic('a:b\u0000c') }, 'password'],
    [{ 'x-api-key': '' }, 'api-key'],
    [{ 'x-api-key': 'a, b' }, 'api-key'],
    [{ cookie: 'cardea=one; cardea=two' }, 'session-cookie'],
    [{ cookie: 'cardea="quoted"' }, 'session-cookie'],
  ]
  for (const [headers, kind] of cases)
    assert.deepEqual(read(headers), [{ via: 'unreadable', kind }], JSON.stringify(headers))
})

test('whatever the headers hold, reading them never throws and never loses a tried credential', () => {
  const text = fc.string({ unit: 'binary-ascii' }).map((s) => s.replace(/[\r\n\0]/g, ' '))
  fc.assert(
    fc.property(fc.record({ authorization: text, 'x-api-key': text }, { requiredKeys: [] }), (raw) => {
      const found = read(raw as Record<string, string>)
      assert.equal(found.length, Object.keys(raw).length)
    }),
    { numRuns: 2000 },
  )
})

test('Basic is read exactly: what encodes to the same header decodes to the same pair', () => {
  const part = fc.string({ unit: 'grapheme' }).filter((s) => !/[\p{Cc}]/u.test(s) && s.isWellFormed())
  fc.assert(
    fc.property(
      part.filter((s) => !s.includes(':')),
      part,
      (username, password) => {
        assert.deepEqual(decodeBasic(Buffer.from(`${username}:${password}`).toString('base64')), { username, password })
      },
    ),
  )
})

test('explicit credentials beat the cookie, readable or not', () => {
  const cookie = 'cardea=v1'
  assert.deepEqual(read({ cookie, authorization: 'Bearer abc' }), [{ via: 'bearer', text: 'abc' }])
  assert.deepEqual(read({ cookie, 'x-api-key': '' }), [{ via: 'unreadable', kind: 'api-key' }])
})

test('a connection that sends the same again gets the same list, and another header or connection never does', () => {
  const reader = createCredentialReader('cardea')
  const [one, other] = [{}, {}]
  const send = (connection: object | null, headers: Record<string, string>) => reader(new Headers(headers), connection)
  const key = basic(`0198c0de-0000-7000-8000-000000000000:${'ab'.repeat(32)}`)
  const all: readonly Record<string, string>[] = [
    { authorization: 'Bearer abc' },
    { authorization: key },
    { 'x-api-key': 'k-1' },
    { cookie: 'cardea=v1' },
    { authorization: 'Bearer abc', 'x-api-key': 'k-1' },
    { authorization: '' },
  ]
  for (const headers of all) {
    const first = send(one, headers)
    assert.equal(send(one, headers), first)
    assert.notEqual(send(other, headers), first)
    assert.notEqual(send(null, headers), first)
    assert.deepEqual(send(null, headers), first)
    for (const others of all) if (others !== headers) assert.deepEqual(send(one, others), read(others))
  }
})

test("a connection keeps no person's password", () => {
  const reader = createCredentialReader('cardea')
  const connection = {}
  const headers = new Headers({ authorization: basic('alice:correct horse battery staple') })
  const first = reader(headers, connection)
  assert.notEqual(reader(headers, connection), first)
  assert.deepEqual(reader(headers, connection), first)
})
