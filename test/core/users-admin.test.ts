import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { NewUserWish } from '../../src/core/users.ts'
import { CardeaError } from '../../src/errors.ts'
import type { Principal, User } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import {
  enrol,
  failsWith,
  goodPassword,
  mailedToken,
  mailsTo,
  makePerson,
  principalOf,
  visitor,
} from '../support/identity.ts'

const here = visitor()
let t: TestCore
let root: User
let alice: User
let admin: Principal
/** May change users, but has less than an administrator. */
let deputy: Principal

beforeEach(async () => {
  t = await createTestCore()
  root = await makePerson(t.core, 'root', { role: 'admin' })
  alice = await makePerson(t.core, 'alice')
  admin = principalOf(t.core, root)
  const scopes = new Set(['users:read', 'users:write', ...t.core.roles.scopesOf('user')])
  deputy = principalOf(t.core, await makePerson(t.core, 'deputy', { role: 'support' }), { scopes })
})
afterEach(() => t.drop())

const person = (username: string, more: Partial<NewUserWish> = {}): NewUserWish => ({
  username,
  email: null,
  password: goodPassword,
  role: 'user',
  kind: 'person',
  ...more,
})
const service = (username: string, more: Partial<NewUserWish> = {}) =>
  person(username, { kind: 'service', password: null, ...more })

/** Everything that one user can do to another, with a wish that is in order. */
const acts: Readonly<Record<string, (target: User, actor: Principal | null) => Promise<unknown>>> = {
  setRole: (target, actor) => t.core.users.setRole(target.publicId, 'guest', actor, here),
  setStatus: (target, actor) => t.core.users.setStatus(target.publicId, 'disabled', actor, here),
  setPassword: (target, actor) => t.core.users.setPassword(target.publicId, 'another good password', actor, here),
  setEmail: (target, actor) =>
    t.core.users.setEmail(target.publicId, `new-${target.username}@example.com`, actor, here),
  resetFactor: (target, actor) => t.core.users.resetFactor(target.publicId, actor, here),
  remove: (target, actor) => t.core.users.remove(target, actor, here),
}

for (const [name, act] of Object.entries(acts)) {
  test(`${name}: nobody acts on a user beyond their own rights, nobody without users:write acts at all`, async () => {
    const { user: boss } = await enrol(t, await makePerson(t.core, 'boss', { role: 'admin' }))
    const { user: other } = await enrol(t, alice)
    const before = await t.core.users.byPublicId(boss.publicId)
    await assert.rejects(act(boss, deputy), failsWith('beyond_own_rights'))
    for (const by of [
      principalOf(t.core, await makePerson(t.core, 'sue', { role: 'support' })),
      principalOf(t.core, await makePerson(t.core, 'eve')),
    ]) {
      await assert.rejects(act(other, by), failsWith('scope_missing'))
    }
    assert.deepEqual(await t.core.users.byPublicId(boss.publicId), before)
    await act(other, deputy)
    await act(boss, admin)
  })

  test(`${name}: a credential cut to few scopes does not make its administrator more`, async () => {
    const cut = { ...admin, scopes: new Set(['users:write']) }
    await assert.rejects(act(alice, cut), failsWith('beyond_own_rights'))
  })
}

for (const name of ['setRole', 'setStatus', 'remove'] as const) {
  test(`${name}: the last administrator stays, also for the command line and in a race`, async () => {
    await assert.rejects(acts[name]?.(root, null) ?? Promise.resolve(), failsWith('last_admin'))
    const others = await Promise.all(
      ['a1', 'a2', 'a3'].map((username) => makePerson(t.core, username, { role: 'admin' })),
    )
    const all = await Promise.allSettled([root, ...others].map((each) => acts[name]?.(each, null)))
    assert.equal(all.filter(({ status }) => status === 'rejected').length, 1)
    assert.equal(await t.store.users.hasAdmin(), true)
  })
}

test('what is not there is not found', async () => {
  const { users } = t.core
  for (const publicId of ['', 'x', '01900000-0000-7000-8000-00000000ffff']) {
    await assert.rejects(users.setRole(publicId, 'guest', admin, here), failsWith('not_found'))
    await assert.rejects(users.setPassword(publicId, 'another good password', null, here), failsWith('not_found'))
  }
})

