import assert from 'node:assert/strict'
import type { UserStore } from '../../src/core/ports.ts'
import type { User } from '../../src/types.ts'
import { runSql } from '../support/sql.ts'
import {
  addUser,
  guarantee,
  heard,
  hour,
  newKey,
  newOneTime,
  newSession,
  newToken,
  newUser,
  sideBySide,
  start,
  tally,
} from './contract.ts'

guarantee('of 50 who want one name side by side exactly one gets it', async ({ store }) => {
  const answers = await sideBySide(() => store.users.create(newUser({ usernameKey: 'alice' })))
  assert.equal(tally<unknown>(answers, 'username_taken'), 49)
  assert.equal((await store.users.list({ limit: 100 })).items.length, 1)
})

guarantee('of 50 who prove one address side by side exactly one gets it', async ({ store }) => {
  const users = await Promise.all(Array.from({ length: 50 }, () => addUser(store)))
  const answers = await sideBySide((index) => store.users.proveEmail(users[index]?.id ?? 0, 'a@example.com', start))
  assert.equal(tally<unknown>(answers, 'email_taken'), 49)
  assert.notEqual(await store.users.byEmail('a@example.com'), null)
})

guarantee('a taken name or address is named, and the transaction goes on', async ({ store }) => {
  await addUser(store, { usernameKey: 'alice', email: 'a@example.com' })
  const answers = await store.transaction(async (tx) => {
    const name = await tx.users.create(newUser({ usernameKey: 'alice' }))
    const email = await tx.users.create(newUser({ email: 'a@example.com' }))
    const bob = await addUser(tx, { usernameKey: 'bob' })
    const rename = await tx.users.update(bob.id, { username: { display: 'Alice', key: 'alice' } }, start)
    const move = await tx.users.update(bob.id, { email: 'a@example.com' }, start)
    const prove = await tx.users.proveEmail(bob.id, 'a@example.com', start)
    return [name, email, rename, move, prove]
  })
  assert.deepEqual(answers, ['username_taken', 'email_taken', 'username_taken', 'email_taken', 'email_taken'])
  assert.equal((await store.users.byUsername('bob'))?.email, null)
})

guarantee(
  'a user is found by id, public id, canonical name and proven address, and by nothing else',
  async ({ store }) => {
    const user = await addUser(store, {
      username: 'Alice',
      usernameKey: 'alice',
      email: 'a@example.com',
      unprovenEmail: 'b@example.com',
    })
    assert.deepEqual(await store.users.byId(user.id), user)
    assert.deepEqual(await store.users.byPublicId(user.publicId), user)
    assert.deepEqual(await store.users.byUsername('alice'), user)
    assert.deepEqual(await store.users.byEmail('a@example.com'), user)
    assert.equal(await store.users.byUsername('Alice'), null)
    assert.equal(await store.users.byEmail('b@example.com'), null)
    for (const id of [0, -1, 1.5, 2 ** 60, Number.NaN, Number.POSITIVE_INFINITY])
      assert.equal(await store.users.byId(id), null)
    for (const text of ['', 'alice\0', '\ud800', "' or 1=1 --"]) assert.equal(await store.users.byUsername(text), null)
  },
)

guarantee('the password hash leaves by its own verb only', async ({ store }) => {
  const user = await addUser(store, { passwordHash: 'the-hash', role: 'admin' })
  await store.sessions.create(newSession(user.id, { id: 's' }), 10)
  await store.keys.create(newKey(user.id, { id: 'k' }))
  const token = await store.tokens.create(newToken(user.id))
  const shown = [
    user,
    await store.users.byId(user.id),
    await store.users.list({ limit: 10 }),
    await store.users.update(user.id, { status: 'active' }, start),
    await store.users.growEpoch(user.id, start),
    await store.users.proveEmail(user.id, 'a@example.com', start),
    await store.sessions.withUser('s'),
    await store.keys.withUser('k'),
    await store.tokens.withUser(token.jti),
  ]
  for (const answer of shown)
    assert.doesNotMatch(JSON.stringify(answer), /the-hash|password_hash|passwordHash|username_key|usernameKey/)
  assert.equal(user.hasPassword, true)
  assert.equal(await store.users.passwordHash(user.id), 'the-hash')
  assert.equal(await store.users.passwordHash(user.id + 1), null)
})

