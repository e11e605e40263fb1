import assert from 'node:assert/strict'
import { totpAt, totpStep } from '../../src/crypto/totp.ts'
import type { User } from '../../src/types.ts'
import type { Body } from './http.ts'
import type { TestServer } from './server.ts'

export const password = 'correct horse battery'
const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const

/** A user made behind the doors: active, with a proven e-mail address. */
export function makeUser(
  server: TestServer,
  username: string,
  role = 'user',
  kind: User['kind'] = 'person',
): Promise<User> {
  const person = kind === 'person'
  const wish = {
    username,
    email: person ? `${username}@example.com` : null,
    password: person ? password : null,
    role,
    kind,
  }
  return server.core.users.create(wish, null, origin)
}

export async function signIn(server: TestServer, identifier: string, more: object = {}): Promise<Body> {
  const answered = await server.send('POST', '/auth/sign-in', { json: { identifier, password, ...more } })
  assert.equal(answered.status, 200, answered.text)
  return answered.body
}

/** A session cookie, as a browser of this site gets it. */
export async function cookieOf(server: TestServer, identifier: string): Promise<string> {
  const json = { identifier, password, mode: 'cookie' }
  const answered = await server.send('POST', '/auth/sign-in', { json, headers: { Origin: server.url } })
  assert.equal(answered.status, 200, answered.text)
  const line = answered.headers.getSetCookie().find((cookie) => cookie.startsWith('cardea=')) ?? ''
  return line.split(';', 1)[0] ?? ''
}

export async function makeKey(server: TestServer, token: string, wish: object = {}): Promise<Body> {
  const answered = await server.send('POST', '/auth/keys', { token, json: { name: 'test key', ...wish } })
  assert.equal(answered.status, 201, answered.text)
  return answered.body
}

export async function makeToken(server: TestServer, token: string, wish: object = {}): Promise<Body> {
  const expires = new Date(server.clock.now() + 30 * 86_400_000).toISOString()
  const answered = await server.send('POST', '/auth/tokens', {
    token,
    json: { name: 'test token', expires_at: expires, ...wish },
  })
  assert.equal(answered.status, 201, answered.text)
  return answered.body
}

/** Enrols TOTP; answers the secret and the recovery codes. The clock moves one step, so that the next code is new. */
export async function enrol(
  server: TestServer,
  token: string,
): Promise<{ secret: string; recoveryCodes: readonly string[] }> {
  const begun = await server.send('POST', '/auth/mfa/totp', { token, json: {} })
  assert.equal(begun.status, 201, begun.text)
  const { secret } = begun.body
  assert.ok(secret !== undefined)
  const confirmed = await server.send('POST', '/auth/mfa/totp/confirm', {
    token,
    json: { code: codeOf(server, secret) },
  })
  assert.equal(confirmed.status, 200, confirmed.text)
  server.clock.advance(30_000)
  await server.core.feed.sync()
  return { secret, recoveryCodes: confirmed.body.recovery_codes as unknown as readonly string[] }
}

export function codeOf(server: TestServer, secret: string): string {
  return totpAt(secret, totpStep(server.clock.now()))
}

/** The one-time token in the newest mail to an address. */
export async function mailedToken(server: TestServer, to: string): Promise<string> {
  await server.core.idle()
  const mail = server.mails.findLast((mail) => mail.to === to && mail.text.includes('#token='))
  const token = /#token=([A-Za-z0-9_-]+)/.exec(mail?.text ?? '')?.[1]
  assert.ok(token !== undefined, `no mail with a link to ${to}`)
  return token
}
