import type { Argon2Wish } from '../argon2.ts'
import { drive, driveOwn } from '../drive.ts'
import { type Credentials, password } from '../house.ts'
import type { Load } from '../load.ts'
import { type Started, start } from '../processes.ts'
import { median, spread } from '../results.ts'
import type { ServerWish } from '../server.ts'
import { atLeast, atMost, type Bench, type Measure } from './types.ts'

const rateName = 'sign_in.vs_bare_argon2'
const stormName = 'guard.p99_under_sign_in_storm'
/** More than the pool runs, so that it never waits for work, and less than its queue. */
const signingIn = 8
/** Requests a second of the guarded route while the pool is busy: far from what would saturate it. */
const probeRate = 100

/** The limits are on and counted, as in earnest, but never reached. */
const many = { points: 1_000_000, windowSeconds: 900 }
const limits = { address: many, user: many, knownUser: many, strangers: many }

/** How much a sign-in costs beyond its hash, and what a flood of them does to everybody else. */
export const signInMeasure: Measure = {
  goals: { [rateName]: atLeast(0.9), [stormName]: atMost(3, 'x') },
  async run(bench, wanted) {
    // So many that, as in earnest, nobody comes near their hundred sessions, where each sign-in ends the oldest one.
    const users = Array.from({ length: 1000 }, (_, index) => `user${index}`)
    const wish: ServerWish = { dataDir: bench.folder(), users: ['alice'], crowd: users, settings: { limits } }
    const server = await start({ script: 'server.ts', wish, core: 'server', profile: bench.profile })
    try {
      const found: Record<string, number> = {}
      if (wanted.has(rateName)) found[rateName] = await compareRates(bench, server, users)
      if (wanted.has(stormName)) found[stormName] = await stormOver(bench, server, users)
      return found
    } finally {
      await server.stop()
    }
  },
}

interface Ready {
  readonly url: string
  readonly credentials: Credentials
  readonly passwordHash: Argon2Wish
}

function signIns(server: Started, users: readonly string[], seconds: number): Promise<Load> {
  return drive({
    url: `${(server.ready as Ready).url}/auth/sign-in`,
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    bodies: users.map((identifier) => JSON.stringify({ identifier, password })),
    connections: signingIn,
    seconds,
  })
}

async function compareRates(bench: Bench, server: Started, users: readonly string[]): Promise<number> {
  // The server says what it computes with: on one core it runs one hash at a time.
  const { passwordHash } = server.ready as Ready
  const bare = await start({ script: 'argon2.ts', wish: passwordHash, core: 'server' })
  try {
    // At a hundred a second, what a sign-in runs is compiled late: a server in earnest is past that after minutes.
    await signIns(server, users, bench.quick ? 2 : 120)
    await bare.ask(1)
    const rounds: { readonly full: number; readonly bare: number; readonly fullMillis: number; bareMillis: number }[] =
      []
    const seconds = bench.seconds / 2
    for (let left = bench.quick ? 2 : 4; left > 0; left -= 1) {
      const [full, fullCpu] = await withCpu(server, async () => (await signIns(server, users, seconds)).rate)
      const [hashes, bareCpu] = await withCpu(bare, async () => Number(await bare.ask(seconds)))
      const millis = (cpu: number, rate: number) => (1000 * cpu) / (rate * seconds)
      rounds.push({ full, bare: hashes, fullMillis: millis(fullCpu, full), bareMillis: millis(bareCpu, hashes) })
    }
    // As everywhere here, what counts is the processor time: neighbours on the machine show in the rates.
    const ratios = rounds.map((round) => round.bareMillis / round.fullMillis)
    const { memoryKib, passes, lanes, parallel } = passwordHash
    bench.note(
      `${rateName}: ${median(ratios).toFixed(2)} ± ${(100 * spread(ratios)).toFixed(0)} %; ${median(rounds.map((r) => r.full)).toFixed(1)} sign-ins/s against ${median(rounds.map((r) => r.bare)).toFixed(1)} checks/s of Argon2id (${memoryKib} KiB, ${passes} passes, ${lanes} lane, ${parallel} at a time); ${median(rounds.map((r) => r.fullMillis)).toFixed(2)} against ${median(rounds.map((r) => r.bareMillis)).toFixed(2)} ms of processor`,
    )
    return median(ratios)
  } finally {
    await bare.stop()
  }
}

/** What it answered, and the processor time that the process took for it, in seconds. */
async function withCpu(process: Started, run: () => Promise<number>): Promise<readonly [number, number]> {
  const before = Number(await process.ask('cpu'))
  const result = await run()
  return [result, Number(await process.ask('cpu')) - before]
}

async function stormOver(bench: Bench, server: Started, users: readonly string[]): Promise<number> {
  const { url, credentials } = server.ready as Ready
  const probe = (seconds: number) =>
    driveOwn({
      url: `${url}/guarded`,
      headers: credentials['bearer-token'],
      connections: 4,
      rate: probeRate,
      seconds,
    })
  await drive({ url: `${url}/guarded`, headers: credentials['bearer-token'], connections: 16, seconds: 2 })
  const rounds: { readonly idle: Load; readonly storm: Load }[] = []
  for (let left = bench.quick ? 2 : 4; left > 0; left -= 1) {
    const idle = await probe(bench.seconds)
    const storm = signIns(server, users, bench.seconds + 1)
    await new Promise((resolve) => setTimeout(resolve, 500))
    const under = await probe(bench.seconds)
    await storm
    rounds.push({ idle, storm: under })
  }
  const ratio = median(rounds.map(({ idle, storm }) => storm.p99Millis / idle.p99Millis))
  const each = (side: 'idle' | 'storm', part: 'p50Millis' | 'p99Millis') =>
    median(rounds.map((round) => round[side][part])).toFixed(2)
  bench.note(
    `${stormName}: ${ratio.toFixed(1)}; p99 ${each('idle', 'p99Millis')} ms idle, ${each('storm', 'p99Millis')} ms in the storm (p50 ${each('idle', 'p50Millis')} and ${each('storm', 'p50Millis')} ms) at ${probeRate} requests/s`,
  )
  return ratio
}
