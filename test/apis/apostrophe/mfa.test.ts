import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  api,
  assertDeadBearer,
  assertError,
  assertForged,
  csrf,
  jarOf,
  login,
  startApostrophe,
  usersPath,
} from '../../support/apostrophe.ts'
import { codeOf, enrol, makeUser, password, signIn } from '../../support/callers.ts'
import type { Answered } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
let secret = ''
let recoveryCodes: readonly string[] = []
before(async () => {
  server = await startApostrophe(
    {},
    { settings: { limits: { enabled: true, address: { points: 1000, windowSeconds: 600 } } } },
  )
  for (const name of ['ann', 'bob']) await makeUser(server, name, 'editor')
  ;({ secret, recoveryCodes } = await enrol(server, (await signIn(server, 'ann')).access_token as string))
})
after(() => server.close())

const name = 'AposTotp'
const post = (route: string, json: object): Promise<Answered> =>
  server.send('POST', `${api}/${route}`, { json, cookie: csrf })
const begin = async (more: object = {}): Promise<string> => {
  const answered = await login(server, 'ann', more)
  assert.equal(answered.status, 200, answered.text)
  assert.deepEqual(Object.keys(answered.body), ['incompleteToken'])
  assert.deepEqual(answered.headers.getSetCookie(), [])
  return answered.body.incompleteToken as string
}
/** A code that was not used yet. */
const code = () => {
  server.clock.advance(30_000)
  return codeOf(server, secret)
}
const verify = (incompleteToken: unknown, value: unknown = code(), more: object = {}) =>
  post('requirement-verify', { incompleteToken, name, value, ...more })
const unmet = 'All requirements must be verified'

