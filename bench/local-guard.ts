/* A guard in another program (`cardea/guard`) that checks access tokens it has verified before. No HTTP, no Cardea. */

import { jwtTypes, signJwt } from '../src/crypto/jwt.ts'
import { generateSigningKey, importSigningKey } from '../src/crypto/key-ring.ts'
import { createGuard, requires } from '../src/guard/index.ts'
import { serveQuestions } from './processes.ts'

const issuer = 'https://id.example.com'
const users = 1000
const checksARound = 200_000

const signing = await generateSigningKey('ES256')
const key = await importSigningKey(signing)
const guard = createGuard({
  issuer,
  audience: issuer,
  fetch: async () => Response.json({ keys: [signing.publicJwk] }),
})

/** As a native sign-in issues them. */
function newToken(): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: issuer,
    sub: crypto.randomUUID(),
    aud: issuer,
    jti: crypto.randomUUID(),
    iat: now,
    exp: now + 3600,
    sid: crypto.randomUUID(),
    scope: 'account:read account:write keys:read keys:write sessions:write tokens:read tokens:write',
    role: 'user',
    client_id: 'cardea',
    api: 'native',
    amr: ['pwd'],
    auth_time: now,
  }
  return signJwt({ key, typ: jwtTypes.access, claims })
}

const headers = Array.from({ length: users }, newToken).map((token) => Buffer.from(`Bearer ${token}`))
const rule = requires('account:read')
/** As a server hands it over: every request brings its own text. */
const requestOf = (bytes: Buffer) => {
  const authorization = bytes.toString('latin1')
  return { address: '192.0.2.1', headers: { get: (name: string) => (name === 'authorization' ? authorization : null) } }
}
for (const bytes of headers) {
  const verdict = await guard.check(requestOf(bytes), rule)
  if (!verdict.ok) throw new Error(`a good token was refused: ${verdict.code}`)
}

/** Microseconds of processor time of one check: what it is on a core of its own, whatever else the machine does. */
function round(): number {
  // Made before the clock runs: the text of a request is there when a guard is asked.
  const requests = Array.from({ length: 20_000 }, (_, index) => requestOf(headers[index % users] ?? Buffer.alloc(0)))
  let micros = 0
  for (let done = 0; done < checksARound; done += requests.length) {
    const begun = process.cpuUsage()
    for (const request of requests) {
      const verdict = guard.check(request, rule)
      if (verdict instanceof Promise || !verdict.ok) throw new Error('a warm token was not known')
    }
    const { user, system } = process.cpuUsage(begun)
    micros += user + system
  }
  return micros / checksARound
}

serveQuestions(
  'ready',
  () => round(),
  () => guard.close(),
)
