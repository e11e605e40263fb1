/*
 * `node bench/nodes.ts [--rounds N]`: three server processes on one PostgreSQL. How long a revocation takes to be felt
 * on the other nodes under load, with and without notifications, what the common calls cost the database, and how many
 * sign-ins and checks there are in a second.
 */
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { type Cluster, password, startCluster } from '../test/nodes/cluster.ts'
import { bearer, demand, issueAll } from '../test/nodes/credentials.ts'
import { createHitter, type Headers } from '../test/nodes/hit.ts'
import { startLink } from '../test/nodes/link.ts'
import { percentile, timeRevocation } from '../test/nodes/revocation.ts'
import { startPostgres } from '../test/support/postgres.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '30' } } })
const rounds = Number(values.rounds)
/** Of each kind of call, for the costs. */
const calls = 100
const loadPauseMillis = 10

const hitter = createHitter()
const postgres = await startPostgres({ durable: true })
try {
  await costs()
  await revocations()
} finally {
  hitter.close()
  await postgres.stop()
}

async function revocations(): Promise<void> {
  const links = await Promise.all([1, 2, 3].map(() => startLink(postgres.url)))
  const cluster = await startCluster({
    databases: links.map(({ url }) => url),
    environment: { CARDEA_SESSION_MAX_PER_USER: '1000' },
  })
  try {
    await rates(cluster)
    const load = await startLoad(cluster)
    const heard = await measure(cluster, rounds)
    for (const link of links) link.refuseListeners()
    await endListeners()
    const polled = await measure(cluster, Math.ceil(rounds / 6))
    const rate = await load.stop()
    process.stdout.write(`load: ${rate.toFixed(0)} guarded requests a second over three nodes\n`)
    report('revocation.nodes', heard)
    report('revocation.nodes_polled', polled)
  } finally {
    await cluster.stop()
    await Promise.all(links.map((link) => link.stop()))
  }
}

/** How often, with a hash that costs nothing: what is left is the database's part and the web's. */
async function rates(cluster: Cluster): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  await client.query('create table commits (id int)')
  let id = 0
  const commits = await rateOf(1, () => client.query('insert into commits values ($1)', [id++]))
  await client.end()
  process.stdout.write(`commits of one connection, one after another: ${commits.toFixed(0)} a second\n`)
  const users = Array.from({ length: 20 }, (_, index) => `rate-${index}`)
  for (const user of users) await cluster.makeUser(user)
  const signIns = await rateOf(24, (turn) => {
    const node = cluster.nodes[turn % cluster.nodes.length]
    return cluster.signIn(users[turn % users.length] ?? '', {}, node?.send)
  })
  process.stdout.write(`sign-ins without their hash: ${signIns.toFixed(0)} a second, three nodes together\n`)
  const [node] = cluster.nodes
  if (node === undefined) throw new Error('there is no node')
  const headers = bearer((await cluster.signIn('rate-0')).access_token)
  const ask = () => hitter.hit(`${node.url}/auth/me`, headers)
  await rateOf(8, ask)
  const before = processorMicros(node.process.pid)
  const begun = performance.now()
  const checks = await rateOf(8, ask)
  const seconds = (performance.now() - begun) / 1000
  const micros = (processorMicros(node.process.pid) - before) / (checks * seconds)
  process.stdout.write(
    `GET /auth/me, warm: ${checks.toFixed(0)} a second of one node, ${micros.toFixed(0)} us of processor each\n`,
  )
}

/** Calls a second, so many at a time, for some seconds. */
async function rateOf(parallel: number, run: (turn: number) => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  const end = begun + 4000
  let turn = 0
  const loop = async () => {
    while (performance.now() < end) await run(turn++)
  }
  await Promise.all(Array.from({ length: parallel }, loop))
  return (turn / (performance.now() - begun)) * 1000
}

/** User and system time of a process; Linux only, NaN elsewhere. Its clock ticks a hundred times a second. */
function processorMicros(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  } catch {
    return Number.NaN
  }
}

function report(name: string, { delays, relapses, last }: Measured): void {
  for (const part of [50, 99]) {
    process.stdout.write(`${name}.p${part}_ms: ${percentile(delays, part / 100).toFixed(1)}\n`)
  }
  process.stdout.write(
    `${name}: ${delays.length} values, longest ${percentile(delays, 1).toFixed(1)} ms, last good answer to what was asked ${last.toFixed(1)} ms after the revocation's answer, ${relapses} relapses\n`,
  )
}

interface Measured {
  readonly delays: readonly number[]
  readonly relapses: number
  readonly last: number
}

async function measure(cluster: Cluster, times: number): Promise<Measured> {
  const delays: number[] = []
  let relapses = 0
  let last = 0
  for (let round = 0; round < times; round += 1) {
    const username = `user-${times}-${round}`
    await cluster.makeUser(username)
    const nodes = cluster.nodes.map((_, index) => cluster.nodes[(index + round) % cluster.nodes.length])
    const [first, ...others] = nodes
    if (first === undefined) throw new Error('there are no nodes')
    for (const { headers, revoke } of await issueAll(cluster, username, first.send)) {
      const urls = others.map((node) => `${node?.url}/auth/me`)
      const seen = await timeRevocation({ hitter, urls, headers, revoke: () => revoke(first.send) })
      delays.push(...seen.delays)
      relapses += seen.relapses
      last = Math.max(last, seen.acceptedUntil)
      // Not in step with anything.
      await pause((delays.length * 37) % 200)
    }
  }
  return { delays, relapses, last }
}

