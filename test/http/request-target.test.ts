import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readHost, readMethod, readPath } from '../../src/http/request-target.ts'

const cases = { numRuns: 300 }

test('a plain path is read as it stands, without its query', () => {
  for (const [target, path, folded] of [
    ['/', '/', ''],
    ['/a/b?x=/../c', '/a/b', '/a/b'],
    ['/Admin/', '/Admin/', '/admin'],
    ['/a/b.txt', '/a/b.txt', '/a/b.txt'],
    ['/a%20b/%C3%A4', '/a b/ä', '/a b/ä'],
    ['/%61dmin', '/admin', '/admin'],
    ['/admin.', '/admin.', '/admin'],
    ['/a%20/b', '/a /b', '/a/b'],
    ['/%C5%BFecret', '/ſecret', '/secret'],
  ] as const) {
    assert.deepEqual(readPath(target), { path, folded }, target)
  }
})

test('what servers read in different ways is refused, in every spelling', () => {
  for (const target of [
    '',
    'a',
    '*',
    'http://host/a',
    '//host/a',
    '/a//b',
    '/a//',
    '/.',
    '/..',
    '/a/..',
    '/a/../b',
    '/a/./b',
    '/a/.../b',
    '/a/%2e%2e/b',
    '/a/.%2E/b',
    '/a/%2e/b',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a\\b',
    '/a;x=1/b',
    '/a%3bx/b',
    '/a%00',
    '/a\0',
    '/a%0d%0aX:y',
    '/a%7f',
    '/a b',
    '/a#b',
    '/a%23b',
    '/a%3fb',
    '/a%25b',
    '/a%252e%252e/b',
    '/a%',
    '/a%4',
    '/a%zz',
    '/a%u002e',
    '/%c0%ae%c0%ae/b',
    '/%c0%af',
    '/%e0%80%af',
    '/%ff',
    '/%ed%a0%80',
    '/ä',
    '/a%EF%BC%8Fb',
    '/%E2%80%A5/b',
    '/%EF%BC%8E%EF%BC%8E/b',
    '/a"b',
    '/a<b',
    `/${'a'.repeat(9000)}`,
  ]) {
    assert.equal(readPath(target), null, JSON.stringify(target))
  }
})

test('whatever is accepted has one reading: decoding it again, or resolving it as a URL, leads to the same path', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '/',
      '..',
      '.',
      '%2e',
      '%2f',
      '%5c',
      ';',
      '%',
      'a',
      'B',
      '%61',
      '%C3%A4',
      '//',
      '\\',
      '%25',
      '?',
      ' ',
    ),
    fc.string({ maxLength: 4 }),
  )
  let accepted = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const target = `/${pieces.join('')}`
      const read = readPath(target)
      if (read === null) return
      accepted += 1
      const url = new URL(`http://host${target}`)
      assert.equal(decodeURIComponent(url.pathname), read.path)
      assert.equal(decodeURIComponent(read.path.replaceAll(/[^ -~]/g, encodeURIComponent)), read.path)
      for (const part of read.path.slice(1).split('/').slice(0, -1)) assert.match(part, /[^.]/)
      assert.doesNotMatch(read.path, /[\\;%?#]|\/\//)
    }),
    cases,
  )
  assert.ok(accepted > 20, String(accepted))
})

test('nothing that is sent as a path makes it throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
      readPath(text)
      readPath(`/${text}`)
      readHost(text)
      readMethod(text)
    }),
    cases,
  )
})

test('a host is read without letter case, port and closing dot, and nothing else is a host', () => {
  for (const [text, host] of [
    ['App.Example.COM', 'app.example.com'],
    ['app.example.com:8443', 'app.example.com'],
    ['app.example.com.', 'app.example.com'],
    ['app.example.com.:443', 'app.example.com'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['[::1]:80', '[::1]'],
  ] as const) {
    assert.equal(readHost(text), host)
  }
  for (const text of [
    '',
    '.',
    'a..b',
    'a.example.com..',
    'a b',
    'a, b',
    'a@b',
    'a/b',
    'a:b',
    'a:',
    'ä',
    '[::1',
    'a\tb',
    'a\\b',
    `${'a'.repeat(255)}`,
  ])
    assert.equal(readHost(text), null, text)
})

test('a method is upper case', () => {
  assert.equal(readMethod('GET'), 'GET')
  assert.equal(readMethod('M-SEARCH'), 'M-SEARCH')
  for (const text of ['', 'get', 'GET ', 'GET, POST', 'GET\r\n', '-', `A${'B'.repeat(40)}`])
    assert.equal(readMethod(text), null)
})
