// An API of one's own whose callers Cardea knows. It needs node:http and `jose`, and nothing of Cardea.
//
//   ISSUER                 the public URL of Cardea
//   INTROSPECTION_KEY      an API key, `id:secret`, of a service user with the scope tokens:introspect
//   PORT                   default 4100
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'

const { ISSUER: issuer = 'http://127.0.0.1:4000', INTROSPECTION_KEY: key = '', PORT: port = '4100' } = process.env

interface Caller {
  readonly id: string
  readonly scopes: readonly string[]
  /** The only addresses and blocks that a key, and what it gets, is good from. */
  readonly addresses?: readonly string[] | undefined
}

/** Only this program sees where a request comes from. Behind a proxy it must be told by the proxy. */
function isFrom(addresses: readonly string[] | undefined, address = ''): boolean {
  if (addresses === undefined) return true
  const list = new BlockList()
  const family = (text: string) => (isIPv6(text) ? 'ipv6' : 'ipv4')
  for (const entry of addresses) {
    const [start = '', bits] = entry.split('/')
    if (bits === undefined) list.addAddress(start, family(start))
    else list.addSubnet(start, Number(bits), family(start))
  }
  return list.check(address, family(address))
}

/** What the caller sent: `Authorization: Bearer` or `ApiKey`, or `X-API-Key`. Null: nothing that is taken here. */
function credentialOf(headers: IncomingHttpHeaders): string | null {
  const [, text] = /^(?:Bearer|ApiKey) +(\S+)$/i.exec(headers.authorization ?? '') ?? []
  const header = headers['x-api-key']
  return text ?? (typeof header === 'string' ? header : null)
}

const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))

/** No call to Cardea, only now and then for its public keys. A revoked access token stays good here until it expires. */
async function byAccessToken(token: string): Promise<Caller | null> {
  try {
    // All four are needed: without `typ` and `audience` a token that is meant for something else would pass.
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: issuer,
      typ: 'at+jwt',
      algorithms: ['ES256', 'EdDSA', 'RS256'],
    })
    return {
      id: payload.sub ?? '',
      scopes: String(payload.scope ?? '').split(' '),
      addresses: payload.allow_addresses as string[] | undefined,
    }
  } catch (error) {
    // A failure to fetch the keys is not the caller's fault: it is thrown on.
    if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) throw error
    return null
  }
}

/** Asks Cardea (RFC 7662): every kind of token and API keys, and always what is true now. */
async function byIntrospection(token: string): Promise<Caller | null> {
  const answer = await fetch(`${issuer}/oauth/introspect`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(key).toString('base64')}` },
    body: new URLSearchParams({ token }),
    signal: AbortSignal.timeout(3000),
  })
  if (!answer.ok) throw new Error(`introspection answered ${answer.status}: is INTROSPECTION_KEY right?`)
  const { active, sub, scope, allow_addresses } = (await answer.json()) as {
    active: boolean
    sub?: string
    scope?: string
    allow_addresses?: string[]
  }
  return active ? { id: sub ?? '', scopes: (scope ?? '').split(' '), addresses: allow_addresses } : null
}

/** Path -> how its callers are checked. The first is fast, the second is strict. */
const guards = { '/prices': byAccessToken, '/orders': byIntrospection }

const server = createServer(async (request, response) => {
  const answer = (status: number, body: object, headers: Record<string, string> = {}) =>
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body))
  try {
    const path = (request.url ?? '').split('?')[0] ?? ''
    const guard = Object.entries(guards).find(([guarded]) => guarded === path)?.[1]
    if (guard === undefined) return answer(404, { error: 'not_found' })
    const credential = credentialOf(request.headers)
    if (credential === null) return answer(401, { error: 'no credential' }, { 'WWW-Authenticate': 'Bearer' })
    const caller = await guard(credential)
    if (caller === null)
      return answer(401, { error: 'invalid_token' }, { 'WWW-Authenticate': 'Bearer error="invalid_token"' })
    if (!isFrom(caller.addresses, request.socket.remoteAddress)) return answer(403, { error: 'wrong address' })
    if (!caller.scopes.includes('account:read'))
      return answer(403, { error: 'insufficient_scope' }, { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' })
    return answer(200, { caller: caller.id })
  } catch (error) {
    // Whoever cannot be checked does not get in.
    console.error(error)
    return answer(503, { error: 'unavailable' }, { 'Retry-After': '1' })
  }
})
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address()
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`)
})