guarantee('status, role, password and scopes grow the epoch and are heard of; nothing else does', async ({ store }) => {
  const user = await addUser(store, { kind: 'service' })
  const quiet = [
    { username: { display: 'X', key: 'x' } },
    { email: 'x@example.com' },
    { unprovenEmail: 'y@example.com' },
    { status: 'active', role: 'user', grantedScopes: [] },
    {},
  ] as const
  for (const patch of quiet) {
    const after = await store.users.update(user.id, patch, start)
    assert.equal(typeof after === 'string' ? after : after.epoch, 1)
  }
  assert.deepEqual(await heard(store), [])
  const loud = [
    { status: 'disabled' },
    { role: 'editor' },
    { passwordHash: 'other' },
    { grantedScopes: ['changes:read'] },
  ] as const
  for (const [index, patch] of loud.entries()) {
    const after = await store.users.update(user.id, patch, start + index)
    assert.equal(typeof after === 'string' ? after : after.epoch, index + 2)
  }
  const changes = await store.changes.since(0, 10)
  assert.deepEqual(
    changes.map(({ kind, id, epoch, at }) => [kind, id, epoch, at]),
    [2, 3, 4, 5].map((epoch) => ['user', user.publicId, epoch, start + epoch - 2]),
  )
  assert.equal(await store.users.update(9999, {}, start), 'gone')
  assert.equal(await store.users.growEpoch(9999, start), null)
})

guarantee('a stronger hash replaces only the one it was made from, and the epoch stays', async ({ store }) => {
  const user = await addUser(store, { passwordHash: 'old' })
  assert.equal(await store.users.replaceHash(user.id, 'older', 'new'), false)
  assert.equal(await store.users.replaceHash(user.id, 'old', 'new'), true)
  assert.equal(await store.users.passwordHash(user.id), 'new')
  assert.equal((await store.users.byId(user.id))?.epoch, 1)
  assert.deepEqual(await heard(store), [])
})

guarantee('proving an address takes it from everybody who only claimed it', async ({ store }) => {
  const email = 'a@example.com'
  const owner = await addUser(store, { unprovenEmail: email, status: 'pending' })
  const pending = await addUser(store, { unprovenEmail: email, status: 'pending' })
  const active = await addUser(store, { unprovenEmail: email })
  const other = await addUser(store, { unprovenEmail: 'b@example.com', status: 'pending' })
  const proven = await store.users.proveEmail(owner.id, email, start + 1)
  assert.ok(typeof proven === 'object')
  assert.deepEqual([proven.email, proven.unprovenEmail], [email, null])
  assert.equal(await store.users.byId(pending.id), null)
  assert.equal((await store.users.byId(active.id))?.unprovenEmail, null)
  assert.deepEqual(await store.users.byId(other.id), other)
  assert.deepEqual(await heard(store), [`user ${pending.publicId}`])
})

guarantee('two claimants who prove one address side by side leave one owner', async ({ store }) => {
  const claim = { unprovenEmail: 'a@example.com', status: 'pending' } as const
  const users = [await addUser(store, claim), await addUser(store, claim)]
  const answers = await Promise.all(users.map((user) => store.users.proveEmail(user.id, 'a@example.com', start)))
  assert.equal(answers.filter((answer) => typeof answer === 'object').length, 1)
  assert.equal(tally<unknown>(answers, 'gone'), 1)
})

guarantee('the last admin stays', async ({ store }) => {
  const admin = await addUser(store, { role: 'admin' })
  await addUser(store, { role: 'admin', status: 'disabled' })
  await addUser(store, { role: 'admin', kind: 'service' })
  assert.equal(await store.users.update(admin.id, { role: 'user' }, start), 'last_admin')
  assert.equal(await store.users.update(admin.id, { status: 'disabled' }, start), 'last_admin')
  assert.equal(await store.users.remove(admin.id, [], start), 'last_admin')
  assert.deepEqual(await store.users.byId(admin.id), admin)
  assert.equal(typeof (await store.users.update(admin.id, { passwordHash: 'x' }, start)), 'object')
  assert.equal(await store.users.hasAdmin(), true)
})

guarantee('of 20 admins who go side by side one stays', async ({ store }) => {
  const admins = await Promise.all(Array.from({ length: 20 }, () => addUser(store, { role: 'admin' })))
  const answers = await Promise.all(
    admins.map(({ id }, index) =>
      index % 3 === 0
        ? store.users.remove(id, [], start)
        : store.users.update(id, index % 3 === 1 ? { role: 'user' } : { status: 'blocked' }, start),
    ),
  )
  assert.equal(tally<unknown>(answers, 'last_admin'), 1)
  assert.equal(await store.users.hasAdmin(), true)
})

