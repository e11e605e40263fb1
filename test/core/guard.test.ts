// What the guard does whatever the kind: which credential counts, how refusals are told, races with revocation.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { Presented } from '../../src/core/guard.ts'
import type { Store } from '../../src/core/ports.ts'
import type { Session } from '../../src/core/records.ts'
import { credentialKinds, type User } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import {
  basic,
  bearer,
  check,
  cookie,
  goodPassword,
  key,
  makeUser,
  openSession,
  origin,
  principalOf,
  refusalOf,
} from '../support/people.ts'

const staticKey = 'a static key of the tests, long enough'
const settings = { staticKeys: [{ name: 'legacy', key: staticKey, role: 'editor', api: 'apostrophe' as const }] }
const apostrophe = { ...origin, api: 'apostrophe' as const }
let t: TestCore
let user: User

before(async () => {
  t = await createTestCore({ settings })
  user = await makeUser(t, { password: goodPassword })
})
after(() => t.drop())

const authenticate = (presented: readonly Presented[]) => t.core.guard.authenticate(presented, credentialKinds, origin)

describe('which credential counts', () => {
  test('none is told apart from a bad one', async () => {
    assert.deepEqual(await authenticate([]), { ok: false, code: 'credentials_missing' })
  })

  test('two different explicit ones are refused, although each is good', async () => {
    const one = bearer((await openSession(t, user)).token)
    const issued = await t.core.keys.issueFor(user, { name: 'x' }, origin)
    const verdict = await authenticate([one, key(issued.token)])
    assert.deepEqual(verdict, { ok: false, code: 'credentials_conflict', kind: 'access-token' })
    const other = bearer((await openSession(t, user)).token)
    assert.equal((await authenticate([one, other])).ok, false)
    assert.equal((await authenticate([one, bearer('nonsense')])).ok, false)
    assert.equal((await authenticate([bearer('nonsense'), one])).ok, false)
  })

  test('the same one twice is one, also when it came in two ways', async () => {
    const one = bearer((await openSession(t, user)).token)
    assert.equal((await authenticate([one, one])).ok, true)
    const issued = await t.core.keys.issueFor(user, { name: 'x' }, origin)
    assert.equal((await authenticate([key(issued.token), basic(issued.record.id, issued.secret)])).ok, true)
  })

  test('an explicit one beats a cookie, and a bad explicit one is not made good by a cookie', async () => {
    const other = await makeUser(t, { username: 'other' })
    const session = cookie((await openSession(t, other, { mode: 'cookie' })).token)
    const verdict = await authenticate([session, bearer((await openSession(t, user)).token)])
    assert.ok(verdict.ok)
    assert.equal(verdict.value.user?.publicId, user.publicId)
    for (const bad of [bearer('nonsense'), { via: 'unreadable', kind: 'password' } as const]) {
      assert.equal((await authenticate([session, bad])).ok, false)
    }
  })

  test('two different cookies are refused', async () => {
    const session = cookie((await openSession(t, user, { mode: 'cookie' })).token)
    assert.deepEqual(await authenticate([session, cookie('x')]), {
      ok: false,
      code: 'credentials_conflict',
      kind: 'session-cookie',
    })
  })
})

describe('the same list of credentials handed in again', () => {
  test('revocation, the kinds that are taken, the address and the door decide each time', async () => {
    const issued = await t.core.keys.issueFor(user, { name: 'x', allowAddresses: [origin.address] }, origin)
    const list = [key(issued.token)]
    assert.equal((await authenticate(list)).ok, true)
    assert.equal((await authenticate(list)).ok, true)
    const elsewhere = { ...origin, address: '203.0.113.200' }
    assert.equal((await t.core.guard.authenticate(list, credentialKinds, elsewhere)).ok, false)
    assert.equal((await t.core.guard.authenticate(list, ['session-cookie'], origin)).ok, false)
    await t.core.keys.revoke(user, issued.record.id, null, origin)
    assert.equal((await authenticate(list)).ok, false)
    const session = [cookie((await openSession(t, user, { mode: 'cookie' })).token)]
    assert.equal((await authenticate(session)).ok, true)
    assert.equal((await authenticate(session)).ok, true)
    assert.equal((await t.core.guard.authenticate(session, credentialKinds, apostrophe)).ok, false)
  })

  test('what is known is answered without a promise, what is not known with one', async () => {
    const list = [bearer((await openSession(t, user)).token)]
    assert.ok(authenticate(list) instanceof Promise)
    await authenticate(list)
    assert.ok(!(authenticate(list) instanceof Promise))
    assert.ok(!(authenticate([bearer('nonsense')]) instanceof Promise))
  })
})

