import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { createDatabase, type PostgresServer, startPostgres, type TestDatabase } from '../support/postgres.ts'
import { type Cluster, eventually, randomAddress, startCluster } from './cluster.ts'
import { bearer, demand } from './credentials.ts'
import { createHitter, type Headers, type Hit } from './hit.ts'
import { timeRevocation } from './revocation.ts'

/** The default of the setting `feedBoundMillis`. */
const boundMillis = 3000
/** A server that is not there says so at once; only what waits for a free connection waits, and that for 5 s. */
const longestAnswerMillis = 10_000
const poolSize = 4
/** Of each node: the pool, two for limits, one that reads changes and one that listens. */
const mostConnections = 2 * (poolSize + 4)

const hitter = createHitter()
let server: PostgresServer
let database: TestDatabase
let cluster: Cluster

before(async () => {
  server = await startPostgres({ durable: true })
  database = await createDatabase(server.url)
  cluster = await startCluster({
    databases: [database.url, database.url],
    environment: { CARDEA_DATABASE_POOL_SIZE: String(poolSize) },
  })
})
after(async () => {
  hitter.close()
  await cluster?.stop()
  await server?.stop()
})

async function ask(sql: string): Promise<string> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  const { rows } = await client.query<{ answer: unknown }>(sql)
  await client.end()
  return String(rows[0]?.answer)
}

const connections = async () =>
  Number(await ask(`select count(*) as answer from pg_stat_activity where application_name = 'cardea'`))

/** As an operator's restart does it: running transactions are rolled back, connections told and cut. */
async function halt(): Promise<void> {
  const folder = await ask(`select current_setting('data_directory') as answer`)
  const pid = Number.parseInt(readFileSync(join(folder, 'postmaster.pid'), 'utf8'), 10)
  process.kill(pid, 'SIGINT')
  await eventually('PostgreSQL is gone', () => {
    try {
      return !process.kill(pid, 0)
    } catch {
      return true
    }
  })
}

interface Seen {
  readonly what: 'known' | 'revoked' | 'unknown' | 'sign-in' | 'refresh'
  readonly hit: Pick<Hit, 'status' | 'code' | 'type' | 'retryAfter' | 'askedAt' | 'answeredAt'>
}

/** Asks both nodes for all kinds of things until it is told to stop. */
function startLoad(good: Headers, revoked: Headers, forged: string) {
  const seen: Seen[] = []
  let loading = true
  const loop = async (what: Seen['what'], ask: () => Promise<Seen['hit']>) => {
    while (loading) {
      seen.push({ what, hit: await ask() })
      await pause(5)
    }
  }
  const post = async (path: string, json: object): Promise<Seen['hit']> => {
    const askedAt = performance.now()
    const { status, type, body, headers } = await cluster.send('POST', path, {
      json,
      headers: { 'X-Forwarded-For': randomAddress() },
    })
    const retryAfter = headers.get('retry-after') ?? undefined
    return { status, code: body?.code, type, retryAfter, askedAt, answeredAt: performance.now() }
  }
  const unknown = bearer(`${'a'.repeat(8)}-0000-7000-8000-000000000000.${'b'.repeat(43)}`)
  const all = Promise.all([
    ...cluster.nodes.flatMap(({ url }) => [
      loop('known', () => hitter.hit(`${url}/auth/me`, good)),
      loop('revoked', () => hitter.hit(`${url}/auth/me`, revoked)),
      loop('unknown', () => hitter.hit(`${url}/auth/me`, unknown)),
    ]),
    loop('sign-in', () => post('/auth/sign-in', { identifier: 'alice', password: 'correct horse battery' })),
    loop('refresh', () => post('/auth/refresh', { refresh_token: forged })),
  ])
  return {
    seen,
    async stop() {
      loading = false
      await all
    },
  }
}

/** What each may be answered while the database comes and goes; 503 is always right. */
const right: Readonly<Record<Seen['what'], readonly number[]>> = {
  known: [200],
  revoked: [401],
  unknown: [401],
  'sign-in': [200],
  refresh: [401],
}

