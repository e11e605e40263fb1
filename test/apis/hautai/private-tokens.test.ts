import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeKey, makeToken, makeUser, signIn } from '../../support/callers.ts'
import { accessOf, assertDetail, assertFields, inDays, makePrivate, startHaut, tokensAt } from '../../support/hautai.ts'
import { type Body, list } from '../../support/http.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
let count = 0
before(async () => {
  server = await startHaut()
})
after(() => server.close())

const day = 86_400_000
const denied = 'You do not have permission to perform this action.'
/** Somebody new, in a session of this door. */
async function person(): Promise<string> {
  count += 1
  await makeUser(server, `person${count}`)
  return accessOf(server, `person${count}`)
}
const send = (token: string, json: unknown) => server.send('POST', tokensAt, { token, json })
const get = (token: string, query = '') => server.send('GET', `${tokensAt}${query}`, { token })
const rotate = (token: string, id: unknown, json: object = {}) =>
  server.send('POST', `${tokensAt}${id}/rotate/`, { token, json })
const names = (body: Body) => list(body.results as Body).map(({ name }) => name)

describe('making one', () => {
  test('needs a name and an end, and shows the token this once', async () => {
    const token = await person()
    const ends = inDays(server, 30)
    const made = await send(token, { name: 'nightly', expiration_time: ends })
    assert.equal(made.status, 201)
    assert.deepEqual(Object.keys(made.body), ['id', 'name', 'expiration_time', 'data'])
    assert.deepEqual([made.body.name, made.body.expiration_time], ['nightly', ends])
    assert.ok(Number.isInteger(made.body.id as unknown))
    const listed = await get(token)
    assert.ok(!listed.text.includes(made.body.data as string))
    assert.ok(!listed.text.includes('"data"'))
    const form = { name: 'by form', expiration_time: '2025-08-01T00:00:00+02:00' }
    const byForm = await server.send('POST', tokensAt, { token, form })
    assert.equal(byForm.body.expiration_time, '2025-07-31T22:00:00.000Z')
  })

  test('that is not right is told by field', async () => {
    const token = await person()
    const required = ['This field is required.']
    const format =
      'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].'
    assertFields(await send(token, {}), { name: required, expiration_time: required })
    assertFields(await send(token, { name: 'x' }), { expiration_time: required })
    assertFields(await send(token, { name: 'x', expiration_time: null }), {
      expiration_time: ['This field may not be null.'],
    })
    assertFields(await send(token, { name: '', expiration_time: inDays(server, 1) }), {
      name: ['This field may not be blank.'],
    })
    for (const odd of ['tomorrow', '', 1_750_000_000, {}, '2025-13-01T00:00Z'])
      assertFields(await send(token, { name: 'x', expiration_time: odd }), { expiration_time: [format] })
    const past = await send(token, { name: 'x', expiration_time: inDays(server, -1) })
    assert.deepEqual([past.status, Object.keys(past.body)], [400, ['expiration_time']])
    const far = await send(token, { name: 'x', expiration_time: inDays(server, 400) })
    assert.deepEqual([far.status, Object.keys(far.body)], [400, ['expiration_time']])
    assert.equal(list((await get(token)).body.results as Body).length, 0)
  })

  test('and renewing one is for a person in a session: neither a private token, nor a key’s token, nor an impersonator', async () => {
    const token = await person()
    const name = `person${count}`
    const made = await makePrivate(server, token)
    const json = { name: 'another', expiration_time: inDays(server, 1) }
    const native = (await signIn(server, name)).access_token as string
    const own = (await makeToken(server, native)).token as string
    const key = await makeKey(server, native)
    const granted = await server.send('POST', '/oauth/token', {
      basic: [key.id as string, key.secret as string],
      form: { grant_type: 'client_credentials' },
    })
    const origin = { api: 'hautai', address: '127.0.0.1', userAgent: 'test' } as const
    const user = (await server.core.users.find(name, origin)) ?? assert.fail()
    const root = (await server.core.users.find('root', origin)) ?? assert.fail()
    const roots = await server.core.sessions.open({ user: root, mode: 'token', factors: ['password'], origin })
    const actor = { user: root, sessionId: roots.session.id }
    const acting = { user, mode: 'token', factors: [], origin, actor } as const
    const impersonator = (await server.core.sessions.open(acting)).token
    for (const program of [made.data as string, own, granted.body.access_token as string, impersonator]) {
      assertDetail(await send(program, json), 403, denied)
      assertDetail(await rotate(program, made.id), 403, denied)
    }
    assert.equal((await get(token)).body.count as unknown, 2)
    assert.equal((await get(made.data as string)).status, 200, 'it works everywhere else')
  })
})

