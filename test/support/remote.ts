import type { Fetch } from '../../src/guard/http.ts'
import { createGuard, type GuardOptions, type RemoteGuard } from '../../src/guard/index.ts'
import type { GuardLog } from '../../src/guard/types.ts'
import type { Origin, User } from '../../src/types.ts'
import { makeUser, password } from './callers.ts'
import { startTestServer, type TestServer, type TestServerWish } from './server.ts'

/* A guard in another program: it reaches Cardea over real HTTP, through a line that tests can cut or slow down. */

export const origin: Origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' }

/** What stands between a guard and Cardea. */
export interface Line {
  readonly fetch: Fetch
  /** What was asked, by path. */
  readonly asked: (path: string) => number
  /** Instead of the real answer; null: the real one again. */
  answer(path: string, how: ((url: string, init: RequestInit) => Promise<Response>) | null): void
  /** Nothing goes through, and what is open is cut. */
  cut(): void
  mend(): void
}

export function createLine(): Line {
  const counts = new Map<string, number>()
  const ways = new Map<string, (url: string, init: RequestInit) => Promise<Response>>()
  let isCut = false
  let open = new AbortController()
  return {
    async fetch(url, init) {
      const { pathname } = new URL(url)
      counts.set(pathname, (counts.get(pathname) ?? 0) + 1)
      if (isCut) throw new TypeError('fetch failed')
      const way = ways.get(pathname) ?? fetch
      const signals = init.signal === null || init.signal === undefined ? [] : [init.signal]
      return way(url, { ...init, signal: AbortSignal.any([...signals, open.signal]) })
    },
    asked: (path) => counts.get(path) ?? 0,
    answer(path, how) {
      if (how === null) ways.delete(path)
      else ways.set(path, how)
    },
    cut() {
      isCut = true
      open.abort()
    },
    mend() {
      isCut = false
      open = new AbortController()
    },
  }
}

export const paths = {
  keys: '/.well-known/jwks.json',
  introspection: '/oauth/introspect',
  feed: '/auth/changes',
} as const

export interface RemoteTest {
  readonly server: TestServer
  readonly alice: User
  /** The guard's own key. */
  readonly ownKey: string
  /** Closed at the end by itself. */
  guard(wish?: Partial<GuardOptions>, line?: Line): RemoteGuard
  readonly logged: string[]
  close(): Promise<void>
}

export async function startRemoteTest(wish: TestServerWish = {}): Promise<RemoteTest> {
  const server = await startTestServer(wish)
  await server.core.feed.start()
  const service = await makeUser(server, 'shop', 'guest', 'service')
  const scopes = ['tokens:introspect', 'changes:read']
  const granted = await server.core.users.setGrantedScopes(service.publicId, scopes, null, origin)
  const own = await server.core.keys.issueFor(granted, { name: 'guard', scopes }, origin, null)
  const alice = await makeUser(server, 'alice')
  const guards: RemoteGuard[] = []
  const logged: string[] = []
  const note = (fields: object, message: string) => void logged.push(JSON.stringify({ ...fields, message }))
  const log: GuardLog = { warn: note, error: note }
  return {
    server,
    alice,
    ownKey: own.token,
    logged,
    guard(options = {}, line = createLine()) {
      const made = createGuard({
        issuer: server.url,
        audience: server.url,
        clock: server.clock,
        log,
        fetch: line.fetch,
        ...options,
      })
      guards.push(made)
      return made
    },
    async close() {
      for (const each of guards) each.close()
      await server.close()
    },
  }
}

/** One of each kind that a guard can take, of a user, as headers. */
export async function headersOfKinds(server: TestServer, name: string) {
  const signIn = async (mode: string) =>
    (await server.send('POST', '/auth/sign-in', { json: { identifier: name, password, mode } })).body
  const access = String((await signIn('token')).access_token)
  const key = (await server.send('POST', '/auth/keys', { token: access, json: { name: 'one' } })).body
  const expires = new Date(server.clock.now() + 86_400_000).toISOString()
  const token = (
    await server.send('POST', '/auth/tokens', { token: access, json: { name: 'one', expires_at: expires } })
  ).body
  return {
    'access-token': { authorization: `Bearer ${access}` },
    'bearer-token': { authorization: `Bearer ${(await signIn('bearer')).token}` },
    'private-token': { authorization: `Bearer ${token.token}` },
    'api-key': { 'x-api-key': String(key.token) },
    'api-key as ApiKey': { authorization: `ApiKey ${key.token}` },
    'api-key as Basic': {
      authorization: `Basic ${Buffer.from(`${key.id}:${key.secret}`).toString('base64')}`,
    },
  } as const
}

export const sent = (headers: Readonly<Record<string, string>>, address = '127.0.0.1') => ({
  headers: new Headers(headers),
  address,
})
