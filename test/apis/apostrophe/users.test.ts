import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  assertEmpty,
  assertError,
  assertForged,
  csrf,
  keys,
  login,
  sessionOf,
  startApostrophe,
  tokenOf,
  usersPath,
} from '../../support/apostrophe.ts'
import { enrol, makeKey, makeUser, password, signIn } from '../../support/callers.ts'
import { type Answered, type Body, list, type Wish } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
let root: Wish
const callers: Record<string, Wish> = {}
before(async () => {
  server = await startApostrophe()
  for (const role of ['guest', 'user', 'contributor', 'editor', 'support']) {
    await makeUser(server, `a-${role}`, role)
    callers[role] = { token: await tokenOf(server, `a-${role}`) }
  }
  root = { token: await tokenOf(server, 'root') }
})
after(() => server.close())

const send = (method: string, path: string, by: Wish, json?: object): Promise<Answered> =>
  server.send(method, `${usersPath}${path}`, { ...by, ...(json === undefined ? {} : { json }) })
const create = async (json: object, by = root): Promise<Body> => {
  const answered = await send('POST', '', by, json)
  assert.equal(answered.status, 200, answered.text)
  return answered.body
}
const names = ({ body }: Answered): readonly string[] =>
  list(body.results as Body).map(({ username }) => username as string)

describe('users', () => {
  test('are not there for anybody and for guests, empty for contributors and editors, all for administrators', async () => {
    for (const by of [
      { cookie: csrf },
      callers.guest,
      callers.user,
      { headers: { Authorization: `ApiKey ${keys.guest}` } },
    ]) {
      assertError(await send('GET', '', by ?? {}), 404, 'notfound')
      assertError(await send('POST', '', by ?? {}, { username: 'x' }), 404, 'notfound')
      assertError(await send('POST', '', { ...by, raw: '{broken' }), 404, 'notfound')
    }
    for (const by of [
      callers.contributor,
      callers.editor,
      callers.support,
      { headers: { Authorization: `ApiKey ${keys.editor}` } },
    ]) {
      assert.deepEqual((await send('GET', '', by ?? {})).body, { pages: 0, currentPage: 1, results: [] })
      assert.deepEqual((await send('GET', '?count=1', by ?? {})).body, { count: 0 })
      assertError(await send('POST', '', by ?? {}, { username: 'x' }), 403, 'forbidden')
    }
    const all = await send('GET', '', root)
    assert.deepEqual(names(all), ['a-support', 'a-editor', 'a-contributor', 'a-user', 'a-guest', 'root'])
    assert.equal(all.body.pages as unknown, 1)
  })

  test('are shown without anything that a password could be guessed from', async () => {
    const { body } = await send('GET', '', root)
    const [first] = list(body.results as Body)
    assert.deepEqual(Object.keys(first ?? {}).sort(), [
      '_create',
      '_delete',
      '_edit',
      '_id',
      '_publish',
      'archived',
      'createdAt',
      'disabled',
      'email',
      'metaType',
      'role',
      'slug',
      'title',
      'type',
      'updatedAt',
      'username',
    ])
    assert.doesNotMatch(JSON.stringify(body), /argon2|hash|secret|totp/i)
  })

  test('come in numbered pages', async () => {
    const page = (query: string) => send('GET', `?${query}`, root)
    assert.deepEqual(names(await page('perPage=2&page=2')), ['a-contributor', 'a-user'])
    assert.equal((await page('perPage=4')).body.pages as unknown, 2)
    assert.deepEqual((await page('perPage=2&page=9')).body, { pages: 3, currentPage: 9, results: [] })
    for (const query of [
      'perPage=0',
      'perPage=-5',
      'perPage=x',
      'perPage=NaN',
      'perPage=1e999&page=0',
      'perPage=1&page=-1',
    ])
      assert.equal(names(await page(query)).length, 1, query)
    assert.equal(names(await page('perPage=100000')).length, 6)
    assert.deepEqual((await page('count=1')).body, { count: 6 })
    assert.deepEqual(names(await page('search=EDIT')), ['a-editor'])
    assert.deepEqual(names(await page('unknown=1&search=root')), ['root'])
    assert.equal((await page(`apikey=${keys.guest}`)).status, 200, 'a live token counts before a good key')
  })
})

