import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { createIdentityTokens } from '../../src/core/identity-tokens.ts'
import type { Principal } from '../../src/types.ts'
import { createTestCore } from '../support/core.ts'
import { signedIn } from '../support/people.ts'

test('a token says who calls, for one audience and a minute; what is warm is answered without a promise', async () => {
  const t = await createTestCore()
  try {
    const { by, user } = await signedIn(t)
    const { identityTokens } = t.core
    const first = await identityTokens.issue(by, 'a.example.com')
    const claims = decodeJwt(first)
    assert.equal(decodeProtectedHeader(first).typ, 'cardea-id+jwt')
    assert.deepEqual([claims.sub, claims.aud, claims.kind], [user.publicId, 'a.example.com', 'access-token'])
    assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), 60)
    assert.equal(identityTokens.issue(by, 'a.example.com'), first)
    const other = await identityTokens.issue(by, 'b.example.com')
    assert.equal(decodeJwt(other).aud, 'b.example.com')
    t.clock.advance(-1)
    assert.notEqual(await identityTokens.issue(by, 'a.example.com'), first, 'a clock that was set back keeps none')
  } finally {
    await t.drop()
  }
})

test('it ends with the credential, and is no credential itself', async () => {
  const t = await createTestCore()
  try {
    const { by } = await signedIn(t)
    const expiresAt = t.clock.now() + 20_000
    const token = await t.core.identityTokens.issue({ ...by, expiresAt }, 'a.example.com')
    assert.equal(decodeJwt(token).exp, expiresAt / 1000)
    const origin = { api: 'native', address: '192.0.2.1', userAgent: '' } as const
    assert.equal(await t.core.guard.inspect(token, origin), null)
    const verdict = await t.core.guard.authenticate([{ via: 'bearer', text: token }], ['access-token'], origin)
    assert.deepEqual(verdict, { ok: false, code: 'credential_invalid', kind: 'access-token' })
  } finally {
    await t.drop()
  }
})

test('callers that the guard does not remember get the same token too, others side by side wait for one, and a failure is not kept', async () => {
  let signed = 0
  let fails = true
  const t = await createTestCore()
  try {
    const { by } = await signedIn(t)
    const signingKeys = {
      async current(use: 'access' | 'refresh' | 'private') {
        signed += 1
        if (fails) throw new Error('away')
        return t.core.signingKeys.current(use)
      },
    }
    const tokens = createIdentityTokens({ clock: t.clock, signingKeys, settings: t.settings })
    const password = (): Principal => ({ ...by, kind: 'password' })
    await assert.rejects(async () => tokens.issue(password(), 'a'))
    fails = false
    const many = await Promise.all(Array.from({ length: 50 }, () => tokens.issue(by, 'a')))
    assert.deepEqual([new Set(many).size, signed], [1, 2])
    const first = await tokens.issue(password(), 'a')
    assert.equal(tokens.issue(password(), 'a'), first)
    assert.notEqual(await tokens.issue({ ...password(), scopes: new Set() }, 'a'), first)
    tokens.forget()
    assert.notEqual(await tokens.issue(password(), 'a'), first)
    // Where callers choose the audience, they cannot fill the memory with it.
    const before = signed
    for (let each = 0; each < 200; each += 1) await tokens.issue(by, `host-${each}`)
    assert.equal(signed - before, 200)
    assert.equal(typeof tokens.issue(by, 'host-0'), 'object')
  } finally {
    await t.drop()
  }
})
