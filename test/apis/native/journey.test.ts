import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  codeOf,
  cookieOf,
  enrol,
  mailedToken,
  makeKey,
  makeToken,
  makeUser,
  password,
  signIn,
} from '../../support/callers.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startTestServer()
  await makeUser(server, 'root', 'admin')
})
after(() => server.close())

test('a stranger signs up, proves the address, signs in, and the account is theirs', async () => {
  const signedUp = await server.send('POST', '/auth/sign-up', {
    json: { username: 'Nina', email: 'Nina@Example.com', password },
  })
  assert.equal(signedUp.status, 201, signedUp.text)
  assert.deepEqual(signedUp.body, { username: 'Nina', status: 'pending' })

  const early = await server.send('POST', '/auth/sign-in', { json: { identifier: 'nina', password } })
  assert.equal(early.status, 403)
  assert.equal(early.body.code, 'account_pending')

  assert.equal(
    (
      await server.send('POST', '/auth/email/confirm', {
        json: { token: await mailedToken(server, 'nina@example.com'), password },
      })
    ).status,
    204,
  )
  for (const identifier of ['nina', 'NINA', 'nina@example.com']) {
    const { access_token: token, token_type: type, expires_in: life } = await signIn(server, identifier)
    assert.equal(type, 'Bearer')
    assert.equal(life, 3600)
    const me = await server.send('GET', '/auth/me', { token: token as string })
    assert.equal(me.status, 200)
    assert.equal(me.body.user?.username, 'Nina')
    assert.equal(me.body.credential?.kind, 'access-token')
  }
})

test('every kind of credential opens the guarded route, says its kind, and is dead once revoked', async () => {
  await makeUser(server, 'kate')
  const { access_token: access, refresh_token: refresh } = await signIn(server, 'kate')
  assert.ok(access !== undefined && refresh !== undefined)
  const key = await makeKey(server, access)
  const token = await makeToken(server, access)
  const bearer = await signIn(server, 'kate', { mode: 'bearer' })
  const cookie = await cookieOf(server, 'kate')
  const id = key.id as string
  const site = { Origin: server.url }

  const ways = {
    'access-token': { send: { token: access }, revoke: () => server.send('POST', '/auth/sign-out', { token: access }) },
    'private-token': {
      send: { token: token.token as string },
      revoke: () => server.send('DELETE', `/auth/tokens/${token.id}`, { token: access }),
    },
    'api-key': {
      send: { apiKey: key.token as string },
      revoke: () => server.send('DELETE', `/auth/keys/${id}`, { token: access }),
    },
    'bearer-token': {
      send: { token: bearer.token as string },
      revoke: () => server.send('POST', '/auth/sign-out', { token: bearer.token as string }),
    },
    'session-cookie': {
      send: { cookie, headers: site },
      revoke: () => server.send('POST', '/auth/sign-out', { cookie, headers: site }),
    },
  } as const

  const me = async (wish: object) => server.send('GET', '/auth/me', wish)
  for (const [kind, { send }] of Object.entries(ways)) {
    const answered = await me(send)
    assert.equal(answered.status, 200, `${kind}: ${answered.text}`)
    assert.equal(answered.body.credential?.kind, kind)
    assert.equal(answered.headers.get('cache-control'), 'no-store')
  }
  assert.equal((await me({ basic: [id, key.secret as string] })).body.credential?.kind, 'api-key')
  assert.equal((await me({ headers: { Authorization: `ApiKey ${key.token}` } })).body.credential?.kind, 'api-key')
  assert.equal((await me({ basic: ['kate', password] })).body.credential?.kind, 'password')

  for (const [kind, { send, revoke }] of Object.entries(ways).reverse()) {
    assert.equal((await revoke()).status, 204, kind)
    const refused = await me(send)
    assert.equal(refused.status, 401, `${kind} lives on after its revocation`)
    assert.equal(refused.body.credential_kind, kind)
  }
  assert.equal((await me({ basic: [id, key.secret as string] })).status, 401)
  assert.equal((await server.send('POST', '/auth/refresh', { json: { refresh_token: refresh } })).status, 401)
})

test('with a second factor on, the password alone opens no door, and each code is good once', async () => {
  await makeUser(server, 'mike')
  const { access_token: first } = await signIn(server, 'mike')
  const { secret, recoveryCodes } = await enrol(server, first as string)
  assert.equal(recoveryCodes.length, 10)

  const half = await server.send('POST', '/auth/sign-in', {
    json: { identifier: 'mike', password },
    headers: { Origin: server.url },
  })
  assert.equal(half.status, 403)
  assert.equal(half.body.code, 'mfa_required')
  assert.deepEqual(half.headers.getSetCookie(), [])
  assert.ok(!half.text.includes('access_token'))
  assert.equal((await server.send('GET', '/auth/me', { basic: ['mike', password] })).status, 401)

  const ticket = half.body.mfa_ticket
  const wrong = await server.send('POST', '/auth/sign-in/mfa', { json: { mfa_ticket: ticket, code: '000000' } })
  assert.equal(wrong.status, 401)
  assert.equal(wrong.body.code, 'mfa_code_wrong')
  const code = codeOf(server, secret)
  const whole = await server.send('POST', '/auth/sign-in/mfa', { json: { mfa_ticket: ticket, code } })
  assert.equal(whole.status, 200, whole.text)
  assert.equal((await server.send('POST', '/auth/sign-in/mfa', { json: { mfa_ticket: ticket, code } })).status, 400)
  assert.equal(
    (await server.send('POST', '/auth/sign-in', { json: { identifier: 'mike', password, code } })).body.code,
    'mfa_code_wrong',
  )

  const recovery = recoveryCodes[0] as string
  assert.equal(
    (await server.send('POST', '/auth/sign-in', { json: { identifier: 'mike', password, code: recovery } })).status,
    200,
  )
  assert.equal(
    (await server.send('POST', '/auth/sign-in', { json: { identifier: 'mike', password, code: recovery } })).body.code,
    'mfa_code_wrong',
  )
})

