import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClients, failureOf } from '../support/client.ts'
import { goodPassword, origin } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const { watched, person, signedIn, later } = createClients(() => server)

before(async () => {
  server = await startTestServer()
})
after(() => server.close())

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

test('a refusal that is not of the server ends no session', async () => {
  let between = true
  const { client } = await signedIn({
    fetch: async (request) =>
      between && request.url.endsWith('/auth/refresh')
        ? Response.json({ message: 'Forbidden by the firewall' }, { status: 403 })
        : fetch(request),
  })
  later()
  assert.equal((await failureOf(client.account.me())).code, 'unexpected_answer')
  between = false
  assert.ok((await client.account.me()).user)
})

test('an account that is disabled is signed out, with the reason', async () => {
  const { client } = await signedIn()
  const reasons: (string | null)[] = []
  client.onChange((_, reason) => reasons.push(reason))
  await server.core.users.setStatus((await client.user())?.id ?? '', 'disabled', null, origin)
  const error = await failureOf(client.account.me())
  assert.match(error.code, /^(account_disabled|credential_)/)
  assert.equal(await client.user(), null)
  assert.deepEqual(reasons, [error.code])
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

test('a body is sent whole again after a refresh', async () => {
  const { client } = await signedIn()
  later()
  const body = JSON.stringify({ name: 'after the refresh', current_password: goodPassword })
  const headers = { 'Content-Type': 'application/json' }
  const response = await client.fetch(`${server.url}/auth/keys`, { method: 'POST', headers, body })
  assert.equal(response.status, 201)
})

test('a call that one person made is never repeated as another', async () => {
  const other = await person()
  const callers: (string | null)[] = []
  const { client, storage } = await signedIn({
    fetch: async (request) => {
      if (!request.url.endsWith('/auth/keys')) return fetch(request)
      callers.push(request.headers.get('Authorization'))
      const response = await fetch(request)
      if (callers.length === 1) await client.signIn({ identifier: other, password: goodPassword })
      return response
    },
  })
  later()
  const error = await failureOf(client.keys.list())
  assert.equal(error.code, 'credential_expired')
  assert.equal(callers.length, 1)
  assert.equal((await storage.read())?.user.username, other)
  assert.equal((await client.account.me()).user.username, other)
})

test('a call that waits for a refresh is not made as whoever signs in meanwhile', async () => {
  const other = await person()
  const gate = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const callers: (string | null)[] = []
  const { client, storage } = await signedIn({
    fetch: async (request) => {
      if (request.url.endsWith('/auth/keys')) callers.push(request.headers.get('Authorization'))
      const response = await fetch(request)
      if (!request.url.endsWith('/auth/refresh')) return response
      asked.resolve()
      await gate.promise
      return response
    },
  })
  const session = await storage.read()
  assert.ok(session !== null)
  await storage.write({ ...session, expiresAt: Date.now() })
  const call = client.keys.create({ name: 'mine' })
  await asked.promise
  await client.signIn({ identifier: other, password: goodPassword })
  gate.resolve()
  assert.equal((await failureOf(call)).code, 'credentials_missing')
  assert.deepEqual(callers, [null])
  assert.equal((await client.account.me()).user.username, other)
})

test('whoever signs in while another signs out, or deletes the account, stays signed in', async () => {
  const leaving = ['/auth/sign-out', '/auth/me'] as const
  for (const path of leaving) {
    const other = await person()
    const { client } = await signedIn({
      fetch: async (request) => {
        const response = await fetch(request)
        if (request.method !== 'GET' && request.url.endsWith(path))
          await client.signIn({ identifier: other, password: goodPassword })
        return response
      },
    })
    await (path === '/auth/me' ? client.account.remove() : client.signOut())
    assert.equal((await client.user())?.username, other)
    assert.equal((await client.account.me()).user.username, other)
  }
})

test('a listener that throws does not keep anybody signed in', async (t) => {
  const { client } = await signedIn()
  const { mock } = t.mock.method(console, 'error', () => {})
  client.onChange(() => {
    throw new Error('a fault of the page')
  })
  await client.signOut()
  assert.equal(await client.user(), null)
  assert.match(String(mock.calls[0]?.arguments[1]), /fault of the page/)
})

test('a body that is a stream is sent once, and the next call has a good token', async () => {
  const { client, calls } = await signedIn()
  later()
  const body = new Blob([JSON.stringify({ name: 'streamed' })]).stream()
  const headers = { 'Content-Type': 'application/json' }
  const wish = { method: 'POST', headers, body, duplex: 'half' } as const
  assert.equal((await client.fetch(`${server.url}/auth/keys`, wish)).status, 401)
  assert.equal((await client.fetch(`${server.url}/auth/keys`)).status, 200)
  assert.deepEqual(calls, ['POST /auth/keys', 'POST /auth/refresh', 'GET /auth/keys'])
})

test('a client that was let go of still works on its own', async () => {
  const { client } = await signedIn({ tabs: true, name: 'let go' })
  client.dispose()
  later()
  assert.ok((await client.account.me()).user)
  await client.signOut()
})

test('a tab that slept through a refresh asks the others before it shows its old token, which would end the session', async () => {
  const shared = { tabs: true, name: 'sleepers' }
  const awake = watched(shared)
  const sleeper = watched(shared)
  const identifier = await person()
  const heard = new Promise((resolve) => sleeper.client.onChange(resolve))
  await awake.client.signIn({ identifier, password: goodPassword })
  await heard
  const old = await sleeper.storage.read()
  assert.ok(old !== null)
  later()
  await awake.client.account.me()
  await sleeper.client.account.me()
  await sleeper.storage.write(old)
  server.clock.advance(60_000)
  assert.equal((await sleeper.client.account.me()).user.username, identifier)
  assert.equal((await awake.client.account.me()).user.username, identifier)
  assert.ok(!sleeper.calls.includes('POST /auth/refresh'))
  for (const { client } of [awake, sleeper]) client.dispose()
})