/** Guarded requests to every node, a sign-in now and then. */
async function startLoad(cluster: Cluster): Promise<{ stop(): Promise<number> }> {
  await cluster.makeUser('load')
  const headers = bearer((await cluster.signIn('load')).access_token)
  const begun = performance.now()
  let loading = true
  let done = 0
  const guarded = cluster.nodes.map(async ({ url }) => {
    while (loading) {
      await Promise.all([1, 2].map(() => hitter.hit(`${url}/auth/me`, headers)))
      done += 2
      await pause(loadPauseMillis)
    }
  })
  const signIns = (async () => {
    while (loading) {
      await cluster.signIn('load')
      await pause(200)
    }
  })()
  return {
    async stop() {
      loading = false
      const rate = (done / (performance.now() - begun)) * 1000
      await Promise.all([...guarded, signIns])
      return rate
    },
  }
}

async function endListeners(): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen cardea_changes'`)
  await client.end()
}

/** Queries and bytes between one node and the database, for each kind of call. */
async function costs(): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  await client.query('create database costs')
  await client.end()
  const address = new URL(postgres.url)
  address.pathname = '/costs'
  const meter = await startMeter(address.href)
  const environment = { CARDEA_SESSION_MAX_PER_USER: '1000' }
  const cluster = await startCluster({ databases: [meter.url], environment })
  try {
    const [node] = cluster.nodes
    if (node === undefined) throw new Error('there is no node')
    await cluster.makeUser('alice')
    const owner = bearer((await cluster.signIn('alice')).access_token)
    const keys: { id: string; headers: Headers }[] = []
    for (let index = 0; index < calls; index += 1) {
      const made = (await demand(node.send, 201, 'POST', '/auth/keys', owner, { name: 'cost' })).body
      keys.push({ id: String(made.id), headers: { 'X-API-Key': String(made.token) } })
    }
    let refresh = String((await cluster.signIn('alice')).refresh_token)
    const known = { 'X-Forwarded-For': '192.0.2.7' }
    const signIn = async () => {
      const json = { identifier: 'alice', password }
      await demand(node.send, 200, 'POST', '/auth/sign-in', known, json)
    }
    await signIn()
    // What the node asks by itself; the work that is left behind by what was done so far is over then.
    await pause(2000)
    const idle = await meter.during(() => pause(5000))
    const show = async (name: string, run: (index: number) => Promise<unknown>) => {
      const seen = await meter.during(async () => {
        for (let index = 0; index < calls; index += 1) await run(index)
      })
      const each = (all: number, idleAll: number) => (all - (idleAll / idle.millis) * seen.millis) / calls
      process.stdout.write(
        `${name}: ${each(seen.queries, idle.queries).toFixed(1)} queries, ${(each(seen.sent, idle.sent) / 1024).toFixed(2)} KiB to and ${(each(seen.received, idle.received) / 1024).toFixed(2)} KiB from PostgreSQL, ${(seen.millis / calls).toFixed(1)} ms\n`,
      )
    }
    process.stdout.write(
      `idle: ${((idle.queries / idle.millis) * 1000).toFixed(1)} queries and ${((idle.sent + idle.received) / idle.millis).toFixed(2)} KB a second\n`,
    )
    const check = (index: number) => hitter.hit(`${node.url}/auth/me`, keys[index]?.headers)
    await show('check, cold', check)
    await show('check, warm', check)
    await show('sign-in from a known place', signIn)
    await show('refresh', async () => {
      const json = { refresh_token: refresh }
      refresh = String((await demand(node.send, 200, 'POST', '/auth/refresh', {}, json)).body.refresh_token)
    })
    await show('revocation of a key', (index) =>
      demand(node.send, 204, 'DELETE', `/auth/keys/${keys[index]?.id}`, owner),
    )
  } finally {
    await cluster.stop()
    await meter.stop()
  }
}

/** A proxy that counts what passes between a node and PostgreSQL. */
async function startMeter(target: string) {
  const { hostname, port } = new URL(target)
  const counts = { queries: 0, sent: 0, received: 0 }
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    let rest = Buffer.alloc(0)
    let started = false
    near.on('data', (chunk) => {
      counts.sent += chunk.length
      rest = Buffer.concat([rest, chunk])
      // Frontend messages: the first has no type, each other one a byte of it, then a length that counts itself.
      for (;;) {
        const head = started ? 1 : 0
        if (rest.length < head + 4) break
        const end = head + rest.readUInt32BE(head)
        if (rest.length < end) break
        if (started && (rest[0] === 0x45 || rest[0] === 0x51)) counts.queries += 1
        started = true
        rest = rest.subarray(end)
      }
      far.write(chunk)
    })
    far.on('data', (chunk) => {
      counts.received += chunk.length
      near.write(chunk)
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = new URL(target)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    async during(run: () => Promise<unknown>) {
      const before = { ...counts }
      const begun = performance.now()
      await run()
      return {
        queries: counts.queries - before.queries,
        sent: counts.sent - before.sent,
        received: counts.received - before.received,
        millis: performance.now() - begun,
      }
    },
    stop: () => new Promise((done) => server.close(done)),
  }
}
