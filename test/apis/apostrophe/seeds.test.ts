import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { jarOf, keys, startApostrophe } from '../../support/apostrophe.ts'
import { makeUser, password } from '../../support/callers.ts'
import type { TestServer } from '../../support/server.ts'

/*
 * The examples that clients were written from, as they stand but for the host. They give fetch a string, and say that it
 * is a form although it holds JSON.
 */

let server: TestServer
/** Holds what a form would take apart: `&`, `=`, `+` and `%`. */
const odd = 'a&b=c+d%20 100%'
before(async () => {
  server = await startApostrophe()
  await makeUser(server, 'ann')
  const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
  await server.core.users.create(
    { username: 'odd', email: null, password: odd, role: 'user', kind: 'person' },
    null,
    origin,
  )
})
after(() => server.close())

const login = (members: object) =>
  fetch(`${server.url}/api/v1/@apostrophecms/login/login`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    body: JSON.stringify(members),
  })
const whoami = async (headers: Record<string, string>) =>
  (await fetch(`${server.url}/api/v1/@apostrophecms/login/whoami`, { headers })).status

test('a bearer token is got, sent, and destroyed by a logout at either address', async () => {
  for (const path of ['login', '@apostrophecms/login']) {
    const response = await login({ username: 'ann', password })
    assert.equal(response.status, 200)
    assert.deepEqual(response.headers.getSetCookie(), [])
    const { token } = (await response.json()) as { token: string }
    const headers = { Authorization: `Bearer ${token}` }
    assert.equal(await whoami(headers), 200)
    const out = await fetch(`${server.url}/api/v1/${path}/logout`, { method: 'POST', headers })
    assert.equal(out.status, 200)
    assert.equal(await whoami(headers), 401)
  }
})

test('a session cookie is got, and a logout with exactly the cookies that were set ends it', async () => {
  const response = await login({ username: 'ann', password, session: true })
  assert.equal(response.status, 200)
  const answered = { headers: response.headers } as Parameters<typeof jarOf>[0]
  const cookie = jarOf(answered)
  assert.match(cookie, /cardea\.sid=/)
  assert.equal(await whoami({ Cookie: cookie }), 200)
  const out = await fetch(`${server.url}/api/v1/@apostrophecms/login/logout`, {
    method: 'POST',
    headers: { Cookie: cookie },
  })
  assert.equal(out.status, 200)
  assert.equal(await out.text(), '')
  assert.equal(await whoami({ Cookie: cookie }), 404)
})

test('the example that is said to end a session posts to the login, and so signs in once more', async () => {
  const first = await login({ username: 'ann', password, session: true })
  const cookie = jarOf({ headers: first.headers } as Parameters<typeof jarOf>[0])
  const response = await fetch(`${server.url}/api/v1/@apostrophecms/login/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Cookie: cookie },
    credentials: 'include',
    body: JSON.stringify({ username: 'ann', password, session: true }),
  })
  assert.equal(response.status, 200)
  const again = jarOf({ headers: response.headers } as Parameters<typeof jarOf>[0])
  assert.equal(await whoami({ Cookie: again }), 200)
  assert.equal(await whoami({ Cookie: cookie }), 404)
})

test('a password comes through whole, in JSON that says that it is a form and in a true form', async () => {
  assert.equal((await login({ username: 'odd', password: odd })).status, 200)
  const form = await fetch(`${server.url}/api/v1/@apostrophecms/login/login`, {
    method: 'POST',
    body: new URLSearchParams({ username: 'odd', password: odd }),
  })
  assert.equal(form.status, 200)
  assert.equal((await login({ username: 'odd', password: odd.replace('+', ' ') })).status, 400)
  assert.equal((await login({ username: 'odd', password: `${odd} ` })).status, 400)
})

test('a key works in the header and under both names in the query', async () => {
  assert.equal(await whoami({ Authorization: `ApiKey ${keys.admin}` }), 200)
  for (const name of ['apikey', 'apiKey'])
    assert.equal((await fetch(`${server.url}/api/v1/@apostrophecms/login/whoami?${name}=${keys.admin}`)).status, 200)
})
