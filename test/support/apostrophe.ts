import assert from 'node:assert/strict'
import type { ApostropheSettings } from '../../src/apis/apostrophe/settings.ts'
import { makeUser, password } from './callers.ts'
import type { Answered } from './http.ts'
import { startTestServer, type TestServer, type TestServerWish } from './server.ts'

export const api = '/api/v1/@apostrophecms/login'
export const usersPath = '/api/v1/@apostrophecms/user'

/** Keys of the configuration, one of each role. */
export const keys = {
  guest: 'guest-key-of-the-configuration-0001',
  contributor: 'contributor-key-of-the-configuration',
  editor: 'editor-key-of-the-configuration-0003',
  admin: 'myapikey1029384756',
} as const

const staticKeys = Object.entries(keys).map(([role, key]) => ({
  name: `apostrophe-${role}`,
  key,
  role,
  api: 'apostrophe' as const,
}))

/** The native API and the ApostropheCMS door on one server, with an administrator `root` and the keys above. */
export async function startApostrophe(
  door: Partial<ApostropheSettings> = {},
  wish: Omit<TestServerWish, 'doors'> = {},
): Promise<TestServer> {
  const settings = { staticKeys, ...wish.settings }
  const server = await startTestServer({ ...wish, settings, doors: { apostrophe: { enabled: true, ...door } } })
  await makeUser(server, 'root', 'admin')
  return server
}

export const login = (server: TestServer, username: string, more: object = {}): Promise<Answered> =>
  server.send('POST', `${api}/login`, { json: { username, password, ...more } })

/** A bearer token of this door. */
export async function tokenOf(server: TestServer, username: string, more: object = {}): Promise<string> {
  const answered = await login(server, username, more)
  assert.equal(answered.status, 200, answered.text)
  return answered.body.token as string
}

/** The cookies of an answer as a browser sends them back; those that were deleted are left out. */
export function jarOf(answered: Answered): string {
  return answered.headers
    .getSetCookie()
    .filter((line) => !/Max-Age=0/.test(line))
    .map((line) => line.split(';', 1)[0])
    .join('; ')
}

/** Signs in with a cookie; answers all cookies of the session. */
export async function sessionOf(server: TestServer, username: string): Promise<string> {
  const answered = await login(server, username, { session: true })
  assert.equal(answered.status, 200, answered.text)
  return jarOf(answered)
}

export const csrf = 'cardea.csrf=csrf'

/** A refusal in the usual shape: `{ name, data, message }`. */
export function assertError(answered: Answered, status: number, name: string, message = name, data: object = {}): void {
  assert.equal(answered.status, status, answered.text)
  assert.deepEqual(answered.body, { name, data, message })
  assert.equal(answered.type, 'application/json; charset=utf-8')
}

export function assertDeadBearer(answered: Answered): void {
  assert.equal(answered.status, 401, answered.text)
  assert.deepEqual(answered.body, { name: 'invalid', message: 'bearer token invalid' })
  assert.equal(answered.headers.get('www-authenticate'), null)
}

export function assertBadKey(answered: Answered): void {
  assert.equal(answered.status, 403, answered.text)
  assert.deepEqual(answered.body, { error: 'invalid api key' })
}

export function assertForged(answered: Answered): void {
  assert.equal(answered.status, 403, answered.text)
  assert.deepEqual(answered.body, { name: 'forbidden', message: 'CSRF exception' })
}

export function assertEmpty(answered: Answered): void {
  assert.equal(answered.status, 200, answered.text)
  assert.equal(answered.text, '')
  assert.equal(answered.headers.get('content-length'), '0')
  assert.equal(answered.headers.get('content-type'), null)
}
