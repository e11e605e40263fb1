import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { enrol, makeKey, makeToken, makeUser, signIn } from '../../support/callers.ts'
import { type Body, list } from '../../support/http.ts'
import { declared, newsroom } from '../../support/pieces.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

/* What administrators do to others: with the right scope, a fresh proof, and never beyond their own rights. */

let server: TestServer
let root: string
before(async () => {
  server = await startTestServer({
    settings: {
      pieces: { types: declared(newsroom) },
      roles: { clerk: ['account:read', 'account:write', 'users:read', 'users:write', 'keys:read', 'keys:write'] },
    },
  })
  await makeUser(server, 'root', 'admin')
  root = (await signIn(server, 'root')).access_token as string
})
after(() => server.close())

const get = async (path: string, token = root): Promise<Body> => {
  const answered = await server.send('GET', path, { token })
  assert.equal(answered.status, 200, answered.text)
  return answered.body
}
const post = (path: string, token = root, json: object = {}) => server.send('POST', path, { token, json })
const remove = (path: string, token = root) => server.send('DELETE', path, { token, json: {} })
const kinds = async (user: string): Promise<readonly string[]> =>
  list((await get(`/auth/admin/events?user=${user}`)).items).map(({ kind }) => kind as string)

describe('users', () => {
  test('a page names the next one, and filters narrow what is listed', async () => {
    for (const name of ['page-one', 'page-two', 'page-three']) await makeUser(server, name, 'guest')
    const first = await get('/auth/admin/users?search=page-&limit=2')
    assert.deepEqual(
      list(first.items).map(({ username }) => username),
      ['page-three', 'page-two'],
    )
    const second = await get(`/auth/admin/users?search=page-&limit=2&cursor=${first.next_cursor}`)
    assert.deepEqual([list(second.items)[0]?.username, second.next_cursor], ['page-one', null])
    assert.equal(list((await get('/auth/admin/users?search=page-&role=user')).items).length, 0)
    assert.equal(list((await get('/auth/admin/users?search=PAGE-TWO&status=active&kind=person')).items).length, 1)
  })

  test('ending all sessions of somebody kills what they hold at once, is audited, and says how many', async () => {
    const user = await makeUser(server, 'everywhere')
    const held = [await signIn(server, 'everywhere'), await signIn(server, 'everywhere')]
    const sessions = await get(`/auth/admin/users/${user.publicId}/sessions`)
    assert.equal(list(sessions.items).length, 2)
    assert.ok(list(sessions.items).every((session) => (session.current as unknown) === false))
    const answered = await remove(`/auth/admin/users/${user.publicId}/sessions`)
    assert.deepEqual([answered.status, answered.body.ended], [200, 2])
    for (const { access_token: token } of held) {
      assert.equal((await server.send('GET', '/auth/me', { token: token as string })).status, 401)
    }
    assert.ok((await kinds(user.publicId)).includes('sessions-ended'))
  })

  test('a reset link is mailed to the stored address; where none is proven the answer says so', async () => {
    const user = await makeUser(server, 'forgetful')
    assert.equal((await post(`/auth/admin/users/${user.publicId}/password-reset`)).status, 202)
    assert.ok(server.mails.some(({ to, text }) => to === 'forgetful@example.com' && text.includes('#token=')))
    assert.ok((await kinds(user.publicId)).includes('password-reset-sent'))
    const nobody = await server.core.users.create(
      { username: 'no-mail', email: null, password: 'correct horse battery', role: 'user', kind: 'person' },
      null,
      { api: 'native', address: '127.0.0.1', userAgent: 'test' },
    )
    const refused = await post(`/auth/admin/users/${nobody.publicId}/password-reset`)
    assert.deepEqual([refused.status, refused.body.code], [409, 'conflict'])
  })

  test('who has fewer rights ends no session, mails no link to, and revokes no key of an administrator', async () => {
    const other = await makeUser(server, 'other-root', 'admin')
    await makeUser(server, 'clerk', 'clerk')
    const clerk = (await signIn(server, 'clerk')).access_token as string
    const theirs = (await signIn(server, 'other-root')).access_token as string
    const key = await makeKey(server, theirs)
    const token = await makeToken(server, theirs)
    const tries = [
      await remove(`/auth/admin/users/${other.publicId}/sessions`, clerk),
      await post(`/auth/admin/users/${other.publicId}/password-reset`, clerk),
      await remove(`/auth/admin/keys/${key.id}`, clerk),
      await remove(`/auth/admin/tokens/${token.id}`, clerk),
    ]
    for (const { status, body } of tries) assert.deepEqual([status, body.code], [403, 'beyond_own_rights'])
    for (const wish of [{ token: theirs }, { apiKey: key.token as string }, { token: token.token as string }]) {
      assert.equal((await server.send('GET', '/auth/me', wish)).status, 200)
    }
  })

  test('administration asks for a fresh proof where the session is not', async () => {
    const late = await startTestServer()
    try {
      await makeUser(late, 'tired', 'admin')
      const { access_token: token } = await signIn(late, 'tired')
      late.clock.advance(late.settings.freshSeconds * 1000 + 1)
      const id = '00000000-0000-7000-8000-000000000000'
      const asked = [
        ['DELETE', `/auth/admin/users/${id}/sessions`],
        ['POST', `/auth/admin/users/${id}/password-reset`],
        ['POST', `/auth/admin/users/${id}/impersonate`],
        ['DELETE', `/auth/admin/keys/${id}`],
        ['DELETE', `/auth/admin/tokens/${id}`],
        ['GET', '/auth/admin/events/export?format=csv'],
      ] as const
      for (const [method, path] of asked) {
        const json = method === 'GET' ? {} : { json: {} }
        const { status, body } = await late.send(method, path, { token: token as string, ...json })
        assert.deepEqual([status, body.code], [403, 'reauthentication_required'], path)
      }
    } finally {
      await late.close()
    }
  })
})

