import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { CardeaError } from '../../src/errors.ts'
import type { Principal } from '../../src/types.ts'
import { createTestCore, type TestCore, testKeyTree } from '../support/core.ts'
import {
  basic,
  bearer,
  key,
  makeUser,
  openSession,
  origin,
  principalOf,
  refusalOf,
  signedIn,
} from '../support/people.ts'

let t: TestCore
let count = 0
before(async () => {
  t = await createTestCore()
})
after(() => t.drop())

const person = (role = 'user') => {
  count += 1
  return signedIn(t, { username: `person${count}`, role, email: `person${count}@example.com` })
}
const code = (expected: string, field?: string) => (error: unknown) =>
  error instanceof CardeaError &&
  error.code === expected &&
  (field === undefined || (error.detail.fields ?? []).some((each) => each.field === field))
const second = 1000
const day = 24 * 3600 * second

async function keyOf(by: Principal, wish: Partial<Parameters<TestCore['core']['keys']['issue']>[1]> = {}) {
  const issued = await t.core.keys.issue(by, { name: 'a key', ...wish }, origin)
  return { ...issued, by: await principalOf(t, key(issued.token)) }
}

describe('issuing', () => {
  test('the secret leaves once and only an HMAC of it is stored', async () => {
    const { by } = await person()
    const issued = await t.core.keys.issue(by, { name: 'laptop' }, origin)
    assert.match(issued.secret, /^[0-9a-f]{64}$/)
    assert.ok(issued.token.startsWith(`cardea_${issued.record.id}_${issued.secret}`))
    const row = JSON.stringify(await t.store.keys.byId(issued.record.id))
    assert.ok(!row.includes(issued.secret))
    const [event] = (await t.core.events.list({ kind: 'key-made' }, { limit: 1 })).items
    assert.equal(event?.keyId, issued.record.id)
    assert.ok(!JSON.stringify(event).includes(issued.secret))
  })

  test('what is wrong in the wish is told by field', async () => {
    const { by } = await person()
    const now = t.clock.now()
    const issue = (wish: object) => t.core.keys.issue(by, { name: 'x', ...wish }, origin)
    for (const name of ['', ' ', 'x'.repeat(101), 'a\u0000b', 'a\nb', '\ud800']) {
      await assert.rejects(issue({ name }), code('request_invalid', 'name'))
    }
    for (const expiresAt of [now, now - 1, 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 9e15]) {
      await assert.rejects(issue({ expiresAt }), code('request_invalid', 'expires_at'))
    }
    await assert.rejects(issue({ scopes: ['no:such'] }), code('request_invalid', 'scopes'))
    await assert.rejects(issue({ allowAddresses: ['10.0.0.1', 'here'] }), code('request_invalid', 'allow_addresses.1'))
    await assert.rejects(
      issue({ allowAddresses: Array(101).fill('10.0.0.1') }),
      code('request_invalid', 'allow_addresses'),
    )
    assert.equal((await t.core.keys.list(by.user, { limit: 10 })).items.length, 0)
    await issue({ name: 'x'.repeat(100) })
  })

  test('nobody gives a key more than they have', async () => {
    const { by } = await person()
    await assert.rejects(
      t.core.keys.issue(by, { name: 'x', scopes: ['users:write'] }, origin),
      code('beyond_own_rights'),
    )
  })

  test('a key with scopes has these and no other, and none that its owner has no more', async () => {
    const { by, user } = await person('support')
    const issued = await keyOf(by, { scopes: ['users:read', 'account:read'] })
    assert.deepEqual([...issued.by.scopes].sort(), ['account:read', 'users:read'])
    await t.store.users.update(user.id, { role: 'user' }, t.clock.now())
    await t.core.feed.sync()
    assert.deepEqual([...(await principalOf(t, key(issued.token))).scopes], ['account:read'])
  })

  test('a key without scopes follows its owner, up and down', async () => {
    const { by, user } = await person()
    const issued = await keyOf(by)
    await t.store.users.update(user.id, { role: 'support' }, t.clock.now())
    await t.core.feed.sync()
    assert.ok((await principalOf(t, key(issued.token))).scopes.has('users:read'))
  })

  test('a limited session or key never leads to a wider key, not even after a promotion of the owner', async () => {
    const { user, by } = await person()
    const limited = await openSession(t, user, { scopes: ['keys:write', 'account:read'] })
    const fromSession = await keyOf(await principalOf(t, bearer(limited.token)))
    const narrow = await keyOf(by, { scopes: ['keys:write', 'account:read'] })
    const fromKey = await keyOf(narrow.by)
    await assert.rejects(
      t.core.keys.issue(narrow.by, { name: 'x', scopes: ['tokens:write'] }, origin),
      code('beyond_own_rights'),
    )
    await t.store.users.update(user.id, { role: 'admin' }, t.clock.now())
    await t.core.feed.sync()
    for (const issued of [fromSession, fromKey]) {
      assert.deepEqual([...(await principalOf(t, key(issued.token))).scopes].sort(), ['account:read', 'keys:write'])
    }
  })

  test('a key makes no key that outlives it', async () => {
    const { by } = await person()
    const endsAt = t.clock.now() + day
    const short = await keyOf(by, { expiresAt: endsAt })
    assert.equal((await t.core.keys.issue(short.by, { name: 'child' }, origin)).record.expiresAt, endsAt)
    await assert.rejects(
      t.core.keys.issue(short.by, { name: 'x', expiresAt: endsAt + 1 }, origin),
      code('beyond_own_rights', 'expires_at'),
    )
    await assert.rejects(
      t.core.tokens.issue(short.by, { name: 'x', expiresAt: endsAt + second }, origin),
      code('beyond_own_rights', 'expires_at'),
    )
  })

  test('a static key has no user and makes no keys', async () => {
    const { by } = await person()
    await assert.rejects(
      t.core.keys.issue({ ...by, user: null, sessionId: null, kind: 'static-key' }, { name: 'x' }, origin),
      code('user_required'),
    )
  })

  test('a key of another door never carries administration scopes', async () => {
    const admin = await person('admin')
    const issued = await t.core.keys.issueFor(admin.user, { name: 'x' }, { ...origin, api: 'freesewing' })
    const by = await principalOf(t, key(issued.token))
    assert.equal(by.api, 'freesewing')
    for (const scope of ['users:read', 'users:write', 'events:read', 'impersonate'])
      assert.ok(!by.scopes.has(scope), scope)
  })

  test('the owner is mailed', async () => {
    const { by } = await person()
    t.mails.length = 0
    await t.core.keys.issue(by, { name: 'x' }, origin)
    await t.core.close()
    assert.equal(t.mails.length, 1)
    assert.equal(t.mails[0]?.to, by.user?.email)
  })
})

