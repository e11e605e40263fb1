import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { errorOf, errorOfFetch } from '../../src/client/errors.ts'
import { ClientError, webStorage } from '../../src/client/index.ts'
import { isSuccessor, placeOf } from '../../src/client/storage.ts'

const text = fc.oneof(fc.string(), fc.json())

test('whatever a server answers becomes one error, with its status', async () => {
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 400, max: 599 }), async (body, status) => {
      const error = await errorOf(new Response(body, { status }))
      assert.ok(error instanceof ClientError)
      assert.equal(error.status, status)
      assert.equal(typeof error.code, 'string')
      assert.ok(error.message.length > 0)
      assert.ok(Array.isArray(error.fields))
    }),
  )
})

test('a limit says how long to wait; an error of OAuth has its own word as the code', async () => {
  const limited = new Response('{"code":"rate_limited","title":"Too many attempts."}', {
    status: 429,
    headers: { 'Retry-After': '7' },
  })
  const error = await errorOf(limited)
  assert.deepEqual([error.code, error.message, error.retryAfter], ['rate_limited', 'Too many attempts.', 7])
  const oauth = await errorOf(Response.json({ error: 'invalid_grant', error_description: 'No.' }, { status: 400 }))
  assert.deepEqual([oauth.code, oauth.message], ['invalid_grant', 'No.'])
})

test('a call that was aborted stays that; one that was late or failed is an error of the client', () => {
  const aborted = new DOMException('stop', 'AbortError')
  assert.equal(errorOfFetch(aborted), aborted)
  for (const cause of [new DOMException('late', 'TimeoutError'), new TypeError('fetch failed')]) {
    const error = errorOfFetch(cause)
    assert.ok(error instanceof ClientError)
    assert.deepEqual([error.code, error.status, error.cause], ['unreachable', 0, cause])
  }
})

test('what lies in a web storage is a session or nothing, whatever it is', () => {
  let kept: string | null = null
  const store = {
    getItem: () => kept,
    setItem(_: string, next: string) {
      kept = next
    },
    removeItem() {
      kept = null
    },
  }
  const storage = webStorage(store)
  fc.assert(
    fc.property(text, (found) => {
      kept = found
      assert.equal(storage.read(), null)
    }),
  )
  const user = { id: 'a' } as never
  const session = { accessToken: 'a', refreshToken: 's.1.x', expiresAt: 1, user }
  storage.write(session)
  assert.deepEqual(storage.read(), session)
  for (const broken of [{ accessToken: 'a\nb' }, { refreshToken: '' }, { expiresAt: Number.NaN }]) {
    storage.write({ ...session, ...broken })
    assert.equal(storage.read(), null)
  }
  storage.write(null)
  assert.equal(kept, null)
})

test('a token comes after another by the count of its session, and never after one of another session', () => {
  const place = (refreshToken: string) => placeOf({ refreshToken, accessToken: '', expiresAt: 0, user: {} as never })
  assert.ok(isSuccessor(place('s.10.a'), place('s.9.b')))
  assert.ok(!isSuccessor(place('s.9.a'), place('s.9.b')))
  assert.ok(!isSuccessor(place('t.10.a'), place('s.9.b')))
  assert.ok(!isSuccessor(place('s'), place('s.9.b')))
})
