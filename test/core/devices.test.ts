import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import type { User } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { failsWith, goodPassword, makeAdmin, makePerson, visitor } from '../support/identity.ts'

const points = (count: number) => ({ points: count, windowSeconds: 900 })
let t: TestCore
let alice: User

beforeEach(async () => {
  const limits = {
    enabled: true,
    address: points(1000),
    user: points(3),
    knownUser: points(3),
    strangers: points(1000),
  }
  t = await createTestCore({ settings: { limits } })
  await makeAdmin(t.core)
  alice = await makePerson(t.core, 'alice')
})
afterEach(() => t.drop())

const signIn = (address: string, device?: string, password = goodPassword) =>
  t.core.signIn.withPassword({ identifier: 'alice', password }, visitor(address, 'native', device))
const idOf = (cookie: string | null) => {
  const id = cookie === null ? null : t.core.devices.read(cookie)
  assert.ok(id !== null, 'no cookie that we signed')
  return id
}

test('a device gets its cookie once: it comes along again and is known for its user', async () => {
  const { user } = await signIn('203.0.113.1')
  const device = idOf(await t.core.devices.renew(user, visitor('203.0.113.1')))
  const moved = visitor('203.0.113.2', 'native', device)
  assert.equal(await t.core.limits.isKnown(alice.id, moved), true)
  assert.equal(await t.core.devices.renew(alice, moved), null)
})

test('a device of somebody else is replaced: known to its own user only', async () => {
  const mallory = await makePerson(t.core, 'mallory')
  const device = idOf(await t.core.devices.renew(mallory, visitor('203.0.113.3')))
  const fresh = idOf(await t.core.devices.renew(alice, visitor('203.0.113.4', 'native', device)))
  assert.notEqual(fresh, device)
  assert.equal(await t.core.limits.isKnown(alice.id, visitor('203.0.113.5', 'native', device)), false)
  assert.equal(await t.core.limits.isKnown(alice.id, visitor('203.0.113.5', 'native', fresh)), true)
  assert.equal(await t.core.limits.isKnown(mallory.id, visitor('203.0.113.5', 'native', fresh)), false)
})

test('a planted device stays a stranger when its victim signs in with it, and spends the tries of strangers', async () => {
  const mallory = await makePerson(t.core, 'mallory')
  const planted = idOf(await t.core.devices.renew(mallory, visitor('203.0.113.66')))
  const { user } = await signIn('203.0.113.6', planted)
  await t.core.limits.remember(user.id, visitor('203.0.113.6', 'native', planted))
  assert.equal(await t.core.limits.isKnown(alice.id, visitor('203.0.113.7', 'native', planted)), false)
  for (let tries = 0; tries < 3; tries += 1)
    await assert.rejects(signIn(`203.0.113.1${tries}`, planted, 'a wrong guess'), failsWith('credentials_wrong'))
  await assert.rejects(signIn('203.0.113.20', planted, 'a wrong guess'), failsWith('rate_limited'))
  // The owner is at home.
  await signIn('203.0.113.6')
})

test('only what we signed is read, every change of it is refused', async () => {
  const cookie = (await t.core.devices.renew(alice, visitor())) ?? ''
  assert.equal(t.core.devices.read(cookie), cookie.split('.')[0])
  fc.assert(
    fc.property(fc.nat(cookie.length - 1), fc.constantFrom('', 'x', 'Z', '.', '='), (at, put) => {
      const changed = `${cookie.slice(0, at)}${put}${cookie.slice(at + 1)}`
      assert.equal(t.core.devices.read(changed), changed === cookie ? cookie.split('.')[0] : null)
    }),
  )
  fc.assert(fc.property(fc.string(), (text) => assert.equal(t.core.devices.read(text), null)))
})