for (const way of ['demoted', 'disabled', 'removed'] as const) {
  guarantee(`an admin cannot be ${way} while another one is on the way out`, async ({ store }) => {
    const [first, second] = [await addUser(store, { role: 'admin' }), await addUser(store, { role: 'admin' })]
    const go = {
      demoted: (users: UserStore, { id }: User) => users.update(id, { role: 'user' }, start),
      disabled: (users: UserStore, { id }: User) => users.update(id, { status: 'disabled' }, start),
      removed: (users: UserStore, { id }: User) => users.remove(id, [], start),
    }[way]
    // Opens the connections, so that none of the two has to wait for its own.
    await sideBySide(() => store.ping(), 5)
    const gone = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    const slow = store.transaction(async (tx) => {
      assert.notEqual(await go(tx.users, first), 'last_admin')
      gone.resolve()
      await held.promise
    })
    await gone.promise
    const quick = go(store.users, second)
    // Time enough for it to be done, were it not waiting.
    for (let round = 0; round < 50; round += 1) await store.ping()
    held.resolve()
    await slow
    assert.equal(await quick, 'last_admin')
    assert.equal(await store.users.hasAdmin(), true)
  })
}

guarantee('there is no admin until an active person is one', async ({ store }) => {
  assert.equal(await store.users.hasAdmin(), false)
  await addUser(store, { role: 'admin', kind: 'service' })
  await addUser(store, { role: 'admin', status: 'pending' })
  assert.equal(await store.users.hasAdmin(), false)
  await addUser(store, { role: 'admin' })
  assert.equal(await store.users.hasAdmin(), true)
})

guarantee(
  'a removed user leaves nothing but reserved names and events without an address',
  async ({ store, database }) => {
    const user = await addUser(store, { email: 'a@example.com' })
    const other = await addUser(store)
    for (const { id } of [user, other]) {
      await store.sessions.create(newSession(id), 10)
      await store.keys.create(newKey(id))
      await store.tokens.create(newToken(id))
      await store.oneTime.create(newOneTime({ userId: id }), false)
      await store.factors.begin(id, 'box', start)
      await store.factors.useStep(id, 1, start)
      await store.factors.setRecovery(id, 'salt', ['h1', 'h2'], start)
      await store.factors.countFailure(id, start)
      await store.users.setProfile(id, 'freesewing', { consent: 1 })
      await store.devices.remember(id, 'device', start)
    }
    const until = start + hour
    const before = await store.changes.latest()
    assert.equal(
      await store.users.remove(
        user.id,
        [
          { kind: 'email', hash: 'e', until },
          { kind: 'username', hash: 'n', until },
        ],
        start,
      ),
      'removed',
    )
    const tables = [
      'sessions',
      'keys',
      'tokens',
      'one_time',
      'totp',
      'totp_steps',
      'recovery_sets',
      'factor_failures',
      'profiles',
      'devices',
    ]
    for (const table of tables) {
      assert.deepEqual(
        (await runSql(database, `select user_id from ${table}`)).map((row) => Number(row.user_id)),
        [other.id],
        table,
      )
    }
    assert.equal((await runSql(database, 'select * from recovery_codes')).length, 2)
    assert.deepEqual(await heard(store, before), [`user ${user.publicId}`])
    assert.equal(await store.users.isReserved('email', 'e', until - 1), true)
    assert.equal(await store.users.isReserved('username', 'n', until - 1), true)
    assert.equal(await store.users.isReserved('username', 'e', until - 1), false)
    assert.equal(await store.users.isReserved('email', 'e', until), false)
    assert.equal(await store.users.remove(user.id, [], start), 'gone')
  },
)

guarantee('ids of users and private tokens are never used twice', async ({ store, clock, database }) => {
  const user = await addUser(store)
  const token = await store.tokens.create(newToken(user.id))
  await store.users.remove(user.id, [], start)
  await store.close()
  const again = await database.open({ clock })
  const next = await addUser(again)
  assert.ok(next.id > user.id)
  assert.ok((await again.tokens.create(newToken(next.id))).id > token.id)
})

guarantee('what was written is there after a restart', async ({ store, clock, database }) => {
  const user = await addUser(store)
  await store.sessions.create(newSession(user.id, { id: 's' }), 10)
  await store.sessions.end('s')
  const seq = await store.changes.latest()
  await store.close()
  const again = await database.open({ clock })
  assert.deepEqual(await again.users.byId(user.id), user)
  assert.equal(await again.sessions.byId('s'), null)
  assert.equal(await again.changes.latest(), seq)
  await assert.rejects(store.users.byId(user.id), { code: 'unavailable' })
})

guarantee(
  'pages of users can be numbered: so many are left out first, and all of a filter are counted',
  async ({ store }) => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await addUser(store, { usernameKey: name, username: name })
    await addUser(store, { usernameKey: 'robot', username: 'robot', kind: 'service' })
    const page = async (offset: number) =>
      (await store.users.slice({ limit: 2, offset, kind: 'person', newestFirst: true })).items.map(
        ({ username }) => username,
      )
    assert.deepEqual([await page(0), await page(2), await page(4), await page(6)], [['e', 'd'], ['c', 'b'], ['a'], []])
    const count = async (filter: object) => {
      const { items, count } = await store.users.slice({ limit: 0, offset: 0, ...filter })
      assert.deepEqual(items, [])
      return count
    }
    assert.equal(await count({ kind: 'person' }), 5)
    assert.equal(await count({ search: 'rob' }), 1)
    assert.equal(await count({ search: 'nobody' }), 0)
  },
)

