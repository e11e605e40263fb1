import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { codeOf, enrol, makeUser, password, signIn } from '../../support/callers.ts'
import { accessOf, assertDetail, assertFields, login, loginAt, startHaut, tokensAt } from '../../support/hautai.ts'
import type { Body } from '../../support/http.ts'
import { claimsOf, obtain } from '../../support/librephotos.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startHaut({ doors: { librephotos: { enabled: true } } })
  await makeUser(server, 'anna')
})
after(() => server.close())

const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
const send = (json: unknown, wish: object = {}) => server.send('POST', loginAt, { json, ...wish })
const noActive = 'No active account found with the given credentials'
const life = (token: string) => Number(claimsOf(token).exp) - Number(claimsOf(token).iat)

describe('login', () => {
  test('answers the account and the same access token under both names', async () => {
    const anna = await server.core.users.find('anna', origin)
    const body = (await login(server, 'anna@example.com')) as unknown as Record<string, unknown>
    const { token_access, access_token, refresh_token, company_id, ...rest } = body
    assert.equal(token_access, access_token)
    assert.equal(typeof refresh_token, 'string')
    assert.match(String(company_id), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.deepEqual(rest, {
      id: anna?.id,
      email: 'anna@example.com',
      username: 'anna@example.com',
      is_verified: true,
      profile: { full_name: 'anna', kyc_enabled: false, terms_and_policy_accepted_at: null },
    })
  })

  test('takes `username` or `email`, JSON, a form or multipart, and no cookie is set', async () => {
    for (const wish of [
      { json: { email: 'anna@example.com', password } },
      { json: { username: 'anna', password } },
      { form: { username: 'anna@example.com', password } },
      { json: { email: 'nobody@example.com', username: 'anna', password } },
    ]) {
      const answered = await server.send('POST', loginAt, wish)
      assert.equal(answered.status, 200, answered.text)
      assert.deepEqual(answered.headers.getSetCookie(), [])
      assert.equal(answered.headers.get('cache-control'), 'no-store')
    }
  })

  test('the company id belongs to the account and does not change', async () => {
    const first = await login(server, 'anna')
    await server.core.users.changeUsername(
      (await server.core.users.find('anna', origin)) ?? assert.fail(),
      'annabel',
      origin,
    )
    assert.equal((await login(server, 'annabel')).company_id, first.company_id)
    assert.notEqual((await login(server, 'root')).company_id, first.company_id)
    await server.core.users.changeUsername(
      (await server.core.users.find('annabel', origin)) ?? assert.fail(),
      'anna',
      origin,
    )
  })

  test('refuses in the plain bodies of the framework', async () => {
    assertDetail(await send({ username: 'anna', password: 'wrong password' }), 401, noActive)
    assertDetail(await send({ username: 'nobody@example.com', password }), 401, noActive)
    assertFields(await send({}), { username: ['This field is required.'], password: ['This field is required.'] })
    assertFields(await send({ email: 'anna@example.com' }), { password: ['This field is required.'] })
    assertFields(await send({ email: '', password: '' }), {
      email: ['This field may not be blank.'],
      password: ['This field may not be blank.'],
    })
    assertFields(await send([]), { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] })
    assertDetail(await server.send('GET', loginAt), 405, 'Method "GET" not allowed.')
    const bare = await server.send('GET', '/api/v1/auth/login')
    assert.deepEqual([bare.status, bare.headers.get('location')], [301, loginAt])
    const plain = await server.send('POST', loginAt, { raw: '{}', headers: { 'Content-Type': 'text/plain' } })
    assertDetail(plain, 415, 'Unsupported media type "text/plain" in request.')
    assertDetail(await server.send('GET', '/api/v1/nothing/'), 404, 'Not found.')
    const closed = await makeUser(server, 'closed')
    await server.core.users.setStatus(closed.publicId, 'disabled', null, origin)
    assertDetail(await send({ username: 'closed', password }), 401, noActive)
  })

  test('with a second factor asks for the code; one right code signs in once, also 50 times side by side', async () => {
    await makeUser(server, 'mona')
    const { secret } = await enrol(server, (await signIn(server, 'mona')).access_token as string)
    const asked = await send({ username: 'mona', password })
    assertDetail(asked, 401, 'A second factor is needed: send its code as `code`, too.', 'mfa_required')
    const wrong = await send({ username: 'mona', password, code: '000000' })
    assertDetail(wrong, 401, 'The code is wrong or was used already.', 'mfa_code_wrong')
    const code = codeOf(server, secret)
    const tries = await Promise.all(
      Array.from({ length: 50 }, () => send({ email: 'mona@example.com', password, code })),
    )
    assert.equal(tries.filter(({ status }) => status === 200).length, 1)
  })

  test('limited is 429, with how long to wait', async () => {
    const rule = (points: number) => ({ points, windowSeconds: 600 })
    const limits = {
      enabled: true,
      address: rule(2),
      user: rule(9),
      knownUser: rule(9),
      strangers: rule(50),
      mail: rule(9),
    }
    const limited = await startHaut({ settings: { limits } })
    try {
      const wish = { json: { username: 'root', password: 'wrong password' } }
      for (let index = 0; index < 2; index += 1) assert.equal((await limited.send('POST', loginAt, wish)).status, 401)
      const answered = await limited.send('POST', loginAt, wish)
      const wait = Number(answered.headers.get('retry-after'))
      assertDetail(answered, 429, `Request was throttled. Expected available in ${wait} seconds.`)
    } finally {
      await limited.close()
    }
  })
})

