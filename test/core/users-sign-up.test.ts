import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { SignUpWish } from '../../src/core/users.ts'
import type { User } from '../../src/types.ts'
import { createTestCore, type TestCore, type TestCoreWish } from '../support/core.ts'
import {
  countingPasswords,
  failsWith,
  failureOf,
  goodPassword,
  mailedToken,
  mailsTo,
  makeAdmin,
  makePerson,
  principalOf,
  visitor,
} from '../support/identity.ts'

let t: TestCore
let admin: User
let counted: ReturnType<typeof countingPasswords>

async function start(settings: TestCoreWish['settings'] = {}) {
  counted = countingPasswords()
  t = await createTestCore({ passwords: counted.passwords, settings })
  admin = await makeAdmin(t.core)
}
beforeEach(() => start())
afterEach(() => t.drop())

const here = visitor()
const signUp = (wish: Partial<SignUpWish> & { readonly username: string }, origin = here) =>
  t.core.users.signUp({ email: `${wish.username}@example.com`, password: goodPassword, ...wish }, origin)
const signIn = (identifier: string) => t.core.signIn.withPassword({ identifier, password: goodPassword }, here)
const byName = (key: string) => t.store.users.byUsername(key)

test('a new account is pending until the mailed link was used, then it signs in', async () => {
  assert.equal((await signUp({ username: 'alice' })).status, 'pending')
  await assert.rejects(signIn('alice'), failsWith('account_pending'))
  const user = await t.core.users.confirmEmail(await mailedToken(t, 'alice@example.com'), goodPassword, here)
  assert.deepEqual([user.status, user.email, user.unprovenEmail], ['active', 'alice@example.com', null])
  assert.equal((await signIn('alice@example.com')).user.id, user.id)
})

test('whoever opened an account is a stranger to it until the address is proven; whoever proved it is not', async () => {
  const [claimed, proved] = [visitor('203.0.113.1'), visitor('203.0.113.2')]
  await signUp({ username: 'alice' }, claimed)
  const token = await mailedToken(t, 'alice@example.com')
  const { id } = await t.core.users.confirmEmail(token, goodPassword, proved)
  assert.equal(await t.core.limits.isKnown(id, claimed), false)
  assert.equal(await t.core.limits.isKnown(id, proved), true)
  await t.drop()
  await start({ confirmEmail: false })
  const { publicId } = await signUp({ username: 'bob' }, claimed)
  const bob = await t.core.users.byPublicId(publicId ?? '')
  assert.equal(await t.core.limits.isKnown(bob?.id ?? 0, claimed), true, 'an account that waits for nobody')
})

test('a known address gets the same answer, the same work and a mail that says so', async () => {
  const owner = await makePerson(t.core, 'owner')
  const before = { ...counted.calls }
  const unknown = await signUp({ username: 'first' })
  const afterUnknown = { ...counted.calls }
  const known = await signUp({ username: 'second', email: 'OWNER@example.com' })
  assert.deepEqual(Object.keys(known), Object.keys(unknown))
  assert.equal(known.status, unknown.status)
  assert.equal(afterUnknown.hash - before.hash, counted.calls.hash - afterUnknown.hash)
  // Neither a second try with the name nor a sign-in tells the two apart.
  for (const username of ['first', 'second']) {
    await assert.rejects(signUp({ username, email: 'x@example.com' }), failsWith('username_taken'))
    await assert.rejects(signIn(username), failsWith('account_pending'))
  }
  const [mail] = await mailsTo(t, 'owner@example.com')
  assert.match(mail?.subject ?? '', /You already have an account/)
  assert.match(mail?.text ?? '', /Hello owner,/)
  assert.doesNotMatch(mail?.text ?? '', /token=/)
  assert.equal((await t.core.users.byPublicId(owner.publicId))?.email, 'owner@example.com')
})

test('a taken user name is told before the password is hashed', async () => {
  await makePerson(t.core, 'alice')
  const before = counted.calls.hash
  await assert.rejects(signUp({ username: 'ALICE', email: 'other@example.com' }), failsWith('username_taken'))
  assert.equal(counted.calls.hash, before)
})

