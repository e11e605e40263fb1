import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { type Cluster, eventually, type Node, startCluster } from './cluster.ts'
import { bearer, demand } from './credentials.ts'
import { createHitter, type Headers, type Hit } from './hit.ts'
import { type Link, type LinkState, startLink } from './link.ts'
import { percentile, timeRevocation } from './revocation.ts'

/** The default of the setting `feedBoundMillis`, and how often changes are read by the clock. */
const boundMillis = 3000
const pollMillis = 1000
/** No answer takes longer, whatever the database does: see docs/scale.md. */
const longestAnswerMillis = 20_000
/** How long after the link is whole again a node may need until everything is as before. */
const recoveryMillis = 20_000

const hitter = createHitter()
let database: TestDatabase
let cluster: Cluster
let link: Link
let admin: pg.Client

before(async () => {
  database = await createDatabase()
  link = await startLink(database.url)
  // Node 0 has the database at hand, node 1 reaches it over the link.
  cluster = await startCluster({ databases: [database.url, link.url] })
  admin = new pg.Client({ connectionString: database.url })
  await admin.connect()
})
after(async () => {
  hitter.close()
  await cluster?.stop()
  await link?.stop()
  await admin?.end()
  await database?.drop()
})

const node = (index: number): Node => {
  const found = cluster.nodes[index]
  assert.ok(found)
  return found
}
const far = () => `${node(1).url}/auth/me`

async function key(owner: Headers): Promise<{ headers: Headers; revoke(): Promise<void> }> {
  const made = (await demand(node(0).send, 201, 'POST', '/auth/keys', owner, { name: 'links' })).body
  return {
    headers: { 'X-API-Key': String(made.token) },
    revoke: async () => {
      await demand(node(0).send, 204, 'DELETE', `/auth/keys/${made.id}`, owner)
    },
  }
}

/** Asks the far node for two credentials ten times a second, whether or not it answers, until it is told to stop. */
function watch(revoked: Headers, good: Headers) {
  const asked: Promise<{ which: 'revoked' | 'good'; hit: Hit }>[] = []
  const ask = async (which: 'revoked' | 'good', headers: Headers) => ({ which, hit: await hitter.hit(far(), headers) })
  const timer = setInterval(() => asked.push(ask('revoked', revoked), ask('good', good)), 100)
  return {
    stop() {
      clearInterval(timer)
      return Promise.all(asked)
    },
  }
}

for (const state of ['closed', 'silent'] as const satisfies readonly LinkState[]) {
  const how = state === 'closed' ? 'cut' : 'there but silent'
  test(`while the connection to the database is ${how} a node gives no stale yes, and it recovers by itself`, async () => {
    await cluster.makeUser(`user-${state}`)
    const owner = bearer((await cluster.signIn(`user-${state}`)).access_token)
    const [doomed, staying] = [await key(owner), await key(owner)]
    for (const { headers } of [doomed, staying]) await demand(node(1).send, 200, 'GET', '/auth/me', headers)

    const watching = watch(doomed.headers, staying.headers)
    link.set(state)
    await doomed.revoke()
    const revokedAt = performance.now()
    await eventually(
      'the far node says that it is not ready',
      async () => {
        const { status } = await hitter.hit(`${node(1).url}/readyz`)
        return status === 503
      },
      boundMillis + pollMillis,
    )
    // Longer than any cache may be believed.
    await pause(Math.max(0, revokedAt + boundMillis + pollMillis - performance.now()))
    link.set('open')
    const openedAt = performance.now()
    await eventually('the far node is ready', async () => (await hitter.hit(`${node(1).url}/readyz`)).status === 200)
    await eventually(
      'the good one is good again',
      async () => (await hitter.hit(far(), staying.headers)).status === 200,
    )
    const recovered = performance.now() - openedAt
    await eventually('the revoked one is refused', async () => (await hitter.hit(far(), doomed.headers)).status === 401)
    const hits = await watching.stop()

    const late = hits.filter(({ which, hit }) => which === 'revoked' && hit.askedAt > revokedAt + boundMillis)
    assert.ok(late.length > 0)
    assert.deepEqual(
      late.filter(({ hit }) => hit.status === 200),
      [],
    )
    for (const { which, hit } of hits) {
      const { status, type, retryAfter, askedAt, answeredAt } = hit
      assert.ok(answeredAt - askedAt < longestAnswerMillis, `${status} after ${answeredAt - askedAt} ms`)
      const allowed = which === 'good' ? [200, 503] : [200, 401, 503]
      assert.ok(allowed.includes(status), `${which}: ${status}`)
      if (status !== 503) continue
      assert.match(type, /^application\/problem\+json/)
      assert.match(retryAfter ?? '', /^[1-9]\d*$/)
    }
    assert.ok(hits.some(({ hit }) => hit.status === 503))
    assert.ok(recovered < recoveryMillis, `recovered after ${recovered} ms`)

    // All is as before: changes are heard of at once, on connections that are no more than before.
    await eventually('the far node listens again', async () => (await listeners()) === 2)
    const next = await key(owner)
    const seen = await timeRevocation({ hitter, urls: [far()], headers: next.headers, revoke: next.revoke })
    assert.equal(seen.relapses, 0)
    assert.ok(seen.acceptedUntil < boundMillis)
  })
}

/** Connections that listen for changes. */
async function listeners(): Promise<number> {
  const { rows } = await admin.query(
    `select count(*) as count from pg_stat_activity
      where datname = current_database() and query = 'listen cardea_changes'`,
  )
  return Number(rows[0]?.count)
}

test('without notifications changes are heard of within the interval of the poll', async () => {
  await cluster.makeUser('poll')
  const owner = bearer((await cluster.signIn('poll')).access_token)
  link.refuseListeners()
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query = 'listen cardea_changes'`,
  )
  const delays: number[] = []
  for (let turn = 0; turn < 6; turn += 1) {
    const { headers, revoke } = await key(owner)
    const seen = await timeRevocation({ hitter, urls: [far()], headers, revoke })
    assert.equal(seen.relapses, 0)
    assert.ok(seen.acceptedUntil < boundMillis)
    delays.push(...seen.delays)
    // Not in step with the poll.
    await pause((turn * 170) % pollMillis)
  }
  // Not all of them by chance right before a poll: nobody told the node.
  assert.ok(percentile(delays, 1) > 50, `${delays}`)
  assert.ok(percentile(delays, 1) < pollMillis + 1000, `${delays}`)
})
