import assert from 'node:assert/strict'
import { runSql } from '../support/sql.ts'
import {
  addUser,
  allPages,
  auditKey,
  type Given,
  guarantee,
  newEvent,
  olderAuditKey,
  sideBySide,
  start,
} from './contract.ts'

async function append({ store }: Given, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await store.events.append(newEvent({ at: start + index }), auditKey)
}

const brokenAt = async ({ store }: Given) => (await store.events.verify([auditKey])).brokenAt

guarantee('events come back as they were written, newest first, by each filter', async ({ store }) => {
  const first = newEvent({
    user: null,
    actor: null,
    credential: null,
    sessionId: null,
    address: null,
    userAgent: null,
    api: 'cli',
    data: {},
  })
  const second = newEvent({
    at: start + 1,
    kind: 'key-made',
    keyId: 'k',
    data: { name: 'naïve \u2028 "x"', list: [1, null, { a: true }] },
  })
  await store.events.append(first, auditKey)
  await store.events.append(second, auditKey)
  assert.deepEqual((await store.events.list({}, { limit: 10 })).items, [
    { ...second, id: 2 },
    { ...first, id: 1 },
  ])
  const ids = async (filter: object) => (await store.events.list(filter, { limit: 10 })).items.map(({ id }) => id)
  assert.deepEqual(await ids({ kind: 'key-made' }), [2])
  assert.deepEqual(await ids({ user: 'public-1' }), [2])
  assert.deepEqual(await ids({ address: '192.0.2.1' }), [2])
  assert.deepEqual(await ids({ from: start + 1 }), [2])
  assert.deepEqual(await ids({ to: start + 1 }), [1])
  assert.deepEqual(await ids({ kind: 'sign-in', user: 'nobody' }), [])
  assert.equal((await allPages((cursor) => store.events.list({}, { limit: 1, ...(cursor && { cursor }) }))).length, 2)
})

guarantee('an event stands or falls with the transaction that it is part of', async ({ store }) => {
  await assert.rejects(
    store.transaction(async (tx) => {
      await tx.events.append(newEvent(), auditKey)
      assert.equal((await tx.events.list({}, { limit: 10 })).items.length, 1)
      throw new Error('later')
    }),
    /later/,
  )
  assert.deepEqual((await store.events.list({}, { limit: 10 })).items, [])
  await store.transaction((tx) => tx.events.append(newEvent(), auditKey))
  assert.deepEqual(await store.events.verify([auditKey]), { checked: 1, brokenAt: null })
})

guarantee('a list of some time has all of it and nothing else, also of a clock that jumped', async ({ store }) => {
  const hour = 3_600_000
  // The third came when the clock was set back.
  for (const at of [0, 2, 1, 5, 4, 9]) await store.events.append(newEvent({ at: start + at * hour }), auditKey)
  await store.events.append(newEvent({ at: start + 3 * hour, kind: 'key-made' }), auditKey)
  const times = { from: start + hour, to: start + 5 * hour }
  const ids = async (filter: object) =>
    (await allPages((cursor) => store.events.list(filter, { limit: 2, ...(cursor && { cursor }) }))).map(({ id }) => id)
  assert.deepEqual(await ids(times), [7, 5, 3, 2])
  assert.deepEqual(await ids({ from: times.from }), [7, 6, 5, 4, 3, 2])
  assert.deepEqual(await ids({ to: times.to }), [7, 5, 3, 2, 1])
  assert.deepEqual(await ids({ ...times, kind: 'key-made' }), [7])
  assert.deepEqual(await ids({ from: start + 10 * hour }), [])
  assert.deepEqual(await store.events.span(times), { first: 2, last: 7 })
  assert.deepEqual(await store.events.span({ ...times, kind: 'key-made' }), { first: 7, last: 7 })
  assert.equal(await store.events.span({ from: start + 10 * hour }), null)
  // What was written since is beyond it.
  const span = (await store.events.span(times)) ?? undefined
  await store.events.append(newEvent({ at: start + 2 * hour }), auditKey)
  assert.deepEqual(await ids({ ...times, span }), [7, 5, 3, 2])
})

guarantee('50 events written side by side make one chain', async ({ store }) => {
  await sideBySide((index) =>
    store.transaction(async (tx) => {
      await tx.events.append(newEvent({ at: start + index }), auditKey)
      await tx.meta.set(`k-${index}`, 'v')
      await tx.events.append(newEvent({ at: start + index }), auditKey)
    }),
  )
  assert.deepEqual(await store.events.verify([auditKey]), { checked: 100, brokenAt: null })
})

guarantee('a long chain is checked to its end', async (given) => {
  await given.store.transaction(async (tx) => {
    for (let index = 0; index < 2100; index += 1) await tx.events.append(newEvent(), auditKey)
  })
  assert.deepEqual(await given.store.events.verify([auditKey]), { checked: 2100, brokenAt: null })
  await runSql(given.database, "update events set kind = 'sign-out' where id = 2050")
  assert.equal(await brokenAt(given), 2050)
})

