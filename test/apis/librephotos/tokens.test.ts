import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { codeOf, enrol, makeUser, password, signIn } from '../../support/callers.ts'
import type { Wish } from '../../support/http.ts'
import {
  assertErrors,
  blacklist,
  claimsOf,
  jwtCookie,
  noActive,
  notValid,
  obtain,
  refreshWith,
  startPhotos,
  tokensAt,
} from '../../support/librephotos.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startPhotos()
  await makeUser(server, 'anna')
})
after(() => server.close())

const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
const obtainAt = `${tokensAt}/obtain/`
const post = (wish: Wish, path = obtainAt) => server.send('POST', path, wish)
const invalid = [['detail', 'Token is invalid or expired'], notValid] as const
const name = (name: string, more: object = {}) => ({ json: { username: name, password, ...more } })

describe('obtain', () => {
  test('answers refresh and access in this order, from JSON, a form or multipart', async () => {
    const boundary = '----form-0f3a91c2'
    const part = (field: string, value: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`
    const raw = `${part('username', 'anna')}${part('password', password)}--${boundary}--\r\n`
    for (const wish of [
      name('anna'),
      { form: { username: 'anna', password } },
      { raw, headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` } },
    ] as const) {
      const answered = await post(wish)
      assert.equal(answered.status, 200, answered.text)
      assert.deepEqual(Object.keys(answered.body), ['refresh', 'access'])
      assert.equal(answered.headers.get('access-control-allow-credentials'), 'true')
      assert.equal(answered.headers.get('cache-control'), 'no-store')
    }
  })

  test('the tokens carry what clients decode, with a numeric user id, and the lifetimes of the settings', async () => {
    const anna = await server.core.users.find('anna', origin)
    const { access, refresh } = await obtain(server, 'anna')
    const wanted = {
      user_id: anna?.id,
      name: 'anna',
      is_admin: false,
      first_name: '',
      last_name: '',
      scan_directory: '',
      confidence: 0.1,
      semantic_search_topk: 0,
    }
    for (const [token, type, seconds] of [
      [access, 'access', 3600],
      [refresh, 'refresh', 7 * 86_400],
    ] as const) {
      const claims = claimsOf(token)
      for (const [claim, value] of Object.entries({ ...wanted, token_type: type })) assert.equal(claims[claim], value)
      assert.equal(Number(claims.exp) - Number(claims.iat), seconds)
      assert.equal(claims.email, undefined)
    }
    assert.notEqual(claimsOf(access).jti, claimsOf(refresh).jti)
    assert.equal(claimsOf((await obtain(server, 'root')).access).is_admin, true)
  })

  test('a wrong password, an unknown user and a closed account are told alike', async () => {
    const closed = await makeUser(server, 'closed')
    await server.core.users.setStatus(closed.publicId, 'disabled', null, origin)
    assertErrors(await post({ json: { username: 'anna', password: 'wrong password' } }), 401, noActive)
    assertErrors(await post(name('nobody-of-that-name')), 401, noActive)
    assertErrors(await post(name('closed')), 401, noActive)
  })

  test('what is missing, blank, null or no text is told by field', async () => {
    const each = (message: string) =>
      [
        ['username', message],
        ['password', message],
      ] as const
    const required = each('This field is required.')
    assertErrors(await post({ json: {} }), 400, ...required)
    assertErrors(await post({}), 400, ...required)
    assertErrors(await post({ raw: '', headers: { 'Content-Type': 'application/json' } }), 400, ...required)
    const inQuery = await post({}, `${obtainAt}?username=anna&password=${encodeURIComponent(password)}`)
    assertErrors(inQuery, 400, ...required)
    assertErrors(await post({ json: { username: '', password: '' } }), 400, ...each('This field may not be blank.'))
    assertErrors(await post({ json: { username: null, password: null } }), 400, ...each('This field may not be null.'))
    for (const wrong of [[], {}, true, false])
      assertErrors(await post({ json: { username: wrong, password: wrong } }), 400, ...each('Not a valid string.'))
    assertErrors(await post({ json: { username: 'a\0', password: 'x' } }), 400, [
      'username',
      'Null characters are not allowed.',
    ])
    assertErrors(
      await post({ raw: '{"username":"\\ud800","password":"x"}', headers: { 'Content-Type': 'application/json' } }),
      400,
      ['username', 'Surrogate characters are not allowed: U+D800.'],
    )
  })

  test('numbers count as texts, unknown members are passed over, of two of a name the last counts', async () => {
    assertErrors(await post({ json: { username: 12, password: 3.5 } }), 401, noActive)
    assert.equal((await post(name('anna', { role: 'admin', is_superuser: true }))).status, 200)
    const json = { 'Content-Type': 'application/json' }
    const twice = `{"username":"x","username":"anna","password":"${password}"}`
    assert.equal((await post({ raw: twice, headers: json })).status, 200)
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const pairs = `username=x&username=anna&password=${encodeURIComponent(password)}`
    assert.equal((await post({ raw: pairs, headers: form })).status, 200)
  })

  test('blanks around the user name are no part of it; of the password every one is', async () => {
    assert.equal((await post({ json: { username: ' anna ', password } })).status, 200)
    assertErrors(await post({ json: { username: 'anna', password: ` ${password} ` } }), 401, noActive)
    await server.core.users.create(
      { username: 'blanks', email: null, password: ' leading and trailing ', role: 'user', kind: 'person' },
      null,
      origin,
    )
    assert.equal((await post({ json: { username: 'blanks', password: ' leading and trailing ' } })).status, 200)
  })

  test('what is no dictionary, no JSON or of another type is told as such', async () => {
    const field = 'non_field_errors'
    assertErrors(await post({ json: [] }), 400, [field, 'Invalid data. Expected a dictionary, but got list.'])
    assertErrors(await post({ json: 'a' }), 400, [field, 'Invalid data. Expected a dictionary, but got str.'])
    assertErrors(await post({ json: null }), 400, [field, 'No data provided'])
    for (const raw of ['{', '{"username":NaN}', '\u00ef\u00bb\u00bf{}']) {
      const answered = await post({ raw, headers: { 'Content-Type': 'application/json' } })
      assertErrors(answered, 400, ['detail', 'JSON parse error - The body is not JSON.'])
    }
    for (const type of ['text/plain', 'application/vnd.api+json'])
      assertErrors(await post({ raw: '{}', headers: { 'Content-Type': type } }), 415, [
        'detail',
        `Unsupported media type "${type}" in request.`,
      ])
    const untyped = await post({ raw: new TextEncoder().encode('{}') })
    assertErrors(untyped, 415, ['detail', 'Unsupported media type "text/plain" in request.'])
    const bare = await post({ raw: 'x', headers: { 'Content-Type': 'multipart/form-data' } })
    assert.equal(bare.status, 400)
    assert.match(bare.text, /"detail","message":"Multipart form parse error - /)
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
    assert.equal((await post({ raw: deep, headers: { 'Content-Type': 'application/json' } })).status, 400)
    assert.equal((await post({ json: { username: 'anna', password: 'x'.repeat(3_000_000) } })).status, 413)
  })

  test('other methods are 405, a missing slash is 301 with the query and without keys, whatever the method', async () => {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      const answered = await server.send(method, obtainAt)
      assertErrors(answered, 405, ['detail', `Method "${method}" not allowed.`])
      assert.match(answered.headers.get('allow') ?? '', /POST/)
    }
    for (const path of ['obtain', 'refresh', 'blacklist'])
      for (const method of ['GET', 'POST']) {
        const answered = await server.send(method, `${tokensAt}/${path}?a=1&apikey=secret`, {
          headers: { Authorization: 'Bearer nonsense' },
        })
        assert.equal(answered.status, 301)
        assert.equal(answered.headers.get('location'), `${tokensAt}/${path}/?a=1`)
        assert.equal(answered.text, '')
      }
  })

  test('what is sent along as a credential is not looked at, at none of the three', async () => {
    const { access, refresh } = await obtain(server, 'anna')
    for (const headers of [
      { Authorization: 'Bearer nonsense' },
      { Authorization: 'Basic !' },
      { Cookie: 'jwt=x; jwt=y' },
    ]) {
      assert.equal((await post({ ...name('anna'), headers })).status, 200)
      assert.equal((await refreshWith(server, refresh, { headers })).status, 200)
    }
    server.clock.advance(3_600_000)
    assert.equal((await refreshWith(server, refresh, { token: access })).status, 200, 'the one that just expired')
    assert.equal(
      (await post({ json: { refresh }, headers: { Authorization: 'Bearer x' } }, `${tokensAt}/blacklist/`)).status,
      200,
    )
  })
})