describe('the list', () => {
  let token: string
  before(async () => {
    token = await person()
    for (const [name, days] of [
      ['beta', 30],
      ['alpha', 10],
      ['Gamma beta', 20],
    ] as const)
      await makePrivate(server, token, name, days)
  })

  test('is ordered by id, name or end, either way; all else is passed over', async () => {
    const ordered = async (ordering: string) => names((await get(token, `?ordering=${ordering}`)).body)
    assert.deepEqual(await ordered('id'), ['beta', 'alpha', 'Gamma beta'])
    assert.deepEqual(await ordered('-id'), ['Gamma beta', 'alpha', 'beta'])
    assert.deepEqual(await ordered('name'), ['alpha', 'beta', 'Gamma beta'])
    assert.deepEqual(await ordered('-name'), ['Gamma beta', 'beta', 'alpha'])
    assert.deepEqual(await ordered('expiration_time'), ['alpha', 'Gamma beta', 'beta'])
    for (const odd of ['jti', 'user_id', '', '--name', 'constructor', 'name;drop'])
      assert.deepEqual(await ordered(odd), ['beta', 'alpha', 'Gamma beta'], odd)
  })

  test('is searched by name, letter case aside', async () => {
    assert.deepEqual(names((await get(token, '?q=BETA')).body), ['beta', 'Gamma beta'])
    assert.deepEqual(names((await get(token, '?q=%25')).body), [])
  })

  test('comes in pages, whose addresses are those of the public URL', async () => {
    const first = (await get(token, '?page_size=2&ordering=name')).body
    assert.deepEqual([first.count, first.previous] as unknown[], [3, null])
    assert.equal(first.next, `${server.url}${tokensAt}?page_size=2&ordering=name&page=2`)
    const second = (await get(token, (first.next as string).split(tokensAt)[1])).body
    assert.deepEqual([names(second), second.next], [['Gamma beta'], null])
    assert.equal(second.previous, `${server.url}${tokensAt}?page_size=2&ordering=name`)
    for (const page of ['3', '0', '-1', 'x', '1.5']) {
      const answered = await get(token, `?page_size=2&page=${page}`)
      assertDetail(answered, 404, 'Invalid page.')
    }
    assert.equal((await get(token, '?page_size=0')).status, 200)
    const nobody = await get(await person())
    assert.deepEqual(nobody.body as unknown, { count: 0, next: null, previous: null, results: [] })
  })

  test('says when each was made, used and revoked; revoked ones only when asked for', async () => {
    const own = await person()
    const used = await makePrivate(server, own, 'used')
    const revoked = await makePrivate(server, own, 'revoked')
    await get(used.data as string)
    await server.core.flush()
    assert.equal((await server.send('DELETE', `${tokensAt}${revoked.id}/`, { token: own })).status, 204)
    const plain = (await get(own)).body
    const [row] = list(plain.results as Body)
    const now = new Date(server.clock.now()).toISOString()
    assert.deepEqual(row as unknown, {
      id: used.id,
      name: 'used',
      expiration_time: used.expiration_time,
      created_at: now,
      last_used_at: now,
      revoked_at: null,
    })
    assert.equal(plain.count as unknown, 1)
    const all = list((await get(own, '?include_revoked=1')).body.results as Body)
    assert.deepEqual(
      all.map(({ name, revoked_at }) => [name, revoked_at]),
      [
        ['used', null],
        ['revoked', now],
      ],
    )
  })
})

