import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClient } from '../../src/client/index.ts'
import { codeOf, enrol, mailedToken } from '../support/callers.ts'
import { createClients, failureOf } from '../support/client.ts'
import { goodPassword } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const { watched, person, signedIn } = createClients(() => server)

before(async () => {
  server = await startTestServer()
})
after(() => server.close())

test('who signs in is known without another call, and by name', async () => {
  const { client, calls, identifier } = await signedIn()
  assert.equal((await client.user())?.username, identifier)
  assert.deepEqual(calls, [])
  assert.equal((await client.account.me()).user.username, identifier)
  assert.ok((await client.accessToken())?.startsWith('ey'))
})

test('a wrong password is an error with the code, the status and the request id of the problem', async () => {
  const { client } = watched()
  const error = await failureOf(client.signIn({ identifier: await person(), password: 'wrong horse battery' }))
  assert.equal(error.code, 'credentials_wrong')
  assert.equal(error.status, 401)
  assert.match(error.message, /name or the password/)
  assert.ok(error.requestId !== null)
  assert.equal(await client.user(), null)
})

test('fields that are wrong are named', async () => {
  const { client } = await signedIn()
  const error = await failureOf(client.keys.create({ name: '' }))
  assert.equal(error.code, 'request_invalid')
  assert.deepEqual(error.fields, [{ field: 'name', message: 'must not be empty' }])
  assert.ok(error.detail?.includes('errors'))
})

test('a second factor is a step: a wrong code can be mended, a recovery code works as well', async () => {
  const first = await signedIn()
  const { secret, recoveryCodes } = await enrol(server, (await first.client.accessToken()) ?? '')
  const { client } = watched()
  const wish = { identifier: first.identifier, password: goodPassword }
  const step = await client.signIn(wish)
  assert.ok(!step.done)
  assert.equal(await client.user(), null)
  assert.equal((await failureOf(step.submitCode('000000'))).code, 'mfa_code_wrong')
  assert.equal((await step.submitCode(codeOf(server, secret))).username, first.identifier)
  assert.equal((await client.account.me()).user.second_factor, true)

  const other = watched().client
  const again = await other.signIn(wish)
  assert.ok(!again.done)
  assert.equal((await again.submitCode(recoveryCodes[0] ?? '')).username, first.identifier)
})

test('a mailed link signs in, once', async () => {
  const { client } = watched()
  const identifier = await person()
  await client.requestLink(identifier)
  const token = await mailedToken(server, `${identifier}@example.com`)
  const step = await client.signInWithLink(token)
  assert.ok(step.done)
  assert.equal((await client.account.me()).user.username, identifier)
  assert.equal((await failureOf(client.signInWithLink(token))).code, 'one_time_invalid')
})

test('a wrong password in the body of a call is tried once, not again with a new token', async () => {
  const { client, calls } = await signedIn()
  const error = await failureOf(client.account.reauthenticate({ password: 'not my password' }))
  assert.equal(error.code, 'credentials_wrong')
  assert.deepEqual(calls, ['POST /auth/me/reauthenticate'])
})

test('keys and private tokens are made, listed, rotated and revoked, and sign their owner in elsewhere', async () => {
  const { client, identifier } = await signedIn()
  const key = await client.keys.create({ name: 'nightly build', scopes: ['account:read'] })
  const program = createClient({ url: server.url, credential: { apiKey: key.token } })
  assert.equal((await program.user())?.username, identifier)
  assert.equal((await program.account.me()).credential.kind, 'api-key')
  const next = await client.keys.rotate(key.id)
  assert.equal((await failureOf(program.account.me())).code, 'credential_revoked')
  assert.deepEqual(
    (await client.keys.list()).items.map(({ id }) => id),
    [next.id],
  )
  await client.keys.update(next.id, { name: 'weekly build' })
  assert.equal((await client.keys.get(next.id)).name, 'weekly build')
  await client.keys.revoke(next.id)
  assert.deepEqual((await client.keys.list()).items, [])

  const expires_at = new Date(server.clock.now() + 86_400_000).toISOString()
  const token = await client.tokens.create({ name: 'laptop', expires_at })
  const laptop = createClient({ url: server.url, credential: { token: token.token } })
  assert.equal((await laptop.account.me()).credential.kind, 'private-token')
  await client.tokens.revoke(token.id)
  assert.equal((await failureOf(laptop.account.me())).code, 'credential_revoked')
})

test('the account is changed by name, and the client knows the new name at once', async () => {
  const { client } = await signedIn()
  const heard: (string | undefined)[] = []
  const stop = client.onChange((user) => heard.push(user?.username))
  await client.account.update({ username: 'renamed' })
  assert.equal((await client.user())?.username, 'renamed')
  stop()
  await client.account.remove()
  assert.deepEqual(heard, ['renamed'])
  assert.equal(await client.user(), null)
})

test('every call of the document is there with its types', async () => {
  const { client } = await signedIn()
  const { data } = await client.api.GET('/auth/sessions', { params: { query: { limit: 1 } } })
  assert.equal(data?.items.length, 1)
  // @ts-expect-error: there is no such address
  await failureOf(client.api.GET('/auth/nothing'))
})

test('the credential goes to the origins that are named and to no other', async () => {
  const { client, calls } = await signedIn()
  const response = await client.fetch(`${server.url}/auth/me`)
  assert.equal(response.status, 200)
  await assert.rejects(client.fetch('http://127.0.0.1:1/steal'), TypeError)
  assert.deepEqual(calls, ['GET /auth/me'])
})

test('an answer that is no problem document is an error all the same', async () => {
  const { client } = await signedIn({
    fetch: async (request) =>
      request.url.endsWith('/auth/sign-in') ? fetch(request) : new Response('<h1>Bad gateway</h1>', { status: 502 }),
  })
  const error = await failureOf(client.account.me())
  assert.deepEqual([error.code, error.status], ['unexpected_answer', 502])
})

test('options that do not fit are refused when the client is made', () => {
  for (const url of [undefined, 'auth.example.com', 'ftp://example.com', ''])
    assert.throws(() => createClient(url === undefined ? {} : { url }), TypeError)
})

test('a key that was read with its line break is refused when the client is made, and not shown', () => {
  for (const credential of [{ apiKey: 'cardea_secret\n' }, { token: 'ey secret' }, { token: '' }])
    assert.throws(
      () => createClient({ url: server.url, credential }),
      (error) => error instanceof TypeError && !error.message.includes('secret'),
    )
})

test('a page in place of an answer is an error', async () => {
  const { client } = await signedIn({
    fetch: async (request) =>
      request.url.endsWith('/auth/sign-in')
        ? fetch(request)
        : new Response('<h1>Accept our terms</h1>', { headers: { 'Content-Type': 'text/html' } }),
  })
  assert.equal((await failureOf(client.account.me())).code, 'unexpected_answer')
})
