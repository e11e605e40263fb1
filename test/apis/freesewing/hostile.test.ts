import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { codeOf, makeUser, password } from '../../support/callers.ts'
import {
  assertError,
  assertUnauthorized,
  basicChallenge,
  enrolHere,
  enter,
  sewingKey,
  startSewing,
  tokenOf,
} from '../../support/freesewing.ts'
import type { Answered } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

/* What crashed the server that this contract comes from, or locked its users out. */

let server: TestServer
let token: string
before(async () => {
  server = await startSewing()
  await makeUser(server, 'vic')
  token = await tokenOf(server, 'vic')
})
after(() => server.close())

/** Nothing of ours fails, whatever comes: the server still answers, and the user can still sign in. */
async function stands(answered: Answered): Promise<void> {
  assert.ok(answered.status < 500, `${answered.status} ${answered.text}`)
  assert.doesNotMatch(answered.text, /<html|node_modules|\.ts:\d/)
  await enter(server, 'vic')
}

describe('nothing crashes', () => {
  test('on a key that nobody has', async () => {
    const basic = ['00000000-0000-4000-8000-000000000000', 'a'.repeat(64)] as const
    const answered = await server.send('GET', '/account/key', { basic })
    assertUnauthorized(answered, basicChallenge)
    await stands(answered)
  })

  test('on a token that is rightly signed for another audience', async () => {
    const other = await startSewing({}, { settings: { audience: 'https://elsewhere.example' } })
    const foreign = await tokenOf(other, 'root')
    const answered = await server.send('GET', '/account/jwt', { token: foreign })
    assertUnauthorized(answered)
    await stands(answered)
    await other.close()
  })

  test('on a question about no user name', async () => {
    for (const json of [undefined, {}, { username: null }, { username: [] }]) {
      const answered = await server.send('POST', '/available/username/jwt', { token, json })
      assertError(answered, 400, 'usernameMissing')
      await stands(answered)
    }
  })

  test('on a password that is no text', async () => {
    for (const wrong of [12, true, null, {}, ['x'], { length: 5 }]) {
      const answered = await server.send('POST', '/signin', { json: { username: 'vic', password: wrong } })
      assertError(answered, 400, 'passwordMissing')
      await stands(answered)
    }
  })

  test('on an e-mail address that is an object', async () => {
    const answered = await server.send('POST', '/signup', { json: { email: { a: 1 }, language: 'en' } })
    assertError(answered, 400, 'emailInvalid')
    await stands(answered)
  })

  test('on a code that is a number, or anything else', async () => {
    await makeUser(server, 'numb')
    const { secret } = await enrolHere(server, await tokenOf(server, 'numb'))
    for (const code of [1, 999_999, 1.5, -1, 1e30, {}, [], true]) {
      const answered = await server.send('POST', '/signin', { json: { username: 'numb', password, token: code } })
      assert.ok([400, 401].includes(answered.status), `${JSON.stringify(code)}: ${answered.text}`)
      await stands(answered)
    }
    await enter(server, 'numb', { token: codeOf(server, secret) })
  })

  test('on an empty password in a change, which changes nothing', async () => {
    const answered = await server.send('PATCH', '/account/jwt', { token, json: { password: '' } })
    assert.equal(answered.status, 200)
    await stands(answered)
  })

  test('on a change of data, which leaves the scratch codes alone', async () => {
    await makeUser(server, 'codes')
    const by = await tokenOf(server, 'codes')
    const { scratchCodes } = await enrolHere(server, by)
    const answered = await server.send('PATCH', '/account/jwt', {
      token: by,
      json: { data: { mfaScratchCodes: [], a: 1 } },
    })
    assert.equal(answered.status, 200)
    await stands(await server.send('POST', '/signin', { json: { username: 'codes', password, token: 'wrong' } }))
    await enter(server, 'codes', { token: scratchCodes[0] })
  })

  test('on a name that another has in other letters, and the rest of the change counts', async () => {
    await makeUser(server, 'Taken-Name')
    const answered = await server.send('PATCH', '/account/jwt', {
      token,
      json: { username: 'taken-NAME', bio: 'kept' },
    })
    assert.match(answered.text, /"bio":"kept"/)
    assert.match(answered.text, /"username":"vic"/)
    await stands(answered)
  })
})

test('whatever JSON is sent to whatever route, the answer is in this shape and never a 5xx', async () => {
  const basic = await sewingKey(server, token, 3)
  const routes =
    server.apis.find(({ name }) => name === 'freesewing')?.routes.filter(({ body }) => body !== undefined) ?? []
  assert.ok(routes.length > 20)
  const names = [
    'username',
    'password',
    'token',
    'email',
    'mfa',
    'secret',
    'data',
    'consent',
    'level',
    'name',
    'expiresIn',
    'match',
    'q',
    'confirm',
    'confirmation',
    'check',
    'img',
    'role',
    'status',
  ]
  const body = fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), body, async (route, json) => {
      const path = route.path.replace(/:[a-z]+/g, '7')
      // Of a level that can neither close the account nor change what it signs in with.
      const by = route.takes.length === 0 ? {} : { basic }
      const { status, text, type } = await server.send(route.method, path, { ...by, json })
      assert.ok(status < 500, `${route.method} ${path} ${JSON.stringify(json)}: ${status} ${text}`)
      if (text !== '' && text !== 'Unauthorized') assert.match(type, /^application\/json/)
    }),
    { numRuns: 400 },
  )
  await enter(server, 'vic')
})
