import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { jwtTypes, ownClientId, signJwt } from '../../src/crypto/jwt.ts'
import type { Guard, RemoteGuard } from '../../src/guard/index.ts'
import { makeUser, signIn } from '../support/callers.ts'
import {
  createLine,
  headersOfKinds,
  type Line,
  origin,
  paths,
  type RemoteTest,
  sent,
  startRemoteTest,
} from '../support/remote.ts'

/* A guard elsewhere that follows the change feed, over a line that is cut and mended. */

let t: RemoteTest
let line: Line
let guard: RemoteGuard
before(async () => {
  t = await startRemoteTest()
  await makeUser(t.server, 'root', 'admin')
  await signIn(t.server, 'alice')
  // Else no token of these tests is new enough to be believed unasked.
  line = createLine()
  guard = t.guard({ introspect: { key: t.ownKey, cacheSeconds: 30 }, feed: {} }, line)
  await guard.check(sent({ 'x-api-key': 'none' }))
  await until('the feed', async () => t.server.core.changeStreams.count() > 0)
  t.server.clock.advance(120_000)
  await t.server.core.feed.sync()
  await until(
    'a heartbeat',
    async () => (await answerOf(guard, (await headersOfKinds(t.server, 'alice'))['api-key'])) === 'good',
  )
})
after(() => t.close())

async function until(what: string, isSo: () => Promise<boolean>, millis = 5000): Promise<number> {
  const begun = performance.now()
  while (!(await isSo())) {
    assert.ok(performance.now() - begun < millis, `${what} did not come`)
    await new Promise((done) => setTimeout(done, 10))
  }
  return performance.now() - begun
}

const answerOf = async (of: Guard, headers: Readonly<Record<string, string>>) => {
  const verdict = await of.check(sent(headers))
  return verdict.ok ? 'good' : verdict.code
}

test('what is revoked is refused within a second, of every kind, although it was good a moment before', async () => {
  const { sessions, keys, tokens } = t.server.core
  const name = 'bob'
  const bob = await makeUser(t.server, name)
  const kinds = await headersOfKinds(t.server, name)
  // What was made a moment ago is not remembered yet.
  t.server.clock.advance(6000)
  for (const headers of Object.values(kinds)) assert.equal(await answerOf(guard, headers), 'good')
  for (const headers of Object.values(kinds)) assert.ok(!(guard.check(sent(headers)) instanceof Promise), 'not warm')
  await sessions.endOthers(bob, null, origin)
  for (const each of (await keys.list(bob, { limit: 9 })).items) await keys.revoke(bob, each.id, null, origin)
  for (const each of (await tokens.list(bob, { limit: 9 })).items) await tokens.revoke(bob, each.publicId, null, origin)
  const millis = await until('the refusal', async () => {
    const answers = await Promise.all(Object.values(kinds).map((headers) => answerOf(guard, headers)))
    return answers.every((answer) => answer === 'credential_invalid')
  })
  assert.ok(millis < 1000, `${millis} ms`)
})

test('who is disabled is refused within a second, who is demoted does less', async () => {
  const carol = await makeUser(t.server, 'carol', 'admin')
  const { 'access-token': token, 'api-key': key } = await headersOfKinds(t.server, 'carol')
  t.server.clock.advance(1000)
  const rights = async (headers: Readonly<Record<string, string>>) => {
    const verdict = await guard.check(sent(headers))
    return verdict.ok ? verdict.value.scopes.has('users:write') : null
  }
  assert.deepEqual([await rights(token), await rights(key)], [true, true])
  await t.server.core.users.setRole(carol.publicId, 'user', null, origin)
  const demoted = await until(
    'the demotion',
    async () => (await rights(token)) === false && (await rights(key)) === false,
  )
  assert.ok(demoted < 1000, `${demoted} ms`)
  await t.server.core.users.setStatus(carol.publicId, 'disabled', null, origin)
  const disabled = await until('the end', async () => (await rights(token)) === null && (await rights(key)) === null)
  assert.ok(disabled < 1000, `${disabled} ms`)
})

test('a token that was never asked about costs no question when nothing of its owner changed', async () => {
  await makeUser(t.server, 'dora')
  t.server.clock.advance(120_000)
  const { access_token: token } = await signIn(t.server, 'dora')
  await t.server.core.feed.sync()
  await until('a heartbeat', async () => (await answerOf(guard, { authorization: `Bearer ${token}` })) === 'good')
  const before = line.asked(paths.introspection)
  assert.equal(await answerOf(guard, { authorization: `Bearer ${token}` }), 'good')
  assert.equal(line.asked(paths.introspection), before)
})

