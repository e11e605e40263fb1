import { compare, describe, type Side, warmUp } from '../compare.ts'
import { drive } from '../drive.ts'
import { type Credentials, type GuardKind, guardKinds } from '../house.ts'
import { start } from '../processes.ts'
import type { ServerWish } from '../server.ts'
import { atLeast, type Bench, type Measure, reported } from './types.ts'

const nameOf = (kind: GuardKind) => `guard.${kind}.vs_unguarded`
const changingNameOf = (kind: GuardKind) => `guard.${kind}.changing_vs_unguarded`
/** More than there are connections, so that none sends the same one twice in a row. */
const manyUsers = Array.from({ length: 23 }, (_, index) => `user${index}`)
const realRoute = 'guard.auth_me.vs_unguarded'
const openRoute = 'guard.bearer-token.vs_open_route'
const statements = 'guard.warm_statements'

/** A guarded route against the same route of plain Hono, for each kind of credential. */
export const guardMeasure: Measure = {
  goals: {
    ...Object.fromEntries(guardKinds.map((kind) => [nameOf(kind), atLeast(0.7)])),
    ...Object.fromEntries(guardKinds.map((kind) => [changingNameOf(kind), reported('x')])),
    [realRoute]: reported('x'),
    [openRoute]: reported('x'),
    [statements]: { goal: 0, better: 'lower', unit: 'statements' },
  },
  async run(bench, wanted) {
    const found: Record<string, number> = {}
    if ([...wanted].some((name) => name !== statements)) Object.assign(found, await compareKinds(bench, wanted))
    if (wanted.has(statements)) found[statements] = await countWarm(bench)
    return found
  },
}

type Target = Pick<Side, 'process' | 'url'>
type Sent = Pick<Side, 'headers' | 'headerSets'>

interface Ready {
  readonly url: string
  readonly credentials: Credentials
  readonly issued: readonly Credentials[]
}

async function compareKinds(bench: Bench, wanted: ReadonlySet<string>): Promise<Record<string, number>> {
  const wish: ServerWish = { dataDir: bench.folder(), users: ['alice', ...manyUsers] }
  const plain = await start({ script: 'plain.ts', wish: {}, core: 'server' })
  const server = await start({ script: 'server.ts', wish, core: 'server', profile: bench.profile })
  try {
    const { url, credentials, issued } = server.ready as Ready
    const bare: Target = { process: plain, url: `${(plain.ready as { url: string }).url}/guarded` }
    const guarded: Target = { process: server, url: `${url}/guarded` }
    const found: Record<string, number> = {}
    /** Both sides get the same requests. */
    const measure = async (name: string, sent: Sent, one: Target = guarded, other: Target = bare) => {
      if (!wanted.has(name)) return
      await warmUp({ ...one, ...sent }, bench.quick ? 1 : 2)
      const compared = await compare({ ...one, ...sent }, { ...other, ...sent }, bench.seconds)
      bench.note(describe(name, compared))
      found[name] = compared.ratio
    }
    const bearer = { headers: credentials['bearer-token'] }
    await warmUp({ ...bare, ...bearer }, bench.quick ? 2 : 4)
    await warmUp({ ...guarded, ...bearer }, bench.quick ? 2 : 6)
    for (const kind of guardKinds) await measure(nameOf(kind), { headers: credentials[kind] })
    for (const kind of guardKinds) await measure(changingNameOf(kind), { headerSets: issued.map((each) => each[kind]) })
    await measure(realRoute, bearer, { process: server, url: `${url}/auth/me` })
    await measure(openRoute, bearer, guarded, { process: server, url: `${url}/open` })
    return found
  } finally {
    await server.stop()
    await plain.stop()
  }
}

/** What the change feed asks on its own, with or without requests. */
const feedStatement = /"?changes"?|data_version/

/** Statements of any database that requests with known credentials cause. */
async function countWarm(bench: Bench): Promise<number> {
  const wish: ServerWish = { dataDir: bench.folder(), users: ['alice'], countStatements: true }
  const server = await start({ script: 'server.ts', wish, core: 'server' })
  try {
    const { url, credentials } = server.ready as Ready
    const ask = async () => {
      let answered = 0
      for (const kind of guardKinds) {
        const load = await drive({ url: `${url}/guarded`, headers: credentials[kind], connections: 4, seconds: 1 })
        answered += Object.values(load.statuses).reduce((sum, each) => sum + each, 0)
      }
      return answered
    }
    // The first use of each credential asks the store.
    for (const kind of guardKinds) await fetch(`${url}/guarded`, { headers: credentials[kind] })
    await server.ask('start counting')
    const requests = await ask()
    const counted = Object.entries((await server.ask('stop counting')) as Record<string, number>)
    const feed = counted.filter(([sql]) => feedStatement.test(sql)).reduce((sum, [, times]) => sum + times, 0)
    const others = counted.filter(([sql]) => !feedStatement.test(sql))
    for (const [sql, times] of others) bench.note(`not expected: ${times} x ${sql}`)
    const total = others.reduce((sum, [, times]) => sum + times, 0)
    bench.note(
      `${statements}: ${requests} requests of all kinds with warm credentials ran ${total} statements; the change feed ran ${feed} of its own`,
    )
    return total
  } finally {
    await server.stop()
  }
}
