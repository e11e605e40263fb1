import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readOriginal } from '../../src/http/original-request.ts'

const reader = (headers: Readonly<Record<string, string>>) => ({ get: (name: string) => headers[name] ?? null })
const ask = (headers: Readonly<Record<string, string>>, rest: string | null = '', method = 'GET') =>
  readOriginal({ headers: reader(headers), method, rest })

const original = { 'x-original-uri': '/a?b=1', 'x-original-method': 'POST', 'x-original-host': 'App.example.com:8443' }
const forwarded = {
  'x-forwarded-uri': '/a?b=1',
  'x-forwarded-method': 'POST',
  'x-forwarded-host': 'App.example.com:8443',
}

test('each way of telling is read, and several that say the same', () => {
  const told = {
    target: '/a?b=1',
    method: 'POST',
    host: 'app.example.com',
    authority: 'app.example.com:8443',
    scheme: null,
  }
  const at = { path: '/a', folded: '/a' }
  assert.deepEqual(ask(original), { original: { ...told, at, telling: 'original' } })
  assert.deepEqual(ask(forwarded), { original: { ...told, at, telling: 'forwarded' } })
  assert.deepEqual(ask({ ...original, ...forwarded }), { original: { ...told, at, telling: 'original' } })
  assert.deepEqual(ask({ host: 'App.example.com:8443' }, '/a?b=1', 'POST'), {
    original: { ...told, at, telling: 'itself' },
  })
  const proto = ask({ ...forwarded, 'x-forwarded-proto': 'https' })
  assert.equal('original' in proto && proto.original.scheme, 'https')
})

test('a missing, repeated or contradictory header is refused', () => {
  const refused = (headers: Readonly<Record<string, string>>, rest: string | null = '') => {
    const reading = ask(headers, rest)
    assert.ok('refused' in reading, JSON.stringify([headers, rest]))
    return reading.refused
  }
  assert.equal(refused({}), 'original_refused')
  for (const set of [original, forwarded]) {
    for (const name of Object.keys(set)) {
      const { [name]: value = '', ...others } = set as Record<string, string>
      refused(others)
      refused({ ...others, [name]: `${value}, ${value}` })
      refused({ ...others, [name]: '' })
    }
  }
  for (const [name, value] of [
    ['x-original-uri', '/b'],
    ['x-original-method', 'GET'],
    ['x-original-host', 'other.example.com'],
  ] as const) {
    assert.equal(refused({ ...forwarded, ...original, [name]: value }), 'original_refused')
    assert.equal(refused({ ...forwarded, [name]: value }), 'original_refused', 'a part of another account')
  }
  refused({ ...original, 'x-forwarded-host': 'other.example.com' })
  refused({ ...original, 'x-forwarded-uri': '/a?b=1' })
  refused({ host: 'a.example.com', ...forwarded }, '/other')
  refused({ host: 'a.example.com' }, null)
  assert.equal(refused({ ...original, 'x-original-uri': '/a/../b' }), 'address_ambiguous')
  assert.equal(refused({ ...original, 'x-original-uri': '/a?b#c' }), 'address_ambiguous')
})

test('whatever the headers hold, it is read or refused, and never thrown', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('/a', 'GET', 'a.example.com', '/a, /b', 'GET, GET'))
  const names = ['host', ...Object.keys(original), ...Object.keys(forwarded), 'x-forwarded-proto']
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), text), fc.option(text), text, (headers, rest, method) => {
      const reading = readOriginal({ headers: reader(headers), method, rest })
      if ('original' in reading) assert.doesNotMatch(reading.original.target, /[\s\0#]/)
    }),
    { numRuns: 500 },
  )
})