test('a token from before the guard began is asked about: it may have been revoked unheard', async () => {
  const { authorization } = (await headersOfKinds(t.server, 'alice'))['access-token']
  const { access_token: other } = await signIn(t.server, 'alice')
  await t.server.send('POST', '/auth/sign-out', { token: String(other), json: {} })
  const own = createLine()
  const late = t.guard({ introspect: { key: t.ownKey }, feed: {} }, own)
  assert.equal(await answerOf(late, { authorization: `Bearer ${other}` }), 'credential_invalid')
  assert.equal(await answerOf(late, { authorization }), 'good')
  assert.equal(own.asked(paths.introspection), 2)
  late.close()
})

test('cut for longer than the bound nobody gets in; mended, what was revoked meanwhile is refused', async () => {
  const own = createLine()
  const held = t.guard({ introspect: { key: t.ownKey }, feed: { silenceSeconds: 20 } }, own)
  await makeUser(t.server, 'erin')
  const erins = await headersOfKinds(t.server, 'erin')
  const alices = await headersOfKinds(t.server, 'alice')
  const { 'access-token': token, 'api-key': key } = erins
  assert.equal(await answerOf(held, token), 'good')
  t.server.clock.advance(6000)
  for (const headers of [token, key]) assert.equal(await answerOf(held, headers), 'good')
  own.cut()
  // Still within the bound: what is known counts.
  assert.equal(await answerOf(held, token), 'good')
  t.server.clock.advance(21_000)
  for (const headers of [token, key, alices['access-token'], { 'x-api-key': t.ownKey }]) {
    const verdict = await held.check(sent(headers))
    assert.ok(!verdict.ok && verdict.code === 'unavailable')
    assert.ok((verdict.retryAfter ?? 0) >= 1)
  }
  // What cannot be a credential is refused all the same.
  assert.equal(await answerOf(held, { authorization: 'Bearer garbage' }), 'credential_malformed')

  const erin = (await t.server.core.users.list({ limit: 1, search: 'erin' })).items[0] ?? assert.fail('no erin')
  await t.server.core.sessions.endOthers(erin, null, origin)
  own.mend()
  await until('the feed again', async () => (await answerOf(held, alices['access-token'])) === 'good', 9000)
  assert.equal(await answerOf(held, token), 'credential_invalid')
  assert.equal(await answerOf(held, key), 'good')
  held.close()
})

test('told to ask while it is cut, it asks about each and remembers nothing', async () => {
  const own = createLine()
  const cautious = t.guard({ introspect: { key: t.ownKey }, feed: { silenceSeconds: 2, whenCut: 'ask' } }, own)
  own.answer(paths.feed, async () => new Response('', { status: 502 }))
  const { 'api-key': key, 'access-token': token } = await headersOfKinds(t.server, 'alice')
  const before = own.asked(paths.introspection)
  for (let turn = 0; turn < 2; turn += 1) {
    assert.equal(await answerOf(cautious, key), 'good')
    assert.equal(await answerOf(cautious, token), 'good')
  }
  assert.equal(own.asked(paths.introspection) - before, 4)
  own.answer(paths.introspection, async () => new Response('', { status: 502 }))
  assert.equal(await answerOf(cautious, key), 'unavailable')
  cautious.close()
})

test('a guard whose feed never begins lets nobody in', async () => {
  const own = createLine()
  own.answer(paths.feed, async () => Response.json({ not: 'a stream' }))
  const never = t.guard({ introspect: { key: t.ownKey }, feed: { silenceSeconds: 2 } }, own)
  const { 'access-token': token } = await headersOfKinds(t.server, 'alice')
  assert.equal(await answerOf(never, token), 'unavailable')
  never.close()
})

test('a signing key that is rotated to is known, and what one signed that was taken back is refused within a second', async () => {
  const { signingKeys } = t.server.core
  const own = createLine()
  const held = t.guard({ introspect: { key: t.ownKey }, feed: {} }, own)
  const tokenOf = async () => (await headersOfKinds(t.server, 'alice'))['access-token']
  const old = await tokenOf()
  assert.equal(await answerOf(held, old), 'good')
  const { kid } = await signingKeys.current('access')
  await signingKeys.rotate('access', true)
  const fresh = await tokenOf()
  assert.notEqual((await signingKeys.current('access')).kid, kid)
  // The feed told of it, so that nobody waits for the half minute.
  await until('the new key', async () => (await answerOf(held, fresh)) === 'good')
  assert.equal(await answerOf(held, old), 'good')
  await signingKeys.revoke(kid)
  const millis = await until('the refusal', async () => (await answerOf(held, old)) !== 'good')
  assert.ok(millis < 1000, `${millis} ms`)
  assert.equal(await answerOf(held, fresh), 'good')
  held.close()
})

