import assert from 'node:assert/strict'
import type { FreesewingSettings } from '../../src/apis/freesewing/settings.ts'
import type { User } from '../../src/types.ts'
import { codeOf, makeUser, password } from './callers.ts'
import type { Answered, Body } from './http.ts'
import { startTestServer, type TestServer, type TestServerWish } from './server.ts'

/** The native API and the FreeSewing door on one server, with an administrator `root`. */
export async function startSewing(
  door: Partial<FreesewingSettings> = {},
  wish: Omit<TestServerWish, 'doors'> = {},
): Promise<TestServer> {
  const server = await startTestServer({ ...wish, doors: { freesewing: { enabled: true, ...door } } })
  await makeUser(server, 'root', 'admin')
  return server
}

export async function enter(server: TestServer, username: string | number, more: object = {}): Promise<Body> {
  const answered = await server.send('POST', '/signin', { json: { username, password, token: false, ...more } })
  assert.equal(answered.status, 200, answered.text)
  return answered.body
}
export const tokenOf = async (server: TestServer, username: string, more: object = {}): Promise<string> =>
  (await enter(server, username, more)).token as string

/** A key as `[key, secret]`, for HTTP Basic. */
export async function sewingKey(
  server: TestServer,
  token: string,
  level: number,
  more: object = {},
): Promise<readonly [string, string]> {
  const json = { name: `level ${level}`, level, expiresIn: 3600, ...more }
  const answered = await server.send('POST', '/apikeys/jwt', { token, json })
  assert.equal(answered.status, 201, answered.text)
  const { key, secret } = answered.body.apikey as Body
  return [key as string, secret as string]
}

/** A key of level 0, which `POST /apikeys` counts as none: as the core makes it. */
export async function keyOfLevelZero(server: TestServer, user: User): Promise<readonly [string, string]> {
  const origin = { api: 'freesewing', address: '127.0.0.1', userAgent: 'test' } as const
  const wish = { name: 'level 0', scopes: ['keys:read'], detail: { level: 0 } }
  const { record, secret } = await server.core.keys.issueFor(user, wish, origin)
  return [record.id, secret]
}

export interface Mailed {
  readonly url: string
  readonly page: string
  readonly id: string
  readonly check: string
}

/** The newest link of this door that was mailed to an address. */
export async function mailedTo(server: TestServer, to: string): Promise<Mailed> {
  await server.core.idle()
  const pattern = /(https?:\/\/\S+\/confirm\/([a-z]+)[#?]id=([0-9a-f-]{36})&check=([0-9a-f]{16}))(?=\s)/
  const found = server.mails.filter((mail) => mail.to === to).map(({ text }) => pattern.exec(text))
  const [, url = '', page = '', id = '', check = ''] =
    found.findLast((each) => each !== null) ?? assert.fail(`no mail with a link to ${to}`)
  return { url, page, id, check }
}

/** Signs up and confirms; answers token and account. */
export async function join(server: TestServer, email: string, consent = 1): Promise<Body> {
  const asked = await server.send('POST', '/signup', { json: { email, language: 'en' } })
  assert.equal(asked.status, 201, asked.text)
  const { id } = await mailedTo(server, email.toLowerCase())
  const answered = await server.send('POST', `/confirm/signup/${id}`, { json: { consent } })
  assert.equal(answered.status, 200, answered.text)
  return answered.body
}

/** Enrols a second factor at this door; the clock moves on, so that the next code is new. */
export async function enrolHere(
  server: TestServer,
  token: string,
): Promise<{ secret: string; scratchCodes: string[] }> {
  const begun = await server.send('POST', '/account/mfa/jwt', { token, json: { mfa: true } })
  assert.equal(begun.status, 200, begun.text)
  const secret = (begun.body.mfa as Body).secret as string
  const json = { mfa: true, secret, token: codeOf(server, secret) }
  const confirmed = await server.send('POST', '/account/mfa/jwt', { token, json })
  assert.equal(confirmed.status, 200, confirmed.text)
  server.clock.advance(30_000)
  await server.core.feed.sync()
  return { secret, scratchCodes: confirmed.body.scratchCodes as unknown as string[] }
}

/** A refusal of a controller: its status and its word, in JSON. */
export function assertError(answered: Answered, status: number, error: string): void {
  assert.equal(answered.status, status, answered.text)
  assert.deepEqual(answered.body, { result: 'error', error })
  assert.equal(answered.type, 'application/json; charset=utf-8')
}

/** A 404 of a controller says nothing at all. */
export function assertNothing(answered: Answered): void {
  assert.equal(answered.status, 404, answered.text)
  assert.equal(answered.text, '')
  assert.equal(answered.headers.get('content-length'), '0')
  assert.equal(answered.headers.get('content-type'), null)
}

/** A refused credential: the bare word, without a type. */
export function assertUnauthorized(answered: Answered, challenge: string | null = null): void {
  assert.equal(answered.status, 401, answered.text)
  assert.equal(answered.text, 'Unauthorized')
  assert.equal(answered.headers.get('content-type'), null)
  assert.equal(answered.headers.get('www-authenticate'), challenge)
}
export const basicChallenge = 'Basic realm="Users"'