describe('administrators', () => {
  test('make users of the four roles, who can sign in at every door', async () => {
    for (const role of ['guest', 'contributor', 'editor', 'admin']) {
      const made = await create({
        title: `The ${role}`,
        username: `new-${role}`,
        email: `new-${role}@example.com`,
        password,
        role,
      })
      assert.deepEqual([made.title, made.role, made.disabled as unknown], [`The ${role}`, role, false])
      assert.equal((await login(server, `new-${role}@example.com`)).status, 200)
      assert.equal((await signIn(server, `new-${role}`)).token_type, 'Bearer')
    }
    const plain = await create({ username: 'plain' })
    assert.deepEqual([plain.title, plain.role, 'email' in plain], ['plain', 'guest', false])
    const off = await create({ username: 'off', password, disabled: true })
    assert.equal(off.disabled as unknown, true)
    assert.equal((await login(server, 'off')).status, 400)
  })

  test('hear what is wrong: 409 for what is taken, 400 for what cannot be', async () => {
    await create({ username: 'taken', email: 'taken@example.com' })
    assertError(await send('POST', '', root, { username: 'Taken' }), 409, 'conflict', 'This username is not available.')
    const again = { username: 'other', email: 'TAKEN@example.com' }
    assertError(await send('POST', '', root, again), 409, 'conflict', 'This email is not available.')
    const yak = await create({ username: 'yak' })
    const patch = { role: 'admin', disabled: true, email: 'taken@example.com', title: 'Yak' }
    const refused = await send('PATCH', `/${yak._id}`, root, patch)
    assertError(refused, 409, 'conflict', 'This email is not available.')
    const kept = (await send('GET', `/${yak._id}`, root)).body
    assert.deepEqual([kept.role, kept.disabled as unknown, kept.title], ['guest', false, 'yak'])
    for (const role of ['owner', 'user', '', 'constructor'])
      assertError(
        await send('POST', '', root, { username: 'z', role }),
        400,
        'invalid',
        'The role must be guest, contributor, editor or admin.',
      )
    assertError(
      await send('POST', '', root, { username: 'z', password: 'short' }),
      400,
      'invalid',
      'The password is not acceptable.',
      {
        errors: [
          {
            name: 'invalid',
            code: 400,
            message: 'is too short: a password has 8 to 256 characters',
            data: {},
            path: 'password',
          },
        ],
      },
    )
    assertError(await send('POST', '', root, {}), 400, 'invalid', 'invalid', {
      errors: [{ name: 'required', code: 422, message: 'required', data: {}, path: 'username' }],
    })
    for (const username of ['', '12345', 'a b', 'x@y.example', '\u0000'])
      assert.equal((await send('POST', '', root, { username })).status, 400)
    assert.equal((await server.core.users.list({ search: 'other', limit: 1 })).items.length, 0)
  })

  test('of 50 who make one name at once one does', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => send('POST', '', root, { username: 'once' })))
    assert.equal(all.filter(({ status }) => status === 200).length, 1)
    assert.equal(all.filter(({ status }) => status === 409).length, 49)
  })

  test('change title, address, role, password and state, and nothing else', async () => {
    const { _id } = await create({ username: 'peter', password })
    const change = (json: object) => send('PATCH', `/${_id}`, root, json)
    const after = await change({ title: 'Peter', email: 'peter@example.com', role: 'editor', disabled: false })
    assert.deepEqual([after.body.title, after.body.email, after.body.role], ['Peter', 'peter@example.com', 'editor'])
    assert.deepEqual((await send('GET', `/${_id}`, root)).body, after.body)
    const token = await tokenOf(server, 'peter')
    assert.equal((await change({ password: 'another horse battery' })).status, 200)
    assert.equal((await server.send('GET', '/auth/me', { token })).status, 401)
    assert.equal((await login(server, 'peter', { password: 'another horse battery' })).status, 200)
    assert.equal((await change({ disabled: true })).body.disabled as unknown, true)
    assert.equal((await login(server, 'peter', { password: 'another horse battery' })).status, 400)
    assert.equal((await change({ disabled: false, email: '' })).status, 200)
    assert.ok(!('email' in (await send('GET', `/${_id}`, root)).body))
    assert.equal((await change({ username: 'paul' })).status, 400)
    const id = (await change({ _id: 'x', type: 'y', publicId: 'z', grantedScopes: ['users:write'], title: 'Still' }))
      .body
    assert.deepEqual([id._id, id.username, id.title], [_id, 'peter', 'Still'])
    await server.core.idle()
    assert.ok(server.mails.some(({ to, subject }) => to === 'peter@example.com' && /password/i.test(subject)))
  })

  test('take a lost second factor off', async () => {
    const { _id } = await create({ username: 'lost', password, email: 'lost@example.com', role: 'contributor' })
    await enrol(server, (await signIn(server, 'lost')).access_token as string)
    assert.deepEqual(Object.keys((await login(server, 'lost')).body), ['incompleteToken'])
    assert.equal((await send('PATCH', `/${_id}`, root, { resetTotp: true })).status, 200)
    assert.deepEqual(Object.keys((await login(server, 'lost')).body), ['token'])
  })

  test('delete, and hear that an unknown user is not found; the last administrator stays', async (t) => {
    const { _id } = await create({ username: 'gone', password })
    assertEmpty(await send('DELETE', `/${_id}`, root))
    for (const id of [_id, 'nobody', '00000000-0000-4000-8000-000000000000']) {
      assertError(await send('DELETE', `/${id}`, root), 404, 'notfound')
      assertError(await send('GET', `/${id}`, root), 404, 'notfound')
      assertError(await send('PATCH', `/${id}`, root, {}), 404, 'notfound')
    }
    const alone = await startApostrophe()
    t.after(() => alone.close())
    const token = await tokenOf(alone, 'root')
    const own = list((await alone.send('GET', usersPath, { token })).body.results as Body)[0]?._id
    for (const [method, json] of [
      ['DELETE', undefined],
      ['PATCH', { role: 'editor' }],
      ['PATCH', { disabled: true }],
    ] as const)
      assertError(
        await alone.send(method, `${usersPath}/${own}`, { token, json }),
        409,
        'conflict',
        'The last administrator has to stay.',
      )
  })

  test('in a session may do the same with the CSRF cookie, and nothing without', async () => {
    const cookie = await sessionOf(server, 'root')
    assert.equal((await send('POST', '', { cookie }, { username: 'by-cookie' })).status, 200)
    const bare = cookie
      .split('; ')
      .filter((pair) => !pair.startsWith('cardea.csrf'))
      .join('; ')
    assertForged(await send('POST', '', { cookie: bare }, { username: 'forged' }))
  })
})

