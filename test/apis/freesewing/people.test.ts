import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { codeOf, makeUser, password } from '../../support/callers.ts'
import {
  assertError,
  assertNothing,
  assertUnauthorized,
  enrolHere,
  enter,
  mailedTo,
  sewingKey,
  startSewing,
  tokenOf,
} from '../../support/freesewing.ts'
import { type Body, list } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
let root: string
before(async () => {
  server = await startSewing()
  root = await tokenOf(server, 'root')
  await makeUser(server, 'ana')
  await makeUser(server, 'Anastasia')
})
after(() => server.close())

const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
const admin = (method: string, path: string, json?: unknown, token = root) =>
  server.send(method, path, json === undefined ? { token } : { token, json })

describe('profiles', () => {
  test('show anybody what is public, by user name or id, and nothing else', async () => {
    const { account, token } = await enter(server, 'ana')
    const { id, ihash } = account as unknown as { id: number; ihash: string }
    await server.send('PATCH', '/account/jwt', {
      token: token as string,
      json: { bio: 'sews', img: 'https://x.example/' },
    })
    for (const who of ['ana', 'ANA', String(id)]) {
      const seen = await server.send('GET', `/users/${who}`)
      assert.deepEqual(seen.body, {
        result: 'success',
        profile: { id, bio: 'sews', ihash, patron: 0, role: 'user', username: 'ana' },
      })
    }
    for (const who of [`${id}abc`, '0', '-1', '99999', 'nobody', '%00', 'a%20b', 'x'.repeat(300)]) {
      const nobody = await server.send('GET', `/users/${who}`)
      assert.ok([400, 404].includes(nobody.status), `${who}: ${nobody.status}`)
    }
    assertNothing(await server.send('GET', `/users/${id}abc`))
  })

  test('are found by e-mail address only where answers may tell who has an account', async (t) => {
    assertNothing(await server.send('GET', '/users/ana@example.com'))
    const open = await startSewing({ revealUnknown: true })
    t.after(() => open.close())
    assert.equal((await open.send('GET', '/users/root@example.com')).status, 200)
  })

  test('of those who are not active are not there', async () => {
    const shut = await makeUser(server, 'shut')
    assert.equal((await server.send('GET', '/users/shut')).status, 200)
    await server.core.users.setStatus(shut.publicId, 'blocked', null, origin)
    assertNothing(await server.send('GET', '/users/shut'))
    assertNothing(await server.send('GET', '/users/shut/card'))
    await server.send('POST', '/signup', { json: { email: 'pending@example.com' } })
    await mailedTo(server, 'pending@example.com')
    const { items } = await server.core.users.list({ status: 'pending', limit: 1 })
    assertNothing(await server.send('GET', `/users/${items[0]?.id}`))
  })

  test('are a picture, too, in which every value is escaped', async () => {
    const card = await server.send('GET', '/users/ana/card')
    assert.match(card.type, /^image\/svg\+xml/)
    assert.match(card.text, /^<svg .*>ana<\/text>/)
    assert.equal(card.headers.get('cross-origin-resource-policy'), 'cross-origin')
    const odd = { username: `<b>"'&x`, email: null, password: null, role: 'user', kind: 'person' } as const
    await server.core.users.create(odd, null, origin)
    const drawn = await server.send('GET', `/users/${encodeURIComponent(odd.username)}/card`)
    assert.equal(drawn.status, 200)
    assert.doesNotMatch(drawn.text, /<b>|"'&x/)
    assert.match(drawn.text, /&lt;b&gt;&quot;&#39;&amp;x/)
  })
})

test('what belongs to a user holds no secret, and keys only for their owner and administrators', async () => {
  const token = await tokenOf(server, 'ana')
  const [id, secret] = await sewingKey(server, token, 1)
  const see = async (by: string) => {
    const answered = await server.send('GET', '/users/ana/jwt', { token: by })
    assert.equal(answered.status, 200, answered.text)
    assert.ok(!answered.text.includes(secret))
    const { apikeys, ...rest } = answered.body.data as unknown as Record<string, readonly { id: string }[]>
    assert.deepEqual(rest, { bookmarks: [], patterns: [], sets: [] })
    return apikeys?.map((key) => key.id)
  }
  assert.deepEqual(await see(token), [id])
  assert.deepEqual(await see(root), [id])
  assert.deepEqual(await see(await tokenOf(server, 'Anastasia')), [])
  assertNothing(await server.send('GET', '/users/nobody/jwt', { token }))
})

test('a user name is available (404), or is taken, too short or none (200)', async () => {
  const token = await tokenOf(server, 'ana')
  const key = await sewingKey(server, token, 1)
  const ask = (json: unknown) => server.send('POST', '/available/username/jwt', { token, json })
  assertNothing(await ask({ username: 'free-one' }))
  assertNothing(await server.send('POST', '/available/username/key', { basic: key, json: { username: 'free-one' } }))
  for (const username of ['ana', 'ANA', 'x', 'a b', '17', 'x@y.example']) {
    const taken = await ask({ username })
    assert.deepEqual(taken.body, { result: 'success', username, available: false }, username)
  }
  for (const json of [{}, { username: '' }, { username: 7 }, { username: {} }, undefined])
    assertError(await ask(json), 400, 'usernameMissing')
})

test('people are found by part of their name, and by nothing else', async () => {
  const token = await tokenOf(server, 'ana')
  const find = async (match: unknown) =>
    (await server.send('POST', '/find/users', { token, json: { match } })).body.profiles as unknown as Record<
      string,
      { username: string; avatar: string }
    >
  const found = await find('ANAS')
  assert.deepEqual(
    Object.values(found).map(({ username }) => username),
    ['Anastasia'],
  )
  assert.match(Object.values(found)[0]?.avatar ?? '', /^[0-9a-f]{64}$/)
  assert.equal(Object.keys(await find('ana')).length, 2)
  for (const none of ['example.com', '@', 'a', '', '%', 'shut']) assert.deepEqual(await find(none), {}, none)
  assertUnauthorized(await server.send('POST', '/find/users', { json: { match: 'ana' } }))
})

describe('administration', () => {
  test('is for level 9 only', async () => {
    await makeUser(server, 'helper', 'support')
    const helper = await tokenOf(server, 'helper')
    for (const [method, path, json] of [
      ['POST', '/admin/search/users/jwt', { q: 'ana' }],
      ['GET', '/admin/user/1/jwt', undefined],
      ['PATCH', '/admin/user/1/jwt', { role: 'admin' }],
      ['GET', '/admin/impersonate/1/jwt', undefined],
    ] as const) {
      assertError(await admin(method, path, json, helper), 403, 'insufficientAccessLevel')
      assertUnauthorized(await server.send(method, path, json === undefined ? {} : { json }))
    }
  })

  test('searches by name and by address, without a secret', async () => {
    const { secret } = await enrolHere(server, await tokenOf(server, 'Anastasia'))
    const found = await admin('POST', '/admin/search/users/jwt', { q: 'anastasia' })
    const { email, username } = found.body.users as unknown as Record<string, readonly Body[]>
    assert.deepEqual(
      [email?.map((user) => user.username), username?.map((user) => user.username)],
      [['Anastasia'], ['Anastasia']],
    )
    for (const hidden of [secret, 'mfaSecret', '$argon2', 'scratch', 'password"'])
      assert.ok(!found.text.includes(hidden), hidden)
    const none = await admin('POST', '/admin/search/users/jwt', {})
    assert.deepEqual(none.body.users, { email: [], username: [] })
  })

  test('reads and changes a user, and takes what is no setting for none', async () => {
    const user = await makeUser(server, 'subject')
    const path = `/admin/user/${user.id}/jwt`
    const of = async (json: unknown) =>
      (await admin('PATCH', path, json)).body.user as unknown as Record<string, unknown>
    assert.equal(((await admin('GET', path)).body.user as Body).username, 'subject')
    assert.equal(((await admin('GET', '/admin/user/subject@example.com/jwt')).body.user as Body).username, 'subject')
    for (const role of ['tester', 'curator', 'bughunter', 'support', 'admin', 'user'])
      assert.equal((await of({ role })).role, role)
    for (const status of [-1, 1, -2, 1]) assert.equal((await of({ status })).status, status)
    for (const json of [{ status: 0 }, { status: 7 }, { status: 'x' }, { mfaEnabled: true }, {}, { id: 1 }])
      assert.deepEqual([(await of(json)).status, (await of(json)).role], [1, 'user'], JSON.stringify(json))
    for (const role of ['root', 'editor', 'guest', '', '__proto__'])
      assertError(await admin('PATCH', path, { role }), 400, 'invalidRole')
    for (const id of ['99999', 'nobody', `${user.id}abc`]) assertNothing(await admin('GET', `/admin/user/${id}/jwt`))
    assertError(await admin('GET', '/admin/user/%20/jwt'), 403, 'idMissing')
    const { items } = await server.core.events.list({ user: user.publicId, kind: 'role-changed' }, { limit: 20 })
    assert.equal(items.length, 6)
  })

  test('leaves a role of the core alone that looks like the wished one', async () => {
    const editor = await makeUser(server, 'an-editor', 'editor')
    await admin('PATCH', `/admin/user/${editor.id}/jwt`, { role: 'curator' })
    assert.equal((await server.core.users.byPublicId(editor.publicId))?.role, 'editor')
  })

  test('takes a lost second factor off, and the last administrator stays', async (t) => {
    const user = await makeUser(server, 'lost')
    await enrolHere(server, await tokenOf(server, 'lost'))
    const after = await admin('PATCH', `/admin/user/${user.id}/jwt`, { mfaEnabled: false })
    assert.equal(String((after.body.user as Body).mfaEnabled), 'false')
    await enter(server, 'lost')
    const alone = await startSewing()
    t.after(() => alone.close())
    const token = await tokenOf(alone, 'root')
    for (const json of [{ role: 'user' }, { status: -1 }])
      assertError(await alone.send('PATCH', '/admin/user/root/jwt', { token, json }), 409, 'lastAdmin')
  })

  test('takes no second factor off for a key, for its own user, or without the own factor proven', async () => {
    await makeUser(server, 'second', 'admin')
    await makeUser(server, 'held')
    await enrolHere(server, await tokenOf(server, 'held'))
    const before = await tokenOf(server, 'second')
    const { secret } = await enrolHere(server, before)
    const token = await tokenOf(server, 'second', { token: codeOf(server, secret) })
    const basic = await sewingKey(server, token, 9)
    const off = { json: { mfaEnabled: false } }
    for (const [name, by] of [
      ['second', { token }],
      ['second', { basic }],
      ['held', { basic }],
    ] as const) {
      const path = `/admin/user/${name}/${'basic' in by ? 'key' : 'jwt'}`
      assertError(await server.send('PATCH', path, { ...by, ...off }), 403, 'insufficientAccessLevel')
    }
    const user = await server.core.users.find('second', origin)
    assert.ok(user !== null)
    const here = { ...origin, api: 'freesewing' } as const
    const unproven = await server.core.sessions.open({ user, mode: 'token', factors: ['link'], origin: here })
    const asked = await server.send('PATCH', '/admin/user/held/jwt', { token: unproven.token, ...off })
    assertError(asked, 403, 'mfaTokenRequired')
    assertError(await server.send('POST', '/signin', { json: { username: 'held', password } }), 403, 'mfaTokenRequired')
    assert.equal((await server.send('PATCH', '/admin/user/held/jwt', { token, ...off })).status, 200)
  })

  test('makes an administrator for a person, and for no key', async () => {
    await makeUser(server, 'pawn')
    const basic = await sewingKey(server, root, 9)
    const made = { json: { role: 'admin' } }
    assertError(await server.send('PATCH', '/admin/user/pawn/key', { basic, ...made }), 403, 'insufficientAccessLevel')
    assert.equal((await server.core.users.find('pawn', origin))?.role, 'user')
    assert.equal((await server.send('PATCH', '/admin/user/pawn/jwt', { token: root, ...made })).status, 200)
  })

  test('acts in the name of a user for 15 minutes: audited, mailed, without credentials or consent, never nested', async () => {
    const user = await makeUser(server, 'actor')
    const opened = await admin('GET', `/admin/impersonate/${user.id}/jwt`)
    assert.equal(opened.status, 200, opened.text)
    assert.equal((opened.body.account as Body).username, 'actor')
    const token = opened.body.token as string
    assert.equal((await server.send('GET', '/account/jwt', { token })).status, 200)
    for (const [method, path, json] of [
      ['POST', '/apikeys/jwt', { name: 'x', level: 1, expiresIn: 60 }],
      ['PATCH', '/account/jwt', { password: 'an entirely other one' }],
      ['PATCH', '/account/jwt', { email: 'x@example.com' }],
      ['PATCH', '/account/jwt', { username: 'renamed' }],
      ['PATCH', '/account/jwt', { consent: 2 }],
      ['PATCH', '/consent/jwt', { consent: 2 }],
      ['POST', '/account/mfa/jwt', { mfa: true }],
      ['DELETE', '/account/jwt', undefined],
      ['GET', '/account/restrict/jwt', undefined],
      ['GET', '/admin/impersonate/1/jwt', undefined],
    ] as const)
      assertError(await admin(method, path, json, token), 403, 'insufficientAccessLevel')
    await server.core.idle()
    assert.ok(server.mails.some(({ to, subject }) => to === 'actor@example.com' && /acts in your name/.test(subject)))
    const { items } = await server.core.events.list({ user: user.publicId, kind: 'impersonation-begun' }, { limit: 1 })
    assert.ok(typeof items[0]?.actor === 'string')
    server.clock.advance(15 * 60_000)
    assertUnauthorized(await server.send('GET', '/account/jwt', { token }))
    root = await tokenOf(server, 'root')
    await server.core.users.setStatus(user.publicId, 'disabled', null, origin)
    assertError(await admin('GET', `/admin/impersonate/${user.id}/jwt`), 403, 'insufficientAccessLevel')
    assertNothing(await admin('GET', '/admin/impersonate/nobody/jwt'))
    const [key, secret] = await sewingKey(server, root, 9)
    assertUnauthorized(await server.send('GET', '/admin/impersonate/1/jwt', { basic: [key, secret] }))
  })

  test('asks an administrator who has a second factor for it at the sign-in, and then acts', async () => {
    await makeUser(server, 'careful', 'admin')
    const { secret } = await enrolHere(server, await tokenOf(server, 'careful'))
    const token = await tokenOf(server, 'careful', { token: codeOf(server, secret) })
    assert.equal((await admin('GET', '/admin/impersonate/ana/jwt', undefined, token)).status, 200)
  })
})

test('whatever is asked for as a name or id, the answer is a profile or a clean 4xx', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (text) => {
      const path = encodeURIComponent(text.toWellFormed())
      if (path === '' || path === '.' || path === '..') return
      const { status } = await server.send('GET', `/users/${path}`)
      assert.ok(status === 200 || (status >= 400 && status < 500), `${path}: ${status}`)
    }),
    { numRuns: 200 },
  )
})

test('the lists of an administrator are those of the core', async () => {
  const { items } = await server.core.users.list({ search: 'example.com', kind: 'person', limit: 100 })
  const found = await admin('POST', '/admin/search/users/jwt', { q: 'example.com' })
  const { email } = found.body.users as Body
  assert.equal(list(email as Body).length, items.filter((user) => user.email !== null).length)
})
