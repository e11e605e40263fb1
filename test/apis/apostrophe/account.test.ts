import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  api,
  assertDeadBearer,
  assertEmpty,
  assertError,
  csrf,
  keys,
  login,
  startApostrophe,
  tokenOf,
} from '../../support/apostrophe.ts'
import { enrol, mailedToken, makeKey, makeUser, password, signIn } from '../../support/callers.ts'
import type { Answered } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startApostrophe()
  for (const name of ['ann', 'bob', 'cat']) await makeUser(server, name)
})
after(() => server.close())

describe('whoami', () => {
  test('says who calls, by both methods, and leaves out what is not there', async () => {
    const token = await tokenOf(server, 'ann')
    const ann =
      (await server.core.users.find('ann', { api: 'apostrophe', address: '', userAgent: '' })) ?? assert.fail()
    for (const method of ['GET', 'POST'])
      assert.deepEqual((await server.send(method, `${api}/whoami`, { token })).body, {
        _id: ann.publicId,
        username: 'ann',
        title: 'ann',
        email: 'ann@example.com',
      })
    const origin = { api: 'native', address: '', userAgent: '' } as const
    await server.core.users.setEmail(ann.publicId, null, null, origin)
    assert.ok(!('email' in (await server.send('GET', `${api}/whoami`, { token })).body))
  })

  test('of a key of the configuration has a title only, and of nobody is not found', async () => {
    assert.deepEqual((await server.send('GET', `${api}/whoami?apikey=${keys.admin}`)).body, { title: 'System Task' })
    assertError(await server.send('GET', `${api}/whoami`), 404, 'notfound')
    assertError(await server.send('POST', `${api}/whoami`, { cookie: csrf }), 404, 'notfound')
  })
})

test('context says what a login page has to know, to anybody, and names no requirement', async () => {
  const expected = { env: 'production', name: 'cardea', version: '4.32.2', requirementProps: {} }
  assert.deepEqual((await server.send('GET', `${api}/context`)).body, expected)
  assert.deepEqual((await server.send('POST', `${api}/context`, { cookie: csrf })).body, expected)
})

describe('a reset', () => {
  const ask = (json: object): Promise<Answered> => server.send('POST', `${api}/reset-request`, { json, cookie: csrf })
  const look = (email: string, reset: string): Promise<Answered> =>
    server.send('GET', `${api}/reset?${new URLSearchParams({ email, reset })}`)
  const set = (json: object): Promise<Answered> => server.send('POST', `${api}/reset`, { json, cookie: csrf })
  const invalid = 'The password reset link is invalid or expired.'

  test('is asked for by address or name, and the answer tells nobody who is known', async () => {
    for (const email of ['bob@example.com', 'bob', ' bob ', 'nobody@example.com', 'x'])
      assertEmpty(await ask({ email }))
    for (const json of [{}, { email: '' }, { email: '  ' }, { email: ['bob'] }, { email: { $gt: '' } }, [], null])
      assertError(await ask(json as object), 400, 'invalid', 'The email is required.')
    await server.core.idle()
    assert.equal(server.mails.filter(({ to }) => to === 'bob@example.com').length, 3)
  })

  test('sets the password once, opens no session, ends all there were, and keeps the second factor', async () => {
    const access = (await signIn(server, 'cat')).access_token as string
    await enrol(server, access)
    const key = (await makeKey(server, access)).token as string
    await ask({ email: 'cat@example.com' })
    const reset = await mailedToken(server, 'cat@example.com')
    assertEmpty(await look('cat@example.com', reset))
    assertEmpty(await look('cat', reset))
    const json = { email: 'cat@example.com', reset, password: 'another horse battery', session: true }
    const done = await set(json)
    assertEmpty(done)
    assert.ok(!done.headers.getSetCookie().some((line) => line.includes('.sid')))
    assertError(await look('cat@example.com', reset), 400, 'invalid', invalid)
    assertError(await set(json), 400, 'invalid', invalid)
    assertDeadBearer(await server.send('GET', `${api}/whoami`, { token: access }))
    assert.equal((await server.send('GET', `${api}/whoami?apikey=${key}`)).status, 403)
    assert.equal((await login(server, 'cat')).status, 400)
    assert.deepEqual(Object.keys((await login(server, 'cat', { password: 'another horse battery' })).body), [
      'incompleteToken',
    ])
  })

  test('is good for its user, in its time, with a password that is acceptable', async () => {
    await ask({ email: 'bob@example.com' })
    const reset = await mailedToken(server, 'bob@example.com')
    for (const [email, token] of [
      ['ann@example.com', reset],
      ['', reset],
      ['bob@example.com', 'x'],
      ['bob@example.com', ''],
      ['bob@example.com', `${reset}x`],
    ] as const) {
      assertError(await look(email, token), 400, 'invalid', invalid)
      assertError(await set({ email, reset: token, password: 'another horse battery' }), 400, 'invalid', invalid)
    }
    assertError(await server.send('GET', `${api}/reset`), 400, 'invalid', invalid)
    for (const json of [{}, { password: '' }, { password: ['x'] }])
      assertError(await set({ email: 'bob', reset, ...json }), 400, 'invalid', 'A new password is required.')
    const weak = await set({ email: 'bob', reset, password: 'short' })
    assert.equal(weak.status, 400)
    assert.equal(weak.body.message, 'The password is not acceptable.')
    assertEmpty(await look('bob', reset))
    server.clock.advance(1_801_000)
    assertError(await look('bob', reset), 400, 'invalid', invalid)
    assert.equal((await login(server, 'bob', { password })).status, 200)
  })

  test('is done by one of 50 who come at once with one link', async () => {
    await ask({ email: 'bob@example.com' })
    const reset = await mailedToken(server, 'bob@example.com')
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        set({ email: 'bob', reset, password: `another horse battery ${index}` }),
      ),
    )
    assert.equal(all.filter(({ status }) => status === 200).length, 1)
    for (const answered of all.filter(({ status }) => status !== 200)) assertError(answered, 400, 'invalid', invalid)
  })

  test('leads to the login page of the site where there is one', async (t) => {
    const site = await startApostrophe({ siteUrl: 'https://www.example' })
    t.after(() => site.close())
    await site.send('POST', `${api}/reset-request`, { json: { email: 'root' }, cookie: csrf })
    await site.core.idle()
    const link = /https:\/\/www\.example\/login\?email=root%40example\.com&reset=([\w-]{43})/.exec(
      site.mails.at(-1)?.text ?? '',
    )
    assert.ok(link !== null, site.mails.at(-1)?.text)
    const json = { email: 'root@example.com', reset: link[1], password: 'another horse battery' }
    assertEmpty(await site.send('POST', `${api}/reset`, { json, cookie: csrf }))
  })
})