describe('whoever is no administrator in a session of this door', () => {
  test('changes nobody: not with a key of the configuration, a key, a token of another door, or a lower role', async () => {
    const { _id } = await create({ username: 'target', password })
    const native = (await signIn(server, 'root')).access_token as string
    const key = (await makeKey(server, native)).token as string
    const configured = { headers: { Authorization: `ApiKey ${keys.admin}` } }
    for (const by of [configured, { headers: { Authorization: `ApiKey ${key}` } }, { token: native }]) {
      assert.equal(names(await send('GET', '?search=target', by)).length, 1)
      assert.ok(!('_edit' in (list((await send('GET', '', by)).body.results as Body)[0] ?? {})))
      assertError(await send('POST', '', by, { username: 'smuggled', role: 'admin', password }), 403, 'forbidden')
      assertError(await send('PATCH', `/${_id}`, by, { password: 'another horse battery' }), 404, 'notfound')
      assertError(await send('DELETE', `/${_id}`, by), 404, 'notfound')
    }
    for (const by of [callers.contributor, callers.editor, callers.support, callers.guest])
      for (const [method, json] of [
        ['GET', undefined],
        ['PATCH', { role: 'admin' }],
        ['PUT', { role: 'admin' }],
        ['DELETE', undefined],
      ] as const)
        assertError(await send(method, `/${_id}`, by ?? {}, json), 404, 'notfound')
    assert.equal((await server.core.users.list({ search: 'smuggled', limit: 1 })).items.length, 0)
    assert.equal((await login(server, 'target')).status, 200)
  })

  test('and no credential of this door rules at another', async () => {
    for (const by of [root, { token: await tokenOf(server, 'root') }])
      for (const [method, path] of [
        ['GET', '/auth/admin/users'],
        ['POST', '/auth/admin/users'],
        ['GET', '/auth/events'],
      ] as const)
        assert.ok(
          [403, 404].includes(
            (await server.send(method, path, { ...by, json: method === 'GET' ? undefined : {} })).status,
          ),
          path,
        )
  })

  test('a fallen administrator does nothing more, with the same token', async () => {
    const made = await create({ username: 'fallen', password, role: 'admin' })
    const token = await tokenOf(server, 'fallen')
    assert.equal((await send('GET', '', { token })).status, 200)
    assert.equal((await send('PATCH', `/${made._id}`, root, { role: 'contributor' })).status, 200)
    assert.deepEqual((await send('GET', '', { token })).body, { pages: 0, currentPage: 1, results: [] })
    assertError(await send('POST', '', { token }, { username: 'late' }), 403, 'forbidden')
  })
})
