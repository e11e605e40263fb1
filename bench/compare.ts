import { drive } from './drive.ts'
import type { Started } from './processes.ts'
import { median, spread } from './results.ts'

/** One side of a comparison. */
export interface Side {
  readonly process: Started
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** In place of `headers`: each request has the next of them. */
  readonly headerSets?: readonly Readonly<Record<string, string>>[]
}

export interface Compared {
  /** First over second side, in requests for one second of the server's processor time. */
  readonly ratio: number
  /** How far apart the rounds lie, as a part of the ratio. */
  readonly spread: number
  /** Requests a second as counted by the load generator, medians; neighbours on the machine show in them. */
  readonly rates: readonly [number, number]
  /** Microseconds of the server's processor time for one request, medians. */
  readonly costs: readonly [number, number]
}

const connections = 16

interface Round {
  readonly rate: number
  readonly micros: number
}

async function round({ process, url, headers = {}, headerSets = [] }: Side, seconds: number): Promise<Round> {
  const before = Number(await process.ask('cpu'))
  const { rate, statuses } = await drive({ url, headers, headerSets, connections, seconds })
  const spent = Number(await process.ask('cpu')) - before
  return { rate, micros: (spent * 1e6) / Object.values(statuses).reduce((sum, each) => sum + each, 0) }
}

/** Long enough for the compiler to be done with what is measured afterwards. */
export async function warmUp(side: Side, seconds: number): Promise<void> {
  await round(side, seconds)
}

/**
 * Turn by turn, A B A B, in whole seconds each. What counts is the processor time that a request costs its server: on a
 * core of its own that is the inverse of the rate, and on one that is shared it is still the same.
 */
export async function compare(a: Side, b: Side, seconds: number): Promise<Compared> {
  const rounds: { readonly a: Round; readonly b: Round }[] = []
  for (let left = Math.max(3, Math.round(seconds)); left > 0; left -= 1) {
    rounds.push({ a: await round(a, 1), b: await round(b, 1) })
  }
  const ratios = rounds.map((each) => each.b.micros / each.a.micros)
  return {
    ratio: median(ratios),
    spread: spread(ratios),
    rates: [median(rounds.map((each) => each.a.rate)), median(rounds.map((each) => each.b.rate))],
    costs: [median(rounds.map((each) => each.a.micros)), median(rounds.map((each) => each.b.micros))],
  }
}

export function describe(name: string, { ratio, spread: apart, rates, costs }: Compared): string {
  const pair = ([one, other]: readonly [number, number], digits: number) =>
    `${one.toFixed(digits)} against ${other.toFixed(digits)}`
  return `${name}: ${ratio.toFixed(2)} ± ${(100 * apart).toFixed(0)} %; ${pair(costs, 1)} µs of processor a request, ${pair(rates, 0)} requests/s`
}
