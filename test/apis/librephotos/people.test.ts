import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { User } from '../../../src/types.ts'
import { mailedToken, makeToken, makeUser, password, signIn } from '../../support/callers.ts'
import { type Body, list } from '../../support/http.ts'
import { assertErrors, obtain, refreshWith, startPhotos } from '../../support/librephotos.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
let anna: User
let bert: User
let token: string
let staff: string
let root: string
before(async () => {
  server = await startPhotos()
  anna = await makeUser(server, 'anna')
  bert = await makeUser(server, 'bert')
  await makeUser(server, 'helper', 'support')
  token = (await obtain(server, 'anna')).access
  staff = (await obtain(server, 'helper')).access
  root = (await obtain(server, 'root')).access
})
after(() => server.close())

const denied = ['detail', 'You do not have permission to perform this action.'] as const
const noUser = ['detail', 'No User matches the given query.'] as const
const notProvided = ['detail', 'Authentication credentials were not provided.'] as const
const at = (user: User) => `/api/user/${user.id}/`
const patch = (user: User, json: object, wish: object = { token }) => server.send('PATCH', at(user), { json, ...wish })
const publicFields = [
  'id',
  'username',
  'first_name',
  'last_name',
  'avatar_url',
  'public_photo_count',
  'public_photo_samples',
  'public_sharing',
]

describe('people', () => {
  test('are shown in full to themselves and to staff; all others see what is meant for all', async () => {
    const names = async (wish: object) =>
      list((await server.send('GET', '/api/user/', wish)).body.results as Body).map((user) => [
        user.username,
        'email' in (user as object) ? 'full' : Object.keys(user).join() === publicFields.join() ? 'public' : 'odd',
      ])
    const mine = [
      ['root', 'public'],
      ['anna', 'full'],
      ['bert', 'public'],
      ['helper', 'public'],
    ]
    assert.deepEqual(await names({ token }), mine)
    assert.deepEqual(
      await names({ token: staff }),
      mine.map(([name]) => [name, 'full']),
    )
    assert.deepEqual(await names({}), [], 'nobody shares in public')
    assert.equal(
      (await patch(bert, { public_sharing: true }, { token: (await obtain(server, 'bert')).access })).status,
      200,
    )
    assert.deepEqual(await names({}), [['bert', 'public']])
  })

  test('come in pages by limit and offset, with addresses of the public URL; bad values are passed over', async () => {
    const first = (await server.send('GET', '/api/user/?limit=2', { token })).body
    assert.equal(first.count as unknown, 4)
    assert.equal(first.previous, null)
    assert.equal(first.next, `${server.url}/api/user/?limit=2&offset=2`)
    const second = (await server.send('GET', (first.next as string).slice(server.url.length), { token })).body
    assert.equal(second.next, null)
    assert.equal(list(second.results as Body).length, 2)
    const odd = await server.send('GET', '/api/user/?limit=x&offset=-1', { token })
    assert.equal(list(odd.body.results as Body).length, 4)
  })

  test('one by one are found by number; strangers find those who share in public, nobody finds closed accounts', async () => {
    const own = await server.send('GET', at(anna), { token })
    assert.equal(own.body.email, 'anna@example.com')
    assert.equal(own.body.id as unknown, anna.id)
    const other = await server.send('GET', at(bert), { token })
    assert.deepEqual(Object.keys(other.body), publicFields)
    assertErrors(await server.send('GET', at(anna)), 404, noUser)
    assert.equal((await server.send('GET', at(bert))).status, 200)
    for (const id of ['0', '999999', 'x', '-1', '1.5', '99999999999999999999', '%00'])
      assertErrors(await server.send('GET', `/api/user/${id}/`, { token }), 404, noUser)
    const closed = await makeUser(server, 'closed')
    await server.core.users.setStatus(closed.publicId, 'disabled', null, origin)
    assertErrors(await server.send('GET', at(closed), { token }), 404, noUser)
    assert.equal((await server.send('GET', at(closed), { token: staff })).status, 200)
    await server.core.users.remove(closed, null, origin)
    const service = await makeUser(server, 'robot', 'user', 'service')
    assertErrors(await server.send('GET', at(service), { token: root }), 404, noUser)
  })

  test('without the slash, reading and changing are led to the address with it', async () => {
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      const answered = await server.send(method, `/api/user/${anna.id}`)
      assert.equal(answered.status, 301)
      assert.equal(answered.headers.get('location'), at(anna))
    }
  })
})

