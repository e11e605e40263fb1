import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { codeOf, makeUser, password } from '../../support/callers.ts'
import {
  assertError,
  assertNothing,
  assertUnauthorized,
  basicChallenge,
  enrolHere,
  enter,
  mailedTo,
  sewingKey,
  startSewing,
  tokenOf,
} from '../../support/freesewing.ts'
import type { Body } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startSewing(
    {},
    { settings: { roles: { blocked: [], curator: ['account:read', 'account:write', 'keys:read', 'keys:write'] } } },
  )
})
after(() => server.close())

const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
const whoami = (token: string) => server.send('GET', '/whoami/jwt', { token })

describe('the status of an account', () => {
  test('active opens everything', async () => {
    await makeUser(server, 'active')
    const token = await tokenOf(server, 'active')
    assert.equal((await whoami(token)).status, 200)
    assert.equal((await server.send('GET', '/account/jwt', { token })).status, 200)
  })

  for (const [status, word] of [
    ['pending', 'accountInactive'],
    ['disabled', 'accountDisabled'],
    ['blocked', 'accountBlocked'],
  ] as const) {
    test(`${status} is ${word} to its own token, and a bare 401 everywhere else`, async () => {
      const user = await makeUser(server, `was-${status}`)
      const token = await tokenOf(server, user.username)
      const key = await sewingKey(server, token, 4)
      await server.send('POST', '/signinlink', { json: { username: user.username } })
      const link = await mailedTo(server, `${user.username}@example.com`)
      await server.core.users.setStatus(user.publicId, status, null, origin)
      const who = await whoami(token)
      assert.equal(who.status, 401)
      assert.deepEqual(who.body, { result: 'error', error: { error: word } })
      for (const path of ['/account/jwt', '/apikeys/jwt', '/account/export/jwt'])
        assertUnauthorized(await server.send('GET', path, { token }))
      assertUnauthorized(await server.send('PATCH', '/consent/jwt', { token, json: { consent: 1 } }))
      assertUnauthorized(await server.send('GET', '/account/key', { basic: key }), basicChallenge)
      assertError(
        await server.send('POST', '/signin', { json: { username: user.username, password } }),
        403,
        'statusLacking',
      )
      assertError(
        await server.send('POST', '/signin', { json: { username: user.username, password: 'wrong' } }),
        401,
        'signInFailed',
      )
      assertNothing(await server.send('POST', `/signinlink/${link.id}/${link.check}`))
    })
  }

  test('a token that is none says nothing of any account', async () => {
    for (const token of ['x', 'a.b.c']) assertUnauthorized(await whoami(token))
    assertUnauthorized(await server.send('GET', '/whoami/jwt'))
  })

  test('a role by the name of blocked shuts out', async () => {
    const user = await makeUser(server, 'role-blocked')
    const token = await tokenOf(server, 'role-blocked')
    await server.core.users.setRole(user.publicId, 'blocked', null, origin)
    assertError(
      await server.send('POST', '/signin', { json: { username: 'role-blocked', password } }),
      403,
      'accountBlocked',
    )
    for (const path of ['/whoami/jwt', '/account/jwt', '/apikeys/jwt'])
      assertError(await server.send('GET', path, { token }), 403, 'insufficientAccessLevel')
  })
})

