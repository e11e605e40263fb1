import assert from 'node:assert/strict'
import { createKeyTree } from '../../src/crypto/key-tree.ts'
import { seal } from '../../src/crypto/secret-box.ts'
import { addUser, guarantee, heard, sideBySide, start, tally } from './contract.ts'

guarantee('a pending secret is replaced by the next one, a confirmed one is not', async ({ store }) => {
  const user = await addUser(store)
  assert.equal(await store.factors.totp(user.id), null)
  assert.equal(await store.factors.begin(user.id, 'box-1', start), true)
  assert.equal(await store.factors.begin(user.id, 'box-2', start + 1), true)
  assert.deepEqual(await store.factors.totp(user.id), { box: 'box-2', createdAt: start + 1, confirmedAt: null })
  assert.equal((await store.users.byId(user.id))?.hasFactor, false)
  assert.equal(await store.factors.confirm(user.id, 'box-1', start + 2), false)
  assert.deepEqual(await heard(store), [])
  const answers = await sideBySide(() => store.factors.confirm(user.id, 'box-2', start + 2))
  assert.equal(tally<boolean>(answers, true), 1)
  assert.equal(await store.factors.begin(user.id, 'box-3', start + 3), false)
  assert.deepEqual(await store.factors.totp(user.id), { box: 'box-2', createdAt: start + 1, confirmedAt: start + 2 })
  const after = await store.users.byId(user.id)
  assert.deepEqual([after?.hasFactor, after?.epoch], [true, 2])
  assert.deepEqual(await heard(store), [`user ${user.publicId}`])
})

guarantee('a removed factor takes its codes and steps along and is heard of once', async ({ store }) => {
  const user = await addUser(store)
  await store.factors.begin(user.id, 'box', start)
  await store.factors.confirm(user.id, 'box', start)
  await store.factors.setRecovery(user.id, 'salt', ['h'], start)
  await store.factors.useStep(user.id, 1, start)
  const before = await store.changes.latest()
  const answers = await sideBySide(() => store.factors.remove(user.id, start + 1))
  assert.equal(tally<boolean>(answers, true), 1)
  assert.deepEqual(await heard(store, before), [`user ${user.publicId}`])
  const after = await store.users.byId(user.id)
  assert.deepEqual([after?.hasFactor, after?.epoch], [false, 3])
  assert.equal(await store.factors.recovery(user.id), null)
  assert.equal(await store.factors.useStep(user.id, 1, start), true)
})

guarantee('of 50 who use one step side by side exactly one may, and each user has his own', async ({ store }) => {
  const user = await addUser(store)
  const other = await addUser(store)
  const answers = await sideBySide(() => store.factors.useStep(user.id, 58_333_333, start))
  assert.equal(tally<boolean>(answers, true), 1)
  assert.equal(await store.factors.useStep(other.id, 58_333_333, start), true)
  assert.equal(await store.factors.useStep(user.id, 58_333_332, start + 10), true)
  assert.equal(await store.factors.purgeSteps(start + 10), 2)
  assert.equal(await store.factors.useStep(user.id, 58_333_332, start + 10), false)
})

guarantee('of 50 who use one recovery code side by side exactly one may', async ({ store }) => {
  const user = await addUser(store)
  const other = await addUser(store)
  assert.equal(await store.factors.recovery(user.id), null)
  await store.factors.setRecovery(user.id, 'salt-1', ['a', 'b', 'c'], start)
  const set = await store.factors.recovery(user.id)
  assert.deepEqual([set?.salt, set?.codes.map(({ hash }) => hash)], ['salt-1', ['a', 'b', 'c']])
  const id = set?.codes[1]?.id ?? 0
  assert.equal(await store.factors.useRecovery(other.id, id), false)
  const answers = await sideBySide(() => store.factors.useRecovery(user.id, id))
  assert.equal(tally<boolean>(answers, true), 1)
  assert.deepEqual(
    (await store.factors.recovery(user.id))?.codes.map(({ hash }) => hash),
    ['a', 'c'],
  )
})

guarantee('new recovery codes void the old ones, also when they are made side by side', async ({ store }) => {
  const user = await addUser(store)
  await sideBySide(
    (index) => store.factors.setRecovery(user.id, `salt-${index}`, [`a-${index}`, `b-${index}`], start),
    20,
  )
  const set = await store.factors.recovery(user.id)
  const index = set?.salt.slice('salt-'.length)
  assert.deepEqual(
    set?.codes.map(({ hash }) => hash),
    [`a-${index}`, `b-${index}`],
  )
  await store.factors.setRecovery(user.id, 'salt', [], start)
  assert.deepEqual(await store.factors.recovery(user.id), { salt: 'salt', codes: [] })
})

guarantee('wrong codes side by side are all counted until they are cleared', async ({ store }) => {
  const user = await addUser(store)
  assert.deepEqual(await store.factors.failures(user.id), { count: 0, lastAt: 0 })
  const answers = await sideBySide(() => store.factors.countFailure(user.id, start))
  assert.equal(new Set(answers.map(({ count }) => count)).size, 50)
  assert.deepEqual(await store.factors.countFailure(user.id, start + 1), { count: 51, lastAt: start + 1 })
  assert.deepEqual(await store.factors.failures(user.id), { count: 51, lastAt: start + 1 })
  await store.factors.clearFailures(user.id)
  assert.deepEqual(await store.factors.failures(user.id), { count: 0, lastAt: 0 })
})

guarantee('boxes under an older key are found and re-wrapped, unless they changed meanwhile', async ({ store }) => {
  const [old, current] = [1, 2].map((byte) => createKeyTree(Buffer.alloc(32, byte)).current('key-encryption'))
  assert.ok(old && current)
  const sealed = (key: typeof old, row: number) =>
    seal(key, 'seed', { table: 'totp', row: String(row), purpose: 'seed' })
  const users = [await addUser(store), await addUser(store), await addUser(store)]
  for (const [index, { id }] of users.entries())
    await store.factors.begin(id, sealed(index === 0 ? current : old, id), start)
  const found = await store.factors.boxesNotUnder(current.id, 10)
  assert.deepEqual(
    found.map(({ userId }) => userId),
    [users[1]?.id, users[2]?.id],
  )
  assert.equal((await store.factors.boxesNotUnder(current.id, 1)).length, 1)
  for (const { userId, box } of found) {
    assert.equal(await store.factors.replaceBox(userId, 'other', sealed(current, userId)), false)
    assert.equal(await store.factors.replaceBox(userId, box, sealed(current, userId)), true)
  }
  assert.deepEqual(await store.factors.boxesNotUnder(current.id, 10), [])
  assert.deepEqual(await heard(store), [])
})