const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const

describe('a change', () => {
  test('of names and preferences is stored, and what is not for the user to say is passed over', async () => {
    const answered = await patch(anna, {
      first_name: 'Anna',
      confidence: '0.4',
      semantic_search_topk: 5,
      username: 'other',
      is_superuser: true,
      is_staff: true,
      scan_directory: '/etc',
      id: 1,
      role: 'admin',
      status: 'disabled',
      password: '',
    })
    assert.equal(answered.status, 200, answered.text)
    const { body } = await server.send('PUT', at(anna), { token, json: { last_name: 'Berg' } })
    const picked = [body.first_name, body.last_name, body.confidence, body.semantic_search_topk, body.username]
    assert.deepEqual(picked as unknown[], ['Anna', 'Berg', 0.4, 5, 'anna'])
    assert.deepEqual([body.is_superuser, body.is_staff, body.scan_directory] as unknown[], [false, false, ''])
    const after = await server.core.users.byId(anna.id)
    assert.deepEqual([after?.role, after?.status], ['user', 'active'])
    assertErrors(
      await patch(anna, { confidence: 'much', public_sharing: 3, first_name: 'x'.repeat(151) }),
      400,
      ['first_name', 'Ensure this field has no more than 150 characters.'],
      ['public_sharing', 'Must be a valid boolean.'],
      ['confidence', 'A valid number is required.'],
    )
  })

  test('is one’s own: 401 for nobody, 403 for others and for staff without the right', async () => {
    assertErrors(await patch(anna, {}, {}), 401, notProvided)
    assertErrors(await patch(bert, { first_name: 'x' }), 403, denied)
    assertErrors(await patch(bert, { first_name: 'x' }, { token: staff }), 403, denied)
    assert.equal((await patch(bert, { first_name: 'Bertram' }, { token: root })).status, 200)
  })

  test('of the password needs no old one in a session, keeps that session, ends the others and is mailed', async () => {
    const cara = await makeUser(server, 'cara')
    const here = await obtain(server, 'cara')
    const there = await obtain(server, 'cara')
    assertErrors(await patch(cara, { password: 'short' }, { token: here.access }), 400, [
      'password',
      'This password is too short: a password has 8 to 256 characters.',
    ])
    const json = { password: 'another battery staple' }
    assert.equal((await patch(cara, json, { token: here.access })).status, 200)
    assert.equal((await refreshWith(server, here.refresh)).status, 200)
    assert.equal((await refreshWith(server, there.refresh)).status, 401)
    await server.core.idle()
    assert.ok(server.mails.some(({ to, subject }) => to === 'cara@example.com' && subject.startsWith('Your password')))
    await obtain(server, 'cara', json)
  })

  test('of password or address is for people in a session: no private token and no Basic makes it', async () => {
    const wide = (await makeToken(server, (await signIn(server, 'anna')).access_token as string)).token as string
    for (const json of [{ password: 'another battery staple' }, { email: 'thief@example.com' }])
      for (const wish of [{ token: wide }, { basic: ['anna', password] }])
        assertErrors(await patch(anna, json, wish), 403, denied)
    assert.equal((await patch(anna, { first_name: 'Ann' }, { token: wide })).status, 200)
    await obtain(server, 'anna')
  })

  test('of the address is a claim until the mailed link was used, and a taken one tells nothing', async () => {
    assertErrors(await patch(anna, { email: 'no address' }), 400, ['email', 'Enter a valid email address.'])
    const free = await patch(anna, { email: 'anna.new@example.com' })
    const taken = await patch(anna, { email: 'bert@example.com' })
    assert.deepEqual([free.status, taken.status], [200, 200])
    assert.equal(taken.body.email, 'bert@example.com', 'shown as it was typed')
    assert.equal((await server.core.users.byId(anna.id))?.email, 'anna@example.com', 'and it identifies nobody')
    assertErrors(
      await server.send('POST', '/api/auth/token/obtain/', { json: { username: 'anna.new@example.com', password } }),
      401,
      ['detail', 'No active account found with the given credentials'],
    )
    const json = { token: await mailedToken(server, 'anna.new@example.com'), password }
    assert.equal((await server.send('POST', '/auth/email/confirm', { json })).status, 204)
    assert.equal((await server.core.users.byId(anna.id))?.email, 'anna.new@example.com')
    await server.core.idle()
    assert.ok(!server.mails.some(({ to, text }) => to === 'bert@example.com' && text.includes('#token=')))
  })
})

