import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { api, assertDeadBearer, assertError, login, startApostrophe, tokenOf } from '../../support/apostrophe.ts'
import { makeUser, password } from '../../support/callers.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startApostrophe()
  await makeUser(server, 'ann')
})
after(() => server.close())

const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

describe('signing in for a bearer token', () => {
  test('answers a token and no cookie, at both addresses', async () => {
    for (const path of [`${api}/login`, '/api/v1/login/login']) {
      const answered = await server.send('POST', path, { json: { username: 'ann', password } })
      assert.equal(answered.status, 200, answered.text)
      assert.deepEqual(Object.keys(answered.body), ['token'])
      assert.equal(typeof answered.body.token, 'string')
      assert.deepEqual(answered.headers.getSetCookie(), [])
      assert.equal(answered.type, 'application/json; charset=utf-8')
    }
  })

  test('takes JSON, forms, and JSON that says that it is a form', async () => {
    const text = JSON.stringify({ username: 'ann', password })
    for (const wish of [
      { json: { username: 'ann', password } },
      { form: { username: 'ann', password } },
      { raw: text, headers: form },
      { raw: text, headers: { 'Content-Type': 'application/json; charset=utf-8' } },
    ]) {
      const answered = await server.send('POST', `${api}/login`, wish)
      assert.equal(answered.status, 200, answered.text)
    }
  })

  test('says that both are required before anything is counted', async () => {
    const message = 'Both the username and the password are required.'
    for (const json of [
      {},
      { username: 'ann' },
      { username: '  ', password },
      { username: { $gt: '' }, password },
      [],
      { email: 'ann@example.com', password },
    ])
      assertError(await server.send('POST', `${api}/login`, { json }), 400, 'invalid', message)
    for (const type of ['text/plain', 'application/vnd.api+json', '']) {
      const wish = { raw: JSON.stringify({ username: 'ann', password }), headers: { 'Content-Type': type } }
      assertError(await server.send('POST', `${api}/login`, wish), 400, 'invalid', message)
    }
  })

  test('is 400 for bad credentials, whoever it is', async () => {
    const message = 'Your credentials are incorrect, or there is no such user'
    assertError(await login(server, 'ann', { password: 'wrong' }), 400, 'invalid', message)
    assertError(await login(server, 'nobody'), 400, 'invalid', message)
  })

  test('with a dead token sent along is 401 before the login is looked at', async () => {
    const json = { username: 'ann', password }
    assertDeadBearer(await server.send('POST', `${api}/login`, { json, token: 'gone' }))
    assert.equal(typeof (await tokenOf(server, 'ann')), 'string')
  })
})