test('PostgreSQL goes and comes back under load: 503 with Retry-After, no wrong answer, no restart, no leak', async (t) => {
  await cluster.makeUser('alice')
  const owner = bearer((await cluster.signIn('alice')).access_token)
  const made = async () => (await demand(cluster.send, 201, 'POST', '/auth/keys', owner, { name: 'outage' })).body
  const [staying, gone] = [await made(), await made()]
  const [good, revoked] = [staying, gone].map((key): Headers => ({ 'X-API-Key': String(key.token) }))
  assert.ok(good && revoked)
  for (const { send } of cluster.nodes) await demand(send, 200, 'GET', '/auth/me', revoked)
  await demand(cluster.send, 204, 'DELETE', `/auth/keys/${gone.id}`, owner)
  await pause(boundMillis)

  // Only the store can tell that it is not the one.
  const forged = String((await cluster.signIn('alice')).refresh_token).replace(/\.(\w)([^.]*)$/, (_, first, rest) =>
    first === 'A' ? `.B${rest}` : `.A${rest}`,
  )
  const load = startLoad(good, revoked, forged)
  t.after(() => load.stop())
  for (const end of [halt, () => server.crash()]) {
    await pause(500)
    await end()
    const haltedAt = performance.now()
    await eventually(
      'both nodes say that they are not ready',
      async () => {
        const all = await Promise.all(cluster.nodes.map(({ url }) => hitter.hit(`${url}/readyz`)))
        return all.every(({ status, retryAfter }) => status === 503 && retryAfter !== undefined)
      },
      boundMillis,
    )
    for (const { url } of cluster.nodes) assert.equal((await hitter.hit(`${url}/healthz`)).status, 204)
    await pause(boundMillis - 1000)
    const late = performance.now()
    await pause(500)
    await server.restart()
    const resumedAt = performance.now()
    // Nothing is known of a credential any more once the bound is over.
    assert.deepEqual(
      load.seen.filter(
        ({ hit }) =>
          hit.askedAt > Math.max(late, haltedAt + boundMillis) && hit.answeredAt < resumedAt && hit.status !== 503,
      ),
      [],
    )
    await eventually('all is as before', async () => {
      const all = await Promise.all(
        cluster.nodes.flatMap(({ url }) => [hitter.hit(`${url}/auth/me`, good), hitter.hit(`${url}/readyz`)]),
      )
      return all.every(({ status }) => status === 200)
    })
  }
  await pause(500)
  await load.stop()

  const counts: Record<string, number> = {}
  for (const { what, hit } of load.seen) {
    const { status, type, retryAfter, askedAt, answeredAt } = hit
    counts[`${what} ${status}`] = (counts[`${what} ${status}`] ?? 0) + 1
    assert.ok(answeredAt - askedAt < longestAnswerMillis, `${what}: ${status} after ${answeredAt - askedAt} ms`)
    if (status !== 503) {
      assert.ok(right[what].includes(status), `${what}: ${JSON.stringify(hit)}`)
      continue
    }
    assert.match(type, /^application\/problem\+json/)
    assert.match(retryAfter ?? '', /^[1-9]\d*$/)
  }
  for (const what of ['known', 'sign-in']) {
    for (const status of [200, 503]) assert.ok((counts[`${what} ${status}`] ?? 0) > 0, JSON.stringify(counts))
  }

  // The same processes, and no more connections than they may have.
  for (const { process } of cluster.nodes) assert.equal(process.exitCode, null)
  const after = await connections()
  assert.ok(after > 0 && after <= mostConnections, `${after} connections`)
  const next = await made()
  const headers = { 'X-API-Key': String(next.token) }
  const heard = await timeRevocation({
    hitter,
    urls: cluster.nodes.map(({ url }) => `${url}/auth/me`),
    headers,
    revoke: async () => {
      await demand(cluster.send, 204, 'DELETE', `/auth/keys/${next.id}`, owner)
    },
  })
  assert.equal(heard.relapses, 0)
  assert.ok(heard.acceptedUntil < boundMillis)
})
