import assert from 'node:assert/strict'
import { test } from 'node:test'
import { administrationScopes, createRoles, defaultRoles, namedScopes } from '../../src/core/roles.ts'
import { apiNames, type User } from '../../src/types.ts'

const someone: User = {
  id: 1,
  publicId: '01900000-0000-7000-8000-000000000001',
  kind: 'person',
  username: 'someone',
  email: null,
  unprovenEmail: null,
  status: 'active',
  role: 'user',
  grantedScopes: [],
  epoch: 1,
  hasPassword: true,
  hasFactor: false,
  createdAt: 0,
  updatedAt: 0,
  lastSignInAt: null,
}
const asUser = [
  'account:read',
  'account:write',
  'sessions:write',
  'keys:read',
  'keys:write',
  'tokens:read',
  'tokens:write',
]
const asEditor = [...asUser, 'documents:read', 'documents:write', 'drafts:write']

/** Written out again on purpose: what a role may do changes only when somebody changes it here, too. */
const table: Readonly<Record<string, readonly string[]>> = {
  guest: ['account:read'],
  user: asUser,
  tester: asUser,
  contributor: [...asUser, 'documents:read', 'drafts:write'],
  editor: asEditor,
  curator: asEditor,
  bughunter: asUser,
  support: [...asUser, 'users:read', 'documents:read'],
  admin: [...asEditor, 'users:read', 'users:write', 'events:read', 'signing-keys:write', 'impersonate'],
}

const roles = createRoles({ settings: { roles: defaultRoles, requireFactor: ['admin'] } })
const native = [...roles.ceilingOf('native')]

test('there are the built-in roles and no others', () => {
  assert.deepEqual([...roles.names].sort(), Object.keys(table).sort())
  assert.equal(roles.has('constructor'), false)
  assert.equal(roles.scopesOf('constructor').size, 0)
})

for (const [role, scopes] of Object.entries(table)) {
  test(`a ${role} has exactly the scopes of the table`, () => {
    assert.deepEqual([...roles.scopesOf(role)].sort(), [...scopes].sort())
  })
}

test('no role has the scopes that are given to services by name', () => {
  for (const role of roles.names) for (const scope of namedScopes) assert.equal(roles.scopesOf(role).has(scope), false)
})

test('scopes granted by name count for services and for nobody else', () => {
  const grantedScopes = ['tokens:introspect']
  const service = roles.scopesOfUser({ ...someone, kind: 'service', grantedScopes })
  assert.ok(service.has('tokens:introspect') && service.has('account:read'))
  assert.equal(roles.scopesOfUser({ ...someone, grantedScopes }).has('tokens:introspect'), false)
})

for (const api of apiNames) {
  test(`credentials of the API ${api} ${api === 'native' ? 'can' : 'never'} carry administration`, () => {
    for (const scope of administrationScopes) assert.equal(roles.ceilingOf(api).has(scope), api === 'native')
    assert.ok(roles.ceilingOf(api).has('account:write'))
  })
}

test('effective scopes are the ceiling, cut to the wish and to what the owner has now', () => {
  assert.deepEqual([...roles.effective(someone, native, ['account:read', 'users:write'])], ['account:read'])
  assert.deepEqual([...roles.effective(someone, ['keys:read', 'users:read'], null)], ['keys:read'])
  assert.equal(roles.effective({ ...someone, role: 'gone' }, native, null).size, 0)
})

test('a user who must have a second factor and has none can enrol one and nothing else', () => {
  const admin = { ...someone, role: 'admin' }
  assert.deepEqual([...roles.effective(admin, native, null)].sort(), ['account:read', 'account:write'])
  assert.ok(roles.effective({ ...admin, hasFactor: true }, native, null).has('users:write'))
})

test('a service is not asked for a second factor that it cannot have', () => {
  const service: User = { ...someone, role: 'admin', kind: 'service' }
  assert.ok(roles.effective(service, native, null).has('users:write'))
})

test('the fingerprint is another one with other rights, and the same however they are written down', () => {
  const of = (roles: Readonly<Record<string, readonly string[]>>, requireFactor: readonly string[] = []) =>
    createRoles({ settings: { roles, requireFactor } }).fingerprint
  const base = of({ user: ['a', 'b'], guest: ['a'] })
  assert.equal(of({ guest: ['a'], user: ['b', 'a'] }), base)
  for (const other of [
    of({ user: ['a'], guest: ['a'] }),
    of({ user: ['a', 'b'] }),
    of({ user: ['a', 'b'], guest: ['a'] }, ['user']),
  ])
    assert.notEqual(other, base)
})