describe('impersonation', () => {
  test('is marked wherever it is seen, changes no credentials, and begins and ends by name in the audit log', async () => {
    const user = await makeUser(server, 'seen-through')
    const admin = await server.core.users.find('root', { api: 'native', address: '127.0.0.1', userAgent: 'test' })
    const begun = await post(`/auth/admin/users/${user.publicId}/impersonate`)
    assert.equal(begun.status, 201, begun.text)
    assert.equal(begun.body.expires_in as unknown, 900)
    const token = begun.body.access_token as string
    const me = await get('/auth/me', token)
    assert.deepEqual([me.user?.username, me.credential?.actor], ['seen-through', admin?.publicId])
    const sessions = list((await get('/auth/sessions', token)).items)
    assert.equal(sessions.find(({ current }) => (current as unknown) === true)?.actor, admin?.publicId)

    const changes = [
      await post('/auth/me/password', token, { new_password: 'another long password' }),
      await post('/auth/keys', token, { name: 'back door' }),
      await post('/auth/tokens', token, { name: 'back door', expires_at: '2030-01-01T00:00:00Z' }),
      await post('/auth/mfa/totp', token),
      await server.send('PATCH', '/auth/me', { token, json: { email: 'mine@example.com' } }),
      await server.send('DELETE', '/auth/sessions', { token, json: {} }),
      await remove('/auth/me', token),
    ]
    for (const { status, text } of changes) assert.equal(status, 403, text)

    assert.equal((await post('/auth/sign-out', token)).status, 204)
    assert.equal((await server.send('GET', '/auth/me', { token })).status, 401)
    assert.equal((await server.send('GET', '/auth/me', { token: root })).status, 200)
    const events = list((await get(`/auth/admin/events?user=${user.publicId}&actor=${admin?.publicId}`)).items)
    const told = events.map(({ kind, user_name, actor_name }) => [kind, user_name, actor_name])
    assert.deepEqual(told.slice(0, 2), [
      ['impersonation-ended', 'seen-through', 'root'],
      ['impersonation-begun', 'seen-through', 'root'],
    ])
  })

  test('who acts in the name of somebody changes nothing that needs a fresh proof, at any route', async () => {
    const user = await makeUser(server, 'acted')
    const begun = await post(`/auth/admin/users/${user.publicId}/impersonate`)
    const token = begun.body.access_token as string
    let tried = 0
    for (const route of server.routes.filter((each) => each.fresh === 'all' && each.takes.includes('access-token'))) {
      tried += 1
      const path = route.path.replace(/:[a-z]+/g, '00000000-0000-4000-8000-000000000000')
      const wish = { token, ...(route.method === 'GET' ? {} : { json: {} }) }
      const { status, text } = await server.send(route.method, path, wish)
      assert.ok([400, 403].includes(status), `${route.method} ${path}: ${text}`)
    }
    assert.ok(tried >= 20, String(tried))
    const me = await get('/auth/me', token)
    assert.deepEqual([me.user?.username, me.user?.email], ['acted', 'acted@example.com'])
  })

  test('is never of somebody with as many rights, and needs the scope', async () => {
    const equal = await makeUser(server, 'equal-root', 'admin')
    assert.deepEqual((await post(`/auth/admin/users/${equal.publicId}/impersonate`)).body.code, 'beyond_own_rights')
    const lesser = await makeUser(server, 'lesser')
    await makeUser(server, 'clerk-two', 'clerk')
    const clerk = (await signIn(server, 'clerk-two')).access_token as string
    const refused = await post(`/auth/admin/users/${lesser.publicId}/impersonate`, clerk)
    assert.deepEqual([refused.status, refused.body.code], [403, 'insufficient_scope'])
  })
})

