import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { createTestCore, type TestCore } from '../support/core.ts'
import {
  countingPasswords,
  failsWith,
  goodPassword,
  makeAdmin,
  makePerson,
  principalOf,
  visitor,
} from '../support/identity.ts'

let t: TestCore
let counted: ReturnType<typeof countingPasswords>

beforeEach(async () => {
  counted = countingPasswords()
  t = await createTestCore({ passwords: counted.passwords, settings: { confirmEmail: false } })
})
afterEach(() => t.drop())

const here = visitor()
const wishWith = (code: string, username = 'root') => ({
  code,
  username,
  email: `${username}@example.com`,
  password: goodPassword,
})
const signUp = { username: 'alice', email: 'alice@example.com', password: goodPassword }

test('until the first administrator exists no door makes users', async () => {
  assert.equal(await t.core.users.needsSetUp(), true)
  for (const api of ['native', 'librephotos', 'freesewing'] as const) {
    await assert.rejects(t.core.users.signUp(signUp, visitor('192.0.2.1', api)), failsWith('set_up_needed'))
  }
  const admin = principalOf(t.core, await makePerson(t.core, 'user-of-the-command-line'), {
    scopes: t.core.roles.allScopes,
  })
  const wish = { username: 'bob', email: null, password: goodPassword, role: 'user', kind: 'person' } as const
  await assert.rejects(t.core.users.create(wish, admin, here), failsWith('set_up_needed'))
  await assert.rejects(
    t.core.users.invite({ email: 'bob@example.com', role: 'user' }, admin, here),
    failsWith('set_up_needed'),
  )
  assert.equal(counted.calls.hash, 1)
})

test('the set-up code makes one administrator with a proven e-mail, then there is nothing to set up', async () => {
  const code = (await t.core.users.newSetUpCode()) ?? ''
  const user = await t.core.users.setUp(wishWith(code), here)
  assert.deepEqual([user.role, user.status, user.email], ['admin', 'active', 'root@example.com'])
  assert.equal(await t.core.users.needsSetUp(), false)
  assert.equal(await t.core.users.newSetUpCode(), null)
  await assert.rejects(t.core.users.setUp(wishWith(code, 'second'), here), failsWith('not_found'))
  assert.equal((await t.core.users.signUp(signUp, here)).status, 'active')
})

test('of 50 who use the code side by side one becomes the administrator', async () => {
  const code = (await t.core.users.newSetUpCode()) ?? ''
  const tries = Array.from({ length: 50 }, (_, n) => t.core.users.setUp(wishWith(code, `root-${n}`), here))
  const all = await Promise.allSettled(tries)
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.equal((await t.core.users.list({ limit: 100 })).items.length, 1)
})

test('a code lives an hour, a new one voids the old one, and a wrong one buys no hashing', async () => {
  const first = (await t.core.users.newSetUpCode()) ?? ''
  const second = (await t.core.users.newSetUpCode()) ?? ''
  await assert.rejects(t.core.users.setUp(wishWith(first), here), failsWith('one_time_invalid'))
  await assert.rejects(t.core.users.setUp(wishWith('0'.repeat(32)), here), failsWith('one_time_invalid'))
  t.clock.advance(3_600_000)
  await assert.rejects(t.core.users.setUp(wishWith(second), here), failsWith('one_time_invalid'))
  assert.equal(counted.calls.hash, 0)
  assert.equal(await t.core.users.needsSetUp(), true)
})

test('a refused name or password does not cost the code', async () => {
  const code = (await t.core.users.newSetUpCode()) ?? ''
  await assert.rejects(t.core.users.setUp({ ...wishWith(code), username: '1234' }, here), failsWith('request_invalid'))
  await assert.rejects(
    t.core.users.setUp({ ...wishWith(code), password: 'short' }, here),
    failsWith('password_refused'),
  )
  await t.core.users.setUp(wishWith(code), here)
})

test('guessing the code is limited by address', async () => {
  const limits = { enabled: true, address: { points: 3, windowSeconds: 900 } }
  const other = await createTestCore({ database: t.database, settings: { limits } })
  for (let tries = 0; tries < 3; tries += 1) {
    await assert.rejects(other.core.users.setUp(wishWith('guess'), here), failsWith('one_time_invalid'))
  }
  const code = (await other.core.users.newSetUpCode()) ?? ''
  await assert.rejects(other.core.users.setUp(wishWith(code), here), failsWith('rate_limited'))
  await other.core.users.setUp(wishWith(code), visitor('192.0.2.99'))
  await other.drop()
})

test('a sign-up that carries the code is the set-up; with a wrong code it is refused', async () => {
  const code = (await t.core.users.newSetUpCode()) ?? ''
  const photos = visitor('192.0.2.1', 'librephotos')
  await assert.rejects(t.core.users.signUp({ ...signUp, setUpCode: 'wrong' }, photos), failsWith('one_time_invalid'))
  const made = await t.core.users.signUp({ ...signUp, setUpCode: code }, photos)
  assert.equal((await t.core.users.byPublicId(made.publicId ?? ''))?.role, 'admin')
  // From now on the code is an extra field that means nothing.
  const next = await t.core.users.signUp({ ...signUp, username: 'bob', email: null, setUpCode: code }, photos)
  assert.equal((await t.core.users.byPublicId(next.publicId ?? ''))?.role, 'user')
})

test('the command line makes users at any time, and an administrator of it ends the set-up', async () => {
  await makePerson(t.core, 'early')
  assert.equal(await t.core.users.needsSetUp(), true)
  await makeAdmin(t.core)
  assert.equal(await t.core.users.needsSetUp(), false)
})