test('what a stolen key signs after it was taken back is refused, although a cache on the way still tells of the key', async () => {
  const { signingKeys } = t.server.core
  const stolen = await signingKeys.current('access')
  const published = await signingKeys.jwks()
  const own = createLine()
  own.answer(paths.keys, async () => Response.json(published))
  const held = t.guard({ introspect: { key: t.ownKey }, feed: {} }, own)
  const forge = () => {
    const iat = Math.floor(t.server.clock.now() / 1000) + 1800
    const { publicId: sub } = t.alice
    const sid = '01977420-dc00-7ea5-bcb5-1ba8afd34d9a'
    const claims = { iss: t.server.url, aud: t.server.url, sub, sid, jti: sid, iat, exp: iat + 1800, api: 'native' }
    const rights = { client_id: ownClientId, scope: 'users:write', role: 'admin' }
    const token = signJwt({ key: stolen, typ: jwtTypes.access, claims: { ...claims, ...rights } })
    return { authorization: `Bearer ${token}` }
  }
  assert.equal(await answerOf(held, forge()), 'good')
  await signingKeys.rotate('access', true)
  await signingKeys.revoke(stolen.kid)
  const millis = await until('the refusal', async () => (await answerOf(held, forge())) === 'credential_invalid')
  assert.ok(millis < 1000, `${millis} ms`)
  t.server.clock.advance(1000)
  assert.equal(await answerOf(held, forge()), 'credential_invalid')
  held.close()
})

test('a feed that is mended counts only when what was missed was told: its start alone lets nobody in', async () => {
  const own = createLine()
  const waiting: ReadableStreamDefaultController<Uint8Array>[] = []
  own.answer(paths.feed, async () => new Response(new ReadableStream({ start: (each) => void waiting.push(each) })))
  const held = t.guard({ introspect: { key: t.ownKey }, feed: { silenceSeconds: 2 } }, own)
  const { 'api-key': key } = await headersOfKinds(t.server, 'alice')
  const tell = (text: string) => waiting[0]?.enqueue(new TextEncoder().encode(text))
  await until('the connection', async () => waiting.length > 0)
  const at = new Date(t.server.clock.now()).toISOString()
  tell(`event: start\nid: 1\ndata: {"seq":1,"at":"${at}","heartbeat_seconds":60}\n\n`)
  assert.equal(await answerOf(held, key), 'unavailable')
  tell(': alive\n\n')
  await until('the guard', async () => (await answerOf(held, key)) === 'good')
  held.close()
})

test('what a token carries is asked about once the configured roles are others, and not when Cardea only comes again', async () => {
  const own = createLine()
  const open: ReadableStreamDefaultController<Uint8Array>[] = []
  own.answer(paths.feed, async () => new Response(new ReadableStream({ start: (each) => void open.push(each) })))
  const held = t.guard({ introspect: { key: t.ownKey }, feed: {} }, own)
  /** A server that starts, or starts again, with roles that are known by this. */
  const begin = async (count: number, rights: string | null) => {
    if (open.length < count) open.at(-1)?.close()
    await until('the connection', async () => open.length === count)
    const data = { seq: 1, at: new Date(t.server.clock.now()).toISOString(), heartbeat_seconds: 60, rights }
    open.at(-1)?.enqueue(new TextEncoder().encode(`event: start\nid: 1\ndata: ${JSON.stringify(data)}\n\n: alive\n\n`))
    await new Promise((done) => setTimeout(done, 20))
  }
  await begin(1, 'some')
  t.server.clock.advance(120_000)
  const { access_token: token } = await signIn(t.server, 'alice')
  const asked = async () => {
    await begin(open.length + 1, rights)
    const before = own.asked(paths.introspection)
    assert.equal(await answerOf(held, { authorization: `Bearer ${token}` }), 'good')
    return own.asked(paths.introspection) - before
  }
  let rights: string | null = 'some'
  assert.equal(await asked(), 0)
  assert.equal(await asked(), 0)
  rights = 'others'
  assert.equal(await asked(), 1)
  held.close()
})
