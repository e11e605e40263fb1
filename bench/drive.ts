import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Load, LoadWish } from './load.ts'
import { hasWrk, pinned } from './processes.ts'

const run = promisify(execFile)
const here = dirname(fileURLToPath(import.meta.url))

/** Puts load on an address from the other core; throws when anything but 2xx came back. */
export async function drive(wish: LoadWish): Promise<Load> {
  const canWrk = hasWrk && wish.rate === undefined && wish.bodies === undefined
  const load = canWrk ? await driveWrk(wish) : await driveOwn(wish)
  const bad = Object.entries(load.statuses).filter(([status]) => !status.startsWith('2'))
  if (bad.length > 0) throw new Error(`${wish.url} answered ${bad.map(([s, times]) => `${times} x ${s}`).join(', ')}`)
  return load
}

export async function driveOwn(wish: LoadWish): Promise<Load> {
  const [program, args] = pinned('load', process.execPath, [`${here}/load.ts`, JSON.stringify(wish)])
  const { stdout } = await run(program, args)
  return JSON.parse(stdout)
}

async function driveWrk(wish: LoadWish): Promise<Load> {
  const { url, headers = {}, headerSets = [], connections, seconds } = wish
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const folder = mkdtempSync(join(tmpdir(), 'cardea-wrk-'))
  const script = join(folder, 'request.lua')
  writeFileSync(script, inTurn(headerSets))
  const scripted = headerSets.length === 0 ? [] : ['-s', script]
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...given, ...scripted, url]
  const { stdout } = await run(...pinnedTuple('wrk', args)).finally(() => rmSync(folder, { recursive: true }))
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0)
  const requests = number(/(\d+) requests in/)
  const bad = number(/Non-2xx or 3xx responses: (\d+)/)
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)
  const broken = (errors ?? []).slice(1).reduce((sum, each) => sum + Number(each), 0)
  return {
    rate: number(/Requests\/sec:\s+([\d.]+)/),
    statuses: {
      '2xx': requests - bad,
      ...(bad > 0 && { 'not 2xx': bad }),
      ...(broken > 0 && { broken }),
    },
    p50Millis: millis(/ 50%\s+([\d.]+)(us|ms|s)/.exec(stdout)),
    p99Millis: millis(/ 99%\s+([\d.]+)(us|ms|s)/.exec(stdout)),
    maxMillis: Number.NaN,
  }
}

/** A script for wrk that gives each request the next set of headers. */
function inTurn(headerSets: readonly Readonly<Record<string, string>>[]): string {
  const pairs = (set: Readonly<Record<string, string>>) =>
    Object.entries(set).map(([name, value]) => `[${JSON.stringify(name)}]=${JSON.stringify(value)}`)
  return `local sets = {${headerSets.map((set) => `{${pairs(set).join(',')}}`).join(',')}}
local requests, turn = {}, 0
init = function()
  for at, set in ipairs(sets) do requests[at] = wrk.format("GET", nil, set) end
end
request = function()
  turn = turn % #sets + 1
  return requests[turn]
end
`
}

function pinnedTuple(program: string, args: readonly string[]): [string, string[]] {
  const [file, rest] = pinned('load', program, args)
  return [file, [...rest]]
}

function millis(match: RegExpExecArray | null): number {
  const factors: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 }
  return Number(match?.[1] ?? Number.NaN) * (factors[match?.[2] ?? ''] ?? Number.NaN)
}
