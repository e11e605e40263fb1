import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { sha256Hex } from '../../src/crypto/hash.ts'
import type { User } from '../../src/types.ts'
import { createTestCore, type TestCore, type TestCoreWish } from '../support/core.ts'
import { failsWith, failureOf, goodPassword, mailedToken, makeAdmin, makePerson, visitor } from '../support/identity.ts'

/* Whoever opens a mail has the address; whether the account is theirs, too, only its password tells. */

const here = visitor()
const wrong = 'a wrong password'
let t: TestCore
let alice: User

async function start(settings: TestCoreWish['settings'] = {}): Promise<void> {
  t = await createTestCore({ settings })
  await makeAdmin(t.core)
  alice = await makePerson(t.core, 'alice')
}
beforeEach(() => start())
afterEach(() => t.drop())

const confirm = (token: string, password: string | null, from = here) =>
  t.core.users.confirmEmail(token, password, from)
const now = async (user: User) => t.core.users.byPublicId(user.publicId)

/** A link of each purpose, of an account with a password. */
const links: Readonly<Record<string, () => Promise<string>>> = {
  'confirm-email': async () => {
    await t.core.users.signUp({ username: 'bob', email: 'box@example.com', password: goodPassword }, here)
    return mailedToken(t, 'box@example.com')
  },
  'change-email': async () => {
    await t.core.users.requestEmailChange(alice, 'box@example.com', here)
    return mailedToken(t, 'box@example.com')
  },
}

for (const [purpose, link] of Object.entries(links)) {
  test(`${purpose}: without the password of the account the address is not proven, and the link stays`, async () => {
    const token = await link()
    const error = await failureOf(confirm(token, null))
    assert.equal(error.code, 'request_invalid')
    assert.deepEqual(error.detail.fields, [
      {
        field: 'password',
        message:
          'is required: the password of the account, so that nobody confirms an account that somebody else opened with this address',
      },
    ])
    for (const password of [wrong, '', ` ${goodPassword}`]) {
      await assert.rejects(confirm(token, password), failsWith('credentials_wrong'))
    }
    assert.equal(await t.store.users.byEmail('box@example.com'), null)
    assert.equal((await confirm(token, goodPassword)).email, 'box@example.com')
  })

  test(`${purpose}: the fifth wrong password kills the link, four do not`, async () => {
    const token = await link()
    for (let tries = 0; tries < 4; tries += 1)
      await assert.rejects(confirm(token, wrong), failsWith('credentials_wrong'))
    await assert.rejects(confirm(token, null), failsWith('request_invalid'))
    await assert.rejects(confirm(token, wrong), failsWith('credentials_wrong'))
    await assert.rejects(confirm(token, goodPassword), failsWith('one_time_invalid'))
    assert.equal(await t.store.users.byEmail('box@example.com'), null)
  })

  test(`${purpose}: of 50 right passwords side by side one proves the address`, async () => {
    const token = await link()
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => confirm(token, goodPassword)))
    assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const each of all) if (each.status === 'rejected') failsWith('one_time_invalid')(each.reason)
  })

  test(`${purpose}: of 50 wrong passwords side by side five are looked at`, async () => {
    const token = await link()
    const tries = Array.from({ length: 50 }, () => failureOf(confirm(token, wrong)))
    const codes = (await Promise.all(tries)).map(({ code }) => code)
    assert.equal(codes.filter((code) => code === 'credentials_wrong').length, 5)
    assert.equal(codes.filter((code) => code === 'one_time_invalid').length, 45)
    await assert.rejects(confirm(token, goodPassword), failsWith('one_time_invalid'))
  })
}

