import assert from 'node:assert/strict'
import { addUser, allPages, guarantee, heard, newKey, sideBySide, start, tally } from './contract.ts'

guarantee('a key comes back as it was stored, alone and with its user', async ({ store }) => {
  const user = await addUser(store)
  for (const patch of [{}, { scopes: null, expiresAt: start + 5, allowAddresses: [] }, { detail: { level: 3 } }]) {
    const key = newKey(user.id, patch)
    await store.keys.create(key)
    assert.deepEqual(await store.keys.byId(key.id), key)
    assert.deepEqual(await store.keys.withUser(key.id), { key, user })
  }
  assert.equal(await store.keys.byId('none'), null)
  assert.equal(await store.keys.withUser('none'), null)
  await assert.rejects(store.keys.create(newKey(9999)), { code: 'conflict' })
})

guarantee(
  'a key is found by its own secret only, unless nobody knows the pepper that it was made under',
  async ({ store }) => {
    const user = await addUser(store)
    const key = newKey(user.id)
    await store.keys.create(key)
    const { secretHash, pepperId } = key
    const found = { key, user }
    assert.deepEqual(
      await store.keys.withUser(key.id, { hashes: ['x', secretHash], pepperIds: ['x', pepperId] }),
      found,
    )
    assert.equal(await store.keys.withUser(key.id, { hashes: ['x', 'y'], pepperIds: ['x', pepperId] }), null)
    assert.equal(await store.keys.withUser('none', { hashes: [secretHash], pepperIds: [pepperId] }), null)
    assert.deepEqual(await store.keys.withUser(key.id, { hashes: ['x'], pepperIds: ['x'] }), found)
  },
)

guarantee('a changed key is heard of; a revoked one cannot be changed', async ({ store }) => {
  const user = await addUser(store)
  const key = newKey(user.id)
  await store.keys.create(key)
  const patch = { name: 'other', scopes: null, expiresAt: start + 1, allowAddresses: [] } as const
  assert.deepEqual(await store.keys.update(key.id, patch), { ...key, ...patch })
  assert.deepEqual(await store.keys.update(key.id, { expiresAt: null }), { ...key, ...patch, expiresAt: null })
  assert.deepEqual(await store.keys.update(key.id, {}), { ...key, ...patch, expiresAt: null })
  assert.equal((await heard(store)).length, 3)
  await store.keys.revoke(key.id, start)
  assert.equal(await store.keys.update(key.id, { name: 'x' }), null)
  assert.equal(await store.keys.update('none', { name: 'x' }), null)
})

guarantee('a key is revoked by one caller and stays revoked', async ({ store }) => {
  const user = await addUser(store)
  const key = newKey(user.id)
  await store.keys.create(key)
  const answers = await sideBySide((index) => store.keys.revoke(key.id, start + index))
  assert.equal(tally<boolean>(answers, true), 1)
  assert.equal((await store.keys.withUser(key.id))?.key.revokedAt, start + answers.indexOf(true))
  assert.deepEqual(await heard(store), [`key ${key.id}`])
})

guarantee("all live keys of a user are revoked, and nobody else's", async ({ store }) => {
  const user = await addUser(store)
  const other = await addUser(store)
  for (const id of ['a', 'b', 'c']) await store.keys.create(newKey(user.id, { id }))
  await store.keys.create(newKey(other.id, { id: 'd' }))
  await store.keys.revoke('a', start)
  assert.deepEqual([...(await store.keys.revokeAll(user.id, start + 1))].sort(), ['b', 'c'])
  assert.equal((await store.keys.byId('a'))?.revokedAt, start)
  assert.equal((await store.keys.byId('d'))?.revokedAt, null)
  assert.equal((await heard(store)).length, 3)
})

guarantee('of 50 who replace one key side by side one does, and the old one never lives longer', async ({ store }) => {
  const user = await addUser(store)
  const long = newKey(user.id)
  await store.keys.create(long)
  const successors = Array.from({ length: 50 }, () => newKey(user.id))
  const answers = await Promise.all(successors.map((successor) => store.keys.replace(long.id, successor, start + 60)))
  assert.equal(tally<string>(answers, 'replaced'), 1)
  const winner = successors[answers.indexOf('replaced')]
  const old = await store.keys.byId(long.id)
  assert.deepEqual([old?.successor, old?.expiresAt], [winner?.id, start + 60])
  assert.equal((await store.keys.list(user.id, { limit: 100 })).items.length, 2)

  const short = newKey(user.id, { expiresAt: start + 5 })
  await store.keys.create(short)
  assert.equal(await store.keys.replace(short.id, newKey(user.id), start + 60), 'replaced')
  assert.equal((await store.keys.byId(short.id))?.expiresAt, start + 5)

  const revoked = newKey(user.id, { revokedAt: start })
  await store.keys.create(revoked)
  assert.equal(await store.keys.replace(revoked.id, newKey(user.id), start), 'gone')
})

guarantee("keys are listed newest first, one user's or everybody's, revoked ones when asked for", async ({ store }) => {
  const user = await addUser(store)
  const other = await addUser(store)
  for (const [index, id] of ['a', 'b', 'c', 'd'].entries())
    await store.keys.create(newKey(user.id, { id, createdAt: start + (index % 2) }))
  await store.keys.create(newKey(other.id, { id: 'e', createdAt: start + 9 }))
  await store.keys.revoke('b', start)
  const ids = async (userId: number | null, wish = {}) =>
    (await allPages((cursor) => store.keys.list(userId, { limit: 1, ...wish, ...(cursor && { cursor }) }))).map(
      ({ id }) => id,
    )
  assert.deepEqual(await ids(user.id), ['d', 'c', 'a'])
  assert.deepEqual(await ids(user.id, { includeRevoked: true }), ['d', 'b', 'c', 'a'])
  assert.deepEqual(await ids(null), ['e', 'd', 'c', 'a'])
})

guarantee('the first use of a key is told to one caller; later uses only move its time forward', async ({ store }) => {
  const user = await addUser(store)
  for (const id of ['a', 'b']) await store.keys.create(newKey(user.id, { id }))
  const answers = await sideBySide((index) =>
    store.keys.touch([
      { id: 'a', at: start + index },
      { id: 'b', at: start + index },
    ]),
  )
  assert.deepEqual(answers.flat().sort(), ['a', 'b'])
  assert.equal((await store.keys.byId('a'))?.lastUsedAt, start + 49)
  assert.deepEqual(
    await store.keys.touch([
      { id: 'a', at: start },
      { id: 'none', at: start },
    ]),
    [],
  )
  assert.equal((await store.keys.byId('a'))?.lastUsedAt, start + 49)
  assert.deepEqual(await store.keys.touch([]), [])
  assert.deepEqual(await heard(store), [])
})
