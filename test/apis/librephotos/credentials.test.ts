import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeKey, makeToken, makeUser, password, signIn } from '../../support/callers.ts'
import { type LogLine, rememberingLog } from '../../support/core.ts'
import { assertErrors, claimsOf, notValid, obtain, startPhotos } from '../../support/librephotos.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
let own: string
before(async () => {
  server = await startPhotos()
  await makeUser(server, 'anna')
  const anna = await server.core.users.find('anna', origin)
  own = `/api/user/${anna?.id}/`
})
after(() => server.close())

const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
/** For staff only, and so never without a credential. */
const guarded = '/api/manage/user/'
const get = (wish: object, path = guarded) => server.send('GET', path, wish)
const notProvided = ['detail', 'Authentication credentials were not provided.'] as const
const denied = ['detail', 'You do not have permission to perform this action.'] as const
const badToken = (message = 'Token is invalid or expired') =>
  [['detail', 'Given token not valid for any token type'], notValid, ['messages', message]] as const
const headers = (Authorization: string) => ({ headers: { Authorization } })

describe('a Bearer header', () => {
  test('is known in exactly this spelling; any other scheme, and an empty header, is none', async () => {
    const { access } = await obtain(server, 'root')
    assert.equal((await get(headers(`Bearer ${access}`))).status, 200)
    assert.equal((await get(headers(`Bearer   ${access}`))).status, 200)
    assertErrors(await get({}), 401, notProvided)
    for (const other of ['', 'JWT x', 'Token x', `bearer ${access}`, `BEARER ${access}`, `Nonsense ${access}`])
      assertErrors(await get(headers(other)), 401, notProvided)
  })

  test('has one value', async () => {
    for (const header of ['Bearer', 'Bearer a b'])
      assertErrors(
        await get(headers(header)),
        401,
        ['detail', 'Authorization header must contain two space-delimited values'],
        ['code', 'bad_authorization_header'],
      )
  })

  test('that holds no good access token is told what is wrong', async () => {
    const { access, refresh } = await obtain(server, 'root')
    for (const token of ['x', 'a.b.c', `${access.slice(0, -3)}AAA`])
      assertErrors(await get({ token }), 401, ...badToken())
    assertErrors(await get({ token: refresh }), 401, ...badToken('Token has wrong type'))
    server.clock.advance(3_600_000)
    assertErrors(await get({ token: access }), 401, ...badToken())
  })

  test('a bad one is refused also where nobody has to sign in', async () => {
    for (const path of ['/api/firsttimesetup/', '/api/sitesettings', '/api/user/', own])
      assertErrors(await get({ token: 'x' }, path), 401, ...badToken())
    assertErrors(await server.send('POST', '/api/user/', { token: 'x', json: {} }), 401, ...badToken())
    assert.equal((await get({ token: 'x' }, '/api/auth/sso/config/')).status, 200, 'this one looks at none')
  })

  test('whose user is closed or gone is told that', async () => {
    const user = await makeUser(server, 'closing', 'admin')
    const { access } = await obtain(server, 'closing')
    const key = await makeToken(server, (await signIn(server, 'closing')).access_token as string)
    await server.core.users.setStatus(user.publicId, 'disabled', null, origin)
    for (const token of [access, key.token as string])
      assertErrors(await get({ token }), 401, ['detail', 'User is inactive'], ['code', 'user_inactive'])
    await server.core.users.remove(user, null, origin)
    for (const token of [access, key.token as string])
      assertErrors(await get({ token }), 401, ['detail', 'User not found'], ['code', 'user_not_found'])
  })
})

describe('a Basic header', () => {
  test('takes user name and password, whatever the spelling of the scheme', async () => {
    const pair = Buffer.from(`anna:${password}`).toString('base64')
    for (const scheme of ['Basic', 'basic', 'BASIC']) {
      const answered = await get(headers(`${scheme} ${pair}`), own)
      assert.equal(answered.status, 200)
      assert.equal(answered.body.email, 'anna@example.com', 'the whole record')
    }
  })

  test('that is broken or wrong has the words of the framework, and never offers Basic', async () => {
    const basic = (text: string) => headers(`Basic ${Buffer.from(text).toString('base64')}`)
    const wrong = ['detail', 'Invalid username/password.'] as const
    assertErrors(await get(basic('anna:wrong password')), 401, wrong)
    assertErrors(await get(basic('nobody:wrong password')), 401, wrong)
    assertErrors(await get(headers('Basic')), 401, ['detail', 'Invalid basic header. No credentials provided.'])
    assertErrors(await get(headers('Basic a b')), 401, [
      'detail',
      'Invalid basic header. Credentials string should not contain spaces.',
    ])
    for (const text of ['Basic !!!', `Basic ${Buffer.from('no colon').toString('base64')}`])
      assertErrors(await get(headers(text)), 401, [
        'detail',
        'Invalid basic header. Credentials not correctly base64 encoded.',
      ])
    const user = await makeUser(server, 'shut')
    await server.core.users.setStatus(user.publicId, 'disabled', null, origin)
    assertErrors(await get({ basic: ['shut', password] }), 401, wrong)
  })

  test('is not believed once the password changed', async () => {
    const user = await makeUser(server, 'turner')
    assert.equal((await get({ basic: ['turner', password] }, own)).status, 200)
    await server.core.users.changePassword(user, 'another battery staple', null, origin)
    assertErrors(await get({ basic: ['turner', password] }), 401, ['detail', 'Invalid username/password.'])
    assert.equal((await get({ basic: ['turner', 'another battery staple'] }, own)).status, 200)
  })

  test('is refused from a page of another site', async () => {
    const foreign = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }
    assert.equal((await get({ basic: ['anna', password], headers: foreign }, own)).status, 403)
  })

  test('can be turned off', async () => {
    const strict = await startPhotos({ basic: false })
    try {
      assertErrors(await strict.send('GET', guarded, { basic: ['root', password] }), 401, notProvided)
      assert.ok(!JSON.stringify((await strict.send('GET', '/api/help')).body).includes('librephotos_basic'))
    } finally {
      await strict.close()
    }
  })

  test('over http from another machine is said in the log once an hour, without the name; not from this one', async () => {
    const lines: LogLine[] = []
    const warned = () => lines.filter(({ level, message }) => level === 'warn' && message.includes('Basic')).length
    const logging = await startPhotos({}, { log: rememberingLog(lines), http: { trustedProxies: ['127.0.0.1'] } })
    try {
      const ask = (from?: string) =>
        logging.send('GET', '/api/user/', {
          basic: ['root', password],
          ...(from === undefined ? {} : { headers: { 'X-Forwarded-For': from } }),
        })
      await ask()
      assert.equal(warned(), 0)
      await ask('203.0.113.9')
      await ask('203.0.113.9')
      assert.equal(warned(), 1)
      logging.clock.advance(3_600_000)
      await ask('203.0.113.9')
      assert.equal(warned(), 2)
      assert.doesNotMatch(JSON.stringify(lines), /root|correct horse/)
    } finally {
      await logging.close()
    }
  })
})