describe('a second factor', () => {
  test('is asked for by code, without a cookie, and the right one signs in once', async () => {
    await makeUser(server, 'mona')
    const { secret } = await enrol(server, (await signIn(server, 'mona')).access_token as string)
    const asked = await post(name('mona'))
    assertErrors(
      asked,
      401,
      ['detail', 'A second factor is needed: send its code as `code`, too.'],
      ['code', 'mfa_required'],
    )
    assertErrors(await post({ json: { username: 'mona', password: 'wrong password' } }), 401, noActive)
    assertErrors(
      await post(name('mona', { code: '000000' })),
      401,
      ['detail', 'The code is wrong or was used already.'],
      ['code', 'mfa_code_wrong'],
    )
    const code = codeOf(server, secret)
    const tries = await Promise.all(Array.from({ length: 50 }, () => post(name('mona', { code }))))
    assert.equal(tries.filter(({ status }) => status === 200).length, 1, 'of 50 with one code one gets in')
    server.clock.advance(30_000)
    const basic = await server.send('GET', '/api/user/', { basic: ['mona', password] })
    assertErrors(basic, 401, ['detail', 'Invalid username/password.'])
  })
})

describe('refresh', () => {
  test('answers an access token alone, fresh and with the claims of now; the refresh token stays', async () => {
    const { refresh, access } = await obtain(server, 'anna')
    const anna = await server.core.users.find('anna', origin)
    server.clock.advance(60_000)
    await server.send('PATCH', `/api/user/${anna?.id}/`, { token: access, json: { first_name: 'Ann' } })
    const answered = await refreshWith(server, refresh)
    assert.equal(answered.status, 200)
    assert.deepEqual(Object.keys(answered.body), ['access'])
    assert.equal(answered.headers.get('access-control-allow-credentials'), 'true')
    const claims = claimsOf(answered.body.access as string)
    assert.equal(claims.first_name, 'Ann')
    assert.equal(claims.iat, Math.floor(server.clock.now() / 1000))
    assert.equal((await refreshWith(server, refresh)).status, 200, 'the same one again')
    const form = await post({ form: { refresh } }, `${tokensAt}/refresh/`)
    assert.equal(form.status, 200)
  })

  test('50 side by side all succeed, and none outlives the session', async () => {
    const { refresh } = await obtain(server, 'anna')
    server.clock.advance(7 * 86_400_000 - 600_000)
    const answers = await Promise.all(Array.from({ length: 50 }, () => refreshWith(server, refresh)))
    const end = Number(claimsOf(refresh).exp)
    for (const { status, body } of answers) {
      assert.equal(status, 200)
      assert.ok(Number(claimsOf(body.access as string).exp) <= end)
    }
    assert.equal(new Set(answers.map(({ body }) => claimsOf(body.access as string).jti)).size, 50)
    server.clock.advance(600_000)
    assertErrors(await refreshWith(server, refresh), 401, ...invalid)
    const late = await server.send('GET', '/api/manage/user/', { token: answers[0]?.body.access as string })
    assert.equal(late.status, 401)
  })

  test('what is no refresh token of this door is refused in its words', async () => {
    const { refresh, access } = await obtain(server, 'anna')
    assertErrors(await post({ json: {} }, `${tokensAt}/refresh/`), 400, ['refresh', 'This field is required.'])
    assertErrors(await refreshWith(server, ''), 400, ['refresh', 'This field may not be blank.'])
    const [head = '', body = '', signature = ''] = refresh.split('.')
    const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${body}.`
    for (const bad of ['garbage', 'a.b.c', none, `${head}.${body}.${signature.slice(0, -4)}AAAA`, `${refresh}=`])
      assertErrors(await refreshWith(server, bad), 401, ...invalid)
    assertErrors(await refreshWith(server, access), 401, ['detail', 'Token has wrong type'], notValid)
    const native = (await signIn(server, 'anna')).refresh_token as string
    assertErrors(await refreshWith(server, native), 401, ...invalid)
  })

  test('dies with a change of the password, a closed account and a deleted one', async () => {
    const noUser = ['detail', 'No active account found for the given token.'] as const
    const cara = await makeUser(server, 'cara')
    const first = await obtain(server, 'cara')
    const second = await obtain(server, 'cara')
    const json = { password: 'another battery staple' }
    const changed = await server.send('PATCH', `/api/user/${cara.id}/`, { token: first.access, json })
    assert.equal(changed.status, 200, changed.text)
    assertErrors(await refreshWith(server, second.refresh), 401, ['detail', 'Token is blacklisted'], notValid)
    assert.equal((await server.send('GET', '/api/manage/user/', { token: second.access })).status, 401)
    assert.equal((await refreshWith(server, first.refresh)).status, 200, 'the session that changed it goes on')
    await server.core.users.setStatus(cara.publicId, 'disabled', null, origin)
    assertErrors(await refreshWith(server, first.refresh), 401, noUser)
    const dora = await makeUser(server, 'dora')
    const gone = await obtain(server, 'dora')
    await server.core.users.remove(dora, null, origin)
    assertErrors(await refreshWith(server, gone.refresh), 401, noUser)
  })
})

describe('blacklist', () => {
  test('ends the session with its access tokens, clears the cookie, and may be asked for again', async () => {
    const { refresh, access } = await obtain(server, 'anna')
    const again = (await refreshWith(server, refresh)).body.access as string
    for (const _ of [1, 2]) {
      const answered = await blacklist(server, refresh)
      assert.equal(answered.status, 200)
      assert.equal(answered.text, '{}')
      assert.deepEqual(jwtCookie(answered), { value: '', rest: 'Path=/; Max-Age=0; HttpOnly; SameSite=Lax' })
    }
    assertErrors(await refreshWith(server, refresh), 401, ['detail', 'Token is blacklisted'], notValid)
    await server.core.feed.sync()
    for (const token of [access, again]) {
      const answered = await server.send('GET', '/api/manage/user/', { token })
      assertErrors(answered, 401, ['detail', 'Given token not valid for any token type'], notValid, [
        'messages',
        'Token is invalid or expired',
      ])
    }
  })

  test('50 side by side all succeed, and the sign-out is on record once', async () => {
    await makeUser(server, 'ella')
    const { refresh } = await obtain(server, 'ella')
    const answers = await Promise.all(Array.from({ length: 50 }, () => blacklist(server, refresh)))
    for (const { status } of answers) assert.equal(status, 200)
    const ella = await server.core.users.find('ella', origin)
    const { items } = await server.core.events.list({ user: ella?.publicId ?? '', kind: 'sign-out' }, { limit: 9 })
    assert.equal(items.length, 1)
  })

  test('what never was a refresh token of this door is refused', async () => {
    const { access } = await obtain(server, 'anna')
    assertErrors(await blacklist(server, 'garbage'), 401, ...invalid)
    assertErrors(await blacklist(server, access), 401, ['detail', 'Token has wrong type'], notValid)
    assertErrors(await post({ json: {} }, `${tokensAt}/blacklist/`), 400, ['refresh', 'This field is required.'])
  })
})

test('5 minutes by setting, as the original has it', async () => {
  const short = await startPhotos({ accessSeconds: 300, refreshSeconds: 86_400 })
  try {
    const { access, refresh } = await obtain(short, 'root')
    const life = (token: string) => Number(claimsOf(token).exp) - Number(claimsOf(token).iat)
    assert.deepEqual([life(access), life(refresh)], [300, 86_400])
  } finally {
    await short.close()
  }
})
