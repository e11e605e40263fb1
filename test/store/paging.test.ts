import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CardeaError } from '../../src/errors.ts'
import { encodeCursor, idCursor, maxPage, rowsFor, timeCursor, toPage } from '../../src/store/paging.ts'
import { addUser, allPages, guarantee, newKey, newSession, start } from './contract.ts'

const refusesCursor = (error: unknown) =>
  error instanceof CardeaError && error.code === 'request_invalid' && error.detail.fields?.[0]?.field === 'cursor'

function readsOrRefuses(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    assert.ok(refusesCursor(error))
  }
}

test('a cursor is read or refused as a field, whatever it is', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.base64String(),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
    fc.array(fc.anything()).map((parts) => Buffer.from(JSON.stringify(parts) ?? '').toString('base64url')),
  )
  fc.assert(
    fc.property(texts, (cursor) => {
      readsOrRefuses(() => idCursor({ limit: 1, cursor }))
      readsOrRefuses(() => timeCursor({ limit: 1, cursor }))
    }),
  )
})

test('a cursor that was handed out leads back to its row', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.uuid(), (at, id) => {
      assert.deepEqual(timeCursor({ limit: 1, cursor: encodeCursor([at, id]) }), { at, id })
      assert.equal(idCursor({ limit: 1, cursor: encodeCursor([at]) }), at)
      assert.throws(() => idCursor({ limit: 1, cursor: encodeCursor([at, id]) }), refusesCursor)
      assert.throws(() => timeCursor({ limit: 1, cursor: encodeCursor([at]) }), refusesCursor)
    }),
  )
  for (const cursor of ['', 'A', 'e30', 'WzFd!', 'WzFd=', 'x'.repeat(10_000)])
    assert.throws(() => idCursor({ limit: 1, cursor }), refusesCursor)
})

test('a page has between one and a thousand rows, whatever was wished for', () => {
  for (const limit of [Number.NaN, -5, 0, 0.5]) assert.equal(rowsFor({ limit }), 2)
  assert.equal(rowsFor({ limit: 1e9 }), maxPage + 1)
  const page = toPage(
    [1, 2, 3],
    { limit: 2 },
    (row) => row,
    (row) => [row],
  )
  assert.deepEqual(page, { items: [1, 2], nextCursor: encodeCursor([2]) })
  assert.equal(
    toPage(
      [1, 2],
      { limit: 2 },
      (row) => row,
      (row) => [row],
    ).nextCursor,
    null,
  )
})

guarantee(
  'pages of any size show every row once, although times are equal and rows are added meanwhile',
  async ({ store }) => {
    const user = await addUser(store)
    for (let index = 0; index < 23; index += 1)
      await store.keys.create(newKey(user.id, { createdAt: start + (index % 4) }))
    const whole = (await store.keys.list(user.id, { limit: 100 })).items.map(({ id }) => id)
    for (let limit = 1; limit <= 24; limit += 5) {
      const seen = await allPages((cursor) =>
        store.keys.list(user.id, { limit, ...(cursor !== undefined && { cursor }) }),
      )
      assert.deepEqual(
        seen.map(({ id }) => id),
        whole,
      )
    }
    const first = await store.keys.list(user.id, { limit: 10 })
    await store.keys.create(newKey(user.id, { createdAt: start + 100 }))
    const rest = await store.keys.list(user.id, { limit: 100, cursor: first.nextCursor ?? '' })
    assert.deepEqual(
      [...first.items, ...rest.items].map(({ id }) => id),
      whole,
    )
  },
)

guarantee('every list refuses a cursor that it did not hand out', async ({ store }) => {
  const user = await addUser(store)
  await store.sessions.create(newSession(user.id), 5)
  const lists = [
    (cursor: string) => store.users.list({ limit: 5, cursor }),
    (cursor: string) => store.sessions.list(user.id, { limit: 5, cursor }, start),
    (cursor: string) => store.keys.list(user.id, { limit: 5, cursor }),
    (cursor: string) => store.tokens.list(null, { limit: 5, cursor }),
    (cursor: string) => store.events.list({}, { limit: 5, cursor }),
  ]
  for (const list of lists) {
    for (const cursor of [
      '',
      '1',
      'bnVsbA',
      encodeCursor(['1']),
      encodeCursor([1.5]),
      encodeCursor([1, 2]),
      encodeCursor([1e300, 'x']),
    ]) {
      await assert.rejects(list(cursor), refusesCursor)
    }
  }
  // The right form with values of no row is a place in the list like any other.
  assert.deepEqual((await store.keys.list(user.id, { limit: 5, cursor: encodeCursor([5, "x\0'"]) })).items, [])
})