describe('a sign-in with a second factor', () => {
  test('is announced to nobody beforehand, and to nobody who has none', async () => {
    assert.deepEqual((await server.send('GET', `${api}/context`)).body.requirementProps, {})
    assert.deepEqual(Object.keys((await login(server, 'bob')).body), ['token'])
  })

  test('finishes in bearer mode with a token that is text and works', async () => {
    const incompleteToken = await begin()
    assert.deepEqual((await post('requirement-props', { incompleteToken, name })).body, {})
    const proven = await verify(incompleteToken)
    assert.equal(proven.status, 200, proven.text)
    assert.equal(proven.text, '{}')
    const done = await server.send('POST', `${api}/login`, { json: { incompleteToken } })
    assert.equal(done.status, 200, done.text)
    assert.equal(typeof done.body.token, 'string')
    assert.equal((await server.send('GET', `${api}/whoami`, { token: done.body.token as string })).body.username, 'ann')
    const { factors } =
      (await server.store.sessions.byId((done.body.token as string).split('.')[0] ?? '')) ?? assert.fail()
    assert.deepEqual(factors, ['password', 'totp'])
  })

  test('finishes in session mode with the cookies and nothing else', async () => {
    const incompleteToken = await begin({ session: true })
    assert.equal((await verify(incompleteToken)).status, 200)
    const done = await server.send('POST', `${api}/login`, { json: { incompleteToken, session: true } })
    assert.equal(done.text, '{}')
    assert.equal((await server.send('GET', `${api}/whoami`, { cookie: jarOf(done) })).body.username, 'ann')
  })

  test('takes a code as a number, which lost its zeros, and a recovery code once', async () => {
    let value = code()
    while (!value.startsWith('0')) value = code()
    assert.equal((await verify(await begin(), Number(value))).status, 200)
    const [recovery = ''] = recoveryCodes
    assert.equal((await verify(await begin(), recovery)).status, 200)
    assertError(await verify(await begin(), recovery), 400, 'invalid', 'Invalid code, try again.', {
      requirement: name,
    })
  })

  test('is not finished before the code, in no mode, and the token of it is no bearer token', async () => {
    const incompleteToken = await begin()
    for (const session of [false, true])
      assertError(
        await server.send('POST', `${api}/login`, { json: { incompleteToken, session } }),
        403,
        'forbidden',
        unmet,
      )
    for (const path of [`${api}/whoami`, usersPath, `${api}/context`])
      assertDeadBearer(await server.send('GET', path, { token: incompleteToken }))
    assert.equal((await verify(incompleteToken)).status, 200)
    assertDeadBearer(await server.send('GET', `${api}/whoami`, { token: incompleteToken }))
    assert.equal(
      (await server.send('POST', '/auth/sign-in/mfa', { json: { mfa_ticket: incompleteToken, code: code() } })).status,
      400,
    )
  })

  test('is over once it is finished', async () => {
    const incompleteToken = await begin()
    assert.equal((await verify(incompleteToken)).status, 200)
    assertError(await verify(incompleteToken), 404, 'notfound')
    assertError(await post('requirement-props', { incompleteToken, name }), 404, 'notfound')
    assert.equal((await server.send('POST', `${api}/login`, { json: { incompleteToken } })).status, 200)
    assertError(await server.send('POST', `${api}/login`, { json: { incompleteToken } }), 404, 'notfound')
  })

  test('gives 50 at once one proof and one session, and takes each code once', async () => {
    const [incompleteToken, value] = [await begin(), code()]
    const proofs = await Promise.all(Array.from({ length: 50 }, () => verify(incompleteToken, value)))
    assert.equal(proofs.filter(({ status }) => status === 200).length, 1)
    const done = await Promise.all(
      Array.from({ length: 50 }, () => server.send('POST', `${api}/login`, { json: { incompleteToken } })),
    )
    assert.equal(done.filter(({ status }) => status === 200).length, 1)
    assertError(await verify(await begin(), value), 400, 'invalid', 'Invalid code, try again.', { requirement: name })
    server.clock.advance(3_600_000)
    assert.equal((await verify(await begin())).status, 200)
  })

  test('dies with five wrong codes, after its time, and with a change of the account', async () => {
    const tried = await begin()
    for (let times = 0; times < 5; times += 1)
      assertError(await verify(tried, '000000'), 400, 'invalid', 'Invalid code, try again.', { requirement: name })
    assertError(await verify(tried), 404, 'notfound')
    const [late, proven] = [await begin(), await begin()]
    assert.equal((await verify(proven)).status, 200)
    server.clock.advance(601_000)
    assertError(await verify(late), 404, 'notfound')
    assertError(await server.send('POST', `${api}/login`, { json: { incompleteToken: proven } }), 404, 'notfound')
    const [changed, ready] = [await begin(), await begin()]
    assert.equal((await verify(ready)).status, 200)
    const ann = (await server.core.users.find('ann', { api: 'native', address: '', userAgent: '' })) ?? assert.fail()
    await server.core.users.setRole(ann.publicId, 'contributor', null, { api: 'native', address: '', userAgent: '' })
    assertError(await verify(changed), 404, 'notfound')
    assertError(await server.send('POST', `${api}/login`, { json: { incompleteToken: ready } }), 404, 'notfound')
  })

  test('knows no other requirement and looks at plain texts only', async () => {
    const incompleteToken = await begin()
    for (const other of ['AposHcaptcha', 'apostotp', '', null, [name], { $ne: '' }])
      for (const route of ['requirement-props', 'requirement-verify'])
        assertError(await post(route, { incompleteToken, name: other, value: code() }), 404, 'notfound')
    for (const token of [undefined, null, '', 5, [incompleteToken], { $ne: '' }, 'x'.repeat(600)])
      for (const route of ['requirement-props', 'requirement-verify'])
        assertError(await post(route, { incompleteToken: token, name, value: code() }), 404, 'notfound')
    for (const token of [[incompleteToken], { $ne: '' }, 5]) {
      const answered = await server.send('POST', `${api}/login`, { json: { incompleteToken: token } })
      assert.ok(answered.status === 400, answered.text)
    }
  })

  test('needs the CSRF cookie for its steps: its own token does not stand for it', async () => {
    const incompleteToken = await begin()
    for (const route of ['requirement-props', 'requirement-verify'])
      assertForged(await server.send('POST', `${api}/${route}`, { json: { incompleteToken, name, value: code() } }))
  })

  test('slows down who guesses codes, in the words of the throttle, and says when', async () => {
    await makeUser(server, 'eve')
    await enrol(server, (await signIn(server, 'eve')).access_token as string)
    const start = async () => (await login(server, 'eve')).body.incompleteToken as string
    let token = await start()
    for (let wrong = 0; wrong < 10; wrong += 1) {
      if (wrong === 5) token = await start()
      assert.equal((await verify(token, '000000')).status, 400)
    }
    const answered = await post('requirement-verify', { incompleteToken: await start(), name, value: '000000' })
    assertError(answered, 400, 'invalid', 'Too many attempts. You may try again in a minute.')
    assert.ok(Number(answered.headers.get('retry-after')) > 0)
    await server.core.idle()
    assert.ok(server.mails.some(({ to, subject }) => to === 'eve@example.com' && /codes/i.test(subject)))
  })
})

test('no door takes the password alone for a user with a second factor', async () => {
  const answered = await server.send('GET', `${api}/whoami`, { basic: ['ann', password] })
  assert.equal(answered.status, 401)
})
