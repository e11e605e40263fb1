import assert from 'node:assert/strict'
import { makeUser, password } from './callers.ts'
import type { Answered, Body } from './http.ts'
import { startTestServer, type TestServer, type TestServerWish } from './server.ts'

/** The native API, the Haut.AI door and, where wished for, others on one server, with an administrator `root`. */
export async function startHaut(wish: TestServerWish = {}): Promise<TestServer> {
  const server = await startTestServer({ ...wish, doors: { ...wish.doors, hautai: { enabled: true } } })
  await makeUser(server, 'root', 'admin')
  return server
}

export const loginAt = '/api/v1/auth/login/'
export const tokensAt = '/api/v1/auth/private_tokens/'

export async function login(server: TestServer, username: string, more: object = {}): Promise<Body> {
  const answered = await server.send('POST', loginAt, { json: { username, password, ...more } })
  assert.equal(answered.status, 200, answered.text)
  return answered.body
}

export const accessOf = async (server: TestServer, username: string): Promise<string> =>
  (await login(server, username)).access_token as string

const day = 86_400_000
export const inDays = (server: TestServer, days: number): string =>
  new Date(server.clock.now() + days * day).toISOString()

/** Makes a private token; answers what was answered. */
export async function makePrivate(server: TestServer, token: string, name = 'script', days = 30): Promise<Body> {
  const json = { name, expiration_time: inDays(server, days) }
  const answered = await server.send('POST', tokensAt, { token, json })
  assert.equal(answered.status, 201, answered.text)
  return answered.body
}

/** A refusal in the plain form of the framework. */
export function assertDetail(answered: Answered, status: number, detail: string, code?: string): void {
  assert.equal(answered.status, status, answered.text)
  assert.equal(answered.type, 'application/json')
  assert.equal(answered.body.detail, detail)
  assert.equal(answered.body.code, code)
  assert.equal(answered.headers.get('www-authenticate'), status === 401 ? 'Bearer realm="api"' : null)
}

export function assertFields(answered: Answered, fields: Readonly<Record<string, readonly string[]>>): void {
  assert.equal(answered.status, 400, answered.text)
  assert.deepEqual(answered.body as unknown, fields)
}