test('a refresh token used twice at once gives the same successor; used late it ends its session', async () => {
  await makeUser(server, 'rita')
  const { refresh_token: refresh } = await signIn(server, 'rita')
  const refreshWith = (token: unknown) => server.send('POST', '/auth/refresh', { json: { refresh_token: token } })
  const [one, two] = await Promise.all([refreshWith(refresh), refreshWith(refresh)])
  assert.equal(one.status, 200, one.text)
  assert.equal(two.body.refresh_token, one.body.refresh_token)
  server.clock.advance(31_000)
  await server.core.feed.sync()
  const late = await refreshWith(refresh)
  assert.equal(late.status, 401)
  assert.equal(late.body.code, 'refresh_reused')
  assert.equal((await refreshWith(one.body.refresh_token)).status, 401)
  assert.equal((await server.send('GET', '/auth/me', { token: one.body.access_token as string })).status, 401)
})

test('changes of credentials need a fresh session, and the error says how to get one', async () => {
  await makeUser(server, 'fred')
  const { access_token: token } = await signIn(server, 'fred')
  server.clock.advance(601_000)
  await server.core.feed.sync()
  const wish = { token: token as string, json: { name: 'late' } }
  const refused = await server.send('POST', '/auth/keys', wish)
  assert.equal(refused.status, 403)
  assert.equal(refused.body.code, 'reauthentication_required')
  assert.match(refused.body.detail as string, /current_password/)
  assert.equal(
    (
      await server.send('POST', '/auth/keys', {
        token: token as string,
        json: { name: 'late', current_password: 'wrong wrong' },
      })
    ).status,
    401,
  )
  assert.equal(
    (
      await server.send('POST', '/auth/keys', {
        token: token as string,
        json: { name: 'late', current_password: password },
      })
    ).status,
    201,
  )
  assert.equal((await server.send('POST', '/auth/keys', wish)).status, 201, 'the proof counts for the next ten minutes')
})

test('a magic link signs in once; a reset link sets the password, ends everything and signs nobody in', async () => {
  await makeUser(server, 'lena')
  const { access_token: token } = await signIn(server, 'lena')
  const key = await makeKey(server, token as string)
  assert.equal((await server.send('POST', '/auth/sign-in/link', { json: { identifier: 'lena' } })).status, 202)
  assert.equal((await server.send('POST', '/auth/sign-in/link', { json: { identifier: 'nobody-here' } })).status, 202)
  const link = await mailedToken(server, 'lena@example.com')
  assert.equal((await server.send('POST', '/auth/sign-in/link', { json: { token: link } })).status, 200)
  assert.equal((await server.send('POST', '/auth/sign-in/link', { json: { token: link } })).status, 400)

  assert.equal(
    (await server.send('POST', '/auth/password/forgot', { json: { identifier: 'lena@example.com' } })).status,
    202,
  )
  const reset = await mailedToken(server, 'lena@example.com')
  const done = await server.send('POST', '/auth/password/reset', {
    json: { token: reset, new_password: 'another good phrase' },
  })
  assert.equal(done.status, 204, done.text)
  assert.equal((await server.send('GET', '/auth/me', { token: token as string })).status, 401)
  assert.equal((await server.send('GET', '/auth/me', { apiKey: key.token as string })).status, 401)
  assert.equal((await server.send('POST', '/auth/sign-in', { json: { identifier: 'lena', password } })).status, 401)
  assert.equal(
    (await server.send('POST', '/auth/sign-in', { json: { identifier: 'lena', password: 'another good phrase' } }))
      .status,
    200,
  )
})

test('a disabled, demoted or deleted owner takes every credential along at the very next request', async () => {
  const admin = (await signIn(server, 'root')).access_token as string
  for (const [name, change] of [
    ['dora', { status: 'disabled' }],
    ['dave', { role: 'guest' }],
    ['dean', null],
  ] as const) {
    const user = await makeUser(server, name)
    const { access_token: access } = await signIn(server, name)
    const key = await makeKey(server, access as string)
    const token = await makeToken(server, access as string)
    const bearer = await signIn(server, name, { mode: 'bearer' })
    const all = [
      { token: access as string },
      { apiKey: key.token as string },
      { token: token.token as string },
      { token: bearer.token as string },
    ]
    for (const way of all) assert.equal((await server.send('GET', '/auth/keys', way)).status, 200)
    const path = `/auth/admin/users/${user.publicId}`
    const changed =
      change === null
        ? await server.send('DELETE', path, { token: admin, json: {} })
        : await server.send('PATCH', path, { token: admin, json: change })
    assert.ok(changed.status < 300, changed.text)
    for (const way of all) {
      const refused = await server.send('GET', '/auth/keys', way)
      assert.ok([401, 403].includes(refused.status), `${name}: ${refused.status}`)
      if (name === 'dave') assert.equal(refused.body.code, 'insufficient_scope')
    }
  }
})
