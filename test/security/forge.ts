import assert from 'node:assert/strict'
import { KeyObject } from 'node:crypto'
import { generateSigningKey, importSigningKey, type SigningKeyMaterial } from '../../src/crypto/key-ring.ts'
import { createGuard } from '../../src/guard/index.ts'
import { makeToken, makeUser, signIn } from '../support/callers.ts'
import type { Answered } from '../support/http.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

type Members = Readonly<Record<string, unknown>>

/** A server and all that a forger could have in hand, the server's own keys included. */
export interface Forge {
  readonly server: TestServer
  /** Signs access tokens, signs private tokens, belongs to somebody else. */
  readonly own: SigningKeyMaterial
  readonly ownPrivate: SigningKeyMaterial
  readonly strangers: SigningKeyMaterial
  readonly publicKey: KeyObject
  /** An access token that is good, and its parts. */
  readonly good: string
  readonly header: Members
  readonly claims: Members
  readonly privateToken: string
  /** A right signature of this key (default: the own one) over whatever header and payload. */
  sign(head: unknown, payload: unknown, key?: SigningKeyMaterial): Promise<string>
  /** The good token with other claims and header members, signed rightly. */
  signClaims(change: object, head?: object): Promise<string>
  send(token: string): Promise<Answered>
  /** Each is sent twice, so that a first answer that was remembered would show; the good token is not harmed by any. */
  refuseAll(tokens: Readonly<Record<string, string>>): Promise<void>
}

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

export function decode(part = ''): Members {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Members
}

export function assertRefused(answered: Answered, what: string): void {
  assert.equal(answered.status, 401, `${what}: ${answered.status} ${answered.text}`)
  assert.match(answered.type, /^application\/problem\+json/, what)
  assert.match(String(answered.body.code), /^credential_(malformed|invalid|expired|revoked|kind_refused)$/, what)
  assert.match(answered.headers.get('www-authenticate') ?? '', /Bearer/, what)
  assert.equal(answered.headers.get('cache-control'), 'no-store', what)
  assert.doesNotMatch(answered.text, /root|node_modules|jose|JWS|\.ts:\d|eyJ/, what)
}

/** What nobody can tell from a token: whether its session and its user are there. */
const onlyCardeaKnows = /^(another subject|a session that is not there|a key for a session)$/

export async function startForge(): Promise<Forge> {
  const server = await startTestServer()
  await makeUser(server, 'root', 'admin')
  const good = (await signIn(server, 'root')).access_token as string
  const privateToken = (await makeToken(server, good)).token as string
  const header = decode(good.split('.')[0])
  const claims = decode(good.split('.')[1])
  const own = await server.core.signingKeys.current('access')

  async function sign(head: unknown, payload: unknown, key = own): Promise<string> {
    assert.ok(key.sign)
    const input = `${encode(head)}.${encode(payload)}`
    return `${input}.${key.sign(Buffer.from(input)).toString('base64url')}`
  }
  /** A guard in another program, which knows nothing but the public keys. */
  const guard = createGuard({ issuer: server.url, audience: server.url, clock: server.clock })
  async function refuseElsewhere(token: string, what: string): Promise<void> {
    const verdict = await guard.check({ headers: new Headers({ Authorization: `Bearer ${token}` }) })
    assert.ok(!verdict.ok || onlyCardeaKnows.test(what), `${what}: a guard elsewhere lets it in`)
    if (!verdict.ok) assert.match(verdict.code, /^credential_(malformed|invalid|expired|kind_refused)$/, what)
  }
  const send = (token: string): Promise<Answered> =>
    server.send('GET', '/auth/me', { headers: { Authorization: `Bearer ${token}` } })

  return {
    server,
    own,
    ownPrivate: await server.core.signingKeys.current('private'),
    strangers: await importSigningKey(await generateSigningKey('ES256')),
    publicKey: KeyObject.from(own.publicKey),
    good,
    header,
    claims,
    privateToken,
    sign,
    signClaims: (change, head = {}) => sign({ ...header, ...head }, { ...claims, ...change }),
    send,
    async refuseAll(tokens) {
      await server.core.feed.sync()
      assert.equal((await send(good)).status, 200)
      const kept = server.core.guard.cacheSize()
      for (const [what, token] of Object.entries(tokens)) {
        for (let turn = 0; turn < 2; turn += 1) {
          assertRefused(await send(token), what)
          await refuseElsewhere(token, what)
        }
      }
      assert.equal(server.core.guard.cacheSize(), kept, 'a refused token was kept as good')
      assert.equal((await send(good)).status, 200)
    },
  }
}