describe('a token', () => {
  test('lives seven days and carries the claims that clients read, on top of ours', async () => {
    const user = await makeUser(server, 'claims', 'curator')
    const { token } = await enter(server, 'claims')
    const claims = decodeJwt(token as string)
    const header = decodeProtectedHeader(token as string)
    assert.deepEqual([header.alg, header.typ], ['ES256', 'at+jwt'])
    const { _id, username, role, status, iss, sub, iat, exp, aud } = claims
    assert.deepEqual([_id, username, role, status], [user.id, 'claims', 'curator', 1])
    assert.deepEqual([iss, sub], [server.url, user.publicId])
    assert.equal(Number(exp) - Number(iat), 7 * 86_400)
    assert.deepEqual(aud, [server.url, `${server.url}/freesewing`])
    for (const secret of ['password', 'email', 'mfa']) assert.ok(!(secret in claims))
    server.clock.advance(7 * 86_400_000 - 2000)
    assert.equal((await whoami(token as string)).status, 200)
    server.clock.advance(2000)
    assertUnauthorized(await whoami(token as string))
  })

  test('dies with its session, the password, and its user', async () => {
    const user = await makeUser(server, 'mortal')
    const [first, second] = [await tokenOf(server, 'mortal'), await tokenOf(server, 'mortal')]
    const sessions = await server.send('GET', '/auth/sessions', { token: first })
    const other = (sessions.body.items as unknown as readonly Body[]).find(({ current }) => String(current) === 'false')
    assert.equal((await server.send('DELETE', `/auth/sessions/${other?.id}`, { token: first, json: {} })).status, 204)
    assertUnauthorized(await whoami(second))
    const third = await tokenOf(server, 'mortal')
    await server.send('PATCH', '/account/jwt', { token: first, json: { password: 'an entirely other one' } })
    assertUnauthorized(await whoami(third))
    await server.core.users.remove((await server.core.users.byPublicId(user.publicId)) ?? user, null, origin)
    assertUnauthorized(await whoami(first))
  })

  test('is none when a bit, a part or the algorithm is another', async () => {
    await makeUser(server, 'forged')
    const token = await tokenOf(server, 'forged')
    const [header = '', payload = '', signature = ''] = token.split('.')
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = { ...decodeJwt(token), role: 'admin', _id: 1 }
    for (const bad of [
      `${header}.${part(claims)}.${signature}`,
      `${part({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      `${part({ alg: 'HS256', typ: 'JWT' })}.${payload}.${signature}`,
      `${token}=`,
      `${header}.${payload}`,
      ` ${token}`,
    ])
      assertUnauthorized(
        await server.send('GET', '/account/jwt', {
          headers: { Authorization: `Bearer ${bad.trim() === token ? `${token}.` : bad}` },
        }),
      )
  })
})

describe('with a second factor on', () => {
  test('the password alone is nobody at this door', async () => {
    await makeUser(server, 'doubled')
    const { secret } = await enrolHere(server, await tokenOf(server, 'doubled'))
    assertError(
      await server.send('POST', '/signin', { json: { username: 'doubled', password } }),
      403,
      'mfaTokenRequired',
    )
    await server.send('POST', '/signinlink', { json: { username: 'doubled' } })
    const { id, check } = await mailedTo(server, 'doubled@example.com')
    assertError(await server.send('POST', `/signinlink/${id}/${check}`), 403, 'mfaTokenRequired')
    assertUnauthorized(await server.send('GET', '/account/key', { basic: ['doubled', password] }), basicChallenge)
    assertUnauthorized(await server.send('GET', '/account/jwt', { basic: ['doubled', password] }))
    await enter(server, 'doubled', { token: codeOf(server, secret) })
  })

  test('a mail that proves an address opens no session', async () => {
    const user = await makeUser(server, 'prover')
    await enrolHere(server, await tokenOf(server, 'prover'))
    // Without password and address, as an administrator can leave a user: a claim of an address is proven by its mail.
    await server.store.users.update(
      user.id,
      { email: null, unprovenEmail: 'prover2@example.com', passwordHash: null },
      server.clock.now(),
    )
    const now = (await server.core.users.byPublicId(user.publicId)) ?? user
    const { id } = { id: '7d3f0c0e-2b7c-4a57-9f5e-0d1c2b3a4f5e' }
    const { sha256Hex } = await import('../../../src/crypto/hash.ts')
    const at = server.clock.now()
    const row = {
      purpose: 'confirm-email',
      hash: sha256Hex(id),
      userId: now.id,
      data: { email: 'prover2@example.com', api: 'freesewing' },
      createdAt: at,
      expiresAt: at + 60_000,
      attempts: 0,
    } as const
    await server.store.oneTime.create(row, true)
    const answered = await server.send('POST', `/confirm/signup/${id}`, { json: { consent: 1 } })
    assertError(answered, 403, 'mfaTokenRequired')
    assert.equal((await server.core.users.byPublicId(user.publicId))?.email, 'prover2@example.com')
  })
})

test('nobody signs up before there is an administrator', async (t) => {
  const { startTestServer } = await import('../../support/server.ts')
  const empty = await startTestServer({ doors: { freesewing: { enabled: true } } })
  t.after(() => empty.close())
  assertError(
    await empty.send('POST', '/signup', { json: { email: 'first@example.com', role: 'admin', test: true } }),
    403,
    'setUpNeeded',
  )
  assert.deepEqual((await empty.core.users.list({ limit: 9 })).items, [])
})