describe('refusals say which kind failed and why', () => {
  const uuid = '00000000-0000-4000-8000-000000000000'
  const secret = '0'.repeat(64)
  const cases: readonly (readonly [string, Presented, string, string])[] = [
    ['a header that could not be read', { via: 'unreadable', kind: 'password' }, 'credential_malformed', 'password'],
    ['text that is no token', bearer('nonsense'), 'credential_malformed', 'access-token'],
    ['an empty token', bearer(''), 'credential_malformed', 'access-token'],
    [
      'a JWT of somebody else',
      bearer('eyJhbGciOiJFUzI1NiIsImtpZCI6IngiLCJ0eXAiOiJKV1QifQ.e30.AAAA'),
      'credential_invalid',
      'access-token',
    ],
    [
      'an unsigned JWT',
      bearer(`${Buffer.from('{"alg":"none","kid":"x","typ":"at+jwt"}').toString('base64url')}.e30.AAAA`),
      'credential_invalid',
      'access-token',
    ],
    ['an opaque token of no session', bearer(`${uuid}.${'A'.repeat(43)}`), 'credential_invalid', 'bearer-token'],
    ['an API key sent as bearer', bearer(`cardea_${uuid}_${secret}00000000`), 'credential_kind_refused', 'api-key'],
    ['an API key with a typing error', key(`cardea_${uuid}_${secret}00000000`), 'credential_malformed', 'api-key'],
    ['an unknown API key', basic(uuid, secret), 'credential_invalid', 'api-key'],
    ['a key id with something that can be no secret', basic(uuid, 'password'), 'credential_invalid', 'api-key'],
    ['an unknown static key', key('nonsense'), 'credential_invalid', 'static-key'],
    ['a cookie that cannot be read', cookie('nonsense'), 'credential_malformed', 'session-cookie'],
    ['a cookie of no session', cookie(`${uuid}.${'A'.repeat(43)}`), 'credential_invalid', 'session-cookie'],
    ['a wrong password', basic('alice', 'wrong'), 'credentials_wrong', 'password'],
    ['an unknown name', basic('nobody', 'wrong'), 'credentials_wrong', 'password'],
  ]
  for (const [name, presented, code, kind] of cases) {
    test(name, async () => {
      assert.deepEqual(await refusalOf(t, presented), [code, kind])
    })
  }

  test('a wrong secret of a key that is there is refused as one that is not there', async () => {
    const issued = await t.core.keys.issueFor(user, { name: 'x' }, origin)
    assert.deepEqual(
      await check(t, basic(issued.record.id, '0'.repeat(64))),
      await check(t, basic(uuid, '0'.repeat(64))),
    )
    // Also when the key was revoked: only who has the secret learns that.
    await t.core.keys.revoke(user, issued.record.id, null, origin)
    assert.deepEqual(
      await check(t, basic(issued.record.id, '0'.repeat(64))),
      await check(t, basic(uuid, '0'.repeat(64))),
    )
  })

  test('no text in any place throws or is let in', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constantFrom('', '.', '..', '\ud800', '\u0000', 'x'.repeat(20_000), 'cardea_', 'cardea__', 'e30.e30.e30'),
      fc.tuple(fc.uuid(), fc.string({ maxLength: 50 })).map(([id, rest]) => `${id}.${rest}`),
    )
    const presented: fc.Arbitrary<Presented> = fc.oneof(
      text.map(bearer),
      text.map(key),
      text.map(cookie),
      fc.tuple(fc.uuid(), text).map(([id, rest]) => basic(id, rest)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(presented, { minLength: 1, maxLength: 3 }), async (all) => {
        const verdict = await authenticate(all)
        assert.equal(verdict.ok, false)
        assert.notEqual(verdict.ok ? undefined : verdict.kind, undefined)
        const [first] = all
        if (first !== undefined && 'text' in first) assert.equal(await t.core.guard.inspect(first.text, origin), null)
      }),
      { numRuns: 300 },
    )
  })
})