describe('addresses', () => {
  test('a key is refused from elsewhere, also when it is known, and its tokens with it', async () => {
    const { by } = await person()
    const issued = await t.core.keys.issue(by, { name: 'x', allowAddresses: ['198.51.100.0/24'] }, origin)
    const there = { ...origin, address: '::ffff:198.51.100.9' }
    await principalOf(t, key(issued.token), there)
    assert.deepEqual(await refusalOf(t, key(issued.token)), ['credential_address_refused', 'api-key'])
    assert.deepEqual(await refusalOf(t, basic(issued.record.id, issued.secret)), [
      'credential_address_refused',
      'api-key',
    ])
    const access = await t.core.accessTokens.issue({
      subject: by.user?.publicId ?? '',
      sessionId: issued.record.id,
      clientId: issued.record.id,
      scopes: new Set(['account:read']),
      role: 'user',
      api: 'native',
      lifetimeSeconds: 60,
    })
    await principalOf(t, bearer(access.token), there)
    assert.deepEqual(await refusalOf(t, bearer(access.token)), ['credential_address_refused', 'access-token'])
    await t.core.keys.update(by, issued.record.id, { allowAddresses: [] }, origin)
    await principalOf(t, key(issued.token))
  })
})

describe('changing', () => {
  test('a change is felt by the very next check', async () => {
    const { by } = await person()
    const issued = await keyOf(by)
    await t.core.keys.update(by, issued.record.id, { name: 'new', scopes: ['account:read'] }, origin)
    assert.deepEqual([...(await principalOf(t, key(issued.token))).scopes], ['account:read'])
    assert.equal((await t.core.keys.byId(by.user, issued.record.id)).name, 'new')
  })

  test('a key widens no key: not itself, not by null, not in time', async () => {
    const { by } = await person()
    const endsAt = t.clock.now() + day
    const narrow = await keyOf(by, { scopes: ['keys:write'], expiresAt: endsAt })
    const update = (patch: object) => t.core.keys.update(narrow.by, narrow.record.id, patch, origin)
    await assert.rejects(update({ scopes: null }), code('beyond_own_rights'))
    await assert.rejects(update({ scopes: ['keys:write', 'account:write'] }), code('beyond_own_rights'))
    await assert.rejects(update({ expiresAt: endsAt + 1 }), code('beyond_own_rights'))
    const unchanged = await update({ expiresAt: null })
    assert.equal(unchanged.expiresAt, endsAt)
    assert.deepEqual(unchanged.scopes, ['keys:write'])
  })

  test('a key of somebody else, one that is not there and one that was revoked are the same: not found', async () => {
    const { by } = await person()
    const stranger = await person()
    const issued = await keyOf(by)
    for (const id of [issued.record.id, '00000000-0000-4000-8000-000000000000', 'x', '']) {
      await assert.rejects(t.core.keys.update(stranger.by, id, { name: 'y' }, origin), code('not_found'))
      await assert.rejects(t.core.keys.rotate(stranger.by, id, { graceSeconds: 0 }, origin), code('not_found'))
      await assert.rejects(t.core.keys.revoke(stranger.user, id, stranger.by, origin), code('not_found'))
      await assert.rejects(t.core.keys.byId(stranger.user, id), code('not_found'))
    }
    await principalOf(t, key(issued.token))
    await t.core.keys.revoke(by.user, issued.record.id, by, origin)
    await t.core.keys.revoke(by.user, issued.record.id, by, origin)
    await assert.rejects(t.core.keys.update(by, issued.record.id, { name: 'y' }, origin), code('not_found'))
    assert.equal((await t.core.keys.list(by.user, { limit: 10 })).items.length, 0)
    assert.equal((await t.core.keys.list(by.user, { limit: 10, includeRevoked: true })).items.length, 1)
  })
})

