import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { User } from '../../src/types.ts'
import { createTestCore, type TestCore, testKeyTree } from '../support/core.ts'
import {
  codeAt,
  enrol,
  failsWith,
  goodPassword,
  mailedToken,
  mailsTo,
  makeAdmin,
  makePerson,
  visitor,
  wrongCode,
} from '../support/identity.ts'

/* What a door whose mailed links are an id and a check needs of the core. */

const links = {
  freesewing: (purpose: string, id: string, check: string) =>
    purpose === 'undo-email' ? null : `https://sewing.example/${purpose}?id=${id}&check=${check}`,
} as const
const here = visitor('192.0.2.1', 'freesewing')

let t: TestCore
let alice: User
beforeEach(async () => {
  t = await createTestCore({ links })
  await makeAdmin(t.core)
  alice = await makePerson(t.core, 'alice')
})
afterEach(() => t.drop())

async function mailed(to: string): Promise<{ readonly purpose: string; readonly id: string; readonly check: string }> {
  const pattern = /https:\/\/sewing\.example\/([a-z-]+)\?id=([0-9a-f-]{36})&check=([0-9a-f]{16})\n/
  const texts = (await mailsTo(t, to)).map(({ text }) => pattern.exec(text)).filter((found) => found !== null)
  const [, purpose = '', id = '', check = ''] = texts.at(-1) ?? assert.fail(`no mail with a link to ${to}`)
  return { purpose, id, check }
}
const signInLink = async () => {
  await t.core.signIn.requestLink('alice', here)
  return mailed('alice@example.com')
}
const tally = async <T>(run: () => Promise<T>) =>
  (await Promise.allSettled(Array.from({ length: 50 }, run))).filter(({ status }) => status === 'fulfilled').length

