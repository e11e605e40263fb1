import assert from 'node:assert/strict'
import { guarantee, sideBySide } from './contract.ts'

guarantee('of 50 who set a value once side by side all are told the one that stands', async ({ store }) => {
  const answers = await sideBySide((index) => store.meta.setOnce('k', `v-${index}`))
  assert.equal(new Set(answers).size, 1)
  assert.equal(await store.meta.get('k'), answers[0])
})

guarantee('a value is set, replaced and read', async ({ store }) => {
  assert.equal(await store.meta.get('k'), null)
  await store.meta.set('k', '1')
  await store.meta.set('k', '2')
  assert.equal(await store.meta.get('k'), '2')
  assert.equal(await store.meta.setOnce('k', '3'), '2')
})
