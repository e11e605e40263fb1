import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Client, ClientError, type ClientOptions, createClient, memoryStorage } from '../../src/client/index.ts'
import { codeOf, enrol, mailedToken } from '../support/callers.ts'
import { goodPassword, makeUser } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let people = 0

before(async () => {
  server = await startTestServer()
})
after(() => server.close())

/** A client that notes what it sends, as `POST /auth/refresh`. */
function watched(options: ClientOptions = {}): {
  client: Client
  calls: string[]
  storage: ReturnType<typeof memoryStorage>
} {
  const calls: string[] = []
  const storage = memoryStorage()
  const client = createClient({
    url: server.url,
    storage,
    fetch: (request) => {
      calls.push(`${request.method} ${new URL(request.url).pathname}`)
      return fetch(request)
    },
    ...options,
  })
  return { client, calls, storage }
}

async function person(): Promise<string> {
  people += 1
  const username = `person${people}`
  await makeUser(server, { username, password: goodPassword, email: `${username}@example.com` })
  return username
}

async function signedIn(options: ClientOptions = {}) {
  const identifier = await person()
  const seen = watched(options)
  const step = await seen.client.signIn({ identifier, password: goodPassword })
  assert.ok(step.done)
  seen.calls.length = 0
  return { ...seen, identifier }
}

/** All access tokens have ended, refresh tokens have not. */
const later = () => server.clock.advance(2 * 3600_000)

async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  const error = await promise.then(
    () => assert.fail('it should have failed'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ClientError, `not a ClientError: ${error}`)
  return error
}

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

test('fifty calls side by side with an expired token make one refresh, and all succeed', async () => {
  const { client, calls } = await signedIn()
  later()
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.account.me()))
  assert.equal(answers.length, 50)
  assert.equal(calls.filter((call) => call === 'POST /auth/refresh').length, 1)
})

test('a token that is about to end is renewed before it is used', async () => {
  const { client, calls, storage } = await signedIn()
  const session = await storage.read()
  assert.ok(session !== null)
  await storage.write({ ...session, expiresAt: Date.now() + 10_000 })
  await Promise.all(Array.from({ length: 20 }, () => client.account.me()))
  assert.deepEqual([...new Set(calls)], ['POST /auth/refresh', 'GET /auth/me'])
  assert.equal(calls.length, 21)
})

test('the successor stays good when the answer of a refresh was lost on the way', async () => {
  let losses = 0
  const calls: string[] = []
  const { client } = await signedIn({
    fetch: async (request) => {
      calls.push(new URL(request.url).pathname)
      const response = await fetch(request)
      if (!request.url.endsWith('/auth/refresh') || losses > 0) return response
      losses += 1
      await response.body?.cancel()
      throw new TypeError('fetch failed')
    },
  })
  later()
  assert.ok((await client.account.me()).user)
  assert.equal(losses, 1)
  assert.equal(calls.filter((path) => path === '/auth/refresh').length, 2)
})

test('a refresh token that was used elsewhere ends the session, says so, and a new sign-in works', async () => {
  const { client, identifier, storage } = await signedIn()
  const heard: (string | null)[] = []
  client.onChange((user, reason) => heard.push(user === null ? reason : user.username))
  const session = await storage.read()
  for (let generation = 0, token = session?.refreshToken ?? ''; generation < 2; generation += 1) {
    const { body } = await server.send('POST', '/auth/refresh', { json: { refresh_token: token } })
    token = body.refresh_token ?? ''
  }
  later()
  assert.equal((await failureOf(client.account.me())).code, 'refresh_reused')
  assert.equal(await client.user(), null)
  assert.equal((await failureOf(client.account.me())).code, 'credentials_missing')
  assert.ok((await client.signIn({ identifier, password: goodPassword })).done)
  assert.equal((await client.account.me()).user.username, identifier)
  assert.deepEqual(heard, ['refresh_reused', identifier])
})

test('a server that is down does not end the session', async () => {
  let down = false
  const { client } = await signedIn({
    fetch: async (request) => {
      if (down && request.url.endsWith('/auth/refresh')) throw new TypeError('fetch failed')
      return fetch(request)
    },
  })
  later()
  down = true
  const error = await failureOf(client.account.me())
  assert.deepEqual([error.code, error.status], ['unreachable', 0])
  assert.ok((await client.user()) !== null)
  down = false
  assert.ok((await client.account.me()).user)
})

test('signing out kills the session at the server; one that failed is an error and stays signed in', async () => {
  let down = true
  const { client, storage } = await signedIn({
    fetch: async (request) => {
      if (down && request.url.endsWith('/auth/sign-out')) throw new TypeError('fetch failed')
      return fetch(request)
    },
  })
  const session = await storage.read()
  assert.equal((await failureOf(client.signOut())).code, 'unreachable')
  assert.ok((await client.user()) !== null)
  down = false
  await client.signOut()
  assert.equal(await client.user(), null)
  assert.equal(await storage.read(), null)
  const { status } = await server.send('GET', '/auth/me', { token: session?.accessToken ?? '' })
  assert.equal(status, 401)
  await client.signOut()
})

test('a sign-out while a refresh is on its way stays one', async () => {
  const gate = Promise.withResolvers<void>()
  const { client, storage } = await signedIn({
    fetch: async (request) => {
      const response = await fetch(request)
      if (request.url.endsWith('/auth/refresh')) await gate.promise
      return response
    },
  })
  later()
  const call = client.account.me()
  await new Promise((resolve) => setTimeout(resolve, 50))
  await client.forget()
  gate.resolve()
  await failureOf(call)
  assert.equal(await storage.read(), null)
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

test('a body is sent whole again after a refresh', async () => {
  const { client } = await signedIn()
  later()
  const body = JSON.stringify({ name: 'after the refresh', current_password: goodPassword })
  const headers = { 'Content-Type': 'application/json' }
  const response = await client.fetch(`${server.url}/auth/keys`, { method: 'POST', headers, body })
  assert.equal(response.status, 201)
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