describe('the access token', () => {
  test('lives one hour, whatever any setting says, also after a refresh', async () => {
    const short = await startHaut({ settings: { accessTokenSeconds: 60, session: { absoluteSeconds: 600 } } })
    try {
      const body = await login(short, 'root')
      assert.equal(life(body.access_token as string), 3600)
      const refreshed = await short.send('POST', '/auth/refresh', { json: { refresh_token: body.refresh_token } })
      assert.equal(life(refreshed.body.access_token as string), 3600)
      short.clock.advance(3_599_000)
      assert.equal((await short.send('GET', tokensAt, { token: refreshed.body.access_token as string })).status, 200)
      short.clock.advance(1_000)
      assert.equal((await short.send('GET', tokensAt, { token: refreshed.body.access_token as string })).status, 401)
    } finally {
      await short.close()
    }
  })

  test('is renewed at POST /auth/refresh and /oauth/token; of 50 side by side none is an error, and reuse ends the session', async () => {
    const { refresh_token } = await login(server, 'anna')
    const refresh = (token: unknown) => server.send('POST', '/auth/refresh', { json: { refresh_token: token } })
    const tries = await Promise.all(Array.from({ length: 50 }, () => refresh(refresh_token)))
    for (const { status } of tries) assert.equal(status, 200)
    assert.equal(new Set(tries.map(({ body }) => body.refresh_token)).size, 1, 'the same successor')
    const form = { grant_type: 'refresh_token', refresh_token: tries[0]?.body.refresh_token as string }
    const granted = await server.send('POST', '/oauth/token', { form })
    assert.equal(granted.status, 200, granted.text)
    assert.equal(granted.body.expires_in as unknown, 3600)
    assert.equal(claimsOf(granted.body.access_token as string).api, 'hautai')
    assert.equal((await refresh(refresh_token)).status, 401)
    assert.equal((await refresh(granted.body.refresh_token)).status, 401)
    await server.core.feed.sync()
    assert.equal((await server.send('GET', tokensAt, { token: granted.body.access_token as string })).status, 401)
  })

  test('works at the native door within its ceiling, and theirs work here', async () => {
    const root = await accessOf(server, 'root')
    assert.equal((await server.send('GET', '/auth/me', { token: root })).status, 200)
    assert.equal((await server.send('GET', '/auth/admin/users', { token: root })).status, 403)
    for (const token of [(await signIn(server, 'anna')).access_token as string, (await obtain(server, 'anna')).access])
      assert.equal((await server.send('GET', tokensAt, { token })).status, 200)
  })
})

describe('a credential', () => {
  const get = (wish: object) => server.send('GET', tokensAt, wish)
  const notValid = (answered: { body: Body }) =>
    assert.deepEqual(answered.body as unknown, {
      detail: 'Given token not valid for any token type',
      code: 'token_not_valid',
      messages: [{ token_class: 'AccessToken', token_type: 'access', message: 'Token is invalid or expired' }],
    })

  test('that is missing, invalid, expired or ended is told with code and detail', async () => {
    assertDetail(await get({}), 401, 'Authentication credentials were not provided.')
    assertDetail(
      await get({ headers: { Authorization: 'Token x' } }),
      401,
      'Authentication credentials were not provided.',
    )
    const token = await accessOf(server, 'anna')
    for (const bad of ['x', `${token.slice(0, -3)}AAA`]) {
      const answered = await get({ token: bad })
      notValid(answered)
      assert.equal(answered.headers.get('www-authenticate'), 'Bearer realm="api"')
    }
    server.clock.advance(3_600_000)
    notValid(await get({ token }))
    const other = await accessOf(server, 'anna')
    await server.send('POST', '/auth/sign-out', { token: other })
    await server.core.feed.sync()
    notValid(await get({ token: other }))
  })

  test('whose user is closed or gone is told that', async () => {
    const user = await makeUser(server, 'closing')
    const token = await accessOf(server, 'closing')
    await server.core.users.setStatus(user.publicId, 'disabled', null, origin)
    assertDetail(await get({ token }), 401, 'User is inactive', 'user_inactive')
    await server.core.users.remove(user, null, origin)
    assertDetail(await get({ token }), 401, 'User not found', 'user_not_found')
  })

  test('is a Bearer token: no password, no key, no cookie', async () => {
    for (const wish of [{ basic: ['anna', password] }, { apiKey: 'x' }])
      assertDetail(await get(wish), 401, 'Authentication credentials were not provided.')
    const token = await accessOf(server, 'anna')
    assertDetail(await get({ cookie: `jwt=${token}` }), 401, 'Authentication credentials were not provided.')
  })
})
