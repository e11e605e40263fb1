import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  api,
  assertEmpty,
  assertError,
  csrf,
  keys,
  login,
  startApostrophe,
  tokenOf,
  usersPath,
} from '../../support/apostrophe.ts'
import { codeOf, enrol, mailedToken, makeKey, makeToken, makeUser, password, signIn } from '../../support/callers.ts'
import { type Answered, type Body, list, type Wish } from '../../support/http.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

/* What credentials of other doors, narrowed ones, keys and mailed links of other doors are worth here: no more than there. */

let server: TestServer
before(async () => {
  server = await startApostrophe()
})
after(() => server.close())

const another = 'another horse battery'
const origin = { api: 'apostrophe', address: '127.0.0.1', userAgent: 'test' } as const
const accessOf = async (username: string, more: object = {}) =>
  (await signIn(server, username, more)).access_token as string
const change = (id: string, by: Partial<Wish>, json: object): Promise<Answered> =>
  server.send('PATCH', `${usersPath}/${id}`, { ...by, json })
const factorOf = async (id: string) => (await server.core.users.byPublicId(id))?.hasFactor

describe('users', () => {
  test('are changed by no credential of another door, fresh or not, and by none that it made', async () => {
    await makeUser(server, 'chief', 'admin')
    const { publicId } = await makeUser(server, 'target')
    const access = await accessOf('chief')
    const key = await makeKey(server, access)
    const basic = [key.id as string, key.secret as string] as const
    const granted = await server.send('POST', '/oauth/token', { basic, form: { grant_type: 'client_credentials' } })
    const narrow = ['account:read', 'users:read', 'users:write'] as const
    const narrowKey = (await makeKey(server, access, { scopes: narrow })).token as string
    const visitors: readonly Partial<Wish>[] = [
      { token: access },
      { token: (await makeToken(server, access)).token as string },
      { token: granted.body.access_token as string },
      { apiKey: key.token as string },
      { apiKey: narrowKey },
      { apiKey: keys.admin },
    ]
    for (const by of visitors) {
      const made = await server.send('POST', usersPath, { ...by, json: { username: 'smuggled', role: 'admin' } })
      assert.ok([403, 404].includes(made.status), made.text)
      for (const json of [{ password: another }, { email: 'thief@example.net' }, { role: 'admin' }, { disabled: true }])
        assertError(await change(publicId, by, json), 404, 'notfound')
      assertError(await server.send('DELETE', `${usersPath}/${publicId}`, by), 404, 'notfound')
    }
    server.clock.advance(11 * 60_000)
    await server.core.feed.sync()
    assertError(await change(publicId, { token: access }, { role: 'admin' }), 404, 'notfound')
    const user = await server.core.users.byPublicId(publicId)
    assert.deepEqual([user?.role, user?.status, user?.email], ['user', 'active', 'target@example.com'])
    assert.equal((await login(server, 'target')).status, 200)
  })

  test('are shown to no credential of another door that may not see them there', async () => {
    const access = await accessOf('root')
    const scopes = ['account:read', 'documents:read', 'documents:write'] as const
    const apiKey = (await makeKey(server, access, { scopes })).token as string
    const token = (await makeToken(server, access, { scopes })).token as string
    for (const by of [{ apiKey }, { token }])
      assert.deepEqual(list((await server.send('GET', usersPath, by)).body.results as Body), [])
  })
})

describe('an administrator', () => {
  test('takes no second factor off themselves, and none off others without the own one proven', async () => {
    const { publicId: own } = await makeUser(server, 'second', 'admin')
    const { publicId: held } = await makeUser(server, 'held')
    await enrol(server, await accessOf('held'))
    const { secret } = await enrol(server, await accessOf('second'))
    const ticket = (await login(server, 'second')).body.incompleteToken as string
    const proof = { incompleteToken: ticket, name: 'AposTotp', value: codeOf(server, secret) }
    assert.equal((await server.send('POST', `${api}/requirement-verify`, { json: proof, cookie: csrf })).status, 200)
    const token = (await login(server, '', { incompleteToken: ticket })).body.token as string
    assertError(await change(own, { token }, { resetTotp: true, title: 'Mine' }), 403, 'forbidden')
    assert.equal(await factorOf(own), true)
    const user = (await server.core.users.byPublicId(own)) ?? assert.fail()
    const unproven = await server.core.sessions.open({ user, mode: 'bearer', factors: ['password'], origin })
    const asked = await change(held, { token: unproven.token }, { resetTotp: true })
    assertError(asked, 403, 'forbidden', 'All requirements must be verified')
    assert.equal(await factorOf(held), true)
    for (const by of [{ apiKey: keys.admin }, { token: await accessOf('root') }])
      assertError(await change(held, by, { resetTotp: true }), 404, 'notfound')
    assert.equal((await change(held, { token }, { resetTotp: true })).status, 200)
    assert.equal(await factorOf(held), false)
  })

  test('sets neither password nor address of themselves: a stolen token is not the account', async () => {
    const { publicId } = await makeUser(server, 'alone', 'admin')
    const token = await tokenOf(server, 'alone')
    for (const json of [{ password: another }, { email: 'thief@example.net' }, { email: null }])
      assertError(await change(publicId, { token }, { ...json, title: 'Taken' }), 403, 'forbidden')
    const same = await change(publicId, { token }, { email: 'alone@example.com', password: '', title: 'Alone' })
    assert.deepEqual([same.status, same.body.title], [200, 'Alone'])
    assert.equal((await login(server, 'alone', { password })).status, 200)
  })

  test('hears what is wrong before anything is changed', async () => {
    const token = await tokenOf(server, 'root')
    const { publicId } = await makeUser(server, 'whole')
    for (const json of [{ password: 'short' }, { email: 'no address' }, { role: 'owner' }, { username: 'other' }])
      assert.equal((await change(publicId, { token }, { role: 'editor', disabled: true, ...json })).status, 400)
    const user = await server.core.users.byPublicId(publicId)
    assert.deepEqual([user?.role, user?.status], ['user', 'active'])
  })
})

