import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createClient } from '../../src/client/index.ts'
import { createClients, failureOf } from '../support/client.ts'
import { goodPassword } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/* What a server, a network or a neighbour in the browser may do to a client. */

let server: TestServer
const { watched, signedIn, later } = createClients(() => server)

before(async () => {
  server = await startTestServer()
})
after(() => server.close())

const wish = { identifier: 'alice', password: goodPassword }

/** A client whose server answers this to everything. */
const answering = (answer: () => Response) => watched({ fetch: async () => answer() }).client

describe('a redirect', () => {
  test('carries no password and no refresh token to where it leads', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const modes: string[] = []
      const redirect = () => new Response(null, { status, headers: { Location: 'http://127.0.0.1:1/steal' } })
      const { client } = await signedIn({
        fetch: async (request) => {
          modes.push(request.redirect)
          return modes.length === 1 ? fetch(request) : redirect()
        },
      })
      const error = await failureOf(client.signIn(wish))
      assert.deepEqual([error.code, error.status], ['unexpected_answer', status])
      await failureOf(client.account.me())
      assert.deepEqual([...new Set(modes)], ['manual'])
    }
  })
})

describe('an answer', () => {
  const json = { headers: { 'Content-Type': 'application/json' } }
  const brokenOff = () => {
    const start = (controller: ReadableStreamDefaultController) => {
      controller.enqueue(new TextEncoder().encode('{"access_token":"ey'))
      controller.error(new TypeError('terminated'))
    }
    return new Response(new ReadableStream({ start }), json)
  }

  test('that is no JSON is an error of the client that quotes nothing of it', async () => {
    const client = answering(() => new Response('ey-secret and no JSON', json))
    for (const call of [client.signIn(wish), client.account.me()]) {
      const error = await failureOf(call)
      assert.deepEqual([error.code, error.cause], ['unexpected_answer', undefined])
      assert.ok(!error.message.includes('secret'))
    }
  })

  test('that breaks off is one that did not come', async () => {
    assert.equal((await failureOf(answering(brokenOff).signIn(wish))).code, 'unreachable')
  })

  test('to a sign-in that holds no session signs nobody in', async () => {
    const answers = ['x', ['refresh_token'], { refresh_token: 'a' }, { user: { id: 'a' } }, 7]
    for (const answer of answers)
      for (const mode of ['token', 'cookie'] as const) {
        if (mode === 'cookie' && typeof answer === 'object' && 'user' in answer) continue
        const { client } = watched({ mode, fetch: async () => Response.json(answer) })
        assert.equal((await failureOf(client.signIn(wish))).code, 'unexpected_answer', JSON.stringify([answer, mode]))
        if (mode === 'token') assert.equal(await client.user(), null)
      }
  })

  test('to a refresh that breaks off is asked for again, and the session goes on', async () => {
    let refreshes = 0
    const { client } = await signedIn({
      fetch: async (request) => {
        const response = await fetch(request)
        if (!request.url.endsWith('/auth/refresh')) return response
        refreshes += 1
        if (refreshes > 1) return response
        await response.body?.cancel()
        return brokenOff()
      },
    })
    later()
    assert.ok((await client.account.me()).user)
    assert.equal(refreshes, 2)
  })
})

test('a client that was given the place of another one reads nothing there, and its server sees no token of it', async () => {
  const { client, storage } = await signedIn()
  const seen: (string | null)[] = []
  const wrong = [
    { url: 'http://127.0.0.1:1', storage },
    { url: server.url, name: 'another', storage },
  ].map((options) =>
    createClient({
      ...options,
      fetch: async (request) => {
        seen.push(request.headers.get('Authorization'), await request.text())
        return Response.json({ code: 'credential_expired' }, { status: 401 })
      },
    }),
  )
  for (const other of wrong) {
    assert.equal(await other.user(), null)
    await failureOf(other.account.me())
  }
  assert.deepEqual(seen, [null, '', null, ''])
  assert.ok((await client.account.me()).user)
})

describe('in mode cookie', () => {
  /** A server with one cookie, and clients of the pages that share it. */
  function house() {
    const user = (username: string) => ({ id: username, username })
    let now: string | null = null
    let hold: Promise<void> = Promise.resolve()
    const dead = { status: 401, headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } }
    const serve = async (request: Request) => {
      if (request.method === 'POST') now = ((await request.json()) as { identifier: string }).identifier
      const whose = now
      if (request.method === 'GET') await hold
      return whose === null ? Response.json({ code: 'credential_invalid' }, dead) : Response.json({ user: user(whose) })
    }
    const client = (name: string) =>
      createClient({ url: 'http://127.0.0.1:1', mode: 'cookie', tabs: true, name, fetch: serve })
    return {
      client,
      end: () => {
        now = null
      },
      hold: (until: Promise<void>) => {
        hold = until
      },
    }
  }
  const heardBy = (client: ReturnType<typeof createClient>) =>
    new Promise((resolve) => client.onChange((user, reason) => resolve(user?.username ?? reason ?? null)))

  test('a sign-in is that of all clients, whatever they are called', async () => {
    const { client } = house()
    const [one, other] = [client('one'), client('other')]
    await one.signIn({ ...wish, identifier: 'alice' })
    assert.equal((await other.user())?.username, 'alice')
    const heard = heardBy(one)
    await other.signIn({ ...wish, identifier: 'bob' })
    assert.equal(await heard, 'bob')
    assert.equal((await one.user())?.username, 'bob')
    for (const each of [one, other]) each.dispose()
  })

  test('a call with the cookie from before a sign-in does not end what it began', async () => {
    const { client, end, hold } = house()
    const [polling, signing] = [client('page'), client('page')]
    await polling.signIn({ ...wish, identifier: 'alice' })
    end()
    const gate = Promise.withResolvers<void>()
    hold(gate.promise)
    const late = failureOf(polling.account.me())
    await new Promise((resolve) => setImmediate(resolve))
    hold(Promise.resolve())
    const heard = heardBy(polling)
    await signing.signIn({ ...wish, identifier: 'alice' })
    assert.equal(await heard, 'alice')
    gate.resolve()
    await late
    assert.equal((await polling.user())?.username, 'alice')
    assert.equal((await signing.user())?.username, 'alice')
    for (const each of [polling, signing]) each.dispose()
  })
})
