import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeKey, makeToken, makeUser, signIn } from '../../support/callers.ts'
import {
  assertError,
  assertNothing,
  assertUnauthorized,
  basicChallenge,
  enter,
  keyOfLevelZero,
  sewingKey,
  startSewing,
  tokenOf,
} from '../../support/freesewing.ts'
import { type Body, list } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
let token: string
let userId: number
before(async () => {
  server = await startSewing()
  userId = (await makeUser(server, 'kay')).id
  token = await tokenOf(server, 'kay')
})
after(() => server.close())

const make = (json: unknown, by = token) => server.send('POST', '/apikeys/jwt', { token: by, json })
const good = { name: 'ci', level: 3, expiresIn: 3600 }
const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const

describe('making a key', () => {
  test('says what is missing or wrong, in order', async () => {
    const { name, level, expiresIn } = good
    for (const [json, word] of [
      [{}, 'postBodyMissing'],
      [{ level, expiresIn }, 'nameMissing'],
      [{ name: '', level, expiresIn }, 'nameMissing'],
      [{ name: 7, level, expiresIn }, 'nameMissing'],
      [{ name, expiresIn }, 'levelMissing'],
      [{ name, level: 0, expiresIn }, 'levelMissing'],
      [{ name, level: '4', expiresIn }, 'levelNotNumeric'],
      [{ name, level: 10, expiresIn }, 'invalidLevel'],
      [{ name, level: -1, expiresIn }, 'invalidLevel'],
      [{ name, level: 2.5, expiresIn }, 'invalidLevel'],
      [{ name, level }, 'expiresInMissing'],
      [{ name, level, expiresIn: 0 }, 'expiresInMissing'],
      [{ name, level, expiresIn: '3600' }, 'expiresIsNotNumeric'],
      [{ name, level, expiresIn: -5 }, 'expiresIsNotNumeric'],
      [{ name, level, expiresIn: 365 * 86_400 + 1 }, 'expiresIsHigherThanMaximum'],
      [{ name, level: 5, expiresIn }, 'keyLevelExceedsRoleLevel'],
      [{ name, level: 9, expiresIn }, 'keyLevelExceedsRoleLevel'],
    ] as const)
      assertError(await make(json), 400, word)
  })

  test('answers key and secret once, and never again', async () => {
    const made = await make(good)
    assert.equal(made.status, 201, made.text)
    assert.equal(made.body.result, 'created')
    const { key, secret, createdAt, expiresAt, ...rest } = made.body.apikey as unknown as Record<string, string>
    assert.match(key ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.match(secret ?? '', /^[0-9a-f]{64}$/)
    assert.deepEqual(rest, { level: 3, name: 'ci', userId })
    assert.equal(Date.parse(expiresAt ?? '') - Date.parse(createdAt ?? ''), 3_600_000)
    const listed = await server.send('GET', '/apikeys/jwt', { token })
    const entry = list(listed.body.apikeys as Body).find(({ id }) => id === key)
    assert.deepEqual(entry, {
      id: key,
      calls: 0,
      createdAt,
      expiresAt,
      name: 'ci',
      lastSeen: null,
      level: 3,
      userId,
    })
    const one = await server.send('GET', `/apikeys/${key}/jwt`, { token })
    assert.deepEqual(one.body.apikey, { key, level: 3, createdAt, expiresAt, name: 'ci', userId })
    const own = await server.send('GET', '/whoami/key', { basic: [key ?? '', secret ?? ''] })
    assert.deepEqual(own.body, { result: 'success', apikey: { key, level: 3, expiresAt, name: 'ci', userId } })
    for (const { text } of [listed, one, own]) assert.ok(!text.includes(secret ?? ''))
    await server.core.flush()
    const seen = await server.send('GET', '/apikeys/jwt', { token })
    const now = list(seen.body.apikeys as Body).find(({ id }) => id === key)
    assert.equal(now?.lastSeen, new Date(server.clock.now()).toISOString())
  })

  test('a key makes none above itself, none that outlives it, and below level 4 none at all', async () => {
    await makeUser(server, 'chief', 'support')
    const chief = await tokenOf(server, 'chief')
    const basic = await sewingKey(server, chief, 4)
    const byKey = (json: object, key = basic) => server.send('POST', '/apikeys/key', { basic: key, json })
    assertError(await byKey({ ...good, level: 5, expiresIn: 60 }), 400, 'keyLevelExceedsRoleLevel')
    assertError(await byKey({ ...good, expiresIn: 3601 }), 400, 'expiresIsHigherThanMaximum')
    assert.equal((await byKey({ ...good, level: 4, expiresIn: 3600 })).status, 201)
    for (const level of [1, 2, 3])
      assertError(
        await byKey({ ...good, level: 1, expiresIn: 60 }, await sewingKey(server, chief, level)),
        403,
        'insufficientAccessLevel',
      )
  })

  test('the longest life is a setting', async (t) => {
    const short = await startSewing({ keyMaxSeconds: 3600 })
    t.after(() => short.close())
    const by = await tokenOf(short, 'root')
    const ask = (expiresIn: number) => short.send('POST', '/apikeys/jwt', { token: by, json: { ...good, expiresIn } })
    assertError(await ask(3601), 400, 'expiresIsHigherThanMaximum')
    assert.equal((await ask(3600)).status, 201)
  })
})

describe('a key ends', () => {
  test('when its time is over', async () => {
    const basic = await sewingKey(server, token, 4)
    assert.equal((await server.send('GET', '/whoami/key', { basic })).status, 200)
    server.clock.advance(3_600_000)
    await server.core.feed.sync()
    assertUnauthorized(await server.send('GET', '/whoami/key', { basic }), basicChallenge)
    token = await tokenOf(server, 'kay')
  })

  test('when it is deleted, also by itself', async () => {
    const [one, other] = [await sewingKey(server, token, 4), await sewingKey(server, token, 4)]
    const gone = await server.send('DELETE', `/apikeys/${one[0]}/jwt`, { token })
    assert.equal(gone.status, 204)
    assert.equal(gone.text, '')
    assertUnauthorized(await server.send('GET', '/whoami/key', { basic: one }), basicChallenge)
    assertNothing(await server.send('DELETE', `/apikeys/${one[0]}/jwt`, { token }))
    assertNothing(await server.send('GET', `/apikeys/${one[0]}/jwt`, { token }))
    assert.equal((await server.send('DELETE', `/apikeys/${other[0]}/key`, { basic: other })).status, 204)
    assertUnauthorized(await server.send('GET', '/whoami/key', { basic: other }), basicChallenge)
  })

  test('with its owner, and does no more than a demoted owner may', async () => {
    const admin = await makeUser(server, 'falling', 'admin')
    const basic = await sewingKey(server, await tokenOf(server, 'falling'), 9)
    const search = () => server.send('POST', '/admin/search/users/key', { basic, json: { q: 'kay' } })
    assert.equal((await search()).status, 200)
    await server.core.users.setRole(admin.publicId, 'user', null, origin)
    assertError(await search(), 403, 'insufficientAccessLevel')
    assert.equal((await server.send('GET', '/account/key', { basic })).status, 200)
    await server.core.users.setStatus(admin.publicId, 'disabled', null, origin)
    assertUnauthorized(await server.send('GET', '/account/key', { basic }), basicChallenge)
  })
})

test('keys of others are as unknown as keys of nobody, but for an administrator', async () => {
  const [id] = await sewingKey(server, token, 2)
  await makeUser(server, 'nosy')
  const nosy = await tokenOf(server, 'nosy')
  for (const method of ['GET', 'DELETE'])
    assertNothing(await server.send(method, `/apikeys/${id}/jwt`, { token: nosy }))
  for (const odd of ['x', '1', '%00', `${id}x`])
    assertNothing(await server.send('GET', `/apikeys/${odd}/jwt`, { token }))
  const root = await tokenOf(server, 'root')
  const seen = await server.send('GET', `/apikeys/${id}/jwt`, { token: root })
  assert.deepEqual([(seen.body.apikey as Body).key, Number((seen.body.apikey as Body).userId)], [id, userId])
  assert.equal((await server.send('DELETE', `/apikeys/${id}/jwt`, { token: root })).status, 204)
})

test('a key of the native door is listed with the level that its scopes amount to', async () => {
  await makeUser(server, 'both')
  const access = (await signIn(server, 'both')).access_token as string
  const expected: readonly (readonly [readonly string[], number])[] = [
    [['documents:read'], 0],
    [['account:read'], 2],
    [['account:read', 'account:write'], 3],
    [['account:read', 'account:write', 'keys:write'], 4],
    [['account:write', 'keys:write'], 0],
  ]
  for (const [scopes, level] of expected.slice(1)) {
    const made = await makeKey(server, access, { scopes })
    const { body } = await server.send('GET', '/whoami/key', { basic: [made.id as string, made.secret as string] })
    assert.equal(Number((body.apikey as Body).level), level, scopes.join())
  }
})

test('a level that was stored is never exceeded by a token that the key gets for itself', async () => {
  const root = await tokenOf(server, 'root')
  const basic = await sewingKey(server, root, 8)
  const granted = await server.send('POST', '/oauth/token', { basic, form: { grant_type: 'client_credentials' } })
  const client = granted.body.access_token as string
  assert.equal((await server.send('GET', '/account/jwt', { token: client })).status, 200)
  assertError(await server.send('GET', '/admin/user/1/jwt', { token: client }), 403, 'insufficientAccessLevel')
  const highest = await sewingKey(server, root, 9)
  const form = { grant_type: 'client_credentials', scope: 'account:read' }
  const narrowed = await server.send('POST', '/oauth/token', { basic: highest, form })
  assertError(
    await server.send('GET', '/admin/user/1/jwt', { token: narrowed.body.access_token as string }),
    403,
    'insufficientAccessLevel',
  )
})

test('a key of level 9 that its owner narrowed at the native door is one no more', async () => {
  const root = await tokenOf(server, 'root')
  const basic = await sewingKey(server, root, 9)
  const read = () => server.send('GET', '/admin/user/kay/key', { basic })
  assert.equal((await read()).status, 200)
  const scopes = ['account:read', 'account:write', 'keys:read', 'keys:write']
  const narrowed = await server.send('PATCH', `/auth/keys/${basic[0]}`, {
    token: (await signIn(server, 'root')).access_token as string,
    json: { scopes },
  })
  assert.equal(narrowed.status, 200, narrowed.text)
  assertError(await read(), 403, 'insufficientAccessLevel')
  assert.equal((await server.send('GET', '/account/key', { basic })).status, 200)
})

test('a key that is good from some addresses makes none that is good from others', async () => {
  const basic = await sewingKey(server, await tokenOf(server, 'kay'), 4)
  const json = { allow_addresses: ['127.0.0.1'] }
  const token = (await signIn(server, 'kay')).access_token as string
  assert.equal((await server.send('PATCH', `/auth/keys/${basic[0]}`, { token, json })).status, 200)
  const made = await server.send('POST', '/apikeys/key', { basic, json: { name: 'x', level: 4, expiresIn: 60 } })
  assert.equal(made.status, 201, made.text)
  const listed = await server.send('GET', `/auth/keys/${(made.body.apikey as Body).key}`, { token })
  assert.deepEqual(listed.body.allow_addresses, ['127.0.0.1'])
})

describe('levels', () => {
  /** Least level, method, path, body; as coded there, except where the documented level 4 counts. */
  const table: readonly (readonly [number, string, string, object?])[] = [
    [0, 'GET', '/whoami/key'],
    [0, 'GET', '/apikeys/key'],
    [0, 'POST', '/available/username/key', { username: 'kay' }],
    [0, 'GET', '/users/kay/key'],
    [1, 'GET', '/account/key'],
    [1, 'GET', '/apikeys/:own/key'],
    [3, 'PATCH', '/account/key', { bio: 'x' }],
    [3, 'PUT', '/account/key', { bio: 'x' }],
    [4, 'POST', '/apikeys/key', { ...good, level: 1, expiresIn: 60 }],
    [4, 'GET', '/account/export/key'],
    [4, 'DELETE', '/apikeys/:own/key'],
    [9, 'POST', '/admin/search/users/key', { q: 'kay' }],
    [9, 'GET', '/admin/user/kay/key'],
    [9, 'PATCH', '/admin/user/kay/key', {}],
  ]
  const closing: readonly (readonly [string, string])[] = [
    ['GET', '/account/restrict/key'],
    ['DELETE', '/account/key'],
  ]

  test('open what they open, and nothing above', async () => {
    const root = await makeUser(server, 'ladder', 'admin')
    const by = await tokenOf(server, 'ladder')
    for (let level = 0; level <= 9; level += 1) {
      for (const [least, method, path, json] of table) {
        const basic = level === 0 ? await keyOfLevelZero(server, root) : await sewingKey(server, by, level)
        const wish = json === undefined ? { basic } : { basic, json }
        const answered = await server.send(method, path.replace(':own', basic[0]), wish)
        const where = `level ${level}: ${method} ${path}`
        if (level >= least) assert.ok(answered.status < 300, `${where}: ${answered.status} ${answered.text}`)
        else assertError(answered, 403, 'insufficientAccessLevel')
      }
    }
  })

  for (const [method, path] of closing) {
    test(`4 is needed for ${method} ${path}`, async () => {
      const user = await makeUser(server, `closing-${method.toLowerCase()}`)
      const by = await tokenOf(server, user.username)
      for (const level of [1, 2, 3])
        assertError(
          await server.send(method, path, { basic: await sewingKey(server, by, level) }),
          403,
          'insufficientAccessLevel',
        )
      assertError(
        await server.send(method, path, { basic: await keyOfLevelZero(server, user) }),
        403,
        'insufficientAccessLevel',
      )
      assert.equal((await server.send(method, path, { basic: await sewingKey(server, by, 4) })).status, 200)
    })
  }

  test('of roles are those of the table, whatever a token said when it was made', async () => {
    const levels = { user: 4, tester: 4, curator: 5, bughunter: 6, support: 8, admin: 9 } as const
    for (const [role, level] of Object.entries(levels)) {
      await makeUser(server, `a-${role}`, role)
      const { token: by, account } = await enter(server, `a-${role}`)
      assert.equal((account as Body).role, role)
      assert.equal((await make({ ...good, level }, by as string)).status, 201, role)
      if (level < 9)
        assertError(await make({ ...good, level: level + 1 }, by as string), 400, 'keyLevelExceedsRoleLevel')
      const admin = await server.send('GET', '/admin/user/kay/jwt', { token: by as string })
      assert.equal(admin.status, level === 9 ? 200 : 403, role)
    }
    const riser = await makeUser(server, 'riser')
    const before = await tokenOf(server, 'riser')
    await server.core.users.setRole(riser.publicId, 'admin', null, origin)
    assert.equal((await server.send('GET', '/admin/user/kay/jwt', { token: before })).status, 200, 'the role of now')
    await server.core.users.setRole(riser.publicId, 'user', null, origin)
    assertError(await server.send('GET', '/admin/user/kay/jwt', { token: before }), 403, 'insufficientAccessLevel')
  })

  test('of a guest are none: not even their account', async () => {
    await makeUser(server, 'guesty', 'guest')
    const by = await tokenOf(server, 'guesty')
    assertError(await server.send('GET', '/account/jwt', { token: by }), 403, 'insufficientAccessLevel')
    assertError(await server.send('GET', '/whoami/jwt', { token: by }), 403, 'insufficientAccessLevel')
    assert.equal((await server.send('POST', '/find/users', { token: by, json: { match: 'kay' } })).status, 200)
  })
})

describe('a key does not become the account', () => {
  test('it changes neither password nor address nor second factor, but the rest of its level', async () => {
    const basic = await sewingKey(server, token, 4)
    const change = (json: object) => server.send('PATCH', '/account/key', { basic, json })
    for (const json of [
      { password: 'an entirely other one' },
      { email: 'other@example.com' },
      { bio: 'x', email: 'other@example.com' },
      { confirm: 'emailchange', confirmation: '00000000-0000-4000-8000-000000000000', check: 'x' },
    ])
      assertError(await change(json), 403, 'insufficientAccessLevel')
    const native = (await signIn(server, 'kay')).access_token as string
    const lasting = (await makeToken(server, native)).token as string
    for (const json of [{ password: 'an entirely other one' }, { email: 'other@example.com' }])
      assertError(await server.send('PATCH', '/account/jwt', { token: lasting, json }), 403, 'insufficientAccessLevel')
    for (const json of [{ mfa: true }, { mfa: false, password: 'x', token: '123456' }])
      assertError(await server.send('POST', '/account/mfa/key', { basic, json }), 403, 'insufficientAccessLevel')
    assert.equal((await change({ bio: 'mine' })).status, 200)
    await enter(server, 'kay')
    const { body } = await server.send('GET', '/account/jwt', { token })
    assert.equal((body.account as Body).email, 'kay@example.com')
  })

  test('unless the operator wants it as it was', async (t) => {
    const open = await startSewing({ keysChangeCredentials: true })
    t.after(() => open.close())
    await makeUser(open, 'kay')
    const basic = await sewingKey(open, await tokenOf(open, 'kay'), 3)
    const json = { password: 'an entirely other one' }
    assert.equal((await open.send('PATCH', '/account/key', { basic, json })).status, 200)
    await enter(open, 'kay', json)
  })
})