describe('links of a door', () => {
  test('are an id and a check that only this server makes of it', async () => {
    const { purpose, id, check } = await signInLink()
    assert.equal(purpose, 'sign-in-link')
    assert.ok(t.core.doorLinks.isCheck(id, check))
    const off = `${check.slice(0, -1)}${check.endsWith('0') ? '1' : '0'}`
    for (const wrong of [off, '', check.toUpperCase().replace(/^/, 'A'), check.slice(1), `${check}0`])
      assert.equal(t.core.doorLinks.isCheck(id, wrong), false, wrong)
    const other = await createTestCore({ links, keyTree: testKeyTree(8) })
    assert.equal(other.core.doorLinks.isCheck(id, check), false)
    await other.drop()
    const turned = await createTestCore({ links, keyTree: testKeyTree(9, [7]) })
    assert.ok(turned.core.doorLinks.isCheck(id, check), 'made under the former root')
    await turned.drop()
  })

  test('wait until they are used, and are those of this door only where it has an address for them', async () => {
    const { id } = await signInLink()
    assert.equal(await t.core.doorLinks.purposeOf('freesewing', id), 'sign-in-link')
    await t.core.signIn.withLink(id, here)
    assert.equal(await t.core.doorLinks.purposeOf('freesewing', id), null)
    for (const none of ['', 'x', '00000000-0000-4000-8000-000000000000'])
      assert.equal(await t.core.doorLinks.purposeOf('freesewing', none), null)
    await t.core.signIn.requestLink('alice', visitor())
    await t.core.idle()
    assert.match(t.mails.at(-1)?.text ?? '', /\/auth\/page\/sign-in-link#token=[\w-]{43}\n/)
  })

  test('are good at the door that mailed them, and at no other, whatever they are for', async () => {
    const there = visitor()
    const { id } = await signInLink()
    await assert.rejects(t.core.signIn.withLink(id, there), failsWith('one_time_invalid'))
    await assert.rejects(t.core.signIn.withLinkAndCode(id, undefined, there), failsWith('one_time_invalid'))
    await t.core.signIn.requestLink('alice', there)
    const native = await mailedToken(t, 'alice@example.com')
    await assert.rejects(t.core.signIn.withLinkAndCode(native, undefined, here), failsWith('one_time_invalid'))
    assert.equal(await t.core.doorLinks.purposeOf('freesewing', native), null)

    const wish = { username: null, email: 'new@example.com', password: null, confirm: true }
    await t.core.users.signUp(wish, here)
    const confirmation = await mailed('new@example.com')
    await assert.rejects(t.core.users.confirmEmail(confirmation.id, null, there), failsWith('one_time_invalid'))
    await t.core.users.requestEmailChange(alice, 'moved@example.com', here)
    const change = await mailed('moved@example.com')
    await assert.rejects(t.core.users.confirmEmail(change.id, goodPassword, there), failsWith('one_time_invalid'))
    await assert.rejects(t.core.users.confirmOwnEmail(alice, change.id, there), failsWith('one_time_invalid'))
    // Nothing of that used them up.
    assert.equal((await t.core.users.confirmEmail(confirmation.id, null, here)).status, 'active')
    assert.equal((await t.core.signIn.withLinkAndCode(id, undefined, here)).user.id, alice.id)
    assert.equal((await t.core.users.confirmOwnEmail(alice, change.id, here)).email, 'moved@example.com')
  })

  test('of a door that has no page for them are those of the native door', async () => {
    assert.equal(t.core.doorLinks.doorOf('freesewing', 'sign-in-link'), 'freesewing')
    assert.equal(t.core.doorLinks.doorOf('freesewing', 'undo-email'), 'native')
    await t.core.signIn.requestLink('alice', visitor('192.0.2.1', 'librephotos'))
    const token = await mailedToken(t, 'alice@example.com')
    assert.equal((await t.core.signIn.withLink(token, visitor())).user.id, alice.id)
  })

  test('sign in one of 50 who come side by side, and none after', async () => {
    const { id } = await signInLink()
    assert.equal(await tally(() => t.core.signIn.withLinkAndCode(id, undefined, here)), 1)
    await assert.rejects(t.core.signIn.withLinkAndCode(id, undefined, here), failsWith('one_time_invalid'))
  })

  test('stay good while the second factor is missing or wrong, five times, and are used up by the right one', async () => {
    const { secret } = await enrol(t, alice)
    const { id } = await signInLink()
    const sign = (code?: string) => t.core.signIn.withLinkAndCode(id, code, here)
    for (let index = 0; index < 7; index += 1) await assert.rejects(sign(), failsWith('factor_required'))
    await assert.rejects(sign(wrongCode(secret, t.clock)), failsWith('factor_wrong'))
    assert.deepEqual((await sign(codeAt(secret, t.clock))).factors, ['link', 'totp'])
    await assert.rejects(sign(codeAt(secret, t.clock)), failsWith('one_time_invalid'))
    t.clock.advance(30_000)
    const guessed = await signInLink()
    const guess = (code: string) => t.core.signIn.withLinkAndCode(guessed.id, code, here)
    for (let index = 0; index < 5; index += 1)
      await assert.rejects(guess(wrongCode(secret, t.clock)), failsWith('factor_wrong'))
    await assert.rejects(guess(codeAt(secret, t.clock)), failsWith('one_time_invalid'))
  })

  test('with one right code sent 50 times side by side, sign in one', async () => {
    const { secret } = await enrol(t, alice)
    const { id } = await signInLink()
    const code = codeAt(secret, t.clock)
    assert.equal(await tally(() => t.core.signIn.withLinkAndCode(id, code, here)), 1)
  })

  test('die after ten minutes and with the status of their user', async () => {
    const late = await signInLink()
    t.clock.advance(600_000)
    await assert.rejects(t.core.signIn.withLinkAndCode(late.id, undefined, here), failsWith('one_time_invalid'))
    const closed = await signInLink()
    await t.core.users.setStatus(alice.publicId, 'disabled', null, here)
    await assert.rejects(t.core.signIn.withLinkAndCode(closed.id, undefined, here), failsWith('one_time_invalid'))
  })
})

describe('a sign-up by address alone', () => {
  const signUp = (email: string) =>
    t.core.users.signUp({ username: null, email, password: null, confirm: true, linkToOwner: true }, here)

  test('is called after its id, and after nobody else', async () => {
    const made = await signUp('new@example.com')
    assert.match(made.username, /^user-\d+$/)
    const { id } = (await t.core.users.byPublicId(made.publicId ?? '')) as User
    assert.equal(made.username, `user-${id}`)
    await makePerson(t.core, `user-${id + 2}`)
    const next = await signUp('other@example.com')
    assert.match(next.username, /^user-[0-9a-f]{16}$/)
    const gone = await makePerson(t.core, `user-${id + 4}`)
    await t.core.users.remove(gone, null, here)
    assert.match((await signUp('third@example.com')).username, /^user-[0-9a-f]{16}$/, 'a reserved name')
  })

  test('is confirmed by its mail, and mails the owner of a known address a way in', async () => {
    const made = await signUp('new@example.com')
    const first = await mailed('new@example.com')
    assert.equal(first.purpose, 'confirm-email')
    const user = await t.core.users.confirmEmail(first.id, null, here)
    assert.deepEqual([user.status, user.email, user.publicId], ['active', 'new@example.com', made.publicId])
    const again = await signUp('new@example.com')
    assert.equal(again.status, 'pending')
    const second = await mailed('new@example.com')
    assert.equal(second.purpose, 'sign-in-link')
    assert.equal((await t.core.signIn.withLinkAndCode(second.id, undefined, here)).user.id, user.id)
    await t.core.users.setStatus(user.publicId, 'blocked', null, here)
    const before = t.mails.length
    await signUp('new@example.com')
    await t.core.idle()
    assert.equal(t.mails.length, before + 1)
    assert.doesNotMatch(t.mails.at(-1)?.text ?? '', /https:\/\/sewing/, 'a closed account gets no link')
  })
})

describe('a change of address within a session', () => {
  test('asks for no password, is good once and for its own user only', async () => {
    const bob = await makePerson(t.core, 'bob')
    await t.core.users.requestEmailChange(alice, 'new@example.com', here)
    const { purpose, id } = await mailed('new@example.com')
    assert.equal(purpose, 'change-email')
    await assert.rejects(t.core.users.confirmOwnEmail(bob, id, here), failsWith('one_time_invalid'))
    await assert.rejects(t.core.users.confirmOwnEmail(alice, 'x', here), failsWith('one_time_invalid'))
    assert.equal(await tally(() => t.core.users.confirmOwnEmail(alice, id, here)), 1)
    assert.equal((await t.core.users.byPublicId(alice.publicId))?.email, 'new@example.com')
    assert.match((await mailsTo(t, 'alice@example.com')).at(-1)?.text ?? '', /\/auth\/page\/undo-email#token=/)
  })

  test('takes no other mailed token', async () => {
    const { id } = await signInLink()
    await assert.rejects(t.core.users.confirmOwnEmail(alice, id, here), failsWith('one_time_invalid'))
    assert.equal(await t.core.doorLinks.purposeOf('freesewing', id), 'sign-in-link')
  })
})

describe('who somebody is', () => {
  test('is found by user name, proven address and, at one door, by id', async () => {
    const find = async (identifier: string, origin = here) => (await t.core.users.find(identifier, origin))?.id
    for (const identifier of ['alice', 'ALICE', 'Alice@Example.com', String(alice.id)])
      assert.equal(await find(identifier), alice.id, identifier)
    for (const identifier of [`${alice.id}abc`, `0x${alice.id}`, '', '-1', '9'.repeat(40), alice.publicId, 'nobody'])
      assert.equal(await find(identifier), undefined, identifier)
    assert.equal(await find(String(alice.id), visitor()), undefined)
  })

  test('can be taken only as a name that nobody has or had lately', async () => {
    assert.equal(await t.core.users.isFree('bob'), true)
    for (const name of ['alice', 'Alice', 'a b', '17', 'x@y', '']) assert.equal(await t.core.users.isFree(name), false)
    await t.core.users.remove(alice, null, here)
    assert.equal(await t.core.users.isFree('alice'), false)
  })

  test('is marked for others by something that says nothing of the address', () => {
    const mark = t.core.emailMark('alice@example.com')
    assert.match(mark, /^[0-9a-f]{64}$/)
    assert.equal(mark, t.core.emailMark('alice@example.com'))
    assert.notEqual(mark, t.core.emailMark('bob@example.com'))
  })
})

test('who closes their own account is out at once, and the last administrator cannot', async () => {
  const session = { user: alice, mode: 'token', factors: ['password'], origin: here } as const
  const { token } = await t.core.sessions.open(session)
  const presented = [{ via: 'bearer', text: token }] as const
  const who = await t.core.guard.authenticate(presented, ['access-token'], here)
  assert.ok(who.ok)
  const after = await t.core.users.disableSelf(alice, who.value, here)
  assert.equal(after.status, 'disabled')
  const refused = await t.core.guard.authenticate(presented, ['access-token'], here)
  assert.deepEqual(refused, { ok: false, code: 'account_disabled', kind: 'access-token' })
  await assert.rejects(
    t.core.signIn.withPassword({ identifier: 'alice', password: goodPassword }, here),
    failsWith('account_disabled'),
  )
  const root = (await t.core.users.find('root', here)) as User
  await assert.rejects(t.core.users.disableSelf(root, who.value, here), failsWith('last_admin'))
})

test('a token of an ended session says that it was revoked as long as its account is open', async () => {
  const { token } = await t.core.sessions.open({ user: alice, mode: 'token', factors: ['password'], origin: here })
  await t.core.sessions.endOthers(alice, null, here)
  const presented = [{ via: 'bearer', text: token }] as const
  const refused = await t.core.guard.authenticate(presented, ['access-token'], here)
  assert.deepEqual(refused, { ok: false, code: 'credential_revoked', kind: 'access-token' })
})

test('a session without a refresh ends with its token, and another token of it ends no later', async () => {
  const shape = { lifetimeSeconds: 7 * 86_400, role: 'curator', claims: { _id: alice.id } }
  const wish = { user: alice, mode: 'token', refreshForm: 'none', factors: ['password'], origin: here } as const
  const { token, session, expiresAt } = await t.core.sessions.open({ ...wish, ...shape })
  assert.equal(session.expiresAt, t.clock.now() + 7 * 86_400_000)
  assert.equal(expiresAt, session.expiresAt)
  t.clock.advance(86_400_000)
  const presented = [{ via: 'bearer', text: token }] as const
  const who = await t.core.guard.authenticate(presented, ['access-token'], here)
  assert.ok(who.ok)
  const again = await t.core.sessions.reissue(who.value, shape, here)
  assert.equal(again.expiresAt, session.expiresAt)
  const verdict = await t.core.accessTokens.verify(again.token)
  assert.ok(verdict.ok)
  const { role, _id, sid } = verdict.claims
  assert.deepEqual([role, _id, sid], ['curator', alice.id, session.id])
  const key = { ...who.value, kind: 'api-key', sessionId: null } as const
  await assert.rejects(t.core.sessions.reissue(key, shape, here), failsWith('credential_kind_refused'))
  await t.core.sessions.endOthers(alice, null, here)
  await assert.rejects(t.core.sessions.reissue(who.value, shape, here), failsWith('credential_revoked'))
})

test('in place of a token of another door comes one that lives no longer and carries no more', async () => {
  const scopes = ['account:read', 'account:write']
  const wish = { user: alice, mode: 'token', factors: ['password'], origin: visitor(), scopes } as const
  const { token, expiresAt } = await t.core.sessions.open(wish)
  t.clock.advance(60_000)
  const who = await t.core.guard.authenticate([{ via: 'bearer', text: token }], ['access-token'], here)
  assert.ok(who.ok)
  const less = { ...who.value, scopes: new Set(['account:read']) }
  const again = await t.core.sessions.reissue(less, { lifetimeSeconds: 7 * 86_400 }, here)
  assert.equal(again.expiresAt, expiresAt)
  const verdict = await t.core.accessTokens.verify(again.token)
  assert.ok(verdict.ok)
  assert.equal(verdict.claims.scope, 'account:read')
})

test('a second factor can be confirmed with the secret beside the code, and comes with scratch codes where wished', async () => {
  const { secret } = await t.core.mfa.begin(alice, here)
  const code = codeAt(secret, t.clock)
  const foreign = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
  await assert.rejects(
    t.core.mfa.confirm(alice, codeAt(foreign, t.clock), null, here, { secret: foreign }),
    failsWith('factor_wrong'),
  )
  await assert.rejects(t.core.mfa.confirm(alice, code, null, here, { secret: foreign }), failsWith('factor_wrong'))
  const { recoveryCodes } = await t.core.mfa.confirm(alice, code, null, here, { secret, scratch: true })
  assert.equal(new Set(recoveryCodes).size, 8)
  for (const each of recoveryCodes) assert.match(each, /^[0-9a-f]{8}$/)
  const after = (await t.core.users.byPublicId(alice.publicId)) as User
  const [first = '', second = ''] = recoveryCodes
  assert.equal(await t.core.mfa.check(after, first.toUpperCase(), here), 'recovery-code')
  await assert.rejects(t.core.mfa.check(after, first, here), failsWith('factor_wrong'))
  assert.equal(await tally(() => t.core.mfa.check(after, second, here)), 1)
})

test('of changes to a profile that come side by side none is lost', async () => {
  const add = (name: string) =>
    t.core.users.changeProfile(alice, 'freesewing', (before) => [...((before ?? []) as readonly string[]), name])
  await Promise.all(Array.from({ length: 20 }, (_, index) => add(String(index))))
  const kept = (await t.core.users.profile(alice, 'freesewing')) as readonly string[]
  assert.equal(new Set(kept).size, 20)
  assert.equal(await t.core.users.profile(alice, 'native'), null)
  await t.core.users.remove(alice, null, here)
  await assert.rejects(add('late'), failsWith('not_found'))
})