test('a change that is refused changes and mails nothing, whoever asks for it and where', async () => {
  const dora = await makeUser(server, 'dora')
  const own = await obtain(server, 'dora')
  await server.core.idle()
  const mails = server.mails.length
  for (const wish of [{ token: root }, { token: own.access }])
    for (const path of [at(dora), `/api/manage/user/${dora.id}/`])
      for (const json of [
        { email: 'evil@example.net', password: 'short', first_name: 'Evil' },
        { email: 'evil-one@example.net', password: 'evil-one@example.net', first_name: 'Evil' },
        { email: 'no address', password: 'another battery staple', first_name: 'Evil' },
      ]) {
        const { status, text } = await server.send('PATCH', path, { json, ...wish })
        assert.equal(status, path === at(dora) || wish.token === root ? 400 : 403, text)
      }
  await server.core.idle()
  assert.equal(server.mails.length, mails)
  const after = await server.core.users.byId(dora.id)
  assert.equal(after?.email, 'dora@example.com')
  assert.equal((await server.send('GET', at(dora), { token: root })).body.first_name, '')
  await obtain(server, 'dora')
})

test('a credential without account:read reads nobody, and learns nothing from its own change', async () => {
  const nat = (await signIn(server, 'anna')).access_token as string
  const narrow = (await makeToken(server, nat, { scopes: ['account:write'] })).token as string
  for (const path of ['/api/user/', at(anna), at(bert)])
    assertErrors(await server.send('GET', path, { token: narrow }), 403, denied)
  const changed = await patch(anna, { first_name: 'Anne' }, { token: narrow })
  assert.equal(changed.status, 200, changed.text)
  assert.deepEqual(Object.keys(changed.body), publicFields)
  assert.equal((await server.send('GET', '/api/user/')).status, 200)
})

test('who changes others without being staff is refused alike, whether or not there is such a user', async () => {
  for (const id of [bert.id, 999_999, 'x'])
    assertErrors(await server.send('PATCH', `/api/user/${id}/`, { token, json: {} }), 403, denied)
  assertErrors(await server.send('PATCH', '/api/user/999999/', { token: root, json: {} }), 404, noUser)
})

test('names that control or turn the text around them are refused by every address that sets one', async () => {
  const wrong = 'This value does not match the required pattern.'
  const names = { username: 'odd', password: 'violet anchor 93', email: '' }
  for (const first_name of ['a\u202eb', 'a\u2066b', 'a\u200fb', 'a\u0007b', 'a\r\nb', 'a\u2028b']) {
    const json = { ...names, first_name, last_name: '' }
    for (const [method, path, wish] of [
      ['PATCH', at(anna), { token, json: { first_name } }],
      ['PATCH', at(anna), { token: root, json: { first_name } }],
      ['PATCH', `/api/manage/user/${anna.id}/`, { token: root, json: { first_name } }],
      ['POST', '/api/manage/user/', { token: root, json }],
      ['POST', '/api/user/', { json }],
    ] as const)
      assertErrors(await server.send(method, path, wish), 400, ['first_name', wrong])
  }
  assert.equal((await patch(anna, { first_name: 'Zoë 👩‍👧 O’Neil' })).status, 200)
})

