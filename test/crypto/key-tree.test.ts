import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '../../src/crypto/hash.ts'
import { createKeyTree, keyLabels } from '../../src/crypto/key-tree.ts'

const root = Buffer.alloc(32, 1)
const older = Buffer.alloc(40, 2)

test('a root under 32 bytes is refused, as the current one and as a previous one', () => {
  assert.throws(() => createKeyTree(Buffer.alloc(31)), TypeError)
  assert.throws(() => createKeyTree(root, [Buffer.alloc(31)]), TypeError)
})

test('each label has a key and an id of its own', () => {
  const tree = createKeyTree(root)
  const keys = keyLabels.map((label) => tree.current(label))
  assert.equal(new Set(keys.map((key) => key.bytes.toString('hex'))).size, keyLabels.length)
  assert.equal(new Set(keys.map((key) => key.id)).size, keyLabels.length)
  for (const key of keys) {
    assert.match(key.id, /^[0-9a-f]{8}$/)
    assert.equal(key.bytes.length, 32)
  }
})

test('an id is no part and no plain hash of its key or root', () => {
  for (const label of keyLabels) {
    const { id, bytes } = createKeyTree(root).current(label)
    for (const told of [bytes, root, sha256(bytes), sha256(root)]) assert.ok(!told.toString('hex').includes(id))
  }
})

test('the same root gives the same keys after a restart, another root other ones', () => {
  for (const label of keyLabels) {
    assert.deepEqual(createKeyTree(root).current(label), createKeyTree(Buffer.from(root)).current(label))
    assert.notDeepEqual(createKeyTree(root).current(label).bytes, createKeyTree(older).current(label).bytes)
  }
})

test('after a change of the root old keys are found by their id and new things use the new one', () => {
  const before = createKeyTree(older).current('session')
  const tree = createKeyTree(root, [older])
  assert.deepEqual(tree.current('session'), createKeyTree(root).current('session'))
  assert.deepEqual(tree.byId('session', before.id), before)
  assert.deepEqual(
    tree.all('session').map((key) => key.id),
    [tree.current('session').id, before.id],
  )
  assert.equal(tree.byId('audit', before.id), null)
  assert.equal(tree.byId('session', '00000000'), null)
  assert.equal(createKeyTree(root).byId('session', before.id), null)
})

test('a previous root that is the current one counts once', () => {
  assert.equal(createKeyTree(root, [Buffer.from(root), older]).all('audit').length, 2)
})
