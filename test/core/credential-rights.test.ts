import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Principal } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { failsWith } from '../support/identity.ts'
import { bearer, key, origin, principalOf, signedIn } from '../support/people.ts'

let t: TestCore
let count = 0
before(async () => {
  t = await createTestCore()
})
after(() => t.drop())

const hour = 3_600_000

/** A session, a key of it, and the token that the key got for itself (RFC 6749, section 4.4). */
async function client(expiresAt: number | null = null) {
  count += 1
  const { by } = await signedIn(t, { username: `client${count}` })
  const issued = await t.core.keys.issue(by, { name: 'a key', expiresAt }, origin)
  const byKey = await principalOf(t, key(issued.token))
  const { token } = await t.core.clientCredentials.issue(byKey, null, origin)
  return { by, byKey, byClient: await principalOf(t, bearer(token)), id: issued.record.id }
}
const privateToken = (by: Principal, expiresAt: number) => t.core.tokens.issue(by, { name: 'x', expiresAt }, origin)

test('a token of a key rotates no key and no private token; the key itself and a session do', async () => {
  const { by, byKey, byClient, id } = await client()
  assert.deepEqual([byClient.kind, byClient.keyId], ['access-token', id])
  const { record } = await privateToken(by, t.clock.now() + hour)
  const grace = { graceSeconds: 60 }
  await assert.rejects(t.core.keys.rotate(byClient, id, grace, origin), failsWith('beyond_own_rights'))
  await assert.rejects(t.core.tokens.rotate(byClient, record.publicId, grace, origin), failsWith('beyond_own_rights'))
  assert.equal((await t.store.keys.byId(id))?.successor, null)
  assert.equal((await t.store.tokens.byPublicId(record.publicId))?.successor, null)
  const next = await t.core.keys.rotate(byKey, id, grace, origin)
  await t.core.keys.rotate(by, next.record.id, grace, origin)
  await t.core.tokens.rotate(by, record.publicId, grace, origin)
})

test('what a token of a key makes does not outlive that token, nor the key', async () => {
  const { byClient } = await client()
  const end = byClient.expiresAt ?? 0
  assert.ok(end > 0 && end <= t.clock.now() + hour)
  const made = await t.core.keys.issue(byClient, { name: 'y' }, origin)
  assert.equal(made.record.expiresAt, end)
  const later = { name: 'z', expiresAt: end + 1 }
  await assert.rejects(t.core.keys.issue(byClient, later, origin), failsWith('beyond_own_rights'))
  await assert.rejects(privateToken(byClient, end + 1000), failsWith('beyond_own_rights'))
  await privateToken(byClient, end)

  const soon = t.clock.now() + hour / 2
  const short = await client(soon)
  assert.equal((await t.core.keys.issue(short.byClient, { name: 'y' }, origin)).record.expiresAt, soon)
  await assert.rejects(t.core.keys.issue(short.byClient, later, origin), failsWith('beyond_own_rights'))
})

test('what a key makes is good from no address that the key is not, and neither is its successor', async () => {
  const { by, byKey, byClient, id } = await client()
  const allowAddresses = [origin.address, '198.51.100.0/24']
  const other = (await t.core.keys.issue(by, { name: 'free' }, origin)).record
  await t.core.keys.update(by, id, { allowAddresses }, origin)
  for (const bound of [byKey, byClient]) {
    const made = await t.core.keys.issue(bound, { name: 'y' }, origin)
    assert.deepEqual(made.record.allowAddresses, allowAddresses)
    const fewer = await t.core.keys.issue(bound, { name: 'y', allowAddresses: ['198.51.100.0/24'] }, origin)
    assert.deepEqual(fewer.record.allowAddresses, ['198.51.100.0/24'])
    for (const wrong of [[], ['203.0.113.1'], [origin.address, '198.51.0.0/16']]) {
      const wish = { name: 'z', allowAddresses: wrong }
      await assert.rejects(t.core.keys.issue(bound, wish, origin), failsWith('beyond_own_rights'))
      await assert.rejects(
        t.core.keys.update(bound, id, { allowAddresses: wrong }, origin),
        failsWith('beyond_own_rights'),
      )
    }
    await assert.rejects(privateToken(bound, t.clock.now() + hour / 2), failsWith('beyond_own_rights'))
  }
  const grace = { graceSeconds: 60 }
  await assert.rejects(t.core.keys.rotate(byKey, other.id, grace, origin), failsWith('beyond_own_rights'))
  const { record } = await privateToken(by, t.clock.now() + hour)
  await assert.rejects(t.core.tokens.rotate(byKey, record.publicId, grace, origin), failsWith('beyond_own_rights'))
  assert.deepEqual((await t.core.keys.rotate(byKey, id, grace, origin)).record.allowAddresses, allowAddresses)
})

test('a token of a key gives the key no later end, and naming the end that it has changes nothing', async () => {
  const { byClient, id } = await client(t.clock.now() + 10 * hour)
  const end = (await t.store.keys.byId(id))?.expiresAt ?? 0
  const update = (expiresAt: number | null) => t.core.keys.update(byClient, id, { expiresAt }, origin)
  await assert.rejects(update(end + 1), failsWith('beyond_own_rights'))
  assert.equal((await update(end)).expiresAt, end)
  const endless = await client()
  const same = await t.core.keys.update(endless.byClient, endless.id, { expiresAt: null }, origin)
  assert.equal(same.expiresAt, null)
})
