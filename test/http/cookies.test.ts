import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readCookie, writeCookie } from '../../src/http/cookies.ts'

const plain = { maxAge: 60, httpOnly: true, secure: true, sameSite: 'Strict', path: '/' } as const

test('a cookie that was written is read back, among others', () => {
  const line = writeCookie({ name: '__Host-cardea', value: 'abc.DEF-1_2', ...plain })
  assert.equal(line, '__Host-cardea=abc.DEF-1_2; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Strict')
  assert.deepEqual(readCookie('x=1; __Host-cardea=abc.DEF-1_2;y', '__Host-cardea'), {
    found: 'one',
    value: 'abc.DEF-1_2',
  })
})

test('the same cookie twice is unreadable: one of them may be planted', () => {
  assert.deepEqual(readCookie('cardea=a; cardea=a', 'cardea'), { found: 'unreadable' })
})

test('a name that only contains the wanted one is another cookie', () => {
  assert.deepEqual(readCookie('xcardea=1; cardea2=2', 'cardea'), { found: 'none' })
  assert.deepEqual(readCookie(null, 'cardea'), { found: 'none' })
})

test('a value that would break the header is never written', () => {
  for (const value of ['a;b', 'a b', 'a"b', 'a\r\nSet-Cookie: x=1', 'ü']) {
    assert.throws(() => writeCookie({ name: 'cardea', value, ...plain }), TypeError)
  }
})

test('no cookie header makes the reader throw', () => {
  fc.assert(
    fc.property(fc.string(), (header) => ['none', 'one', 'unreadable'].includes(readCookie(header, 'cardea').found)),
    { numRuns: 2000 },
  )
})
