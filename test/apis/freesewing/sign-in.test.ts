import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { codeOf, makeUser, password } from '../../support/callers.ts'
import {
  assertError,
  assertNothing,
  enrolHere,
  enter,
  join,
  mailedTo,
  startSewing,
  tokenOf,
} from '../../support/freesewing.ts'
import type { Body } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startSewing()
  await makeUser(server, 'jimmy')
})
after(() => server.close())

const signUp = (json: unknown) => server.send('POST', '/signup', { json })
const signIn = (json: unknown) => server.send('POST', '/signin', { json })
const link = (json: unknown) => server.send('POST', '/signinlink', { json })
const follow = ({ id, check }: { id: string; check: string }, json?: unknown) =>
  server.send('POST', `/signinlink/${id}/${check}`, json === undefined ? {} : { json })

describe('sign-up', () => {
  test('wants a body, then an e-mail address, and no language', async () => {
    assertError(await signUp({}), 400, 'postBodyMissing')
    assertError(await server.send('POST', '/signup'), 400, 'postBodyMissing')
    assertError(await signUp({ language: 'en' }), 400, 'emailMissing')
    for (const email of ['', null, false, 0]) assertError(await signUp({ email }), 400, 'emailMissing')
    for (const email of ['not-an-email', 12, { a: 1 }, ['a@b.example'], true, 'a@b@c.example'])
      assertError(await signUp({ email }), 400, 'emailInvalid')
    assert.equal((await signUp({ email: 'no-language@example.com' })).status, 201)
    assert.equal((await signUp({ email: 'odd@example.com', language: 'klingon' })).status, 201)
  })

  test('answers a known address as an unknown one, and mails differently', async () => {
    const fresh = await signUp({ email: ' Fresh@Example.com ', language: 'de' })
    const known = await signUp({ email: 'jimmy@example.com' })
    assert.deepEqual([fresh.status, known.status], [201, 201])
    assert.deepEqual(fresh.body, { result: 'created', email: 'fresh@example.com' })
    assert.deepEqual(known.body, { result: 'created', email: 'jimmy@example.com' })
    assert.equal((await mailedTo(server, 'fresh@example.com')).page, 'signup')
    const way = await mailedTo(server, 'jimmy@example.com')
    assert.equal(way.page, 'signin')
    assert.equal((await follow(way)).status, 200)
  })

  test('says 201 for an unconfirmed, a disabled and a blocked account, too', async () => {
    await signUp({ email: 'twice@example.com' })
    const first = await mailedTo(server, 'twice@example.com')
    assert.equal((await signUp({ email: 'twice@example.com' })).status, 201)
    const second = await mailedTo(server, 'twice@example.com')
    assert.notEqual(second.id, first.id)
    for (const status of ['disabled', 'blocked'] as const) {
      const user = await makeUser(server, `is-${status}`)
      await server.core.users.setStatus(user.publicId, status, null, { api: 'native', address: '', userAgent: '' })
      assert.equal((await signUp({ email: `is-${status}@example.com` })).status, 201)
      await server.core.idle()
      assert.doesNotMatch(server.mails.at(-1)?.text ?? '', /\/confirm\//, 'no link')
    }
  })

  test('takes neither a role nor a test mode from a body', async () => {
    const asked = await signUp({ email: 'mole@example.com', test: true, role: 'admin', status: 1, id: 1 })
    assert.deepEqual(asked.body, { result: 'created', email: 'mole@example.com' })
    const { id } = await mailedTo(server, 'mole@example.com')
    const joined = await server.send('POST', `/confirm/signup/${id}`, {
      json: { consent: 1, role: 'admin', test: true },
    })
    const account = joined.body.account as Body
    assert.deepEqual([account.role, account.status], ['user', 1])
  })

  test('is confirmed once, with a consent that is a number', async () => {
    await signUp({ email: 'kim@example.com', language: 'fr' })
    const { id, check } = await mailedTo(server, 'kim@example.com')
    const confirm = (json: unknown, at = id) => server.send('POST', `/confirm/signup/${at}`, { json })
    assertError(await confirm({}), 400, 'postBodyMissing')
    for (const consent of [undefined, 0, '1', true, null, -1, 4, 1.5])
      assertError(await confirm({ x: 1, consent }), 400, 'consentRequired')
    assertNothing(await confirm({ consent: 1 }, '00000000-0000-4000-8000-000000000000'))
    assertNothing(await confirm({ consent: 1 }, 'x'))
    const looked = await server.send('GET', `/confirmations/${id}/${check}`)
    assert.deepEqual(looked.body, { result: 'success', confirmation: { id, check } })
    const joined = await confirm({ consent: 2 })
    assert.equal(joined.status, 200, joined.text)
    const account = joined.body.account as Body & { id: number }
    assert.equal(joined.body.result, 'success')
    assert.deepEqual(
      [account.username, account.email, account.initial, account.consent, account.status, account.language],
      [`user-${account.id}`, 'kim@example.com', 'kim@example.com', 2, 1, 'fr'],
    )
    assert.equal((await server.send('GET', '/whoami/jwt', { token: joined.body.token as string })).status, 200)
    assertNothing(await confirm({ consent: 2 }))
    assertNothing(await server.send('GET', `/confirmations/${id}/${check}`))
  })

  test('of 50 who confirm side by side one gets in', async () => {
    await signUp({ email: 'race@example.com' })
    const { id } = await mailedTo(server, 'race@example.com')
    const all = await Promise.all(
      Array.from({ length: 50 }, () => server.send('POST', `/confirm/signup/${id}`, { json: { consent: 1 } })),
    )
    assert.deepEqual(all.map(({ status }) => status).sort(), [200, ...Array.from({ length: 49 }, () => 404)])
  })

  test('is closed and waits for an administrator as at the native door', async (t) => {
    const closed = await startSewing({}, { settings: { signUp: 'closed' } })
    t.after(() => closed.close())
    assertError(await closed.send('POST', '/signup', { json: { email: 'a@example.com' } }), 403, 'signUpClosed')
  })
})

test('a confirmation is looked at by id and check, and nothing is used up', async () => {
  await signUp({ email: 'peek@example.com' })
  const { id, check } = await mailedTo(server, 'peek@example.com')
  for (let index = 0; index < 3; index += 1)
    assert.equal((await server.send('GET', `/confirmations/${id}/${check}`)).status, 200)
  for (const wrong of ['0000000000000000', 'x', check.slice(1)])
    assertNothing(await server.send('GET', `/confirmations/${id}/${wrong}`))
  server.clock.advance(86_400_000)
  assertNothing(await server.send('GET', `/confirmations/${id}/${check}`))
})

describe('sign-in', () => {
  test('says what is missing, in order', async () => {
    assertError(await signIn({}), 400, 'postBodyMissing')
    assertError(await server.send('POST', '/signin'), 400, 'postBodyMissing')
    assertError(await signIn({ password }), 400, 'usernameMissing')
    assertError(await signIn({ token: '123456' }), 400, 'usernameMissing')
    assertError(await signIn({ username: 'jimmy' }), 400, 'passwordMissing')
    assertError(await signIn({ username: 'jimmy', password: '' }), 400, 'passwordMissing')
  })

  test('takes user name, e-mail address or id, whatever the letters and blanks around it', async () => {
    const { account } = await enter(server, 'jimmy')
    const id = (account as Body).id as unknown as number
    for (const username of ['JIMMY', ' jimmy ', 'Jimmy@Example.com', id, String(id), ` ${id} `]) {
      const entered = await enter(server, username)
      assert.equal((entered.account as Body).username, 'jimmy', String(username))
      assert.deepEqual(Object.keys(entered), ['result', 'token', 'account'])
    }
    for (const username of [`${id}abc`, `${id}.0`, `0x${id}`, -id, 1e21, '9'.repeat(300)]) {
      const refused = await signIn({ username, password })
      assert.ok([400, 401].includes(refused.status), `${username}: ${refused.text}`)
    }
    assertError(await signIn({ username: `${id}abc`, password }), 401, 'signInFailed')
  })

  test('refuses an unknown user, a wrong password and a wrong code alike', async () => {
    await makeUser(server, 'coded')
    const { secret } = await enrolHere(server, await tokenOf(server, 'coded'))
    const wrong = codeOf(server, secret) === '000000' ? '111111' : '000000'
    for (const json of [
      { username: 'nobody', password },
      { username: 'jimmy', password: 'wrong' },
      { username: 'jimmy', password: ` ${password}` },
      { username: 'coded', password, token: wrong },
      { username: 'coded', password: 'wrong', token: codeOf(server, secret) },
      { username: 'coded', password: 'wrong' },
    ])
      assertError(await signIn(json), 401, 'signInFailed')
  })

  test('asks for the code of a second factor, takes it as text or number, and a scratch code once', async () => {
    await makeUser(server, 'twofold')
    const { secret, scratchCodes } = await enrolHere(server, await tokenOf(server, 'twofold'))
    for (const token of [undefined, false, null, ''])
      assertError(await signIn({ username: 'twofold', password, token }), 403, 'mfaTokenRequired')
    assert.equal((await signIn({ username: 'twofold', password, token: codeOf(server, secret) })).status, 200)
    assertError(await signIn({ username: 'twofold', password, token: codeOf(server, secret) }), 401, 'signInFailed')
    const [scratch = ''] = scratchCodes
    assert.equal((await signIn({ username: 'twofold', password, token: scratch })).status, 200)
    assertError(await signIn({ username: 'twofold', password, token: scratch }), 401, 'signInFailed')
    // A code that begins with zeros loses them as a number.
    for (;;) {
      server.clock.advance(30_000)
      if (codeOf(server, secret).startsWith('0')) break
    }
    assert.equal((await signIn({ username: 'twofold', password, token: Number(codeOf(server, secret)) })).status, 200)
  })

  test('is not kept from anybody who withdrew their consent', async () => {
    const token = await tokenOf(server, 'jimmy')
    assert.equal((await server.send('PATCH', '/consent/jwt', { token, json: { consent: 0 } })).status, 200)
    const { token: next, account } = await enter(server, 'jimmy')
    assert.equal((account as Body).consent, 0)
    const again = await server.send('PATCH', '/consent/jwt', { token: next as string, json: { consent: 1 } })
    assert.equal(again.status, 200)
  })

  test('by way of others does not exist', async () => {
    for (const path of ['/signin/oauth/init', '/signin/oauth'])
      for (const json of [{ provider: 'github', language: 'en' }, {}])
        assertError(await server.send('POST', path, { json }), 403, 'invalidProvider')
  })

  test('is limited, and says for how long', async (t) => {
    const limited = await startSewing({}, { settings: { limits: { enabled: true } } })
    t.after(() => limited.close())
    await makeUser(limited, 'target')
    const tries = []
    for (let index = 0; index < 12; index += 1)
      tries.push(await limited.send('POST', '/signin', { json: { username: 'target', password: `wrong ${index}` } }))
    const last = tries.at(-1)
    assert.ok(last !== undefined)
    assertError(last, 429, 'tooManyRequests')
    for (const name of ['retry-after', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'])
      assert.match(last.headers.get(name) ?? '', /^\d+$/, name)
    assert.equal(tries[0]?.status, 401)
  })
})

describe('links to sign in', () => {
  test('are asked for by name, and nobody learns who exists', async () => {
    assertError(await link({}), 400, 'postBodyMissing')
    assertError(await link({ x: 1 }), 400, 'usernameMissing')
    for (const username of ['', null, {}, [], true]) assertError(await link({ username }), 400, 'usernameMissing')
    const closed = await makeUser(server, 'closed')
    await server.core.users.setStatus(closed.publicId, 'disabled', null, { api: 'native', address: '', userAgent: '' })
    for (const username of ['jimmy', 'jimmy@example.com', 'nobody', 'nobody@example.com', 'closed', 4711]) {
      const asked = await link({ username })
      assert.equal(asked.status, 200, asked.text)
      assert.deepEqual(asked.body, { result: 'emailSent' })
    }
  })

  test('say who exists only where the operator wants it', async (t) => {
    const open = await startSewing({ revealUnknown: true })
    t.after(() => open.close())
    await makeUser(open, 'jimmy')
    const ask = (username: string) => open.send('POST', '/signinlink', { json: { username } })
    assertError(await ask('nobody'), 401, 'signInFailed')
    assert.equal((await ask('jimmy')).status, 200)
  })

  test('are good once, for ten minutes, and only with their check', async () => {
    await link({ username: 'jimmy' })
    const mailed = await mailedTo(server, 'jimmy@example.com')
    assert.equal(mailed.page, 'signin')
    assertNothing(await follow({ ...mailed, check: '0123456789abcdef' }))
    assertNothing(await follow({ id: mailed.check, check: mailed.id }))
    assertNothing(await follow({ id: '00000000-0000-4000-8000-000000000000', check: mailed.check }))
    const all = await Promise.all(Array.from({ length: 50 }, () => follow(mailed)))
    assert.equal(all.filter(({ status }) => status === 200).length, 1)
    assert.equal(all.filter(({ status }) => status === 404).length, 49)
    await link({ username: 'jimmy' })
    const late = await mailedTo(server, 'jimmy@example.com')
    server.clock.advance(600_000)
    assertNothing(await follow(late))
  })

  test('of a new account are not those of a sign-in', async () => {
    await signUp({ email: 'type@example.com' })
    const mailed = await mailedTo(server, 'type@example.com')
    assertNothing(await follow(mailed))
    await link({ username: 'jimmy' })
    const other = await mailedTo(server, 'jimmy@example.com')
    assertNothing(await server.send('POST', `/confirm/signup/${other.id}`, { json: { consent: 1 } }))
  })

  test('ask for the second factor and stay good until it is right', async () => {
    await makeUser(server, 'linked')
    const { secret, scratchCodes } = await enrolHere(server, await tokenOf(server, 'linked'))
    await link({ username: 'linked' })
    const mailed = await mailedTo(server, 'linked@example.com')
    for (const json of [undefined, {}, { token: false }, { token: '' }])
      assertError(await follow(mailed, json), 403, 'mfaTokenRequired')
    const wrong = codeOf(server, secret) === '000000' ? '111111' : '000000'
    assertError(await follow(mailed, { token: wrong }), 401, 'signInFailed')
    assert.equal((await follow(mailed, { token: codeOf(server, secret) })).status, 200)
    assertNothing(await follow(mailed, { token: scratchCodes[0] }))
    await link({ username: 'linked' })
    assert.equal((await follow(await mailedTo(server, 'linked@example.com'), { token: scratchCodes[0] })).status, 200)
  })

  test('do not open an account that was closed meanwhile', async () => {
    const user = await makeUser(server, 'meanwhile')
    await link({ username: 'meanwhile' })
    const mailed = await mailedTo(server, 'meanwhile@example.com')
    await server.core.users.setStatus(user.publicId, 'disabled', null, { api: 'native', address: '', userAgent: '' })
    assertNothing(await follow(mailed))
  })
})

test('a way in by mail alone leads to a password: sign-up, link, PATCH, sign-in', async () => {
  const { token, account } = await join(server, 'newcomer@example.com')
  const { username } = account as Body
  const chosen = 'a password of my own choice'
  const patched = await server.send('PATCH', '/account/jwt', { token: token as string, json: { password: chosen } })
  assert.equal(patched.status, 200, patched.text)
  await enter(server, 'newcomer@example.com', { password: chosen })
  await enter(server, username as string, { password: chosen })
})
