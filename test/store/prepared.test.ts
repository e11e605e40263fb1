import assert from 'node:assert/strict'
import { addUser, guarantee } from './contract.ts'

guarantee('a query that is built once answers with the values of each call, also side by side', async ({ store }) => {
  const users = []
  for (let round = 0; round < 5; round += 1) users.push(await addUser(store))
  const found = await Promise.all(users.map(({ id }) => store.users.byId(id)))
  assert.deepEqual(
    found.map((user) => user?.publicId),
    users.map(({ publicId }) => publicId),
  )
})

guarantee(
  'a query that is built once reads what its own transaction wrote, and nobody else does',
  async ({ store }) => {
    const user = await addUser(store)
    await assert.rejects(
      store.transaction(async (tx) => {
        await tx.users.noteSignIn(user.id, 1234)
        assert.equal((await tx.users.byId(user.id))?.lastSignInAt, 1234)
        throw new Error('rolled back')
      }),
      /rolled back/,
    )
    assert.equal((await store.users.byId(user.id))?.lastSignInAt, null)
  },
)

guarantee('a value with NUL finds nobody and breaks nothing', async ({ store }) => {
  await addUser(store)
  assert.equal(await store.users.byUsername('a\0b'), null)
  assert.equal(await store.users.byEmail('a\0b@example.org'), null)
})