test('nobody gives a role or a scope beyond their own, and only an administrator makes one', async () => {
  const { users } = t.core
  await assert.rejects(users.setRole(alice.publicId, 'admin', deputy, here), failsWith('beyond_own_rights'))
  await assert.rejects(users.create(person('evil', { role: 'editor' }), deputy, here), failsWith('beyond_own_rights'))
  await assert.rejects(users.setRole(alice.publicId, 'no-role', null, here), failsWith('request_invalid'))
  const almost = { ...deputy, scopes: t.core.roles.scopesOf('admin') }
  await assert.rejects(users.setRole(alice.publicId, 'admin', almost, here), failsWith('beyond_own_rights'))
  assert.equal((await users.setRole(alice.publicId, 'admin', admin, here)).role, 'admin')
})

test('an administrator is not taken over by somebody else, whatever scopes the roles were given', async () => {
  const { users } = t.core
  const operator = { ...deputy, scopes: t.core.roles.scopesOf('admin') }
  const { user: boss } = await enrol(t, await makePerson(t.core, 'boss', { role: 'admin' }))
  for (const act of Object.values(acts)) await assert.rejects(act(boss, operator), failsWith('beyond_own_rights'))
  await assert.rejects(users.endSessions(boss.publicId, operator, here), failsWith('beyond_own_rights'))
  await assert.rejects(users.sendReset(boss.publicId, operator, here), failsWith('beyond_own_rights'))
  await users.setPassword(boss.publicId, 'another good password', admin, here)
})

test('introspection and the change feed are given to services by name, by whoever has all that an administrator has', async () => {
  const { users } = t.core
  const made = await users.create(service('gateway', { grantedScopes: ['tokens:introspect'] }), admin, here)
  assert.deepEqual(made.grantedScopes, ['tokens:introspect'])
  assert.deepEqual([made.hasPassword, made.status], [false, 'active'])
  await assert.rejects(
    users.create(service('evil', { grantedScopes: ['changes:read'] }), deputy, here),
    failsWith('beyond_own_rights'),
  )
  await assert.rejects(
    users.setGrantedScopes(made.publicId, ['changes:read'], deputy, here),
    failsWith('beyond_own_rights'),
  )
  await assert.rejects(
    users.setGrantedScopes(made.publicId, ['no:scope', 'changes:read'], admin, here),
    (error) => error instanceof CardeaError && /"no:scope"; .*`roles`/.test(error.detail.fields?.[0]?.message ?? ''),
  )
  await assert.rejects(
    users.setGrantedScopes(alice.publicId, ['changes:read'], admin, here),
    failsWith('request_invalid'),
  )
  assert.deepEqual(
    (await users.setGrantedScopes(made.publicId, ['changes:read', 'changes:read'], admin, here)).grantedScopes,
    ['changes:read'],
  )
})

test('services have no password', async () => {
  await assert.rejects(
    t.core.users.create(service('robot', { password: goodPassword }), admin, here),
    failsWith('request_invalid'),
  )
  const robot = await t.core.users.create(service('robot'), admin, here)
  await assert.rejects(
    t.core.users.setPassword(robot.publicId, goodPassword, admin, here),
    failsWith('request_invalid'),
  )
})

test('a user that is made here has a proven address, taken from all who only claim it', async () => {
  await t.core.users.signUp({ username: 'claimant', email: 'bob@example.com', password: goodPassword }, here)
  const bob = await t.core.users.create(person('bob', { email: 'Bob@Example.com' }), admin, here)
  assert.deepEqual([bob.email, bob.unprovenEmail, bob.status], ['bob@example.com', null, 'active'])
  assert.equal(await t.store.users.byUsername('claimant'), null)
  await assert.rejects(
    t.core.users.create(person('bob2', { email: 'bob@example.com' }), admin, here),
    failsWith('email_taken'),
  )
  assert.equal(await t.store.users.byUsername('bob2'), null)
  await assert.rejects(t.core.users.create(person('BOB'), admin, here), failsWith('username_taken'))
})

test('disabling ends the sessions, and enabling does not bring them back', async () => {
  await t.core.sessions.open({ user: alice, mode: 'bearer', factors: ['password'], origin: here })
  await t.core.users.setStatus(alice.publicId, 'disabled', admin, here)
  const after = await t.core.users.setStatus(alice.publicId, 'active', admin, here)
  assert.deepEqual((await t.core.sessions.list(after, { limit: 10 })).items, [])
  assert.ok(after.epoch > alice.epoch)
})