describe('a link to a new password', () => {
  test('is good at the door that it leads to and where it was asked for, and at no other', async (t) => {
    const open = { enabled: true } as const
    const site = await startTestServer({
      doors: {
        apostrophe: { ...open, siteUrl: 'https://www.example' },
        librephotos: { ...open, siteUrl: 'https://photos.example' },
      },
    })
    t.after(() => site.close())
    await makeUser(site, 'ann')
    const email = 'ann@example.com'
    const mailed = async (pattern: RegExp) => {
      await site.core.idle()
      return pattern.exec(site.mails.at(-1)?.text ?? '')?.[1] ?? assert.fail(site.mails.at(-1)?.text)
    }
    const here = (reset: string) =>
      site.send('POST', `${api}/reset`, { json: { email, reset, password: another }, cookie: csrf })
    const native = (token: string) =>
      site.send('POST', '/auth/password/reset', { json: { token, new_password: another } })
    const photos = (token: string) => {
      const json = { uid: site.core.doorLinks.checkOf(token), token, new_password: another }
      return site.send('POST', '/api/auth/password/reset/confirm/', { json })
    }
    const invalid = 'The password reset link is invalid or expired.'

    await site.send('POST', `${api}/reset-request`, { json: { email }, cookie: csrf })
    const own = await mailed(/reset=([\w-]+)/)
    for (const answered of [await native(own), await photos(own)]) assert.equal(answered.status, 400, answered.text)

    await site.send('POST', '/auth/password/forgot', { json: { identifier: email } })
    const ofNative = await mailedToken(site, email)
    await site.send('POST', '/api/auth/password/reset/', { json: { email } })
    const ofPhotos = await mailed(/confirm\/\w+\/([\w-]+)/)
    for (const reset of [ofNative, ofPhotos]) {
      const query = new URLSearchParams({ email, reset })
      assertError(await site.send('GET', `${api}/reset?${query}`), 400, 'invalid', invalid)
      assertError(await here(reset), 400, 'invalid', invalid)
    }
    assertEmpty(await here(own))
    assert.equal((await login(site, 'ann', { password: another })).status, 200)
  })
})

test('HEAD is a GET that changes nothing: a link stays good, and nobody is signed out or made', async () => {
  await makeUser(server, 'looker')
  await server.send('POST', `${api}/reset-request`, { json: { email: 'looker' }, cookie: csrf })
  const reset = await mailedToken(server, 'looker@example.com')
  const token = await tokenOf(server, 'looker')
  const before = await server.core.users.slice({ offset: 0, limit: 0 })
  const query = `?${new URLSearchParams({ email: 'looker', reset })}`
  const gets = server.routes.filter(({ method, path }) => method === 'GET' && path.startsWith('/api/v1/'))
  assert.ok(gets.length >= 5 && gets.every(({ writes }) => writes !== true))
  for (const { path } of gets) await server.send('HEAD', `${path}${query}`, { token })
  for (const path of [`${api}/login`, `${api}/logout`]) assert.equal((await server.send('HEAD', path)).status, 404)
  assert.equal((await server.send('GET', `${api}/whoami`, { token })).status, 200)
  assertEmpty(await server.send('GET', `${api}/reset${query}`))
  assert.equal((await server.core.users.slice({ offset: 0, limit: 0 })).count, before.count)
})

test('what hashes or mails is limited by address, also for administrators', async (t) => {
  const limits = {
    enabled: true,
    address: { points: 8, windowSeconds: 600 },
    user: { points: 10, windowSeconds: 900 },
    mail: { points: 2, windowSeconds: 3600 },
  }
  const limited = await startApostrophe({}, { settings: { limits } })
  t.after(() => limited.close())
  const token = await tokenOf(limited, 'root')
  const { publicId } = await makeUser(limited, 'often')
  const path = `${usersPath}/${publicId}`
  const tries = []
  for (let n = 0; n < 4; n += 1) {
    tries.push(await limited.send('PATCH', path, { token, json: { password: `${another} ${n}` } }))
    tries.push(await limited.send('PATCH', path, { token, json: { email: `often-${n}@example.com` } }))
  }
  assert.deepEqual(new Set(tries.map(({ status }) => status)), new Set([200]))
  const late = [
    await limited.send('PATCH', path, { token, json: { password: another } }),
    await limited.send('PATCH', path, { token, json: { email: 'late@example.com' } }),
    await limited.send('POST', usersPath, { token, json: { username: 'late', password: another } }),
  ]
  for (const { status, body } of late) {
    assert.equal(status, 400)
    assert.match(body.message as string, /^Too many attempts/)
  }
  // What does neither goes on.
  assert.equal((await limited.send('PATCH', path, { token, json: { title: 'Often' } })).status, 200)
  const user = await limited.core.users.byPublicId(publicId)
  assert.equal(user?.email, 'often-3@example.com')
})
