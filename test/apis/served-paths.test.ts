import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPathCheck } from '../../src/apis/served-paths.ts'

const serves = createPathCheck(['/auth/me', '/auth/keys/:id', '/auth/keys/:id/rotate', '/auth/verify/*', '/a/'])

test('a path is served where a route stands, as it was sent', () => {
  for (const path of ['/auth/me', '/auth/keys/1', '/auth/keys/1/rotate', '/auth/verify/', '/auth/verify/x/y', '/a/'])
    assert.ok(serves(path), path)
  for (const path of [
    '/',
    '',
    '/auth',
    '/auth/me/',
    '//auth/me',
    '/AUTH/me',
    '/auth/%6de',
    '/auth/keys/',
    '/auth/keys//rotate',
    '/auth/keys/1/rotate/2',
    '/auth/verify',
    '/a',
    '/auth/../auth/me',
  ])
    assert.ok(!serves(path), path)
})

test('whatever is asked, an answer comes, and an id is one part of a path', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(typeof serves(text), 'boolean')
      assert.equal(serves(`/auth/keys/${text}`), text !== '' && (!text.includes('/') || /^[^/]+\/rotate$/.test(text)))
    }),
  )
})
