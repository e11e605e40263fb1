// What holds for every kind of credential: issue, use, expiry, revocation, and whatever happens to its owner.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { User } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { countingStore } from '../support/counting-store.ts'
import { credentialCases } from '../support/credentials.ts'
import { check, makeUser, origin, principalOf, refusalOf } from '../support/people.ts'

const counting = countingStore()
let t: TestCore
/** A second node: another process with its own caches on the same database. */
let other: TestCore
let count = 0

before(async () => {
  t = await createTestCore({ wrap: counting.wrap })
  other = await createTestCore({ database: t.database, clock: t.clock })
  // The last administrator has to stay, so one is there that the tests leave alone.
  await makeUser(t, { username: 'root', role: 'admin' })
})
after(async () => {
  await other.core.close()
  await t.drop()
})

const newUser = (role = 'user'): Promise<User> => {
  count += 1
  return makeUser(t, { username: `person${count}`, role })
}

for (const credential of credentialCases) {
  describe(credential.name, () => {
    test('is let in with its owner, its kind and no more than the owner may do', async () => {
      const user = await newUser()
      const { by } = await credential.issue(t, user)
      assert.equal(by.kind, credential.kind)
      assert.equal(by.user?.publicId, user.publicId)
      assert.equal(by.api, 'native')
      assert.deepEqual([...by.scopes].sort(), [...t.core.roles.scopesOf('user')].sort())
      assert.ok(!by.scopes.has('users:read'))
      assert.equal(by.actor, null)
    })

    test('is checked without a query and without a write once it is known', async () => {
      const { presented } = await credential.issue(t, await newUser())
      await t.core.feed.sync()
      await principalOf(t, presented)
      counting.calls.length = 0
      for (let turn = 0; turn < 20; turn += 1) await principalOf(t, presented)
      assert.deepEqual(counting.calls, [])
    })

    test('is checked without a write when it is not known yet', async () => {
      const { presented } = await credential.issue(t, await newUser())
      t.core.guard.forget('restore', '')
      counting.calls.length = 0
      await principalOf(t, presented)
      assert.ok(counting.calls.length > 0)
      const reads = /^(sessions|keys|tokens)\.withUser$|^signingKeys\.list$/
      assert.deepEqual(
        counting.calls.filter((call) => !reads.test(call)),
        [],
      )
    })

    test('is asked for in the store each time while the feed is stale, and rightly', async () => {
      const { presented, by } = await credential.issue(t, await newUser())
      t.clock.advance(t.settings.feedBoundMillis + 1)
      assert.equal(t.core.feed.fresh(), false)
      counting.calls.length = 0
      await principalOf(t, presented)
      await principalOf(t, presented)
      assert.equal(counting.calls.filter((call) => call.endsWith('withUser')).length, 2)
      await credential.revoke(t, by)
      assert.deepEqual(await refusalOf(t, presented), [credential.afterwards, credential.kind])
    })

    test('is refused from the very millisecond in which it ends', async () => {
      const { presented, endsAt } = await credential.issue(t, await newUser())
      t.clock.set(endsAt - 1)
      await t.core.feed.sync()
      await principalOf(t, presented)
      t.clock.set(endsAt)
      assert.deepEqual(await refusalOf(t, presented), ['credential_expired', credential.kind])
    })

    test('is refused by the very next check after it was revoked', async () => {
      const { presented, by } = await credential.issue(t, await newUser())
      await principalOf(t, presented)
      await credential.revoke(t, by)
      assert.deepEqual(await refusalOf(t, presented), [credential.afterwards, credential.kind])
    })

    test('takes nobody else with it when it is revoked', async () => {
      const user = await newUser()
      const one = await credential.issue(t, user)
      const two = await credential.issue(t, user)
      await credential.revoke(t, one.by)
      await principalOf(t, two.presented)
    })

    test('is refused on another node as soon as that has read the feed', async () => {
      const { presented, by } = await credential.issue(t, await newUser())
      await other.core.feed.sync()
      await principalOf(other, presented)
      await credential.revoke(t, by)
      await other.core.feed.sync()
      assert.deepEqual(await refusalOf(other, presented), [credential.afterwards, credential.kind])
    })

    for (const [status, code] of [
      ['disabled', 'account_disabled'],
      ['blocked', 'account_blocked'],
    ] as const) {
      test(`is refused by the very next check after its owner was ${status}`, async () => {
        const user = await newUser()
        const { presented } = await credential.issue(t, user)
        await other.core.feed.sync()
        await principalOf(other, presented)
        await t.core.users.setStatus(user.publicId, status, null, origin)
        const [refused] = await refusalOf(t, presented)
        // Whoever closes an account may end its sessions, too.
        assert.ok(refused === code || refused === credential.afterwards, refused)
        await other.core.feed.sync()
        assert.equal((await check(other, presented)).ok, false)
      })
    }

    test('loses what its owner loses, by the very next check', async () => {
      const user = await newUser('support')
      const { presented } = await credential.issue(t, user)
      assert.ok((await principalOf(t, presented)).scopes.has('users:read'))
      await t.core.users.setRole(user.publicId, 'guest', null, origin)
      const verdict = await check(t, presented)
      // A session may be ended by the change; if it lives it may do no more than a guest.
      if (verdict.ok) assert.deepEqual([...verdict.value.scopes], ['account:read'])
      else assert.equal(verdict.code, credential.afterwards)
    })

    test('is refused after its owner was deleted', async () => {
      const user = await newUser()
      const { presented } = await credential.issue(t, user)
      await principalOf(t, presented)
      await t.core.users.remove(user, null, origin)
      const [code, kind] = await refusalOf(t, presented)
      assert.ok(['credential_revoked', 'credential_invalid'].includes(code), code)
      assert.equal(kind, credential.kind)
    })

    test('is not brought back by a clock that is set back after it was revoked', async () => {
      const { presented, by } = await credential.issue(t, await newUser())
      const now = t.clock.now()
      await credential.revoke(t, by)
      t.clock.set(now - 1000)
      await t.core.feed.sync()
      assert.deepEqual(await refusalOf(t, presented), [credential.afterwards, credential.kind])
      t.clock.set(now)
    })

    test('is refused where its kind is not taken, and the answer names the kind', async () => {
      const { presented } = await credential.issue(t, await newUser())
      const verdict = await check(t, presented, origin, ['one-time'])
      assert.deepEqual(verdict, { ok: false, code: 'credential_kind_refused', kind: credential.kind })
    })

    test('is refused with every one of its characters changed, cut or added, also while it is known', async () => {
      const { presented } = await credential.issue(t, await newUser())
      await t.core.feed.sync()
      await principalOf(t, presented)
      const whole = 'text' in presented ? presented.text : 'password' in presented ? presented.password : ''
      const changed = (text: string) =>
        'text' in presented ? { ...presented, text } : { ...presented, password: text }
      const step = Math.max(1, Math.floor(whole.length / 40))
      for (let at = 0; at < whole.length; at += step) {
        const char = whole[at] === 'A' ? 'B' : whole[at] === '0' ? '1' : /[0-9a-f]/.test(whole[at] ?? '') ? '0' : 'A'
        const text = whole.slice(0, at) + char + whole.slice(at + 1)
        assert.equal((await check(t, changed(text))).ok, false, `changed at ${at}`)
      }
      for (const text of [
        whole.slice(1),
        whole.slice(0, -1),
        `${whole}A`,
        ` ${whole}`,
        `${whole} `,
        `${whole}=`,
        whole + whole,
      ]) {
        assert.equal((await check(t, changed(text))).ok, false)
      }
    })
  })
}
