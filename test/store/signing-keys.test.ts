import assert from 'node:assert/strict'
import { guarantee, heard, hour, newSigningKey, sideBySide, start, tally } from './contract.ts'

guarantee(
  'signing keys come back as they were stored, oldest first, until they verify nothing',
  async ({ store, clock }) => {
    const next = newSigningKey({ kid: 'next', createdAt: start + 1, activeAt: start + hour })
    const now = newSigningKey({ kid: 'now', retiredAt: start, verifiesUntil: start + 5, use: 'private' })
    await store.signingKeys.add(next)
    await store.signingKeys.add(now)
    assert.deepEqual(await store.signingKeys.list(), [now, next])
    clock.advance(5)
    assert.deepEqual(await store.signingKeys.list(), [next])
    assert.equal(await store.signingKeys.purge(clock.now()), 1)
    clock.set(start)
    assert.deepEqual(await store.signingKeys.list(), [next])
  },
)

guarantee('a key is retired, revoked and re-wrapped by one caller each, and each is heard of', async ({ store }) => {
  await store.signingKeys.add(newSigningKey({ kid: 'k', box: 'box' }))
  const retired = await sideBySide(() => store.signingKeys.retire('k', start + 1, start + hour))
  const revoked = await sideBySide(() => store.signingKeys.revoke('k', start + 2))
  const wrapped = await sideBySide((index) => store.signingKeys.replaceBox('k', 'box', `box-${index}`))
  for (const answers of [retired, revoked, wrapped]) assert.equal(tally<boolean>(answers, true), 1)
  const [key] = await store.signingKeys.list()
  assert.deepEqual(
    [key?.retiredAt, key?.verifiesUntil, key?.revokedAt, key?.box],
    [start + 1, start + hour, start + 2, `box-${wrapped.indexOf(true)}`],
  )
  assert.deepEqual(await heard(store), Array(4).fill('signing-key k'))
  assert.equal(await store.signingKeys.revoke('none', start), false)
})