test('of 50 who take one user name side by side one gets it', async () => {
  const tries = Array.from({ length: 50 }, (_, n) => signUp({ username: 'alice', email: `alice-${n}@example.com` }))
  const all = await Promise.allSettled(tries)
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const each of all) if (each.status === 'rejected') failsWith('username_taken')(each.reason)
})

test('where addresses are confirmed an account needs one; elsewhere it is active without', async () => {
  const error = await failureOf(signUp({ username: 'alice', email: null }))
  assert.equal(error.code, 'request_invalid')
  assert.deepEqual(error.detail.fields, [{ field: 'email', message: 'is needed to confirm the account' }])
  const photos = visitor('192.0.2.1', 'librephotos')
  assert.equal((await signUp({ username: 'alice', email: null }, photos)).status, 'active')
  assert.equal((await signUp({ username: 'bob' }, photos)).status, 'active')
  assert.deepEqual([(await byName('bob'))?.email, (await byName('bob'))?.unprovenEmail], [null, 'bob@example.com'])
  assert.equal((await signUp({ username: 'carol', confirm: true }, photos)).status, 'pending')
})

test('without confirmation an account is active at once', async () => {
  await t.drop()
  await start({ confirmEmail: false })
  assert.equal((await signUp({ username: 'alice', email: null })).status, 'active')
  assert.equal((await signIn('alice')).user.username, 'alice')
})

test('a closed or invited server takes nobody who just comes along', async () => {
  for (const mode of ['closed', 'invite'] as const) {
    await t.drop()
    await start({ signUp: mode })
    await assert.rejects(signUp({ username: 'alice' }), failsWith('sign_up_closed'))
    assert.equal(await byName('alice'), null)
  }
})

test('an invitation brings the role and proves the address it was mailed to, once', async () => {
  await t.drop()
  await start({ signUp: 'invite' })
  await t.core.users.invite({ email: 'Guest@example.com', role: 'editor' }, principalOf(t.core, admin), here)
  await t.core.users.invite({ email: 'other@example.com', role: 'user' }, null, here)
  const invitation = await mailedToken(t, 'guest@example.com')
  await assert.rejects(
    signUp({ username: 'guest', email: 'else@example.com', invitation }),
    failsWith('request_invalid'),
  )
  const tries = Array.from({ length: 20 }, (_, n) => signUp({ username: `guest-${n}`, email: null, invitation }))
  const [good, ...more] = (await Promise.allSettled(tries)).filter((each) => each.status === 'fulfilled')
  assert.equal(more.length, 0)
  const user = await t.core.users.byPublicId(good?.value.publicId ?? '')
  assert.deepEqual([user?.status, user?.role, user?.email], ['active', 'editor', 'guest@example.com'])
  await assert.rejects(signUp({ username: 'late', email: null, invitation }), failsWith('one_time_invalid'))
  await signUp({ username: 'other', email: null, invitation: await mailedToken(t, 'other@example.com') })
})

test('nobody invites into a role beyond their own rights', async () => {
  const support = principalOf(t.core, await makePerson(t.core, 'sue', { role: 'support' }))
  await assert.rejects(
    t.core.users.invite({ email: 'x@example.com', role: 'user' }, support, here),
    failsWith('scope_missing'),
  )
  const deputy = { ...support, scopes: new Set(['users:write', ...t.core.roles.scopesOf('user')]) }
  await assert.rejects(
    t.core.users.invite({ email: 'x@example.com', role: 'admin' }, deputy, here),
    failsWith('beyond_own_rights'),
  )
  await t.core.users.invite({ email: 'x@example.com', role: 'user' }, deputy, here)
  await assert.rejects(
    t.core.users.invite({ email: 'x@example.com', role: 'no-role' }, null, here),
    failsWith('request_invalid'),
  )
})

