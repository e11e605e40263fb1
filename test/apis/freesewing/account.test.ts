import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { makeUser, password, signIn } from '../../support/callers.ts'
import {
  assertError,
  assertNothing,
  assertUnauthorized,
  basicChallenge,
  enter,
  join,
  mailedTo,
  sewingKey,
  startSewing,
  tokenOf,
} from '../../support/freesewing.ts'
import type { Body } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startSewing()
})
after(() => server.close())

const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
const account = async (token: string): Promise<Body> => {
  const answered = await server.send('GET', '/account/jwt', { token })
  assert.equal(answered.status, 200, answered.text)
  return answered.body.account as Body
}
const patch = (token: string, json: unknown) => server.send('PATCH', '/account/jwt', { token, json })
const changed = async (token: string, json: unknown): Promise<Body> => {
  const answered = await patch(token, json)
  assert.equal(answered.status, 200, answered.text)
  return answered.body.account as Body
}

describe('the account', () => {
  test('has every field of the contract, of its type and with its default', async () => {
    const { account } = await join(server, 'Whole@Example.com')
    const { id, createdAt, updatedAt, ihash, lastSignIn, ...rest } = account as unknown as Record<string, unknown>
    assert.ok(Number.isSafeInteger(id))
    for (const time of [createdAt, updatedAt]) assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.match(String(lastSignIn), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.match(String(ihash), /^[0-9a-f]{64}$/)
    const email = 'whole@example.com'
    assert.deepEqual(rest, {
      bio: '',
      compare: true,
      consent: 1,
      control: 1,
      data: {},
      ehash: createHash('sha256').update(email).digest('hex'),
      email,
      github: '',
      img: '',
      imperial: false,
      initial: email,
      jwtCalls: 0,
      keyCalls: 0,
      language: 'en',
      lastSeen: null,
      lusername: `user-${id}`,
      mfaEnabled: false,
      newsletter: false,
      passwordType: 'v3',
      patron: 0,
      role: 'user',
      status: 1,
      username: `user-${id}`,
    })
  })

  test('of a user who was made at another door counts as consented, and an address that is not there is empty', async () => {
    await server.core.users.create(
      { username: 'Mailless', email: null, password, role: 'editor', kind: 'person' },
      null,
      origin,
    )
    const { account } = await enter(server, 'mailless')
    const { email, initial, ehash, ihash, consent, role, username, lusername } = account as Body
    assert.deepEqual([email, initial, ehash, ihash, Number(consent), role], ['', '', '', '', 1, 'curator'])
    assert.deepEqual([username, lusername], ['Mailless', 'mailless'])
  })

  test('was seen when it calls, with either credential', async () => {
    await makeUser(server, 'seen')
    const token = await tokenOf(server, 'seen')
    const key = await sewingKey(server, token, 1)
    const now = new Date(server.clock.now()).toISOString()
    assert.equal((await account(token)).lastSeen, now)
    const byKey = await server.send('GET', '/account/key', { basic: key })
    assert.equal((byKey.body.account as Body).lastSeen, now)
    assert.equal((byKey.body.account as Body).username, 'seen')
  })
})

describe('PATCH /account', () => {
  test('changes every field that is a user’s own, and PUT means the same', async () => {
    await makeUser(server, 'pat')
    const token = await tokenOf(server, 'pat')
    const own = {
      bio: 'I *sew*.',
      compare: false,
      consent: 2,
      control: 3,
      github: 'pat',
      imperial: true,
      img: 'https://img.example/pat.png',
      language: 'nl',
      newsletter: true,
    }
    const after = await changed(token, own)
    for (const [name, value] of Object.entries(own)) assert.deepEqual(after[name], value, name)
    assert.deepEqual(await account(token), after)
    const put = await server.send('PUT', '/account/jwt', { token, json: { bio: '' } })
    assert.equal(put.status, 200, put.text)
    assert.equal((put.body.account as Body).bio, '')
    assert.equal((put.body.account as Body).github, 'pat')
  })

  test('merges data by its members, and scratch codes are none of them', async () => {
    await makeUser(server, 'dora')
    const token = await tokenOf(server, 'dora')
    await changed(token, { data: { a: 1, b: { c: 2 } } })
    const { data } = await changed(token, { data: { b: { d: 3 }, e: null, mfaScratchCodes: ['x'] } })
    assert.deepEqual(data, { a: 1, b: { d: 3 }, e: null })
    const infinite = { raw: '{"data":{"a":1e999}}', headers: { 'Content-Type': 'application/json' } }
    assertError(await server.send('PATCH', '/account/jwt', { token, ...infinite }), 400, 'requestInvalid')
    for (const wrong of ['text', 1, null, [], { long: 'x'.repeat(33_000) }])
      assertError(await patch(token, { data: wrong }), 400, 'requestInvalid')
    // It grows by merging: what counts is all of it, and a refused change changes nothing.
    await changed(token, { data: { much: 'x'.repeat(30_000) } })
    const more = { data: { more: 'y'.repeat(3000) }, password: 'an entirely other one' }
    assertError(await patch(token, more), 400, 'requestInvalid')
    await enter(server, 'dora')
  })

  test('passes over what is not right for a field of choices, a name that is taken or none, and an empty body', async () => {
    await makeUser(server, 'quiet')
    await makeUser(server, 'loud')
    const token = await tokenOf(server, 'quiet')
    const before = await account(token)
    for (const json of [
      {},
      { consent: 4 },
      { consent: '1' },
      { control: 0 },
      { control: 6 },
      { language: 'xx' },
      { compare: 'no' },
      { imperial: 1 },
      { newsletter: null },
      { username: 'loud' },
      { username: 'LOUD' },
      { username: 'x' },
      { username: 'with blank' },
      { username: '12345' },
      { password: '' },
      { email: '' },
      { test: true },
    ])
      assert.deepEqual(await changed(token, json), before, JSON.stringify(json))
    assert.deepEqual((await server.send('PATCH', '/account/jwt', { token })).body.account, before)
  })

  test('never gives a role, a status, an id, patronage or a second factor', async () => {
    await makeUser(server, 'climber')
    const token = await tokenOf(server, 'climber')
    const before = await account(token)
    const json = { role: 'admin', status: -2, id: 1, patron: 9, mfaEnabled: true, initial: 'x@x.example', level: 9 }
    assert.deepEqual(await changed(token, json), before)
    assertError(await server.send('GET', '/admin/user/1/jwt', { token }), 403, 'insufficientAccessLevel')
  })

  test('refuses what is of the wrong kind, in JSON', async () => {
    const token = await tokenOf(server, 'root')
    for (const json of [
      { bio: 1 },
      { img: 'javascript:alert(1)' },
      { img: 'data:image/png;base64,AAAA' },
      { github: {} },
      { username: 7 },
      { password: 7 },
      { email: 'not-an-email' },
    ]) {
      const answered = await patch(token, json)
      assert.equal(answered.status, 400, JSON.stringify(json))
      assert.equal(answered.body.result, 'error')
    }
  })

  test('renames, and the same letters in another case are the same name', async () => {
    await makeUser(server, 'old-name')
    const token = await tokenOf(server, 'old-name')
    assert.equal((await changed(token, { username: 'NewName' })).username, 'NewName')
    assert.equal((await changed(token, { username: 'newname' })).username, 'newname')
    await enter(server, 'NEWNAME')
  })

  test('sets a password: it is mailed, other sessions end and this one stays', async () => {
    await makeUser(server, 'pass')
    const [token, other] = [await tokenOf(server, 'pass'), await tokenOf(server, 'pass')]
    assertError(await patch(token, { password: 'short' }), 400, 'passwordRefused')
    assertError(await patch(token, { password: 'pass', bio: 'x' }), 400, 'passwordRefused')
    assert.equal((await account(token)).bio, '', 'a refused change changes nothing')
    await changed(token, { password: 'an entirely other one' })
    assertUnauthorized(await server.send('GET', '/account/jwt', { token: other }))
    await account(token)
    await enter(server, 'pass', { password: 'an entirely other one' })
    await server.core.idle()
    assert.ok(server.mails.some(({ to, subject }) => to === 'pass@example.com' && /password was changed/.test(subject)))
  })
})

test('a change that names several things changes none of them when one is refused', async () => {
  await makeUser(server, 'several')
  const token = await tokenOf(server, 'several')
  const [before, mails] = [await account(token), server.mails.length]
  const password = 'an entirely other one'
  assertError(await patch(token, { password, email: 'none@', username: 'other' }), 400, 'emailInvalid')
  assertError(await patch(token, { email: 'other@example.com', password: 'short', bio: 'x' }), 400, 'passwordRefused')
  await server.core.idle()
  assert.deepEqual([await account(token), server.mails.length], [before, mails])
  await enter(server, 'several')
})

test('mails and hashing that an account asks for are limited by address', async (t) => {
  const rule = (points: number) => ({ points, windowSeconds: 900 })
  const limits = { enabled: true, mail: rule(3), address: rule(5) }
  const limited = await startSewing({}, { settings: { limits } })
  t.after(() => limited.close())
  await makeUser(limited, 'relay')
  const token = await tokenOf(limited, 'relay')
  const native = (await signIn(limited, 'relay')).access_token as string
  const asks = async (index: number) => {
    const json = { email: `victim${index}@example.net` }
    return (await limited.send('PATCH', '/account/jwt', { token, json })).status
  }
  assert.deepEqual([await asks(1), await asks(2), await asks(3), await asks(4)], [200, 200, 200, 429])
  const json = { email: 'victim@example.net' }
  assert.equal((await limited.send('PATCH', '/auth/me', { token: native, json })).status, 429)
  await limited.core.idle()
  assert.equal(limited.mails.filter(({ to }) => to.endsWith('@example.net')).length, 3)
  const change = async (index: number) =>
    (await limited.send('PATCH', '/account/jwt', { token, json: { password: `one long phrase ${index}` } })).status
  const answers: number[] = []
  for (let index = 0; index < 8; index += 1) answers.push(await change(index))
  assert.deepEqual(answers.slice(5), [429, 429, 429])
  assert.equal((await limited.send('PATCH', '/account/jwt', { token, json: { bio: 'x' } })).status, 200)
})

describe('a change of e-mail address', () => {
  test('counts when it was confirmed with id and check, once, and the old address can undo it', async () => {
    await makeUser(server, 'mover')
    const token = await tokenOf(server, 'mover')
    const asked = await changed(token, { email: 'Moved@Example.com' })
    assert.equal(asked.email, 'mover@example.com')
    const { page, id, check } = await mailedTo(server, 'moved@example.com')
    assert.equal(page, 'emailchange')
    const confirm = (more: object) => patch(token, { confirm: 'emailchange', ...more })
    assertNothing(await confirm({ confirmation: '00000000-0000-4000-8000-000000000000', check }))
    for (const json of [{ confirmation: id }, { confirmation: id, check: '0123456789abcdef' }, {}]) {
      const answered = await confirm(json)
      assert.equal(answered.status, 200, answered.text)
      assert.equal((answered.body.account as Body).email, 'mover@example.com')
    }
    const done = await confirm({ confirmation: id, check })
    const after = done.body.account as Body
    assert.deepEqual([after.email, after.initial], ['moved@example.com', 'mover@example.com'])
    assertNothing(await confirm({ confirmation: id, check }))
    await enter(server, 'moved@example.com')
    await server.core.idle()
    assert.ok(
      server.mails.some(({ to, text }) => to === 'mover@example.com' && text.includes('/auth/page/undo-email#')),
    )
  })

  test('takes no confirmation of another type or another user', async () => {
    await makeUser(server, 'owner')
    await makeUser(server, 'thief')
    const [owner, thief] = [await tokenOf(server, 'owner'), await tokenOf(server, 'thief')]
    await changed(owner, { email: 'owner2@example.com' })
    const mailed = await mailedTo(server, 'owner2@example.com')
    const json = { confirm: 'emailchange', confirmation: mailed.id, check: mailed.check }
    assertNothing(await patch(thief, json))
    await server.send('POST', '/signinlink', { json: { username: 'owner' } })
    const link = await mailedTo(server, 'owner@example.com')
    assertNothing(await patch(owner, { ...json, confirmation: link.id, check: link.check }))
    assert.equal((await account(thief)).email, 'thief@example.com')
    assert.equal((await changed(owner, json)).email, 'owner2@example.com')
  })
})

test('the mail about a change of address signs nobody in, also where there is no password', async () => {
  const { token } = await join(server, 'bymail@example.com')
  await changed(token as string, { email: 'typo@example.com' })
  const { id, check } = await mailedTo(server, 'typo@example.com')
  const native = await server.send('POST', '/auth/email/confirm', { json: { token: id } })
  assert.deepEqual([native.status, native.body.code], [400, 'one_time_invalid'])
  assertNothing(await server.send('POST', `/confirm/signup/${id}`, { json: { consent: 1 } }))
  assertNothing(await server.send('POST', `/signinlink/${id}/${check}`))
  assert.equal((await account(token as string)).email, 'bymail@example.com')
})

describe('consent', () => {
  test('is 0, 1 or 2, and answers the account and a token of the same session', async () => {
    await makeUser(server, 'conny')
    const token = await tokenOf(server, 'conny')
    const set = (consent: unknown, by = token) => server.send('PATCH', '/consent/jwt', { token: by, json: { consent } })
    for (const consent of [3, -1, '1', null, undefined, true, 1.5])
      assertError(await set(consent), 400, 'consentInvalid')
    const given = await set(2)
    assert.deepEqual(Object.keys(given.body), ['result', 'account', 'token'])
    assert.equal((given.body.account as Body).consent, 2)
    server.clock.advance(6 * 86_400_000)
    const renewed = (await set(1)).body.token as string
    server.clock.advance(86_400_000 + 1000)
    // The end of a session is not moved by asking again.
    assertUnauthorized(await server.send('GET', '/account/jwt', { token: renewed }))
  })

  test('that was withdrawn shuts everything but the way back, for keys too', async () => {
    await makeUser(server, 'back')
    const token = await tokenOf(server, 'back')
    const key = await sewingKey(server, token, 4)
    const set = (consent: number) => server.send('PATCH', '/consent/jwt', { token, json: { consent } })
    await set(0)
    assertUnauthorized(await server.send('GET', '/account/jwt', { token }))
    assertUnauthorized(await server.send('PATCH', '/account/jwt', { token, json: { consent: 1 } }))
    assertUnauthorized(await server.send('GET', '/whoami/key', { basic: key }), basicChallenge)
    const who = await server.send('GET', '/whoami/jwt', { token })
    assert.equal(who.status, 451)
    assert.deepEqual(who.body, { result: 'error', error: { error: 'consentLacking' } })
    await set(1)
    assert.equal((await server.send('GET', '/whoami/key', { basic: key })).status, 200)
    await account(token)
  })
})

describe('leaving', () => {
  test('an export is an address that holds everything, and no secret', async () => {
    await makeUser(server, 'packer')
    const token = await tokenOf(server, 'packer')
    const [id, secret] = await sewingKey(server, token, 2)
    const { body } = await server.send('GET', '/account/export/jwt', { token })
    const [, base64 = ''] = /^data:application\/json;base64,([A-Za-z0-9+/=]+)$/.exec(body.data as string) ?? []
    const text = Buffer.from(base64, 'base64').toString()
    const document = JSON.parse(text)
    assert.equal(document.account.username, 'packer')
    assert.equal(document.apikeys[0].id, id)
    for (const hidden of [secret, '$argon2', 'hash', 'mfaSecret'])
      assert.ok(!text.replace(/"[ei]hash"/g, '').includes(hidden))
  })

  test('restricting closes the account at once, for every credential', async () => {
    await makeUser(server, 'closer')
    const token = await tokenOf(server, 'closer')
    const key = await sewingKey(server, token, 4)
    const done = await server.send('GET', '/account/restrict/key', { basic: key })
    assert.equal(done.status, 200, done.text)
    assert.deepEqual(done.body, { result: 'success', data: {} })
    assertUnauthorized(await server.send('GET', '/account/jwt', { token }))
    assertUnauthorized(await server.send('GET', '/account/key', { basic: key }), basicChallenge)
    assertError(await server.send('POST', '/signin', { json: { username: 'closer', password } }), 403, 'statusLacking')
  })

  test('deleting takes everything along, and the last administrator cannot', async () => {
    await makeUser(server, 'leaver')
    const token = await tokenOf(server, 'leaver')
    const done = await server.send('DELETE', '/account/jwt', { token })
    assert.equal(done.status, 200, done.text)
    assert.deepEqual(done.body, { result: 'success', data: {} })
    assertUnauthorized(await server.send('GET', '/account/jwt', { token }))
    assertError(await server.send('POST', '/signin', { json: { username: 'leaver', password } }), 401, 'signInFailed')
    const root = await tokenOf(server, 'root')
    for (const [method, path] of [
      ['DELETE', '/account/jwt'],
      ['GET', '/account/restrict/jwt'],
    ] as const)
      assertError(await server.send(method, path, { token: root }), 409, 'lastAdmin')
  })
})
