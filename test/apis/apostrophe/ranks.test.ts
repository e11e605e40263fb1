import assert from 'node:assert/strict'
import { test } from 'node:test'
import { atLeast, lend, rankOf, rankOfRole, ranks } from '../../../src/apis/apostrophe/ranks.ts'
import { createRoles, defaultRoles } from '../../../src/core/roles.ts'
import type { ApiName, CredentialKind, Principal, Scope } from '../../../src/types.ts'

const roles = createRoles({ settings: { roles: defaultRoles, requireFactor: [] } })
const core = { roles }

function principal(role: string, more: Partial<Principal> & { api?: ApiName; kind?: CredentialKind } = {}): Principal {
  const api = more.api ?? 'apostrophe'
  const ceiling = roles.ceilingOf(api)
  return {
    kind: 'bearer-token',
    user: null,
    role,
    scopes: new Set([...roles.scopesOf(role)].filter((scope) => ceiling.has(scope))),
    sessionId: 'session',
    keyId: null,
    factors: [],
    provenAt: null,
    expiresAt: null,
    actor: null,
    ...more,
    api,
  }
}

test('the rank of a session here is the face of its role, one by one', () => {
  const expected = {
    guest: 'guest',
    user: 'guest',
    tester: 'guest',
    contributor: 'contributor',
    editor: 'editor',
    curator: 'editor',
    bughunter: 'guest',
    support: 'contributor',
    admin: 'admin',
  }
  assert.deepEqual(Object.keys(expected).sort(), [...roles.names].sort())
  for (const [role, rank] of Object.entries(expected)) {
    assert.equal(rankOf(core, principal(role)), rank, role)
    assert.equal(rankOfRole(core, role), rank, role)
  }
  assert.equal(rankOf(core, null), null)
  for (const role of ['constructor', '__proto__', 'owner']) assert.equal(rankOfRole(core, role), 'guest')
})

test('each rank is at least all before it, and nobody is none', () => {
  for (const [at, rank] of ranks.entries())
    for (const [other, needed] of ranks.entries()) assert.equal(atLeast(rank, needed), at >= other)
  assert.equal(atLeast(null, 'guest'), false)
})

test('a credential that is cut to some scopes has the rank that they amount to, and never more than its role', () => {
  const cut = (role: string, scopes: readonly Scope[], more: Partial<Principal> = {}) =>
    rankOf(core, principal(role, { ...more, scopes: new Set(scopes) }))
  assert.equal(cut('admin', []), 'guest')
  assert.equal(cut('admin', ['account:read']), 'guest')
  assert.equal(cut('admin', ['documents:read']), 'contributor')
  // Writing does not include reading.
  assert.equal(cut('admin', ['documents:write']), 'guest')
  assert.equal(cut('guest', ['documents:read', 'documents:write', 'users:write']), 'guest')
  assert.equal(cut('contributor', ['documents:read', 'documents:write']), 'contributor')
  const documents = ['documents:read', 'documents:write']
  const key = { api: 'native', kind: 'api-key', sessionId: null, keyId: 'k' } as const
  assert.equal(cut('admin', documents, key), 'editor')
  assert.equal(cut('admin', [...documents, 'users:write'], key), 'admin')
  assert.equal(cut('admin', documents, { kind: 'static-key', sessionId: null, keyId: 'k' }), 'admin')
})

test('only an administrator in a session of this door is lent the right to change users, for one call', () => {
  const user = { role: 'admin', kind: 'person', grantedScopes: [] } as unknown as NonNullable<Principal['user']>
  const writes = (by: Principal, whose: Principal['user'] = user) => lend(core, by, whose).scopes.has('users:write')
  const own = principal('admin')
  assert.equal(writes(own), true)
  assert.equal(own.scopes.has('users:write'), false)
  assert.equal(writes(principal('editor')), false)
  assert.equal(writes(principal('admin', { keyId: 'k' })), false)
  assert.equal(writes(principal('admin', { actor: 'someone' })), false)
  assert.equal(writes(principal('admin', { kind: 'api-key', sessionId: null, keyId: 'k' })), false)
  const configured = lend(core, principal('admin', { kind: 'static-key', sessionId: null, keyId: 'k' }), null)
  assert.deepEqual([configured.scopes.has('users:read'), configured.scopes.has('users:write')], [true, false])
})

test('a session that was narrowed is lent nothing and is no administrator', () => {
  const user = { role: 'admin', kind: 'person', grantedScopes: [] } as unknown as NonNullable<Principal['user']>
  const whole = principal('admin')
  for (const missing of ['account:write', 'documents:read', 'drafts:write', 'keys:write'] as const) {
    const scopes = new Set([...whole.scopes].filter((scope) => scope !== missing))
    const narrowed = principal('admin', { scopes })
    assert.notEqual(rankOf(core, narrowed), 'admin', missing)
    assert.deepEqual(lend(core, narrowed, user).scopes, scopes)
  }
  const carries = principal('admin', { scopes: new Set(['documents:read', 'documents:write', 'users:write']) })
  assert.deepEqual([rankOf(core, carries), lend(core, carries, user).scopes], ['admin', carries.scopes])
})