test('names and addresses of deleted users stay reserved for 90 days', async () => {
  const alice = await makePerson(t.core, 'alice')
  await t.core.users.remove(alice, null, here)
  await assert.rejects(signUp({ username: 'ALICE', email: 'new@example.com' }), failsWith('username_taken'))
  assert.equal((await signUp({ username: 'alice2', email: 'alice@example.com' })).status, 'pending')
  const mails = await mailsTo(t, 'alice@example.com')
  assert.match(mails.at(-1)?.subject ?? '', /not available yet/)
  assert.doesNotMatch(mails.at(-1)?.text ?? '', /token=/)
  await assert.rejects(makePerson(t.core, 'alice'), failsWith('username_taken'))
  await assert.rejects(makePerson(t.core, 'alice3', { email: 'alice@example.com' }), failsWith('email_taken'))
  await assert.rejects(
    t.core.users.invite({ email: 'alice@example.com', role: 'user' }, null, here),
    failsWith('email_taken'),
  )
  const bob = await makePerson(t.core, 'bob')
  await assert.rejects(t.core.users.changeUsername(bob, 'alice', here), failsWith('username_taken'))
  t.clock.advance(90 * 24 * 3_600_000)
  assert.equal((await makePerson(t.core, 'alice')).email, 'alice@example.com')
})

test('bad names, addresses and passwords are refused with what is right', async () => {
  const fieldOf = async (wish: Partial<SignUpWish> & { readonly username: string }) =>
    (await failureOf(signUp(wish))).detail.fields?.[0]?.field
  for (const username of ['', '1234', 'a b', 'x@y', 'a\u0000b', '\ud800', admin.publicId])
    assert.equal(await fieldOf({ username, email: 'a@example.com' }), 'username')
  for (const email of ['', 'x', 'a@b@c', 'a@b\r\nBcc: c@d.example', '\ud800@example.com'])
    assert.equal(await fieldOf({ username: 'ok', email }), 'email')
  assert.equal(await fieldOf({ username: 'ok', email: null, password: null }), 'email')
})

test('a password is measured in code points before it is hashed', async () => {
  const refused = async (password: string) => {
    const error = await failureOf(signUp({ username: 'alice', password }))
    assert.equal(error.code, 'password_refused')
    const [field] = error.detail.fields ?? []
    assert.equal(field?.field, 'password')
    return field?.message ?? ''
  }
  const before = counted.calls.hash
  assert.match(await refused('\u{1f600}'.repeat(7)), /too short: a password has 8 to 256 characters/)
  assert.match(await refused('x'.repeat(257)), /too long: a password has 8 to 256 characters/)
  assert.match(await refused('x'.repeat(2 ** 20)), /too long/)
  assert.match(await refused('password123'), /common/)
  assert.match(await refused('alice@example.com'), /your own name/)
  assert.match(await refused('lone surrogate \ud800'), /well-formed/)
  assert.equal(counted.calls.hash, before)
  assert.equal((await signUp({ username: 'emoji', password: '\u{1f600}\u{1f601}'.repeat(4) })).status, 'pending')
  assert.equal((await signUp({ username: 'long', password: '\u{1f600}x'.repeat(128) })).status, 'pending')
})

test('who signs in while pending is mailed a new link; the owner of the address never gets one for it', async () => {
  await makePerson(t.core, 'owner')
  await signUp({ username: 'alice' })
  await signUp({ username: 'thief', email: 'owner@example.com' })
  const first = await mailedToken(t, 'alice@example.com')
  await assert.rejects(signIn('alice'), failsWith('account_pending'))
  await assert.rejects(signIn('thief'), failsWith('account_pending'))
  const second = await mailedToken(t, 'alice@example.com')
  await assert.rejects(t.core.users.confirmEmail(first, goodPassword, here), failsWith('one_time_invalid'))
  assert.equal((await t.core.users.confirmEmail(second, goodPassword, here)).status, 'active')
  assert.ok((await mailsTo(t, 'owner@example.com')).every(({ text }) => !text.includes('token=')))
})