for (const column of [
  'at = at + 1',
  "kind = 'x'",
  "api = 'cli'",
  "subject = 'x'",
  'actor = null',
  'credential = null',
  "session_id = 'x'",
  "key_ref = 'x'",
  "data = '{}'",
  "link = 'x'",
  "audit_key = 'x'",
]) {
  guarantee(`an event that was changed is found: ${column}`, async (given) => {
    await append(given, 4)
    await runSql(given.database, `update events set ${column} where id = 2`)
    assert.equal(await brokenAt(given), 2)
  })
}

guarantee('what is personal can be erased without breaking the chain', async (given) => {
  const user = await addUser(given.store)
  await given.store.events.append(newEvent({ user: user.publicId }), auditKey)
  await given.store.events.append(newEvent({ user: 'other' }), auditKey)
  await given.store.users.remove(user.id, [], start)
  const [other, own] = (await given.store.events.list({}, { limit: 10 })).items
  assert.deepEqual([own?.address, own?.userAgent, own?.user], [null, null, user.publicId])
  assert.deepEqual([other?.address, other?.userAgent], ['192.0.2.1', 'curl/8'])
  assert.equal(await brokenAt(given), null)
})

guarantee('a cut in the middle, at the beginning or at the end is found', async (given) => {
  await append(given, 6)
  await runSql(given.database, 'delete from events where id = 6')
  assert.equal(await brokenAt(given), 6)
  await runSql(given.database, 'delete from events where id = 3')
  assert.equal(await brokenAt(given), 4)
  await runSql(given.database, 'delete from events where id = 1')
  assert.equal(await brokenAt(given), 2)
  await runSql(given.database, 'delete from events')
  assert.equal(await brokenAt(given), 1)
})

guarantee('marks cannot be moved without the key', async (given) => {
  await append(given, 4)
  await runSql(given.database, 'delete from events where id = 4')
  await runSql(given.database, 'update event_marks set event_id = 3, link = (select link from events where id = 3)')
  assert.notEqual(await brokenAt(given), null)
  await runSql(given.database, 'delete from event_marks')
  assert.notEqual(await brokenAt(given), null)
  await runSql(
    given.database,
    "insert into event_marks select 'checkpoint', id, link, audit_key, link from events where id = 2",
  )
  await runSql(given.database, 'delete from events where id <= 2')
  assert.equal(await brokenAt(given), 2)
})

guarantee('retention cuts the beginning off and the rest still verifies', async (given) => {
  const { store } = given
  await append(given, 6)
  assert.equal(await store.events.purge(start, auditKey), 0)
  assert.equal(await store.events.purge(start + 3, auditKey), 3)
  assert.deepEqual(await store.events.verify([auditKey]), { checked: 3, brokenAt: null })
  await append(given, 1)
  assert.deepEqual(
    (await store.events.list({}, { limit: 10 })).items.map(({ id }) => id),
    [7, 6, 5, 4],
  )
  await runSql(given.database, 'delete from events where id = 4')
  assert.equal(await brokenAt(given), 5)
})

guarantee('a chain of which nothing is left goes on where it ended', async (given) => {
  const { store } = given
  await append(given, 3)
  assert.equal(await store.events.purge(start + 100, auditKey), 3)
  assert.deepEqual(await store.events.verify([auditKey]), { checked: 0, brokenAt: null })
  await append(given, 2)
  assert.deepEqual(await store.events.verify([auditKey]), { checked: 2, brokenAt: null })
})

guarantee('an older event behind a younger one stays until that one may go', async ({ store }) => {
  for (const at of [start, start + 10, start + 1]) await store.events.append(newEvent({ at }), auditKey)
  assert.equal(await store.events.purge(start + 5, auditKey), 1)
  assert.deepEqual(await store.events.verify([auditKey]), { checked: 2, brokenAt: null })
})

guarantee('events that an older audit key chained verify with it only', async ({ store }) => {
  await store.events.append(newEvent(), olderAuditKey)
  await store.events.append(newEvent(), auditKey)
  assert.deepEqual(await store.events.verify([auditKey, olderAuditKey]), { checked: 2, brokenAt: null })
  assert.deepEqual(await store.events.verify([auditKey]), { checked: 0, brokenAt: 1 })
})

guarantee('events that are purged and written while the chain is checked do not make it look broken', async (given) => {
  const { store } = given
  await append(given, 40)
  const [verdict] = await Promise.all([
    store.events.verify([auditKey]),
    store.events.purge(start + 20, auditKey),
    append(given, 5),
  ])
  assert.equal(verdict.brokenAt, null)
})
