import assert from 'node:assert/strict'
import { addUser, allPages, guarantee, heard, hour, newSession, sideBySide, start, tally } from './contract.ts'

const grace = 30_000

guarantee('a session comes back as it was stored, alone and with its user', async ({ store }) => {
  const user = await addUser(store)
  const session = newSession(user.id, {
    actor: 'public-9',
    actorSession: 'session-9',
    actorEpoch: 3,
    idleMillis: hour,
    rotatedAt: start,
    factors: ['password', 'totp'],
  })
  assert.deepEqual(await store.sessions.create(session, 10), [])
  assert.deepEqual(await store.sessions.byId(session.id), session)
  assert.deepEqual(await store.sessions.withUser(session.id), { session, user })
  assert.equal(await store.sessions.byId('nobody\0'), null)
  assert.equal(await store.sessions.withUser('nobody'), null)
  assert.deepEqual(await heard(store), [])
})

guarantee('of 50 rotations side by side one is rotated and the others are in grace', async ({ store }) => {
  const user = await addUser(store)
  const { id } = newSession(user.id)
  await store.sessions.create(newSession(user.id, { id }), 10)
  const answers = await sideBySide((index) => store.sessions.rotateRefresh(id, 1, `next-${index}`, start + 1, grace))
  assert.equal(tally<string>(answers, 'rotated'), 1)
  assert.equal(tally<string>(answers, 'grace'), 49)
  const session = await store.sessions.byId(id)
  assert.equal(session?.generation, 2)
  assert.equal(session?.secretHash, `next-${answers.indexOf('rotated')}`)
})

guarantee('grace ends with its time, with the use of the successor, and for older generations', async ({ store }) => {
  const user = await addUser(store)
  const session = newSession(user.id)
  const rotate = (presented: number, at: number) =>
    store.sessions.rotateRefresh(session.id, presented, `hash-${presented + 1}`, at, grace)
  await store.sessions.create(session, 10)
  assert.equal(await rotate(1, start), 'rotated')
  assert.equal(await rotate(1, start + grace), 'grace')
  assert.equal(await rotate(1, start + grace + 1), 'reused')
  assert.equal(await rotate(2, start + 10), 'rotated')
  assert.equal(await rotate(1, start + 11), 'reused')
  assert.equal(await rotate(2, start + 11), 'grace')
  assert.equal(await rotate(9, start + 11), 'gone')
  const after = await store.sessions.byId(session.id)
  assert.deepEqual([after?.generation, after?.secretHash, after?.rotatedAt], [3, 'hash-3', start + 10])
  assert.equal(await rotate(3, session.expiresAt), 'gone')
  await store.sessions.end(session.id)
  assert.equal(await rotate(3, start + 12), 'gone')
})

guarantee('the oldest sessions beyond the cap are ended, never the new one', async ({ store }) => {
  const user = await addUser(store)
  const other = await addUser(store)
  await store.sessions.create(newSession(other.id, { createdAt: start - hour }), 2)
  // One moment for all: the id must not decide against the new one.
  const ids = ['c', 'b', 'a']
  assert.deepEqual(await store.sessions.create(newSession(user.id, { id: 'c' }), 2), [])
  assert.deepEqual(await store.sessions.create(newSession(user.id, { id: 'b' }), 2), [])
  const ended = await store.sessions.create(newSession(user.id, { id: 'a' }), 2)
  assert.equal(ended.length, 1)
  const left = (await store.sessions.list(user.id, { limit: 10 }, start)).items.map(({ id }) => id)
  assert.ok(left.includes('a'))
  assert.deepEqual([...left, ...ended].sort(), ids.sort())
  assert.deepEqual(await heard(store), [`session ${ended[0]}`])
  assert.equal((await store.sessions.list(other.id, { limit: 10 }, start)).items.length, 1)
})

guarantee('50 sessions made side by side keep the cap', async ({ store }) => {
  const user = await addUser(store)
  const ended = await sideBySide((index) => store.sessions.create(newSession(user.id, { createdAt: start + index }), 5))
  assert.equal((await store.sessions.list(user.id, { limit: 100 }, start)).items.length, 5)
  assert.equal(new Set(ended.flat()).size, 45)
})

