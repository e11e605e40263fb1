// A million hostile requests, most in process, some over a socket. Ends with 1 when one of them was answered wrongly,
// something was thrown past us, or memory grew. `--seed` repeats a run.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { driveApp, driveSocket, type Outcome } from './drive.ts'
import { growthFaults, growthOf, type Memory, type Reading, readMemory, smallestLeak } from './memory.ts'
import { makeCorpus } from './requests.ts'
import { startFuzzedServer } from './server.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string' },
    'socket-share': { type: 'string', default: '0.05' },
  },
})
const count = Number(values.count)
const seed = values.seed === undefined ? randomInt(2 ** 32 - 2) : Number(values.seed)
const socketCount = Math.round(count * Number(values['socket-share']))
if (!Number.isSafeInteger(count) || count < 1000 || !Number.isSafeInteger(seed) || !(socketCount <= count)) {
  process.stderr.write('fuzz: --count is a number from 1000, --seed a whole number, --socket-share from 0 to 1\n')
  process.exit(2)
}

const escaped: string[] = []
process.on('uncaughtException', (error) => escaped.push(`uncaught: ${error.stack}`))
process.on('unhandledRejection', (error) => escaped.push(`unhandled: ${error instanceof Error ? error.stack : error}`))

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const show = ({ heap, external, rss }: Memory, digits = 1): string =>
  `heap ${heap.toFixed(digits)}, external ${external.toFixed(digits)}, RSS ${rss.toFixed(digits)}`
const showStatuses = (outcomes: readonly Outcome[]): string => {
  const sums = new Map<number, number>()
  for (const { statuses } of outcomes)
    for (const [status, times] of statuses) sums.set(status, (sums.get(status) ?? 0) + times)
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([status, times]) => `${status === 0 ? 'closed' : status} x ${times}`)
    .join(', ')
}

print(`fuzz: ${count} requests, ${socketCount} of them over a socket, --seed ${seed}`)
const server = await startFuzzedServer({
  trustedProxies: ['127.0.0.1'],
  passwordHash: { memoryKib: 64, passes: 1, queue: 10_000 },
})
const corpus = await makeCorpus(server)
const began = performance.now()

/** Each is like all others, in process and over a socket, so that what memory does in one is what it does in the next. */
const rounds = 40
const upTo = (share: number, round: number): number => Math.round((share * round) / rounds)
const inProcess: Outcome[] = []
const overSocket: Outcome[] = []
const readings: Reading[] = []
for (let round = 0; round < rounds; round += 1) {
  const sockets = upTo(socketCount, round + 1) - upTo(socketCount, round)
  const calls = upTo(count, round + 1) - upTo(count, round) - sockets
  inProcess.push(await driveApp({ count: calls, seed: seed + 2 * round, corpus, server }))
  overSocket.push(await driveSocket({ count: sockets, seed: seed + 2 * round + 1, corpus, server }))
  const reading = { done: upTo(count, round + 1), ...readMemory() }
  readings.push(reading)
  if (round === 0 || (round + 1) % 4 === 0) print(`${reading.done}: ${show(reading)} MiB`)
}
const seconds = (performance.now() - began) / 1000

const health = await fetch(`${server.url}/readyz`)
const kept = server.cardea.core.guard.cacheSize()
await server.close()
print(`in process:    ${showStatuses(inProcess)}`)
print(`over a socket: ${showStatuses(overSocket)}`)
print(`grown in the second half: ${show(growthOf(readings))} MiB`)
print(`a leak would have shown from, bytes a request: ${show(smallestLeak(readings), 0)}`)
print(`${kept} verdicts kept; ${seconds.toFixed(0)} s, ${Math.round(count / seconds)} a second`)

const faults = [
  ...[...inProcess, ...overSocket].flatMap((outcome) => outcome.faults),
  ...escaped,
  ...server.failures.slice(0, 20).map((line) => `logged: ${line}`),
  ...(health.status === 200 ? [] : [`/readyz answers ${health.status} afterwards`]),
  ...growthFaults(readings),
]
for (const fault of faults) print(`FAULT ${fault}`)
print(faults.length === 0 ? 'no fault' : `${faults.length} faults`)
process.exit(faults.length === 0 ? 0 : 1)
