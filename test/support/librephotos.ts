import assert from 'node:assert/strict'
import type { LibrephotosSettings } from '../../src/apis/librephotos/settings.ts'
import { makeUser, password } from './callers.ts'
import type { Answered, Body, Wish } from './http.ts'
import { startTestServer, type TestServer, type TestServerWish } from './server.ts'

/** The native API, the LibrePhotos door and, where wished for, others on one server, with an administrator `root`. */
export async function startPhotos(
  door: Partial<LibrephotosSettings> = {},
  wish: TestServerWish = {},
): Promise<TestServer> {
  const doors = { ...wish.doors, librephotos: { enabled: true, ...door } }
  const server = await startTestServer({ ...wish, doors })
  await makeUser(server, 'root', 'admin')
  return server
}

export const tokensAt = '/api/auth/token'

export interface Pair {
  readonly refresh: string
  readonly access: string
}

export async function obtain(server: TestServer, username: string, more: object = {}): Promise<Pair> {
  const answered = await server.send('POST', `${tokensAt}/obtain/`, { json: { username, password, ...more } })
  assert.equal(answered.status, 200, answered.text)
  assert.deepEqual(Object.keys(answered.body), ['refresh', 'access'])
  return answered.body as unknown as Pair
}

export const refreshWith = (server: TestServer, refresh: string, wish: Wish = {}): Promise<Answered> =>
  server.send('POST', `${tokensAt}/refresh/`, { json: { refresh }, ...wish })

export const blacklist = (server: TestServer, refresh: string): Promise<Answered> =>
  server.send('POST', `${tokensAt}/blacklist/`, { json: { refresh } })

/** What a token says, unverified. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

/** The `jwt` cookie of an answer: its value and the rest of its line, or null. */
export function jwtCookie({ headers }: Pick<Answered, 'headers'>): { value: string; rest: string } | null {
  const line = headers.getSetCookie().find((each) => each.startsWith('jwt='))
  if (line === undefined) return null
  const [pair = '', ...rest] = line.split('; ')
  return { value: pair.slice(4), rest: rest.join('; ') }
}

/** A refusal in the envelope: exactly these entries. */
export function assertErrors(
  answered: Answered,
  status: number,
  ...entries: readonly (readonly [field: string, message: string])[]
): void {
  assert.equal(answered.status, status, answered.text)
  assert.equal(answered.type, 'application/json')
  const errors = entries.map(([field, message]) => ({ field, message }))
  assert.deepEqual(answered.body as unknown, { errors })
  const challenge = answered.headers.get('www-authenticate')
  assert.equal(challenge, status === 401 ? 'Bearer realm="api"' : null)
  assert.equal(jwtCookie(answered), null, 'no cookie with an error')
}

export const noActive = ['detail', 'No active account found with the given credentials'] as const
export const notValid = ['code', 'token_not_valid'] as const

export type { Body }