guarantee('a session of a user who is gone is refused', async ({ store }) => {
  await assert.rejects(store.sessions.create(newSession(9999), 5), { code: 'conflict' })
})

guarantee('a session is ended by one caller, and heard of', async ({ store, clock }) => {
  const user = await addUser(store)
  await store.sessions.create(newSession(user.id, { id: 's' }), 10)
  const answers = await sideBySide(() => store.sessions.end('s'))
  assert.equal(tally<boolean>(answers, true), 1)
  assert.deepEqual(await store.changes.since(0, 10), [
    { seq: await store.changes.latest(), at: clock.now(), kind: 'session', id: 's', epoch: 0 },
  ])
})

guarantee("all sessions of a user but one are ended, and nobody else's", async ({ store }) => {
  const user = await addUser(store)
  const other = await addUser(store)
  for (const id of ['a', 'b', 'c']) await store.sessions.create(newSession(user.id, { id }), 10)
  await store.sessions.create(newSession(other.id, { id: 'd' }), 10)
  assert.deepEqual([...(await store.sessions.endAll(user.id, 'b'))].sort(), ['a', 'c'])
  assert.deepEqual([(await heard(store)).sort(), await store.sessions.byId('a')], [['session a', 'session c'], null])
  assert.notEqual(await store.sessions.byId('d'), null)
  assert.deepEqual(await store.sessions.endAll(user.id, null), ['b'])
  assert.deepEqual(await store.sessions.endAll(user.id, null), [])
})

guarantee('a session that proved its factors again is heard of; one that is gone is not', async ({ store }) => {
  const user = await addUser(store)
  await store.sessions.create(newSession(user.id, { id: 's' }), 10)
  assert.equal(await store.sessions.reprove('s', ['password', 'totp'], start + 7), true)
  assert.equal(await store.sessions.reprove('t', ['password'], start + 7), false)
  const session = await store.sessions.byId('s')
  assert.deepEqual([session?.factors, session?.provenAt], [['password', 'totp'], start + 7])
  assert.deepEqual(await heard(store), ['session s'])
})

guarantee('the list is newest first, in pages, without what has expired or idled', async ({ store }) => {
  const user = await addUser(store)
  for (const [index, id] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    await store.sessions.create(newSession(user.id, { id, createdAt: start + Math.floor(index / 2) }), 10)
  }
  await store.sessions.create(newSession(user.id, { id: 'expired', expiresAt: start + 10 }), 10)
  await store.sessions.create(newSession(user.id, { id: 'idle', idleMillis: 10 }), 10)
  const at = (now: number) =>
    allPages((cursor) => store.sessions.list(user.id, { limit: 2, ...(cursor && { cursor }) }, now))
  assert.deepEqual(
    (await at(start + 10)).map(({ id }) => id),
    ['e', 'd', 'c', 'b', 'a'],
  )
  assert.equal((await at(start + 9)).length, 7)
  assert.equal(await store.sessions.purge(start + 10), 2)
  assert.equal(await store.sessions.byId('idle'), null)
  assert.equal(await store.sessions.purge(start + 10), 0)
  assert.deepEqual(await heard(store), [])
})

guarantee('last-seen times are written in one batch and never move back', async ({ store }) => {
  const user = await addUser(store)
  await Promise.all(['a', 'b'].map((id) => store.sessions.create(newSession(user.id, { id }), 10)))
  const many = Array.from({ length: 1200 }, (_, index) => ({ id: `none-${index}`, at: start }))
  await store.sessions.touch([
    ...many,
    { id: 'a', at: start + 5 },
    { id: 'a', at: start + 9 },
    { id: 'a', at: start + 7 },
    { id: 'b', at: start - 1 },
  ])
  assert.equal((await store.sessions.byId('a'))?.lastSeenAt, start + 9)
  assert.equal((await store.sessions.byId('b'))?.lastSeenAt, start)
  await store.sessions.touch([])
  assert.deepEqual(await heard(store), [])
})
