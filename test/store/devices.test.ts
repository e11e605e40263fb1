import assert from 'node:assert/strict'
import { addUser, guarantee, start } from './contract.ts'

const day = 24 * 60 * 60 * 1000

guarantee('a device is known to the user who signed in from it, until it is long unused', async ({ store }) => {
  const user = await addUser(store)
  const other = await addUser(store)
  assert.equal(await store.devices.isKnown(user.id, 'd'), false)
  await store.devices.remember(user.id, 'd', start)
  await store.devices.remember(user.id, 'd', start + 2 * day)
  await store.devices.remember(user.id, 'e', start)
  assert.equal(await store.devices.isKnown(user.id, 'd'), true)
  assert.equal(await store.devices.isKnown(other.id, 'd'), false)
  assert.equal(await store.devices.purge(start + 2 * day), 1)
  assert.equal(await store.devices.isKnown(user.id, 'd'), true)
  assert.equal(await store.devices.isKnown(user.id, 'e'), false)
})

guarantee('when a device was seen is kept to the day, never further back', async ({ store }) => {
  const user = await addUser(store)
  await store.devices.remember(user.id, 'd', start)
  await store.devices.remember(user.id, 'd', start + day / 2)
  assert.equal(await store.devices.purge(start), 0)
  await store.devices.remember(user.id, 'd', start + day + 1)
  await store.devices.remember(user.id, 'd', start - 5 * day)
  assert.equal(await store.devices.purge(start + day + 1), 0)
  assert.equal(await store.devices.isKnown(user.id, 'd'), true)
})
