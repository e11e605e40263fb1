import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeUser, password } from '../../support/callers.ts'
import { assertErrors, claimsOf, obtain, startPhotos } from '../../support/librephotos.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

const form = (username: string, more: object = {}) => ({
  username,
  password: 'violet anchor 93',
  email: `${username}@example.com`,
  first_name: '',
  last_name: '',
  ...more,
})
const notProvided = ['detail', 'Authentication credentials were not provided.'] as const
const denied = ['detail', 'You do not have permission to perform this action.'] as const
const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const

describe('the first sign-up', () => {
  let server: TestServer
  const isFirst = async () => (await server.send('GET', '/api/firsttimesetup/')).body as unknown
  before(async () => {
    server = await startTestServer({ doors: { librephotos: { enabled: true } } })
  })
  after(() => server.close())

  test('needs the set-up code, whatever else it says, and then makes the administrator', async () => {
    assert.deepEqual(await isFirst(), { isFirstTimeSetup: true })
    const send = (json: object) => server.send('POST', '/api/user/', { json })
    assertErrors(await send(form('boss')), 400, ['setup_code', 'This server has no administrator yet.'])
    assertErrors(await send(form('boss', { is_superuser: true })), 400, [
      'setup_code',
      'This server has no administrator yet.',
    ])
    assertErrors(await send(form('boss', { setup_code: 'f'.repeat(32) })), 400, [
      'detail',
      'The link or code is not valid any more.',
    ])
    assert.equal((await server.core.users.list({ limit: 9 })).items.length, 0)
    const code = await server.core.users.newSetUpCode()
    const tries = await Promise.all(
      Array.from({ length: 50 }, (_, index) => send(form(`boss${index}x`, { setup_code: code }))),
    )
    assert.equal(tries.filter(({ status }) => status === 201).length, 1, 'of 50 side by side one')
    const made = tries.find(({ status }) => status === 201)
    assert.deepEqual(Object.keys(made?.body ?? {}), ['username', 'email', 'first_name', 'last_name'])
    assert.equal(made?.headers.getSetCookie().length, 0)
    assert.deepEqual(await isFirst(), { isFirstTimeSetup: false })
    assert.deepEqual((await server.send('GET', '/api/firsttimesetup')).body as unknown, { isFirstTimeSetup: false })
    const { access } = await obtain(server, made?.body.username as string, { password: 'violet anchor 93' })
    assert.equal(claimsOf(access).is_admin, true)
    const admins = (await server.core.users.list({ limit: 99, role: 'admin' })).items
    assert.equal(admins.length, 1)
  })
})

test('opened by the operator, the first sign-up from this machine needs no code; from another it does', async () => {
  const server = await startTestServer({
    doors: { librephotos: { enabled: true, openFirstSetup: true } },
    http: { trustedProxies: ['127.0.0.1'] },
  })
  try {
    const far = { json: form('far'), headers: { 'X-Forwarded-For': '203.0.113.9' } }
    assert.equal((await server.send('POST', '/api/user/', far)).status, 400)
    const tries = await Promise.all(
      Array.from({ length: 20 }, (_, index) => server.send('POST', '/api/user/', { json: form(`near${index}x`) })),
    )
    assert.ok(tries.some(({ status }) => status === 201))
    const admins = (await server.core.users.list({ limit: 99, role: 'admin' })).items
    assert.equal(admins.length, 1, 'one administrator, however many came at once')
    assert.equal((await server.send('POST', '/api/user/', { json: form('second') })).status, 201)
    assert.equal((await server.core.users.find('second', origin))?.role, 'user')
  } finally {
    await server.close()
  }
})

