import assert from 'node:assert/strict'
import { type Client, ClientError, type ClientOptions, createClient, memoryStorage } from '../../src/client/index.ts'
import { goodPassword, makeUser } from './people.ts'
import type { TestServer } from './server.ts'

export interface WatchedClient {
  readonly client: Client
  /** What it sends, as `POST /auth/refresh`. */
  readonly calls: string[]
  readonly storage: ReturnType<typeof memoryStorage>
}

/** Clients of a test server, and people to sign in with. */
export function createClients(server: () => TestServer) {
  let people = 0

  function watched(options: ClientOptions = {}): WatchedClient {
    const calls: string[] = []
    const storage = memoryStorage()
    const client = createClient({
      url: server().url,
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
    await makeUser(server(), { username, password: goodPassword, email: `${username}@example.com` })
    return username
  }

  async function signedIn(options: ClientOptions = {}): Promise<WatchedClient & { readonly identifier: string }> {
    const identifier = await person()
    const seen = watched(options)
    const step = await seen.client.signIn({ identifier, password: goodPassword })
    assert.ok(step.done)
    seen.calls.length = 0
    return { ...seen, identifier }
  }

  /** All access tokens have ended, refresh tokens have not. */
  const later = () => server().clock.advance(2 * 3600_000)

  return { watched, person, signedIn, later }
}

export async function failureOf(promise: Promise<unknown>): Promise<ClientError> {
  const error = await promise.then(
    () => assert.fail('it should have failed'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ClientError, `not a ClientError: ${error}`)
  return error
}