describe('keys and private tokens of everybody', () => {
  test('are listed with their owners, found by name, owner and state, and die when they are revoked', async () => {
    const user = await makeUser(server, 'maker')
    const access = (await signIn(server, 'maker')).access_token as string
    const soon = new Date(server.clock.now() + 3 * 86_400_000).toISOString()
    const key = await makeKey(server, access, { name: 'Nightly Build', expires_at: soon })
    const token = await makeToken(server, access, { name: 'Laptop' })
    const found = list((await get('/auth/admin/keys?search=nightly&state=expiring')).items)
    assert.deepEqual([found.length, found[0]?.owner?.username, found[0]?.id], [1, 'maker', key.id])
    assert.equal(list((await get(`/auth/admin/keys?user=${user.publicId}&state=revoked`)).items).length, 0)
    const tokens = list((await get(`/auth/admin/tokens?user=${user.publicId}&state=live`)).items)
    assert.deepEqual([tokens.length, tokens[0]?.name, tokens[0]?.owner?.id], [1, 'Laptop', user.publicId])
    assert.equal(list((await get(`/auth/admin/tokens?search=${token.id}`)).items).length, 1)
    assert.doesNotMatch(JSON.stringify([found, tokens]), /secret|hash|jti/)

    assert.equal((await remove(`/auth/admin/keys/${key.id}`)).status, 204)
    assert.equal((await remove(`/auth/admin/tokens/${token.id}`)).status, 204)
    assert.equal((await server.send('GET', '/auth/me', { apiKey: key.token as string })).status, 401)
    assert.equal((await server.send('GET', '/auth/me', { token: token.token as string })).status, 401)
    assert.equal(list((await get(`/auth/admin/keys?user=${user.publicId}&state=revoked`)).items).length, 1)
    const seen = await kinds(user.publicId)
    assert.ok(seen.includes('key-revoked') && seen.includes('token-revoked'))
  })

  test('a key of a service can be held to addresses', async () => {
    const service = await makeUser(server, 'robot', 'user', 'service')
    const path = `/auth/admin/users/${service.publicId}/keys`
    const made = await post(path, root, { name: 'inside', allow_addresses: ['192.0.2.0/24'] })
    assert.equal(made.status, 201, made.text)
    const refused = await server.send('GET', '/auth/me', { apiKey: made.body.token as string })
    assert.equal(refused.body.code, 'credential_address_refused')
  })
})

describe('the server', () => {
  test('roles and their scopes are told to who may see users', async () => {
    const roles = await get('/auth/admin/roles')
    assert.ok(list(roles.items).some(({ name }) => name === 'clerk'))
    assert.ok((roles.scopes as unknown as string[]).includes('changes:read'))
  })

  test('signing keys say which one signs, and when the next takes over', async () => {
    await post('/auth/admin/signing-keys/rotate', root, { use: 'access' })
    const answered = await get('/auth/admin/signing-keys')
    const states = list(answered.items).filter(({ use }) => use === 'access')
    assert.deepEqual(states.map(({ state }) => state).sort(), ['next', 'signing'])
    const next = list(answered.schedule).find(({ use }) => use === 'access')
    assert.equal(next?.next_at, states.find(({ state }) => state === 'next')?.active_at)
    await post('/auth/admin/signing-keys/rotate', root, { use: 'access', now: true })
    const after = list((await get('/auth/admin/signing-keys')).items)
    assert.ok(after.some(({ use, state }) => use === 'access' && state === 'verifying'))
  })

  test('status counts what there is, and says how the database and the change feed are', async () => {
    const status = await get('/auth/admin/status')
    assert.deepEqual(status.database?.answers as unknown, true)
    assert.match(status.database?.newest_migration as string, /^\d{4}-/)
    assert.ok(Number(status.counts?.users?.active) > 3 && Number(status.counts?.events) > 10)
  })

  test('a piece type shows what of a document is public, beside the whole of it', async () => {
    const types = list((await get('/auth/admin/pieces')).items)
    assert.deepEqual(
      types.map(({ name, projection }) => [name, (projection as unknown) === null]),
      [
        ['article', false],
        ['memo', true],
      ],
    )
    const blank = await get('/auth/admin/pieces/article/sample')
    assert.equal(blank.stored as unknown, false)
    assert.ok(!('body' in (blank.anonymous ?? {})) && 'body' in (blank.whole ?? {}))
    const memo = await get('/auth/admin/pieces/memo/sample')
    assert.equal(memo.anonymous, null)
    assert.equal((await server.send('GET', '/auth/admin/pieces/nothing/sample', { token: root })).status, 404)
  })

  test('who has a second factor and did not prove it impersonates nobody', async () => {
    await makeUser(server, 'two-factors', 'admin')
    const session = (await signIn(server, 'two-factors')).access_token as string
    await enrol(server, session)
    const user = await makeUser(server, 'not-through')
    const refused = await post(`/auth/admin/users/${user.publicId}/impersonate`, session)
    assert.ok([401, 403].includes(refused.status), refused.text)
    assert.match(refused.body.code as string, /mfa_required|reauthentication_required|credential_revoked/)
  })
})
