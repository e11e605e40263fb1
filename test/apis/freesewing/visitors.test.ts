import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { codeOf, enrol, makeKey, makeToken, makeUser, password, signIn } from '../../support/callers.ts'
import { assertError, enrolHere, enter, sewingKey, startSewing, tokenOf } from '../../support/freesewing.ts'
import type { Body, Wish } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

/* What credentials that another door issued are worth at this one: what they are at their own, and no more. */

let server: TestServer
before(async () => {
  server = await startSewing()
})
after(() => server.close())

const accessOf = async (username: string, more: object = {}) =>
  (await signIn(server, username, more)).access_token as string
const pass = async (minutes: number) => {
  server.clock.advance(minutes * 60_000)
  await server.core.feed.sync()
}
const scopes = [
  'account:read',
  'account:write',
  'keys:read',
  'keys:write',
  'users:read',
  'users:write',
  'impersonate',
] as const

/** Everything here that its own door wants a fresh proof for; the path without its last part. */
const guarded = [
  ['PATCH', '/account', { password: 'an entirely other one' }],
  ['PATCH', '/account', { email: 'thief@example.net' }],
  ['PATCH', '/account', { username: 'stolen' }],
  ['PATCH', '/account', { confirm: 'emailchange', confirmation: 'x', check: 'x' }],
  ['POST', '/apikeys', { name: 'x', level: 4, expiresIn: 60 }],
  ['GET', '/account/restrict', undefined],
  ['GET', '/account/export', undefined],
  ['DELETE', '/account', undefined],
] as const
const ofSessions = [
  ['POST', '/account/mfa', { mfa: true }],
  ['PATCH', '/admin/user/root', { mfaEnabled: false }],
  ['PATCH', '/admin/user/root', { role: 'user' }],
  ['GET', '/admin/impersonate/root', undefined],
] as const

const ask = (method: string, path: string, json: unknown, by: Partial<Wish>) =>
  server.send(method, path, { ...by, ...(json === undefined ? {} : { json }) })

describe('a credential of the native door', () => {
  test('whose factors were proven too long ago takes over nothing, whoever it is of', async () => {
    await makeUser(server, 'chief', 'admin')
    const { secret } = await enrol(server, await accessOf('chief'))
    const token = await accessOf('chief', { code: codeOf(server, secret) })
    await pass(40)
    for (const [method, path, json] of [...guarded, ...ofSessions])
      assertError(await ask(method, `${path}/jwt`, json, { token }), 403, 'insufficientAccessLevel')
    assertError(
      await ask('PATCH', '/admin/user/chief/jwt', { mfaEnabled: false }, { token }),
      403,
      'insufficientAccessLevel',
    )
    // What needs no fresh proof goes on.
    assert.equal((await ask('PATCH', '/account/jwt', { bio: 'mine' }, { token })).status, 200)
    await enter(server, 'chief', { token: codeOf(server, secret) })
  })

  test('that is fresh does what its own door would let it do', async () => {
    await makeUser(server, 'fresh')
    const token = await accessOf('fresh')
    assert.equal((await ask('PATCH', '/account/jwt', { username: 'fresher' }, { token })).status, 200)
    const key = { name: 'x', level: 4, expiresIn: 60 }
    assert.equal((await ask('POST', '/apikeys/jwt', key, { token })).status, 201)
    await pass(11)
    assertError(await ask('POST', '/apikeys/jwt', key, { token }), 403, 'insufficientAccessLevel')
    const proof = await server.send('POST', '/auth/me/reauthenticate', { token, json: { password } })
    assert.equal(proof.status, 204)
    assert.equal((await ask('POST', '/apikeys/jwt', key, { token })).status, 201)
  })

  test('that is a key, a private token or a token that a key got makes, renames and deletes nothing', async () => {
    await makeUser(server, 'prog')
    const access = await accessOf('prog')
    const key = await makeKey(server, access)
    const basic = [key.id as string, key.secret as string] as const
    const lasting = (await makeToken(server, access)).token as string
    const granted = await server.send('POST', '/oauth/token', { basic, form: { grant_type: 'client_credentials' } })
    for (const [method, path, json] of guarded) {
      assertError(await ask(method, `${path}/key`, json, { basic }), 403, 'insufficientAccessLevel')
      for (const token of [lasting, granted.body.access_token as string])
        assertError(await ask(method, `${path}/jwt`, json, { token }), 403, 'insufficientAccessLevel')
    }
    await enter(server, 'prog')
  })

  test('that was narrowed administers with what it carries, and is lent nothing', async () => {
    await makeUser(server, 'narrow', 'admin')
    const { publicId } = await makeUser(server, 'lifted')
    await enrolHere(server, await tokenOf(server, 'lifted'))
    const access = await accessOf('narrow')
    const key = await makeKey(server, access, { scopes })
    const basic = [key.id as string, key.secret as string] as const
    const token = (await makeToken(server, access, { scopes })).token as string
    const changes = [{ role: 'admin' }, { role: 'curator' }, { status: -1 }, { mfaEnabled: false }]
    for (const json of changes) {
      assertError(await ask('PATCH', '/admin/user/lifted/key', json, { basic }), 403, 'insufficientAccessLevel')
      assertError(await ask('PATCH', '/admin/user/lifted/jwt', json, { token }), 403, 'insufficientAccessLevel')
    }
    assert.equal((await ask('GET', '/admin/user/lifted/key', undefined, { basic })).status, 200)
    const user = await server.core.users.byPublicId(publicId)
    assert.deepEqual([user?.role, user?.status, user?.hasFactor], ['user', 'active', true])
  })
})

test('consent renews a token of another door for no longer and with no more than it had', async () => {
  const { publicId } = await makeUser(server, 'risen')
  const token = await accessOf('risen')
  await server.core.users.setRole(publicId, 'admin', null, { api: 'native', address: '', userAgent: '' })
  await server.core.feed.sync()
  const given = await ask('PATCH', '/consent/jwt', { consent: 1 }, { token })
  assert.equal(given.status, 200, given.text)
  const again = given.body.token as string
  assert.equal((await server.send('GET', '/account/jwt', { token: again })).status, 200)
  assert.equal((await server.send('GET', '/auth/admin/users', { token: again })).body.code, 'insufficient_scope')
  await pass(60)
  assert.equal((await server.send('GET', '/account/jwt', { token: again })).status, 401)
})

test('a session that was cut to administration is lent nothing either, and a whole key of this door is', async () => {
  await makeUser(server, 'cut', 'admin')
  await makeUser(server, 'plain')
  const user = await server.core.users.find('cut', { api: 'native', address: '127.0.0.1', userAgent: 'test' })
  assert.ok(user !== null)
  const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
  const { token } = await server.core.sessions.open({ user, mode: 'token', factors: ['password'], origin, scopes })
  assertError(await ask('PATCH', '/admin/user/plain/jwt', { role: 'admin' }, { token }), 403, 'insufficientAccessLevel')
  const level9 = await sewingKey(server, await tokenOf(server, 'root'), 9)
  const done = await ask('PATCH', '/admin/user/plain/key', { role: 'curator' }, { basic: level9 })
  assert.equal((done.body.user as Body).role, 'curator')
})