test('a mail server that is down fails no sign-up and shows no secret', async () => {
  const mailer = {
    async send() {
      throw new Error('no mail server')
    },
  }
  const other = await createTestCore({ database: t.database, passwords: counted.passwords, mailer })
  const made = await other.core.users.signUp(
    { username: 'alice', email: 'alice@example.com', password: goodPassword },
    here,
  )
  assert.equal(made.status, 'pending')
  await other.core.idle()
  assert.equal(other.logs.filter(({ level }) => level === 'error').length, 1)
  assert.doesNotMatch(JSON.stringify(other.logs), /token=|alice/)
  await other.drop()
})

test('an invitation is worth what its inviter may say when it is used', async () => {
  const boss = await makePerson(t.core, 'boss', { role: 'admin' })
  const invited = async (email: string, role: string, by: User | null = boss) => {
    await t.core.users.invite({ email, role }, by === null ? null : principalOf(t.core, by), here)
    return mailedToken(t, email)
  }
  const use = (username: string, invitation: string) => signUp({ username, email: null, invitation })
  const editor = await invited('editor@example.com', 'editor')
  const deputy = await invited('deputy@example.com', 'admin')
  const free = await invited('free@example.com', 'admin', null)

  await t.core.users.setStatus(boss.publicId, 'disabled', null, here)
  await assert.rejects(use('one', editor), failsWith('one_time_invalid'))
  await t.core.users.setStatus(boss.publicId, 'active', null, here)
  await t.core.users.setRole(boss.publicId, 'support', null, here)
  for (const invitation of [editor, deputy]) await assert.rejects(use('one', invitation), failsWith('one_time_invalid'))
  await t.core.users.setRole(boss.publicId, 'admin', null, here)
  await use('one', editor)
  assert.equal((await byName('one'))?.role, 'editor')
  await t.core.users.remove(boss, null, here)
  await assert.rejects(use('two', deputy), failsWith('one_time_invalid'))
  assert.equal(await byName('two'), null)
  await use('three', free)
  assert.equal((await byName('three'))?.role, 'admin')
})

test('an inviter who loses the role while the password is hashed gives nothing any more', async () => {
  const boss = await makePerson(t.core, 'boss', { role: 'admin' })
  const passwords = {
    ...counted.passwords,
    async hash(password: string) {
      await t.core.users.setRole(boss.publicId, 'user', null, here)
      return counted.passwords.hash(password)
    },
  }
  const other = await createTestCore({ database: t.database, clock: t.clock, passwords })
  await t.core.users.invite({ email: 'guest@example.com', role: 'admin' }, principalOf(t.core, boss), here)
  const invitation = await mailedToken(t, 'guest@example.com')
  const wish = { username: 'guest', email: null, password: goodPassword, invitation }
  await assert.rejects(other.core.users.signUp(wish, here), failsWith('one_time_invalid'))
  assert.equal(await byName('guest'), null)
  await other.drop()
})

test('a mail to an address that nobody has proven repeats no user name that mail programs take for a link', async () => {
  await signUp({ username: 'www.evil.example', email: 'one@example.com' })
  await signUp({ username: '\u90aa\u60e1\u3002\u4e2d\u56fd', email: 'two@example.com' })
  await signUp({ username: 'plain', email: 'three@example.com' })
  await t.core.users.remove(await makePerson(t.core, 'former'), null, here)
  await signUp({ username: 'other.evil.example', email: 'former@example.com' })
  await t.core.users.invite({ email: 'dotted.guest@example.com', role: 'user' }, null, here)
  const last = async (to: string) => (await mailsTo(t, to)).at(-1)?.text ?? ''
  for (const to of ['one', 'two', 'former', 'dotted.guest']) {
    const text = await last(`${to}@example.com`)
    assert.match(text, /^Hello,\n/, to)
    assert.doesNotMatch(text, /evil|\u90aa/, to)
  }
  assert.match(await last('three@example.com'), /^Hello plain,\n/)
  // At their proven address people are called by their name.
  await makePerson(t.core, 'dotted.owner')
  await t.core.users.forgotPassword('dotted.owner', here)
  assert.match(await last('dotted.owner@example.com'), /^Hello dotted\.owner,\n/)
})