describe('rotating', () => {
  test('the successor keeps name, scopes, addresses and end; the old key lives through the grace and no longer', async () => {
    const { by } = await person()
    const wish = { scopes: ['account:read'], allowAddresses: ['192.0.2.0/24'], expiresAt: t.clock.now() + 30 * day }
    const old = await keyOf(by, wish)
    const next = await t.core.keys.rotate(by, old.record.id, { graceSeconds: 3600 }, origin)
    const { name, scopes, allowAddresses, expiresAt } = next.record
    assert.deepEqual({ name, scopes, allowAddresses, expiresAt }, { name: 'a key', ...wish })
    await principalOf(t, key(next.token))
    t.clock.advance(3600 * second - 1)
    await t.core.feed.sync()
    await principalOf(t, key(old.token))
    t.clock.advance(1)
    assert.deepEqual(await refusalOf(t, key(old.token)), ['credential_expired', 'api-key'])
    await principalOf(t, key(next.token))
  })

  test('without grace the old key is dead at once, also for a clock that is set back', async () => {
    const { by } = await person()
    const old = await keyOf(by)
    await t.core.keys.rotate(by, old.record.id, { graceSeconds: 0 }, origin)
    assert.deepEqual(await refusalOf(t, key(old.token)), ['credential_revoked', 'api-key'])
    t.clock.advance(-60 * second)
    assert.deepEqual(await refusalOf(t, key(old.token)), ['credential_revoked', 'api-key'])
    t.clock.advance(60 * second)
  })

  test('the grace never moves the old end', async () => {
    const { by } = await person()
    const endsAt = t.clock.now() + 60 * second
    const old = await keyOf(by, { expiresAt: endsAt })
    const next = await t.core.keys.rotate(by, old.record.id, { graceSeconds: 3600 }, origin)
    assert.equal((await t.core.keys.byId(by.user, old.record.id)).expiresAt, endsAt)
    assert.equal(next.record.expiresAt, endsAt)
    await assert.rejects(t.core.keys.update(by, old.record.id, { expiresAt: endsAt + day }, origin), code('conflict'))
  })

  test('of 50 who rotate a key side by side one gets the successor', async () => {
    const { by } = await person()
    const old = await keyOf(by)
    const all = await Promise.allSettled(
      Array.from({ length: 50 }, () => t.core.keys.rotate(by, old.record.id, { graceSeconds: 60 }, origin)),
    )
    assert.equal(all.filter((each) => each.status === 'fulfilled').length, 1)
    for (const each of all) if (each.status === 'rejected') assert.ok(code('conflict')(each.reason))
    assert.equal((await t.core.keys.list(by.user, { limit: 10 })).items.length, 2)
  })

  test('a narrow key does not get hold of a wider one by rotating it', async () => {
    const { by } = await person()
    const wide = await keyOf(by)
    const narrow = await keyOf(by, { scopes: ['keys:write'] })
    await assert.rejects(
      t.core.keys.rotate(narrow.by, wide.record.id, { graceSeconds: 60 }, origin),
      code('beyond_own_rights'),
    )
    await principalOf(t, key(wide.token))
    await t.core.keys.rotate(narrow.by, narrow.record.id, { graceSeconds: 60 }, origin)
  })

  test('a limited session that rotates a wide key leaves it no wider than itself, also after a promotion', async () => {
    const { by, user } = await person()
    const wide = await keyOf(by)
    const limited = await openSession(t, user, { scopes: [...t.core.roles.scopesOf('user')] })
    const asker = await principalOf(t, bearer(limited.token))
    const next = await t.core.keys.rotate(asker, wide.record.id, { graceSeconds: 60 }, origin)
    await t.store.users.update(user.id, { role: 'admin' }, t.clock.now())
    await t.core.feed.sync()
    assert.ok((await principalOf(t, key(wide.token))).scopes.has('users:write'))
    assert.ok(!(await principalOf(t, key(next.token))).scopes.has('users:write'))
  })

  test('a grace that is no whole number from 0 to 30 days is refused by field', async () => {
    const { by } = await person()
    const old = await keyOf(by)
    for (const graceSeconds of [-1, 0.5, Number.NaN, 30 * 24 * 3600 + 1]) {
      await assert.rejects(
        t.core.keys.rotate(by, old.record.id, { graceSeconds }, origin),
        code('request_invalid', 'grace_seconds'),
      )
    }
  })
})

