import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { User } from '../../../src/types.ts'
import { makeUser, signIn } from '../../support/callers.ts'
import { openEvents } from '../../support/events.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

/* The change feed as guards elsewhere read it, over real HTTP. */

let server: TestServer
let robot: User
let key: string
const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const

before(async () => {
  server = await startTestServer()
  await server.core.feed.start()
  robot = await makeUser(server, 'remote-guard', 'guest', 'service')
  key = (await newKey()).token
  await makeUser(server, 'alice')
  // The first sign-in makes a signing key.
  await signIn(server, 'alice')
})
after(() => server.close())

async function newKey() {
  const granted = await server.core.users.setGrantedScopes(robot.publicId, ['changes:read'], null, origin)
  robot = granted
  return server.core.keys.issueFor(granted, { name: 'feed', scopes: ['changes:read'] }, origin, null)
}

const follow = (headers: Record<string, string> = {}, of = key) =>
  openEvents(`${server.url}/auth/changes`, { 'X-API-Key': of, ...headers })

const endAlicesSession = async () => {
  const { access_token: token } = await signIn(server, 'alice')
  assert.equal((await server.send('POST', '/auth/sign-out', { token: token as string, json: {} })).status, 204)
  return JSON.parse(Buffer.from((token as string).split('.')[1] ?? '', 'base64url').toString()).sid as string
}

test('a session that ends is told within a second, by kind, id and epoch and nothing else', async () => {
  const stream = await follow()
  const start = await stream.next()
  assert.equal(start.event, 'start')
  assert.equal(start.data.heartbeat_seconds, 1)
  assert.equal(start.id, String(start.data.seq))
  assert.deepEqual(Object.keys(start.data).toSorted(), ['at', 'heartbeat_seconds', 'rights', 'seq'])
  assert.equal(start.data.rights, server.core.roles.fingerprint)
  const sid = await endAlicesSession()
  const begun = performance.now()
  const told = await stream.next()
  assert.ok(performance.now() - begun < 1000)
  assert.equal(told.event, 'change')
  assert.deepEqual({ ...told.data, seq: 0, at: '' }, { seq: 0, at: '', kind: 'session', id: sid, epoch: 0 })
  assert.ok(Number(told.id) > Number(start.id))
  await stream.close()
})

test('whoever comes again with the last id gets what was missed, once and in order', async () => {
  const first = await follow()
  const { id } = await first.next()
  await first.close()
  const sids = [await endAlicesSession(), await endAlicesSession()]
  const again = await follow({ 'Last-Event-ID': id })
  assert.equal((await again.next()).id, id)
  const told = [await again.next(), await again.next()]
  assert.deepEqual(
    told.map(({ data }) => data.id),
    sids,
  )
  sids.push(await endAlicesSession())
  const last = await again.next()
  assert.equal(last.data.id, sids[2])
  const seqs = [...told, last].map(({ data }) => Number(data.seq))
  assert.deepEqual(
    seqs,
    [...new Set(seqs)].toSorted((a, b) => a - b),
  )
  await again.close()
})

test('a sequence that is not there, or not any more, is answered by a reset', async () => {
  for (const id of ['999999999', '0']) {
    const stream = await follow({ 'Last-Event-ID': id })
    const start = await stream.next()
    const reset = await stream.next()
    assert.equal(start.event, 'start')
    assert.equal(reset.event, 'reset')
    assert.equal(reset.id, start.id)
    assert.equal(Number(reset.id), server.core.feed.state().seq)
    await stream.close()
  }
})

test('an id that is none is told what is right', async () => {
  for (const id of ['x', '-1', '1.5', '1e3', '01', ' 1', '99999999999999999']) {
    const answered = await server.send('GET', '/auth/changes', { apiKey: key, headers: { 'Last-Event-ID': `${id}~` } })
    assert.equal(answered.status, 400, id)
    assert.match(answered.text, /Last-Event-ID/)
  }
})

test('while the server knows what changes it says that it is alive, and is silent when it does not', async () => {
  const stream = await follow()
  await stream.next()
  assert.equal(await stream.nextComment(), 'alive')
  server.core.feed.stop()
  server.clock.advance(60_000)
  const silent = new Promise((done) => setTimeout(done, 1500, 'silent'))
  assert.equal(await Promise.race([stream.nextComment(), silent]), 'silent')
  await server.core.feed.start()
  await stream.close()
})

test('a stream ends with the credential that opened it: revoked, its owner disabled, its scope taken', async () => {
  const { users, keys } = server.core
  const ways: readonly ((id: string) => Promise<unknown>)[] = [
    (id) => keys.revoke(robot, id, null, origin),
    () => users.setGrantedScopes(robot.publicId, [], null, origin),
    () => users.setStatus(robot.publicId, 'disabled', null, origin),
  ]
  for (const kill of ways) {
    const { token, record } = await newKey()
    const stream = await follow({}, token)
    await stream.next()
    await kill(record.id)
    await stream.ended()
  }
  await users.setStatus(robot.publicId, 'active', null, origin)
  key = (await newKey()).token
})

test('one user has no more streams open than the setting says, is told so, and one that closes makes room', async () => {
  const before = server.core.changeStreams.count()
  const streams = []
  for (let left = 15 - before; left > 0; left -= 1) streams.push(await follow())
  const refused = await fetch(`${server.url}/auth/changes`, { headers: { 'X-API-Key': key } })
  assert.equal(refused.status, 429)
  assert.ok(Number(refused.headers.get('retry-after')) >= 1)
  const { code, reason } = (await refused.json()) as { code: string; reason: string }
  assert.equal(code, 'rate_limited')
  assert.match(reason, /15 streams open.*Close one/)
  for (const stream of streams) await stream.close()
  for (let turn = 0; turn < 100 && server.core.changeStreams.count() > 0; turn += 1)
    await new Promise((done) => setTimeout(done, 10))
  assert.equal(server.core.changeStreams.count(), 0)
  const stream = await follow()
  await stream.next()
  await stream.close()
})

test('HEAD says what GET would and opens nothing', async () => {
  const answered = await fetch(`${server.url}/auth/changes`, { method: 'HEAD', headers: { 'X-API-Key': key } })
  assert.equal(answered.status, 200)
  assert.match(answered.headers.get('content-type') ?? '', /^text\/event-stream/)
})

test('an administrator without the scope by name is refused', async () => {
  await makeUser(server, 'boss', 'admin')
  const { access_token: token } = await signIn(server, 'boss')
  const answered = await server.send('GET', '/auth/changes', { token: token as string })
  assert.equal(answered.status, 403)
  assert.equal(answered.body.scope, 'changes:read')
})

test('a server that stops ends its streams, and opens no other', async () => {
  const stream = await follow()
  await stream.next()
  server.core.changeStreams.end()
  await stream.ended()
  const refused = await server.send('GET', '/auth/changes', { apiKey: key })
  assert.equal(refused.status, 503)
})
