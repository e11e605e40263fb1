import assert from 'node:assert/strict'
import { addUser, guarantee } from './contract.ts'

guarantee(
  'a slice of the users is counted and begins with the oldest; a flag of a profile narrows it',
  async ({ store }) => {
    const [a, b, c] = [await addUser(store), await addUser(store), await addUser(store, { kind: 'service' })]
    const ids = async (wish: object) => {
      const { items, count } = await store.users.slice({ offset: 0, limit: 10, ...wish })
      return [items.map(({ id }) => id), count]
    }
    assert.deepEqual(await ids({}), [[a.id, b.id, c.id], 3])
    assert.deepEqual(await ids({ offset: 1, limit: 1 }), [[b.id], 3])
    assert.deepEqual(await ids({ kind: 'person' }), [[a.id, b.id], 2])
    await store.users.setProfile(a.id, 'librephotos', { shown: false })
    await store.users.setProfile(b.id, 'librephotos', { shown: true, name: '"shown": true' })
    await store.users.setProfile(c.id, 'freesewing', { shown: true })
    const flagged = { api: 'librephotos', member: 'shown' } as const
    assert.deepEqual(await ids({ flagged }), [[b.id], 1])
    await store.users.setProfile(a.id, 'librephotos', { shown: true })
    assert.deepEqual(await ids({ flagged }), [[a.id, b.id], 2])
  },
)

guarantee('profiles of many users are read at once, of one API', async ({ store }) => {
  const users = [await addUser(store), await addUser(store), await addUser(store)]
  const ids = users.map(({ id }) => id)
  await store.users.setProfile(ids[0] ?? 0, 'librephotos', { first: 'A' })
  await store.users.setProfile(ids[1] ?? 0, 'freesewing', { bio: 'B' })
  const found = await store.users.profiles(ids, 'librephotos')
  assert.deepEqual([...found], [[ids[0], { first: 'A' }]])
  assert.equal((await store.users.profiles([], 'librephotos')).size, 0)
})
