import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccessTokens } from '../../src/core/access-tokens.ts'
import { type ClientCredentialsDeps, createClientCredentials } from '../../src/core/client-credentials.ts'
import { generateSigningKey, importSigningKey } from '../../src/crypto/key-ring.ts'
import { uuidv4 } from '../../src/crypto/random.ts'
import type { Origin, Principal } from '../../src/types.ts'
import { createFakeClock } from '../support/clock.ts'
import { failsWith } from '../support/identity.ts'

const origin: Origin = { api: 'native', address: '203.0.113.1', userAgent: 'test' }
const id = uuidv4()
const key = await importSigningKey(await generateSigningKey('ES256'))
/** The longest way to write an address and its prefix. */
const addresses = Array.from({ length: 100 }, (_, n) => `2001:db8:1111:2222:3333:4444:5555:${1000 + n}/128`)

function credentials(allowAddresses: readonly string[]) {
  const deps = {
    store: { keys: { byId: async () => ({ id, allowAddresses }) } },
    settings: { accessTokenSeconds: 3600 },
    events: { record: async () => {} },
    accessTokens: createAccessTokens({
      clock: createFakeClock(),
      signingKeys: { current: async () => key },
      settings: {
        publicUrl: `https://${'a'.repeat(60)}.example.com`,
        audience: 'b'.repeat(100),
        accessTokenSeconds: 3600,
      },
    } as unknown as Parameters<typeof createAccessTokens>[0]),
  }
  return createClientCredentials(deps as unknown as ClientCredentialsDeps)
}

const holder = (scopes: readonly string[]) =>
  ({
    kind: 'api-key',
    keyId: id,
    user: { publicId: uuidv4() },
    role: 'user',
    api: 'native',
    scopes: new Set(scopes),
    expiresAt: null,
  }) as unknown as Principal

test('a key whose scopes and addresses fit into no token is told so, and a token that is issued fits', async () => {
  let refused = 0
  for (let count = 1; count <= 60; count += 1) {
    const scopes = Array.from({ length: count }, (_, n) => `shop:${'x'.repeat(40)}${n}`)
    try {
      const { token } = await credentials(addresses).issue(holder(scopes), null, origin)
      assert.ok(token.length <= 8192)
      assert.equal(refused, 0, 'more was issued than what was refused before')
    } catch (error) {
      assert.ok(failsWith('request_invalid')(error as Error), String(error))
      refused += 1
    }
  }
  assert.ok(refused > 0)
  const narrowed = credentials(addresses).issue(holder(['account:read', 'x'.repeat(4000)]), ['account:read'], origin)
  assert.ok((await narrowed).token.length <= 8192)
})
