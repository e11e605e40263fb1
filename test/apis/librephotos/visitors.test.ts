import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeToken, makeUser, signIn } from '../../support/callers.ts'
import { obtain, startPhotos } from '../../support/librephotos.ts'
import type { TestServer } from '../../support/server.ts'

/* What credentials that another door issued are worth at this one: what they are at their own, and no more. */

let server: TestServer
before(async () => {
  server = await startPhotos()
})
after(() => server.close())

const nativeOf = async (username: string) => (await signIn(server, username)).access_token as string
const pass = async (minutes: number) => {
  server.clock.advance(minutes * 60_000)
  await server.core.feed.sync()
}
const idOf = async (username: string) => (await server.store.users.byUsername(username))?.id ?? assert.fail()

describe('a token of the native door', () => {
  test('whose factors were proven too long ago changes no password, no address and nobody else', async () => {
    await makeUser(server, 'boss', 'admin')
    await makeUser(server, 'lodger')
    const token = await nativeOf('boss')
    const [boss, lodger] = [await idOf('boss'), await idOf('lodger')]
    await pass(40)
    const tries = [
      ['PATCH', `/api/user/${boss}/`, { password: 'an entirely other one' }],
      ['PATCH', `/api/user/${boss}/`, { email: 'thief@example.net' }],
      ['PATCH', `/api/user/${lodger}/`, { first_name: 'Lo' }],
      ['PATCH', `/api/manage/user/${lodger}/`, { password: 'an entirely other one' }],
      ['POST', '/api/manage/user/', { username: 'plant', password: 'an entirely other one' }],
      [
        'POST',
        '/api/user/',
        { username: 'plant', password: 'an entirely other one', email: '', first_name: '', last_name: '' },
      ],
      ['DELETE', `/api/manage/user/${lodger}/`, undefined],
      ['DELETE', `/api/delete/user/${lodger}/`, undefined],
      ['DELETE', `/api/user/${lodger}/`, undefined],
    ] as const
    for (const [method, path, json] of tries) {
      const answered = await server.send(method, path, { token, ...(json === undefined ? {} : { json }) })
      assert.equal(answered.status, 403, `${method} ${path}: ${answered.text}`)
    }
    assert.equal(await server.store.users.byUsername('plant'), null)
    await obtain(server, 'lodger')
    await obtain(server, 'boss')
    // What needs no fresh proof goes on.
    const own = await server.send('PATCH', `/api/user/${boss}/`, { token, json: { first_name: 'Bo' } })
    assert.equal(own.status, 200, own.text)
  })

  test('that is fresh does what its own door would let it do', async () => {
    await makeUser(server, 'chief', 'admin')
    await makeUser(server, 'guest1')
    const token = await nativeOf('chief')
    const path = `/api/manage/user/${await idOf('guest1')}/`
    const answered = await server.send('PATCH', path, { token, json: { password: 'an entirely other one' } })
    assert.equal(answered.status, 200, answered.text)
  })

  test('that was cut to some scopes is lent nothing', async () => {
    await makeUser(server, 'warden', 'admin')
    await makeUser(server, 'peer', 'admin')
    const scopes = ['account:read', 'account:write', 'users:read', 'users:write']
    const warden = (await server.store.users.byUsername('warden')) ?? assert.fail()
    const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
    const wish = { user: warden, mode: 'token', factors: ['password'], origin, scopes } as const
    const { token } = await server.core.sessions.open(wish)
    const path = `/api/manage/user/${await idOf('peer')}/`
    const answered = await server.send('PATCH', path, { token, json: { password: 'an entirely other one' } })
    assert.equal(answered.status, 403, answered.text)
    await obtain(server, 'peer')
  })
})

test('a private token of the native door does nothing to others and changes no credentials', async () => {
  await makeUser(server, 'keeper', 'admin')
  const session = await nativeOf('keeper')
  const token = (await makeToken(server, session)).token as string
  const id = await idOf('keeper')
  const change = await server.send('PATCH', `/api/user/${id}/`, { token, json: { password: 'an entirely other one' } })
  assert.equal(change.status, 403, change.text)
  await obtain(server, 'keeper')
  assert.equal((await server.send('DELETE', `/api/user/${await idOf('root')}/`, { token })).status, 403)
})

test('mails and hashes for one’s own account are limited by address', async () => {
  const limited = await startPhotos({}, { settings: { limits: { enabled: true } } })
  try {
    await makeUser(limited, 'eager')
    const { access } = await obtain(limited, 'eager')
    const id = (await limited.store.users.byUsername('eager'))?.id
    const statuses: number[] = []
    for (let round = 0; round < 15; round += 1) {
      const json = { email: `stranger${round}@example.com` }
      statuses.push((await limited.send('PATCH', `/api/user/${id}/`, { token: access, json })).status)
    }
    assert.ok(statuses.includes(200) && statuses.includes(429), statuses.join(' '))
  } finally {
    await limited.close()
  }
})