describe('administration', () => {
  test('is for staff: 401 for nobody, 403 for others; it lists and finds people', async () => {
    for (const path of ['/api/manage/user/', `/api/manage/user/${bert.id}/`]) {
      assertErrors(await server.send('GET', path), 401, notProvided)
      assertErrors(await server.send('GET', path, { token }), 403, denied)
      for (const who of [staff, root]) assert.equal((await server.send('GET', path, { token: who })).status, 200)
    }
    const { body } = await server.send('GET', `/api/manage/user/${bert.id}/`, { token: staff })
    assert.deepEqual(Object.keys(body).sort(), [
      'confidence',
      'date_joined',
      'email',
      'favorite_min_rating',
      'first_name',
      'id',
      'image_scale',
      'last_login',
      'last_name',
      'photo_count',
      'save_metadata_to_disk',
      'scan_directory',
      'semantic_search_topk',
      'username',
    ])
  })

  test('opens accounts with a hashed password, for administrators; nobody becomes more than a user', async () => {
    const json = { username: 'made', password: 'violet anchor 93', email: 'made@example.com', is_superuser: true }
    assertErrors(await server.send('POST', '/api/manage/user/', { token: staff, json }), 403, denied)
    const made = await server.send('POST', '/api/manage/user/', { token: root, json })
    assert.equal(made.status, 201, made.text)
    assert.ok(!made.text.includes('violet'))
    const user = await server.core.users.find('made@example.com', origin)
    assert.equal(user?.role, 'user')
    await obtain(server, 'made', { password: 'violet anchor 93' })
    assertErrors(await server.send('POST', '/api/manage/user/', { token: root, json }), 400, [
      'non_field_errors',
      'User name is already taken',
    ])
    const basic = { ...json, username: 'made2', email: 'made2@example.com' }
    assert.equal(
      (await server.send('POST', '/api/manage/user/', { basic: ['root', password], json: basic })).status,
      201,
    )
  })

  test('sets passwords and addresses and deletes, as far as the rights of whoever does it go', async () => {
    const path = `/api/manage/user/${bert.id}/`
    assertErrors(await server.send('PATCH', path, { token: staff, json: { first_name: 'x' } }), 403, denied)
    const json = { password: 'new anchor 93 violet', email: 'bert.new@example.com' }
    assert.equal((await server.send('PATCH', path, { token: root, json })).status, 200)
    await obtain(server, 'bert.new@example.com', { password: 'new anchor 93 violet' })
    const boss = await server.core.users.find('root', origin)
    for (const [method, at] of [
      ['DELETE', `/api/user/${boss?.id}/`],
      ['DELETE', `/api/manage/user/${boss?.id}/`],
      ['PATCH', `/api/manage/user/${boss?.id}/`],
      ['PATCH', `/api/user/${boss?.id}/`],
    ] as const) {
      const body = method === 'PATCH' ? { json: { first_name: 'x' } } : {}
      assertErrors(await server.send(method, at, { token: staff, ...body }), 403, denied)
    }
    assertErrors(await server.send('DELETE', `/api/user/${boss?.id}/`, { token: root }), 409, [
      'detail',
      'The last administrator has to stay.',
    ])
    const made = await server.core.users.find('made2', origin)
    assertErrors(await server.send('DELETE', `/api/user/${made?.id}/`, { token }), 403, denied)
    assert.equal((await server.send('DELETE', `/api/user/${made?.id}/`, { token: root })).status, 204)
    assertErrors(await server.send('DELETE', `/api/user/${made?.id}/`, { token: root }), 404, noUser)
  })

  test('delete/user is for administrators, leaves them alone, and shows nobody’s columns', async () => {
    const made = await server.core.users.find('made', origin)
    const boss = await server.core.users.find('root', origin)
    const at = `/api/delete/user/${made?.id}/`
    assertErrors(await server.send('DELETE', at), 401, notProvided)
    for (const who of [token, staff]) assertErrors(await server.send('DELETE', at, { token: who }), 403, denied)
    assertErrors(await server.send('GET', at, { token: root }), 405, ['detail', 'Method "GET" not allowed.'])
    assertErrors(await server.send('DELETE', `/api/delete/user/${boss?.id}/`, { token: root }), 400, [
      'non_field_errors',
      'An administrator is not deleted here.',
    ])
    assert.equal((await server.send('DELETE', at, { token: root })).status, 204)
    assert.equal(await server.core.users.byId(made?.id ?? 0), null)
  })

  test('a demotion is felt at once', async () => {
    const fallen = await makeUser(server, 'fallen', 'admin')
    const { access } = await obtain(server, 'fallen')
    assert.equal((await server.send('GET', '/api/manage/user/', { token: access })).status, 200)
    await server.core.users.setRole(fallen.publicId, 'user', null, origin)
    await server.core.feed.sync()
    assertErrors(await server.send('GET', '/api/manage/user/', { token: access }), 403, denied)
  })
})