describe('passwords at doors that take Basic', () => {
  test('the principal has the scopes of the role within the door, and never a fresh proof', async () => {
    const admin = await makeUser(t, { username: 'boss', password: goodPassword, role: 'admin' })
    const by = await principalOf(t, basic('boss', goodPassword))
    assert.equal(by.kind, 'password')
    assert.equal(by.user?.publicId, admin.publicId)
    assert.equal(by.provenAt, null)
    assert.ok(by.scopes.has('users:write'))
    const there = await principalOf(t, basic('boss', goodPassword), apostrophe)
    assert.ok(!there.scopes.has('users:write'))
    assert.ok(there.scopes.has('account:read'))
  })

  test('no password is checked where none is taken', async () => {
    const before = (await t.core.events.list({ kind: 'sign-in-failed' }, { limit: 100 })).items.length
    const verdict = await check(t, basic('alice', 'wrong'), origin, ['api-key', 'access-token'])
    assert.deepEqual(verdict, { ok: false, code: 'credential_kind_refused', kind: 'password' })
    assert.equal((await t.core.events.list({ kind: 'sign-in-failed' }, { limit: 100 })).items.length, before)
  })
})

describe('static keys', () => {
  test('they work in the API that declares them and in no other, and have no user', async () => {
    const by = await principalOf(t, key(staticKey), apostrophe)
    assert.equal(by.kind, 'static-key')
    assert.equal(by.user, null)
    assert.equal(by.keyId, 'legacy')
    assert.equal(by.role, 'editor')
    assert.ok(by.scopes.has('documents:write'))
    assert.deepEqual(await refusalOf(t, key(staticKey)), ['credential_invalid', 'static-key'])
    for (const near of [staticKey.slice(1), `${staticKey} `, staticKey.toUpperCase()]) {
      assert.deepEqual(await refusalOf(t, key(near), apostrophe), ['credential_invalid', 'static-key'])
    }
  })

  test('the first use ever is audited once, by the name, on however many nodes', async () => {
    const other = await createTestCore({ database: t.database, clock: t.clock, settings })
    await principalOf(t, key(staticKey), apostrophe)
    await principalOf(other, key(staticKey), apostrophe)
    await Promise.all([t.core.flush(), other.core.flush()])
    await principalOf(t, key(staticKey), apostrophe)
    await t.core.flush()
    const { items } = await t.core.events.list({ kind: 'static-key-first-used' }, { limit: 10 })
    assert.deepEqual(
      items.map((event) => event.keyId),
      ['legacy'],
    )
    assert.ok(!JSON.stringify(items).includes(staticKey))
    await other.core.close()
  })

  for (const [why, key] of [
    ['is empty', ''],
    ['looks like an API key', 'cardea_x'],
    ['looks like a user id', '00000000-0000-4000-8000-000000000000'],
    ['looks like a token', 'aaaa.bbbb.cccc'],
    ['looks like a session', `00000000-0000-4000-8000-000000000000.${'A'.repeat(43)}`],
  ] as const) {
    test(`the core does not start with one that ${why}`, async () => {
      const bad = { staticKeys: [{ name: 'bad', key, role: 'user', api: 'native' as const }] }
      await assert.rejects(createTestCore({ database: t.database, settings: bad }), { code: 'internal' })
    })
  }

  test('the core does not start with one of a role that does not exist, and the error holds no key', async () => {
    const bad = { staticKeys: [{ name: 'bad', key: staticKey, role: 'emperor', api: 'native' as const }] }
    await assert.rejects(
      createTestCore({ database: t.database, settings: bad }),
      (error: { detail: { internal: string } }) => {
        assert.ok(error.detail.internal.includes('emperor'))
        assert.ok(!error.detail.internal.includes(staticKey))
        return true
      },
    )
  })
})