describe('who may', () => {
  test('is asked before the method: 401 for nobody, 405 for somebody', async () => {
    const { access } = await obtain(server, 'anna')
    assertErrors(await server.send('DELETE', guarded), 401, notProvided)
    assertErrors(await server.send('DELETE', guarded, { token: access }), 405, [
      'detail',
      'Method "DELETE" not allowed.',
    ])
  })

  test('and is not allowed gets 403, without a challenge', async () => {
    const { access } = await obtain(server, 'anna')
    assertErrors(await get({ token: access }), 403, denied)
  })

  test('cookies are no credential here, neither ours nor the native door’s', async () => {
    const { access } = await obtain(server, 'root')
    for (const cookie of [`jwt=${access}`, `access=${access}`, `cardea=${access}`])
      assertErrors(await get({ cookie, headers: { 'Sec-Fetch-Site': 'same-origin' } }), 401, notProvided)
  })

  test('an API key is another door’s, and two credentials are one too many', async () => {
    const access = (await signIn(server, 'root')).access_token as string
    const key = await makeKey(server, access)
    assertErrors(await get({ apiKey: key.token as string }), 401, notProvided)
    assertErrors(await get({ token: access, apiKey: key.token as string }), 400, [
      'detail',
      'The request carries two different credentials. Send one.',
    ])
  })
})

describe('one user store, many doors', () => {
  test('a token got here works at the native door within its ceiling: it rules over nobody', async () => {
    const { access } = await obtain(server, 'root')
    const me = await server.send('GET', '/auth/me', { token: access })
    assert.equal(me.status, 200)
    assert.equal((me.body.credential as unknown as { kind: string }).kind, 'access-token')
    assert.ok(!String(claimsOf(access).scope).includes('users:'))
    for (const path of ['/auth/admin/users', '/auth/admin/events'])
      assert.equal((await server.send('GET', path, { token: access })).status, 403, path)
  })

  test('a token of the native door works here, for what it carries', async () => {
    const access = (await signIn(server, 'anna')).access_token as string
    const answered = await get({ token: access }, own)
    assert.equal(answered.body.email, 'anna@example.com')
    const root = (await signIn(server, 'root')).access_token as string
    assert.equal((await get({ token: root })).status, 200, 'it carries administration itself')
    const narrow = await makeToken(server, root, { scopes: ['account:read'] })
    assertErrors(await get({ token: narrow.token as string }), 403, denied)
  })

  test('a private token reads what its owner may read, and does nothing to others', async () => {
    const root = (await signIn(server, 'root')).access_token as string
    const wide = (await makeToken(server, root)).token as string
    assert.equal((await get({ token: wide })).status, 200)
    const victim = await makeUser(server, 'victim')
    for (const [method, path] of [
      ['DELETE', `/api/user/${victim.id}/`],
      ['DELETE', `/api/delete/user/${victim.id}/`],
      ['DELETE', `/api/manage/user/${victim.id}/`],
      ['PATCH', `/api/manage/user/${victim.id}/`],
      ['PATCH', `/api/user/${victim.id}/`],
    ] as const) {
      const body = method === 'PATCH' ? { json: { first_name: 'x' } } : {}
      assertErrors(await server.send(method, path, { token: wide, ...body }), 403, denied)
    }
  })

  test('a role that must have a second factor and has none is no staff here either', async () => {
    const strict = await startPhotos({}, { settings: { requireFactor: ['admin'] } })
    try {
      const { access } = await obtain(strict, 'root')
      assertErrors(
        await strict.send('GET', guarded, { token: access }),
        403,
        ['detail', 'Your role needs a second factor before it may do this.'],
        ['code', 'mfa_enrolment_required'],
      )
      assert.equal((await strict.send('GET', '/api/user/1/', { token: access })).status, 200)
    } finally {
      await strict.close()
    }
  })
})