guarantee('users are filtered by status, role, kind and a part of the name or address', async ({ store }) => {
  const names = async (filter: object) =>
    (await store.users.list({ limit: 10, ...filter })).items.map((user) => user.username).sort()
  await addUser(store, { username: 'Ann', usernameKey: 'ann', email: 'ann@example.com', role: 'editor' })
  await addUser(store, { username: 'bob%', usernameKey: 'bob%', status: 'blocked' })
  await addUser(store, { username: 'robot', usernameKey: 'robot', kind: 'service', unprovenEmail: 'r_b@example.com' })
  assert.deepEqual(await names({ search: ' ANN' }), ['Ann'])
  assert.deepEqual(await names({ search: 'example.com' }), ['Ann', 'robot'])
  assert.deepEqual(await names({ name: ' ANN' }), ['Ann'])
  assert.deepEqual(await names({ name: 'example.com' }), [])
  assert.deepEqual(await names({ search: '%' }), ['bob%'])
  assert.deepEqual(await names({ search: '_' }), ['robot'])
  assert.deepEqual(await names({ search: "'\0" }), [])
  assert.deepEqual(await names({ search: 'x'.repeat(100_000) }), [])
  assert.deepEqual(await names({ status: 'blocked' }), ['bob%'])
  assert.deepEqual(await names({ role: 'editor' }), ['Ann'])
  assert.deepEqual(await names({ kind: 'service', search: 'rob' }), ['robot'])
})

guarantee('a profile is kept per API, and the last sign-in never moves back', async ({ store }) => {
  const user = await addUser(store)
  assert.equal(await store.users.profile(user.id, 'freesewing'), null)
  await store.users.setProfile(user.id, 'freesewing', { bio: 'a\0b' })
  await store.users.setProfile(user.id, 'freesewing', { bio: 'line\u2028\ud800 "x"' })
  assert.deepEqual(await store.users.profile(user.id, 'freesewing'), { bio: 'line\u2028\ud800 "x"' })
  assert.equal(await store.users.profile(user.id, 'native'), null)
  await store.users.noteSignIn(user.id, start + 5)
  await store.users.noteSignIn(user.id, start + 3)
  assert.equal((await store.users.byId(user.id))?.lastSignInAt, start + 5)
  await assert.rejects(store.users.setProfile(9999, 'native', {}), { code: 'conflict' })
})

guarantee(
  'what holds a user sees every change that was on its way, and none comes before its commit',
  async (given) => {
    const { store, clock, database } = given
    const user = await addUser(store)
    const other = await database.open({ clock })
    const held = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const holding = store.transaction(async (tx) => {
      const before = await tx.users.held(user.id)
      held.resolve()
      await release.promise
      assert.equal((await tx.users.byId(user.id))?.epoch, before?.epoch)
    })
    await held.promise
    let changed = false
    const change = other.users.update(user.id, { passwordHash: 'new' }, start).then(() => {
      changed = true
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(changed, false, 'the password was changed under the one who holds the user')
    release.resolve()
    await holding
    await change
    assert.equal(await store.transaction(async (tx) => (await tx.users.held(user.id))?.epoch), user.epoch + 1)
  },
)

guarantee('only sign-ups that nobody ever confirmed are purged, and caches hear of it', async ({ store }) => {
  const claimed = { status: 'pending', unprovenEmail: 'claim@example.com', email: null } as const
  const stale = await addUser(store, { ...claimed, createdAt: start - 10 * hour })
  const young = await addUser(store, { ...claimed, createdAt: start })
  const active = await addUser(store, { ...claimed, status: 'active', createdAt: start - 10 * hour })
  const closed = await addUser(store, { status: 'pending', createdAt: start - 10 * hour, unprovenEmail: null })
  const returning = await addUser(store, { ...claimed, createdAt: start - 10 * hour })
  await store.users.noteSignIn(returning.id, start - hour)
  const before = await store.changes.latest()
  assert.equal(await store.users.purgeUnproven(start - hour, start), 1)
  assert.equal(await store.users.byId(stale.id), null)
  for (const { id } of [young, active, closed, returning]) assert.notEqual(await store.users.byId(id), null)
  assert.deepEqual(
    (await store.changes.since(before, 10)).map(({ kind, id }) => [kind, id]),
    [['user', stale.publicId]],
  )
})
