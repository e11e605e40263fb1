import assert from 'node:assert/strict'
import { addUser, guarantee, start } from './contract.ts'

guarantee('a device is known to the user who signed in from it, until it is long unused', async ({ store }) => {
  const user = await addUser(store)
  const other = await addUser(store)
  assert.equal(await store.devices.isKnown(user.id, 'd'), false)
  await store.devices.remember(user.id, 'd', start)
  await store.devices.remember(user.id, 'd', start + 10)
  await store.devices.remember(user.id, 'e', start)
  assert.equal(await store.devices.isKnown(user.id, 'd'), true)
  assert.equal(await store.devices.isKnown(other.id, 'd'), false)
  assert.equal(await store.devices.purge(start + 10), 1)
  assert.equal(await store.devices.isKnown(user.id, 'd'), true)
  assert.equal(await store.devices.isKnown(user.id, 'e'), false)
})