describe('revoking one', () => {
  test('kills it at once; those of others and of nobody are alike, and so is one that is dead', async () => {
    const token = await person()
    const made = await makePrivate(server, token)
    const at = `${tokensAt}${made.id}/`
    const other = await person()
    for (const path of [
      at,
      `${tokensAt}999999/`,
      `${tokensAt}x/`,
      `${tokensAt}-1/`,
      `${tokensAt}99999999999999999999/`,
    ])
      assertDetail(await server.send('DELETE', path, { token: other }), 404, 'Not found.')
    assertDetail(await rotate(other, made.id), 404, 'Not found.')
    assert.equal((await get(made.data as string)).status, 200)
    const tries = await Promise.all(Array.from({ length: 50 }, () => server.send('DELETE', at, { token })))
    for (const { status } of tries) assert.ok([204, 404].includes(status), String(status))
    const answered = await get(made.data as string)
    assertDetail(answered, 401, 'Given token not valid for any token type', 'token_not_valid')
    assertDetail(await server.send('DELETE', at, { token }), 404, 'Not found.')
    const bare = await server.send('DELETE', at.slice(0, -1), { token })
    assert.deepEqual([bare.status, bare.headers.get('location')], [301, at])
  })
})

describe('rotating one', () => {
  test('answers the successor once; the old one lives on for the grace and not longer', async () => {
    const token = await person()
    const made = await makePrivate(server, token, 'rotated')
    const answered = await rotate(token, made.id, { grace_seconds: 60 })
    assert.equal(answered.status, 201, answered.text)
    assert.deepEqual(Object.keys(answered.body), ['id', 'name', 'expiration_time', 'data'])
    assert.deepEqual([answered.body.name, answered.body.expiration_time], ['rotated', made.expiration_time])
    for (const data of [made.data, answered.body.data]) assert.equal((await get(data as string)).status, 200)
    server.clock.advance(60_000)
    assert.equal((await get(made.data as string)).status, 401)
    assert.equal((await get(answered.body.data as string)).status, 200)
  })

  test('without a grace kills the old one now; a new end may be wished, within the longest life', async () => {
    const token = await person()
    const made = await makePrivate(server, token)
    const ends = inDays(server, 90)
    const answered = await rotate(token, made.id, { expiration_time: ends })
    assert.equal(answered.body.expiration_time, ends)
    assert.equal((await get(made.data as string)).status, 401)
    assertDetail(await rotate(token, made.id), 404, 'Not found.')
    const next = answered.body.id
    const wrong = { expiration_time: inDays(server, -1), grace_seconds: -1 }
    assertFields(await rotate(token, next, wrong), {
      grace_seconds: ['Ensure this value is greater than or equal to 0.'],
    })
    assert.equal((await rotate(token, next, { expiration_time: inDays(server, 400) })).status, 400)
    assert.equal((await get(answered.body.data as string)).status, 200, 'a refused one changes nothing')
  })

  test('of 50 side by side one gets the successor', async () => {
    const token = await person()
    const made = await makePrivate(server, token)
    const tries = await Promise.all(Array.from({ length: 50 }, () => rotate(token, made.id, { grace_seconds: 60 })))
    assert.equal(tries.filter(({ status }) => status === 201).length, 1)
    for (const { status } of tries) assert.ok([201, 404, 409].includes(status), String(status))
    assert.equal((await get(token)).body.count as unknown, 2)
  })
})

describe('its end', () => {
  test('is said by every answer to its use in its last week, whichever door and status, and not before', async () => {
    const token = await person()
    const made = await makePrivate(server, token, 'ending', 8)
    const ends = async (method: string, path: string) =>
      (await server.send(method, path, { token: made.data as string })).headers.get('cardea-token-expires')
    assert.equal(await ends('GET', tokensAt), null)
    server.clock.advance(day)
    for (const [method, path] of [
      ['GET', tokensAt],
      ['POST', tokensAt],
      ['DELETE', `${tokensAt}999999/`],
      ['GET', '/auth/me'],
    ] as const)
      assert.equal(await ends(method, path), made.expiration_time, path)
    const session = await server.send('GET', '/auth/me', { token: await accessOf(server, `person${count}`) })
    assert.equal(session.headers.get('cardea-token-expires'), null)
    server.clock.advance(7 * day)
    assert.equal((await get(made.data as string)).status, 401)
    assert.equal(await ends('GET', tokensAt), null)
  })

  test('is mailed to the owner some days before', async () => {
    const token = await person()
    await makePrivate(server, token, 'mailed', 9)
    server.clock.advance(3 * day)
    await server.core.jobs.find(({ name }) => name === 'remind-tokens')?.run()
    await server.core.idle()
    const mail = server.mails.findLast(({ to }) => to === `person${count}@example.com`)
    assert.match(mail?.text ?? '', /name: mailed/)
  })
})