describe('races', () => {
  test('a verdict that was read before a revocation and arrives after it is not kept', async () => {
    let hold: Promise<void> | null = null
    const slow = await createTestCore({
      wrap: (store): Store => ({
        ...store,
        sessions: {
          ...store.sessions,
          async withUser(id) {
            const found: { session: Session; user: User } | null = await store.sessions.withUser(id)
            await hold
            return found
          },
        },
      }),
    })
    const { token, session } = await openSession(slow, await makeUser(slow))
    let release = () => {}
    hold = new Promise((resolve) => {
      release = resolve
    })
    const early = check(slow, bearer(token))
    await new Promise((resolve) => setImmediate(resolve))
    await slow.core.sessions.end(await makeUserOf(slow, session), session.id, origin)
    release()
    hold = null
    // It began before the revocation, so either answer is right; what counts is the next one.
    await early
    assert.deepEqual(await refusalOf(slow, bearer(token)), ['credential_revoked', 'access-token'])
    await slow.drop()
  })

  test('50 first uses side by side of one credential are all let in', async () => {
    const { token } = await openSession(t, user)
    const all = await Promise.all(Array.from({ length: 50 }, () => check(t, bearer(token))))
    assert.ok(all.every((verdict) => verdict.ok))
  })

  test('the number of kept verdicts is bounded', async () => {
    const small = await createTestCore({ settings: { cacheSize: 5 } })
    const owner = await makeUser(small)
    for (let index = 0; index < 12; index += 1)
      await principalOf(small, bearer((await openSession(small, owner)).token))
    assert.ok(small.core.guard.cacheSize() <= 5)
    await small.drop()
  })
})

async function makeUserOf(from: TestCore, session: Session): Promise<User> {
  const owner = await from.store.users.byId(session.userId)
  assert.ok(owner)
  return owner
}

describe('inspecting', () => {
  test('every token string of ours is known, and an address list does not keep it unknown', async () => {
    const opened = await openSession(t, user)
    const by = await principalOf(t, bearer(opened.token))
    const opaque = await openSession(t, user, { mode: 'bearer' })
    const issued = await t.core.keys.issue(by, { name: 'x', allowAddresses: ['198.51.100.1'] }, origin)
    const token = await t.core.tokens.issue(by, { name: 'x', expiresAt: t.clock.now() + 60_000 }, origin)
    const kinds = await Promise.all(
      [opened.token, opened.refreshToken ?? '', opaque.token, issued.token, token.token].map(
        async (each) => (await t.core.guard.inspect(each, origin))?.kind,
      ),
    )
    assert.deepEqual(kinds, ['access-token', 'refresh-token', 'bearer-token', 'api-key', 'private-token'])
  })

  test('what is not good now is unknown: rotated, ended, of a cookie, forged', async () => {
    const opened = await openSession(t, user)
    await t.core.sessions.refresh(opened.refreshToken ?? '', origin)
    assert.equal(await t.core.guard.inspect(opened.refreshToken ?? '', origin), null)
    await t.core.sessions.end(user, opened.session.id, origin)
    const cookieSession = await openSession(t, user, { mode: 'cookie' })
    for (const token of [opened.token, cookieSession.token, `${opened.session.id}.1.${'A'.repeat(43)}`, '', 'alice']) {
      assert.equal(await t.core.guard.inspect(token, origin), null)
    }
  })
})