for (const corsOrigins of ['*', []] as const) {
  const which = corsOrigins === '*' ? 'every page' : 'no page'
  test(`opened by the operator, it makes no administrator for a page elsewhere or past a proxy, where ${which} may ask`, async () => {
    const server = await startTestServer({
      doors: { librephotos: { enabled: true, openFirstSetup: true, corsOrigins } },
    })
    try {
      for (const headers of [
        { Origin: 'https://evil.example' },
        { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
        { 'Sec-Fetch-Site': 'same-site' },
        { Forwarded: 'for=203.0.113.9' },
        { 'X-Forwarded-For': '127.0.0.1' },
        { 'X-Forwarded-Host': '127.0.0.1' },
        { 'X-Forwarded-Proto': 'http' },
        { 'X-Real-IP': '127.0.0.1' },
        { Via: '1.1 tunnel' },
      ]) {
        const answered = await server.send('POST', '/api/user/', { json: form('evil'), headers })
        assert.ok([400, 403].includes(answered.status), `${JSON.stringify(headers)} ${answered.text}`)
      }
      assert.equal((await server.core.users.list({ limit: 9 })).items.length, 0)
    } finally {
      await server.close()
    }
  })
}

test('opened by the operator, a first sign-up that is refused leaves the printed code good', async () => {
  const server = await startTestServer({ doors: { librephotos: { enabled: true, openFirstSetup: true } } })
  try {
    const setup_code = await server.core.users.newSetUpCode()
    const send = (json: object) => server.send('POST', '/api/user/', { json })
    assert.equal((await send(form('boss', { password: 'short' }))).status, 400)
    assert.equal((await send(form('boss', { email: 'no address' }))).status, 400)
    assert.equal((await send(form('boss', { setup_code }))).status, 201)
    assert.equal((await server.core.users.find('boss', origin))?.role, 'admin')
  } finally {
    await server.close()
  }
})

describe('a sign-up', () => {
  let server: TestServer
  before(async () => {
    server = await startPhotos()
    await makeUser(server, 'anna')
  })
  after(() => server.close())
  const send = (json: object, wish: object = {}) => server.send('POST', '/api/user/', { json, ...wish })

  test('makes an active user with an unproven address, from JSON or a form; no token, no cookie', async () => {
    const answered = await send(form('bert', { first_name: 'Bert' }))
    assert.equal(answered.status, 201, answered.text)
    assert.deepEqual(answered.body as unknown, {
      username: 'bert',
      email: 'bert@example.com',
      first_name: 'Bert',
      last_name: '',
    })
    assert.equal(answered.headers.get('location'), null)
    const bert = await server.core.users.find('bert', origin)
    assert.deepEqual(
      [bert?.status, bert?.role, bert?.email, bert?.unprovenEmail],
      ['active', 'user', null, 'bert@example.com'],
    )
    const { access } = await obtain(server, 'bert', { password: 'violet anchor 93' })
    const own = await server.send('GET', `/api/user/${bert?.id}/`, { token: access })
    assert.deepEqual([own.body.email, own.body.first_name], ['bert@example.com', 'Bert'])
    const byForm = await server.send('POST', '/api/user/', {
      form: form('formed') as unknown as Record<string, string>,
    })
    assert.equal(byForm.status, 201, byForm.text)
  })

  test('is no way to become more: what asks for it is passed over, signed in or not', async () => {
    const { access } = await obtain(server, 'anna')
    const more = { is_superuser: true, is_staff: true, role: 'admin', id: 1, status: 'active' }
    assert.equal((await send(form('sly', more))).status, 201)
    assert.equal((await send(form('slyer', more), { token: access })).status, 201)
    for (const name of ['sly', 'slyer']) assert.equal((await server.core.users.find(name, origin))?.role, 'user')
  })

  test('with a taken address tells nothing, and its owner is told', async () => {
    const free = await send(form('one', { email: 'free@example.com' }))
    const taken = await send(form('two', { email: 'anna@example.com' }))
    assert.deepEqual([free.status, taken.status], [201, 201])
    assert.deepEqual(Object.keys(free.body), Object.keys(taken.body))
    const { access } = await obtain(server, 'two', { password: 'violet anchor 93' })
    const two = await server.core.users.find('two', origin)
    assert.equal((await server.send('GET', `/api/user/${two?.id}/`, { token: access })).body.email, 'anna@example.com')
    assert.equal(two?.email, null)
    await server.core.idle()
    assert.ok(server.mails.some(({ to, subject }) => to === 'anna@example.com' && subject.startsWith('You already')))
  })

  test('that is not right is told by field, in the words of the framework', async () => {
    const each = ['username', 'password', 'email', 'first_name', 'last_name'] as const
    assertErrors(await send({}), 400, ...each.map((field) => [field, 'This field is required.'] as const))
    assertErrors(await send(form('a b')), 400, [
      'username',
      'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.',
    ])
    assertErrors(await send(form('anna')), 400, ['username', 'A user with that username already exists.'])
    assertErrors(await send(form('ANNA')), 400, ['username', 'A user with that username already exists.'])
    assertErrors(await send(form('x', { password: 'ab' })), 400, [
      'password',
      'Ensure this field has at least 3 characters.',
    ])
    assertErrors(await send(form('x', { password: 'a'.repeat(129) })), 400, [
      'password',
      'Ensure this field has no more than 128 characters.',
    ])
    assertErrors(await send(form('x', { password: 'abcd' })), 400, [
      'password',
      'This password is too short: a password has 8 to 256 characters.',
    ])
    assertErrors(await send(form('x', { email: 'nonsense' })), 400, ['email', 'Enter a valid email address.'])
    assertErrors(await send(form('x'.repeat(151))), 400, [
      'username',
      'Ensure this field has no more than 150 characters.',
    ])
    assertErrors(await send(form('x', { email: `${'a'.repeat(250)}@example.com` })), 400, [
      'email',
      'Ensure this field has no more than 254 characters.',
    ])
    assert.equal((await send(form('12345'))).status, 400, 'a number is no name')
    assert.equal(await server.core.users.find('x', origin), null)
  })

  test('of 50 with one name side by side one succeeds', async () => {
    const tries = await Promise.all(Array.from({ length: 50 }, () => send(form('same', { email: '' }))))
    assert.equal(tries.filter(({ status }) => status === 201).length, 1)
    for (const { status } of tries) assert.ok([201, 400].includes(status), String(status))
  })

  test('by an administrator shows the whole record, and the address counts as proven', async () => {
    const { access } = await obtain(server, 'root')
    const answered = await send(form('invited'), { token: access })
    assert.equal(answered.status, 201, answered.text)
    assert.equal(typeof answered.body.date_joined, 'string')
    assert.equal((await server.core.users.find('invited@example.com', origin))?.username, 'invited')
    assertErrors(await send(form('other', { email: 'invited@example.com' }), { token: access }), 400, [
      'email',
      'This e-mail address is not available.',
    ])
  })
})

for (const signUp of ['closed', 'invite'] as const) {
  test(`where sign-up is ${signUp}: 401 for nobody, 403 for somebody, and administrators still open accounts`, async () => {
    const server = await startPhotos({}, { settings: { signUp } })
    try {
      await makeUser(server, 'anna')
      const send = (wish: object) => server.send('POST', '/api/user/', { json: form('new'), ...wish })
      assertErrors(await send({}), 401, notProvided)
      assertErrors(await send({ token: (await obtain(server, 'anna')).access }), 403, denied)
      assert.equal((await server.send('GET', '/api/sitesettings')).body.allow_registration as unknown, false)
      assert.equal((await send({ token: (await obtain(server, 'root')).access })).status, 201)
    } finally {
      await server.close()
    }
  })
}

describe('the site', () => {
  let server: TestServer
  before(async () => {
    server = await startPhotos()
  })
  after(() => server.close())

  test('says what it allows to everybody; what is in force is taken from an administrator, all else is configuration', async () => {
    for (const path of ['/api/sitesettings', '/api/sitesettings/']) {
      const answered = await server.send('GET', path)
      assert.deepEqual([answered.status, answered.body.allow_registration] as unknown[], [200, true])
      assertErrors(await server.send('POST', path, { json: {} }), 401, notProvided)
    }
    await makeUser(server, 'anna')
    const { access } = await obtain(server, 'anna')
    assertErrors(await server.send('POST', '/api/sitesettings', { token: access, json: {} }), 403, denied)
    const token = (await obtain(server, 'root')).access
    const json = { allow_registration: true, map_api_key: 'x' }
    assert.equal((await server.send('POST', '/api/sitesettings', { token, json })).status, 200)
    assertErrors(await server.send('POST', '/api/sitesettings', { token, json: { allow_registration: false } }), 400, [
      'allow_registration',
      'This is set in the configuration of the server.',
    ])
  })

  test('has no sign-in by way of others, and says so whatever is sent along', async () => {
    for (const path of ['/api/auth/sso/config/', '/api/auth/sso/config']) {
      const answered = await server.send('GET', path, { token: 'nonsense' })
      assert.deepEqual(answered.body as unknown, { enabled: false, label: '', providers: [] })
    }
  })

  test('answers what is not here with 404 in the envelope, and leaves the native addresses alone', async () => {
    for (const path of [
      '/api/jobs/',
      '/api/stats',
      '/api/upload/',
      '/api/upload/complete/',
      '/api/nothing',
      '/api/user/1/2/',
    ])
      assertErrors(await server.send('GET', path), 404, ['detail', 'Not found.'])
    assert.equal((await server.send('GET', '/api/help')).status, 200)
    assert.match((await server.send('GET', '/auth/nothing')).type, /problem\+json/)
  })
})

test('the password stays out of every answer', async () => {
  const server = await startPhotos()
  try {
    const { access } = await obtain(server, 'root')
    for (const path of ['/api/user/', '/api/user/1/', '/api/manage/user/', '/api/manage/user/1/']) {
      const answered = await server.send('GET', path, { token: access })
      assert.doesNotMatch(answered.text, /password|argon2/i)
      assert.ok(!answered.text.includes(password))
    }
  } finally {
    await server.close()
  }
})
