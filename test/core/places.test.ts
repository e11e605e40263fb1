import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createPlaces } from '../../src/core/places.ts'
import { createTestCore, type TestCore, testKeyTree } from '../support/core.ts'
import { makePerson, visitor } from '../support/identity.ts'

let t: TestCore
before(async () => {
  t = await createTestCore()
})
after(() => t.drop())

const placesAt = (publicUrl: string, keyTree = t.keyTree) => createPlaces({ ...t, keyTree, settings: { publicUrl } })

test('on a public server a loopback address is nobody’s place, not even one that was remembered before', async () => {
  const atHome = placesAt('http://localhost:4000')
  const inPublic = placesAt('https://door.example.com')
  for (const [n, address] of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1'].entries()) {
    const user = await makePerson(t.core, `behind-a-proxy-${n}`)
    await inPublic.remember(user.id, visitor(address))
    assert.equal(await atHome.knownAt(user.id, visitor(address)), null, address)
    await atHome.remember(user.id, visitor(address))
    assert.notEqual(await atHome.knownAt(user.id, visitor(address)), null, address)
    assert.equal(await inPublic.knownAt(user.id, visitor(address)), null, address)
  }
  const user = await makePerson(t.core, 'in-public')
  await inPublic.remember(user.id, visitor('203.0.113.1'))
  assert.notEqual(await inPublic.knownAt(user.id, visitor('203.0.113.1')), null)
  // A device is a place also behind such a proxy.
  await inPublic.addDevice(user.id, 'laptop')
  assert.notEqual(await inPublic.knownAt(user.id, visitor('127.0.0.1', 'native', 'laptop')), null)
})

for (const publicUrl of ['http://127.0.0.1:4000', 'http://[::1]:4000', 'http://localhost', 'https://door.localhost']) {
  test(`at ${publicUrl} a loopback address is a place`, async () => {
    const user = await makePerson(t.core, `local-${publicUrl.replace(/\W/g, '')}`)
    await placesAt(publicUrl).remember(user.id, visitor('::1'))
    assert.notEqual(await placesAt(publicUrl).knownAt(user.id, visitor('::1')), null)
  })
}

test('remembering a place adds no device: a cookie that came along may have been planted', async () => {
  const user = await makePerson(t.core, 'visited')
  const places = placesAt('https://door.example.com')
  await places.remember(user.id, visitor('203.0.113.2', 'native', 'planted'))
  assert.equal(await places.isKnownDevice(user.id, 'planted'), false)
  assert.equal(await places.knownAt(user.id, visitor('203.0.113.3', 'native', 'planted')), null)
})

test('a place stays known after a change of the root secret, and is named to the store by an HMAC only', async () => {
  const user = await makePerson(t.core, 'stays')
  const seen: string[] = []
  const devices = {
    ...t.store.devices,
    remember: (userId: number, device: string, now: number) => {
      seen.push(device)
      return t.store.devices.remember(userId, device, now)
    },
  }
  const settings = { publicUrl: 'https://door.example.com' }
  const places = createPlaces({ ...t, store: { devices }, settings })
  await places.remember(user.id, visitor('203.0.113.4'))
  await places.addDevice(user.id, 'phone')
  for (const hash of seen) assert.match(hash, /^[0-9a-f]{64}$/)
  assert.equal(new Set(seen).size, 2)
  const later = placesAt('https://door.example.com', testKeyTree(9, [7]))
  assert.notEqual(await later.knownAt(user.id, visitor('203.0.113.4')), null)
  assert.equal(await later.isKnownDevice(user.id, 'phone'), true)
  assert.equal(await placesAt('https://door.example.com', testKeyTree(9)).isKnownDevice(user.id, 'phone'), false)
})