describe('last use', () => {
  test('is written in a batch, never moves back, and the first use ever is audited once', async () => {
    const { by } = await person()
    const issued = await keyOf(by)
    assert.equal((await t.core.keys.byId(by.user, issued.record.id)).lastUsedAt, null)
    await t.core.flush()
    const used = t.clock.now()
    assert.equal((await t.core.keys.byId(by.user, issued.record.id)).lastUsedAt, used)
    t.clock.advance(-second)
    await principalOf(t, key(issued.token))
    await t.core.flush()
    assert.equal((await t.core.keys.byId(by.user, issued.record.id)).lastUsedAt, used)
    t.clock.advance(second)
    const events = await t.core.events.list({ kind: 'key-first-used' }, { limit: 100 })
    assert.equal(events.items.filter((event) => event.keyId === issued.record.id).length, 1)
  })
})

describe('the secret of the server', () => {
  test('keys live through its change as long as the former one is named, and are refused cleanly when it is not', async () => {
    const old = await createTestCore({ keyTree: testKeyTree(1) })
    const user = await makeUser(old)
    const { token } = await old.core.keys.issueFor(user, { name: 'x' }, origin)
    const now = await createTestCore({ database: old.database, clock: old.clock, keyTree: testKeyTree(2, [1]) })
    await principalOf(now, key(token))
    await now.core.signingKeys.rewrap()
    const without = await createTestCore({ database: old.database, clock: old.clock, keyTree: testKeyTree(2) })
    assert.deepEqual(await refusalOf(without, key(token)), ['credential_invalid', 'api-key'])
    assert.ok(without.logs.some((line) => line.level === 'error' && line.message.includes('pepper')))
    await now.core.close()
    await without.core.close()
    await old.drop()
  })
})

test('the key that somebody makes for a service never can do more than they, also when the service is given more', async () => {
  const { by: root } = await person('admin')
  const deputy = { ...root, role: 'support', scopes: new Set(['users:read', 'users:write', 'account:read']) }
  const wish = { username: 'robot', email: null, password: null, role: 'guest', kind: 'service' } as const
  const robot = await t.core.users.create(wish, deputy, origin)
  const { token: small } = await t.core.keys.issueFor(robot, { name: 'of the deputy' }, origin, deputy)
  const { token: large } = await t.core.keys.issueFor(robot, { name: 'of the administrator' }, origin, root)
  await t.core.users.setGrantedScopes(robot.publicId, ['tokens:introspect', 'events:read'], root, origin)
  const scopesOf = async (token: string) => [...(await principalOf(t, key(token))).scopes].sort()
  assert.deepEqual(await scopesOf(small), ['account:read'])
  assert.deepEqual(await scopesOf(large), ['account:read', 'events:read', 'tokens:introspect'])
})