test('a password or factor that somebody else sets ends all sessions and is mailed', async () => {
  const { user } = await enrol(t, alice)
  const open = (now: User) => t.core.sessions.open({ user: now, mode: 'bearer', factors: ['password'], origin: here })
  await open(user)
  const changed = await t.core.users.setPassword(user.publicId, 'another good password', admin, here)
  assert.deepEqual((await t.core.sessions.list(user, { limit: 10 })).items, [])
  await open(changed)
  const reset = await t.core.users.resetFactor(user.publicId, admin, here)
  assert.equal(reset.hasFactor, false)
  assert.deepEqual((await t.core.sessions.list(user, { limit: 10 })).items, [])
  const subjects = (await mailsTo(t, 'alice@example.com')).map(({ subject }) => subject.replace(/ \(.*/, ''))
  assert.deepEqual(subjects.slice(1).sort(), ['Your password was changed', 'Your second factor was removed'])
  await assert.rejects(t.core.users.resetFactor(user.publicId, admin, here), failsWith('factor_missing'))
})

test('a new address tells the old one', async () => {
  const after = await t.core.users.setEmail(alice.publicId, 'new@example.com', admin, here)
  assert.equal(after.email, 'new@example.com')
  assert.match((await mailsTo(t, 'alice@example.com'))[0]?.subject ?? '', /Your e-mail address was changed/)
  assert.equal((await t.core.users.setEmail(alice.publicId, null, admin, here)).email, null)
})

test('everybody may delete themselves; what remains of them in the audit log has no address', async () => {
  await assert.rejects(
    t.core.users.remove(alice, deputy.user === null ? null : { ...deputy, scopes: new Set() }, here),
    failsWith('scope_missing'),
  )
  await t.core.users.remove(alice, principalOf(t.core, alice), here)
  assert.equal(await t.core.users.byPublicId(alice.publicId), null)
  await assert.rejects(t.core.users.remove(alice, null, here), failsWith('not_found'))
  const { items } = await t.core.events.list({ user: alice.publicId }, { limit: 50 })
  assert.equal(items[0]?.kind, 'user-removed')
  for (const { address } of items) assert.ok(address === null || address === '')
})

test('every act is audited with who did it, and the command line as itself', async () => {
  await t.core.users.setRole(alice.publicId, 'editor', admin, here)
  await t.core.users.setStatus(alice.publicId, 'blocked', null, here)
  const { items } = await t.core.events.list({ user: alice.publicId }, { limit: 50 })
  const [status, role, made] = items
  assert.deepEqual([role?.kind, role?.actor, role?.api], ['role-changed', root.publicId, 'native'])
  assert.deepEqual(role?.data, { from: 'user', to: 'editor' })
  assert.deepEqual([status?.kind, status?.actor, status?.api], ['status-changed', null, 'cli'])
  assert.equal(made?.kind, 'user-created')
})

test('of 50 changes of name to the same one, one succeeds', async () => {
  const people = await Promise.all(Array.from({ length: 20 }, (_, n) => makePerson(t.core, `p-${n}`)))
  const all = await Promise.allSettled(people.map((each) => t.core.users.changeUsername(each, 'Wanted', here)))
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('each API has a profile of its own of a user', async () => {
  assert.equal(await t.core.users.profile(alice, 'freesewing'), null)
  await t.core.users.changeProfile(alice, 'freesewing', () => ({ bio: 'sews' }))
  assert.deepEqual(await t.core.users.profile(alice, 'freesewing'), { bio: 'sews' })
  assert.equal(await t.core.users.profile(alice, 'librephotos'), null)
})

test('an administrator’s word on password or address voids every link of the user, the one that undoes a change too', async () => {
  const words: Readonly<Record<string, (user: User) => Promise<unknown>>> = {
    password: (user) => t.core.users.setPassword(user.publicId, 'another good password', admin, here),
    address: (user) => t.core.users.setEmail(user.publicId, `kept-${user.username}@example.com`, admin, here),
    'no address': (user) => t.core.users.setEmail(user.publicId, null, admin, here),
  }
  for (const [n, word] of Object.values(words).entries()) {
    const user = await makePerson(t.core, `moved${n}`)
    const [old, next, wished] = [`moved${n}@example.com`, `next${n}@example.com`, `wished${n}@example.com`]
    await t.core.users.requestEmailChange(user, next, here)
    await t.core.users.confirmEmail(await mailedToken(t, next), goodPassword, here)
    const undo = await mailedToken(t, old)
    await t.core.users.requestEmailChange(user, wished, here)
    const change = await mailedToken(t, wished)
    await t.core.users.forgotPassword(user.username, here)
    const reset = await mailedToken(t, next)
    await t.core.signIn.requestLink(user.username, here)
    const link = await mailedToken(t, next)
    await word(user)
    const after = await t.core.users.byPublicId(user.publicId)
    await assert.rejects(t.core.users.undoEmailChange(undo, here), failsWith('one_time_invalid'))
    for (const password of [goodPassword, 'another good password'])
      await assert.rejects(t.core.users.confirmEmail(change, password, here), failsWith('one_time_invalid'))
    await assert.rejects(
      t.core.users.resetPassword(reset, 'a third good password', here),
      failsWith('one_time_invalid'),
    )
    await assert.rejects(t.core.signIn.withLink(link, here), failsWith('one_time_invalid'))
    assert.deepEqual(await t.core.users.byPublicId(user.publicId), after)
  }
})

test('whom an administrator makes pending is neither cleaned up nor deleted by another’s proof, and cannot undo it', async () => {
  const photos = visitor('192.0.2.1', 'librephotos')
  const claim = (username: string) =>
    t.core.users.signUp({ username, email: `${username}@example.com`, password: goodPassword }, photos)
  for (const username of ['early', 'late']) {
    await claim(username)
    const user = await t.store.users.byUsername(username)
    assert.deepEqual([user?.status, user?.unprovenEmail], ['active', `${username}@example.com`])
    const link = await mailedToken(t, `${username}@example.com`)
    await t.core.users.setStatus(user?.publicId ?? '', 'pending', admin, here)
    await assert.rejects(t.core.users.confirmEmail(link, goodPassword, here), failsWith('one_time_invalid'))
    const mailed = (await mailsTo(t, `${username}@example.com`)).length
    const signIn = t.core.signIn.withPassword({ identifier: username, password: goodPassword }, here)
    await assert.rejects(signIn, failsWith('account_pending'))
    assert.equal((await mailsTo(t, `${username}@example.com`)).length, mailed)
  }
  await t.core.users.setEmail(alice.publicId, 'early@example.com', admin, here)
  t.clock.advance(365 * 86_400_000)
  await t.store.users.purgeUnproven(t.clock.now(), t.clock.now())
  for (const username of ['early', 'late']) {
    const user = await t.store.users.byUsername(username)
    assert.equal(user?.status, 'pending')
    assert.equal((await t.core.users.setStatus(user.publicId, 'active', admin, here)).status, 'active')
  }
})

test('a sign-up that waits for its link is still cleaned up, also when it is made pending once more', async () => {
  await t.core.users.signUp({ username: 'waits', email: 'waits@example.com', password: goodPassword }, here)
  const user = await t.store.users.byUsername('waits')
  await t.core.users.setStatus(user?.publicId ?? '', 'pending', admin, here)
  t.clock.advance(1)
  assert.equal(await t.store.users.purgeUnproven(t.clock.now(), t.clock.now()), 1)
})

test('several changes of one user are one: when the last of them is refused, none was made', async () => {
  await makePerson(t.core, 'owner', { email: 'taken@example.com' })
  const { token } = await t.core.sessions.open({ user: alice, mode: 'bearer', factors: ['password'], origin: here })
  const before = await t.core.users.byPublicId(alice.publicId)
  const wish = {
    role: 'editor',
    status: 'disabled',
    password: 'another good password',
    email: 'taken@example.com',
  } as const
  const profile = { api: 'apostrophe', change: () => ({ title: 'Al' }) } as const
  await assert.rejects(t.core.users.change(alice.publicId, { ...wish, profile }, admin, here), failsWith('email_taken'))
  assert.deepEqual(await t.core.users.byPublicId(alice.publicId), before)
  assert.equal(await t.core.users.profile(alice, 'apostrophe'), null)
  const verdict = await t.core.guard.authenticate([{ via: 'bearer', text: token }], ['bearer-token'], here)
  assert.equal(verdict.ok, true)
  assert.deepEqual(await mailsTo(t, 'alice@example.com'), [])

  const after = await t.core.users.change(alice.publicId, { ...wish, email: 'alice@example.org', profile }, admin, here)
  assert.deepEqual([after.role, after.status, after.email], ['editor', 'disabled', 'alice@example.org'])
  assert.deepEqual(await t.core.users.profile(alice, 'apostrophe'), { title: 'Al' })
})