test('an account that somebody opened with the address of another is not theirs by the other’s click', async () => {
  const thief = { username: 'thief', email: 'victim@example.com', password: 'only the thief knows' }
  await t.core.users.signUp(thief, visitor('203.0.113.66'))
  const token = await mailedToken(t, 'victim@example.com')
  // Whoever is asked for a password at their own mail types their own, if any.
  await assert.rejects(confirm(token, null), failsWith('request_invalid'))
  await assert.rejects(confirm(token, goodPassword), failsWith('credentials_wrong'))
  assert.equal(await t.store.users.byEmail('victim@example.com'), null)
  // The owner of the address opens their own account, and proves it.
  await t.core.users.signUp({ username: 'victim', email: 'victim@example.com', password: goodPassword }, here)
  const own = await confirm(await mailedToken(t, 'victim@example.com'), goodPassword)
  assert.deepEqual([own.username, own.status], ['victim', 'active'])
  assert.equal(await t.store.users.byUsername('thief'), null)
})

test('a new account without a password needs none, and a change of its address is not had by a mail alone', async () => {
  await t.core.users.signUp({ username: 'linker', email: 'linker@example.com', password: null }, here)
  const user = await confirm(await mailedToken(t, 'linker@example.com'), null)
  assert.deepEqual([user.status, user.email], ['active', 'linker@example.com'])
  const carol = await makePerson(t.core, 'carol', { password: null })
  const asked = t.core.users.requestEmailChange(carol, 'carol2@example.com', here)
  await assert.rejects(asked, failsWith('request_invalid'))
  const data = { email: 'carol2@example.com', api: 'native' }
  const row = { purpose: 'change-email', hash: sha256Hex('mailed'), userId: carol.id, data, attempts: 0 } as const
  const now = t.clock.now()
  await t.store.oneTime.create({ ...row, createdAt: now, expiresAt: now + 60_000 }, true)
  for (const password of [null, 'anything'])
    await assert.rejects(confirm('mailed', password), failsWith('one_time_invalid'))
  assert.equal((await t.core.users.byPublicId(carol.publicId))?.email, 'carol@example.com')
})

test('wrong passwords are counted by address and by user as at a sign-in, and audited; right ones are not', async () => {
  await t.drop()
  const rule = (points: number) => ({ points, windowSeconds: 900 })
  const limits = { enabled: true, address: rule(3), user: rule(2), strangers: rule(1000), mail: rule(100) }
  await start({ limits })
  const change = async (user: User, email: string) => {
    await t.core.users.requestEmailChange(user, email, here)
    return mailedToken(t, email)
  }
  const token = await change(alice, 'first@example.com')
  for (const address of ['203.0.113.1', '203.0.113.2'])
    await assert.rejects(confirm(token, wrong, visitor(address)), failsWith('credentials_wrong'))
  const third = visitor('203.0.113.3')
  await assert.rejects(confirm(token, goodPassword, third), failsWith('rate_limited'))
  const { items } = await t.core.events.list({ kind: 'sign-in-failed', user: alice.publicId }, { limit: 10 })
  assert.deepEqual(
    items.map(({ data, credential }) => [data.reason, credential]),
    [
      ['wrong', 'password'],
      ['wrong', 'password'],
    ],
  )
  for (let changes = 0; changes < 6; changes += 1) {
    const bob = await makePerson(t.core, `bob${changes}`)
    await confirm(await change(bob, `new${changes}@example.com`), goodPassword, visitor('203.0.113.4'))
  }
  for (let tries = 0; tries < 2; tries += 1) await t.core.limits.address(third)
  await assert.rejects(confirm(token, goodPassword, third), failsWith('rate_limited'))
})

test('the link of a change and the one that undoes it leave the status alone; that of a new account opens it', async () => {
  const change = await links['change-email']?.()
  await t.core.users.setStatus(alice.publicId, 'pending', null, here)
  assert.equal((await confirm(change ?? '', goodPassword)).status, 'pending')
  assert.equal((await now(alice))?.email, 'box@example.com')
  const undone = await t.core.users.undoEmailChange(await mailedToken(t, 'alice@example.com'), here)
  assert.deepEqual([undone.status, undone.email], ['pending', 'alice@example.com'])
})
