import assert from 'node:assert/strict'
import type { Send } from '../support/http.ts'
import { type Cluster, password } from './cluster.ts'
import type { Headers } from './hit.ts'

/** A credential of a user, issued by one node. */
export interface Issued {
  readonly name: string
  readonly kind: string
  readonly headers: Headers
  /** Ends this one, by the node that is asked. */
  revoke(by: Send): Promise<void>
}

export const bearer = (token: unknown): Headers => ({ Authorization: `Bearer ${token}` })
export const basic = (name: unknown, secret: unknown): Headers => ({
  Authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
})

/** Runs a request and demands its status. */
export async function demand(
  send: Send,
  status: number,
  method: string,
  path: string,
  headers: Headers,
  json?: unknown,
) {
  const answered = await send(method, path, { headers, ...(json === undefined ? {} : { json }) })
  assert.equal(answered.status, status, `${method} ${path}: ${answered.text}`)
  return answered
}

/** One of every kind, each of a session of its own where it is a session's. All issued by the node `from`. */
export async function issueAll(cluster: Cluster, username: string, from: Send): Promise<readonly Issued[]> {
  // Who revokes is another session, which stays.
  const owner = bearer((await cluster.signIn(username, {}, from)).access_token)
  const signOut = (headers: Headers) => async (by: Send) => {
    await demand(by, 204, 'POST', '/auth/sign-out', headers)
  }
  const remove = (path: string) => async (by: Send) => {
    await demand(by, 204, 'DELETE', path, owner)
  }
  const key = async () => (await demand(from, 201, 'POST', '/auth/keys', owner, { name: 'nodes' })).body
  const [first, second, third] = [await key(), await key(), await key()]
  const expires = new Date(Date.now() + 86_400_000).toISOString()
  const token = (await demand(from, 201, 'POST', '/auth/tokens', owner, { name: 'nodes', expires_at: expires })).body
  const access = bearer((await cluster.signIn(username, {}, from)).access_token)
  const opaque = bearer((await cluster.signIn(username, { mode: 'bearer' }, from)).token)
  const client = await from('POST', '/oauth/token', {
    form: { grant_type: 'client_credentials' },
    basic: [String(third.id), String(third.secret)],
  })
  assert.equal(client.status, 200, client.text)
  const cookie = { Cookie: await cookieOf(cluster, username, from), Origin: cluster.url }
  return [
    { name: 'an access token', kind: 'access-token', headers: access, revoke: signOut(access) },
    { name: 'an opaque bearer token', kind: 'bearer-token', headers: opaque, revoke: signOut(opaque) },
    { name: 'a session cookie', kind: 'session-cookie', headers: cookie, revoke: signOut(cookie) },
    {
      name: 'an API key in one string',
      kind: 'api-key',
      headers: { 'X-API-Key': String(first.token) },
      revoke: remove(`/auth/keys/${first.id}`),
    },
    {
      name: 'an API key as Basic',
      kind: 'api-key',
      headers: basic(second.id, second.secret),
      revoke: remove(`/auth/keys/${second.id}`),
    },
    {
      name: 'a token that a key got for itself',
      kind: 'access-token',
      headers: bearer(client.body.access_token),
      revoke: remove(`/auth/keys/${third.id}`),
    },
    {
      name: 'a private token',
      kind: 'private-token',
      headers: bearer(token.token),
      revoke: remove(`/auth/tokens/${token.id}`),
    },
  ]
}

async function cookieOf(cluster: Cluster, username: string, from: Send): Promise<string> {
  const json = { identifier: username, password, mode: 'cookie' }
  const answered = await from('POST', '/auth/sign-in', { json, headers: { Origin: cluster.url } })
  assert.equal(answered.status, 200, answered.text)
  const line = answered.headers.getSetCookie().find((cookie) => cookie.startsWith('cardea=')) ?? ''
  return line.split(';', 1)[0] ?? ''
}
