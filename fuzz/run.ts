// A million hostile requests, most in process, some over a socket. Ends with 1 when one of them was answered wrongly,
// something was thrown past us, or memory grew. `--seed` repeats a run.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { driveApp, driveSocket, type Outcome } from './drive.ts'
import { type Memory, readMemory } from './memory.ts'
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
if (!Number.isSafeInteger(count) || count < 100 || !Number.isSafeInteger(seed) || !(socketCount <= count)) {
  process.stderr.write('fuzz: --count is a number from 100, --seed a whole number, --socket-share from 0 to 1\n')
  process.exit(2)
}

/** What memory may grow by after the warm-up, MiB: far below what a leak of a few hundred bytes a request would be. */
const heapMayGrow = 24
const rssMayGrow = 96

const escaped: string[] = []
process.on('uncaughtException', (error) => escaped.push(`uncaught: ${error.stack}`))
process.on('unhandledRejection', (error) => escaped.push(`unhandled: ${error instanceof Error ? error.stack : error}`))

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const show = ({ heap, rss }: Memory): string => `heap ${heap} MiB, RSS ${rss} MiB`
const showStatuses = ({ statuses }: Outcome): string =>
  [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, times]) => `${status === 0 ? 'closed' : status} x ${times}`)
    .join(', ')

print(`fuzz: ${count} requests, ${socketCount} of them over a socket, --seed ${seed}`)
const server = await startFuzzedServer({
  trustedProxies: ['127.0.0.1'],
  passwordHash: { memoryKib: 64, passes: 1, queue: 10_000 },
})
const corpus = await makeCorpus(server)
const began = performance.now()
const inProcess = count - socketCount
const warmUp = Math.min(Math.ceil(inProcess / 10), 50_000)

const outcomes: Outcome[] = []
const sockets = Math.ceil(socketCount / 10)
outcomes.push(await driveApp({ count: warmUp, seed, corpus, server }))
outcomes.push(await driveSocket({ count: sockets, seed: seed + 1, corpus, server }))
const warm = readMemory()
print(`after the warm-up of ${warmUp + sockets}: ${show(warm)}`)
const onThousand = (done: number): void => {
  if (done % 100_000 === 0) print(`${done}: ${show(readMemory())}`)
}
outcomes.push(await driveApp({ count: inProcess - warmUp, seed: seed + 2, corpus, server, onThousand }))
outcomes.push(await driveSocket({ count: socketCount - sockets, seed: seed + 3, corpus, server, onThousand }))
const end = readMemory()
const seconds = (performance.now() - began) / 1000

const health = await fetch(`${server.url}/readyz`)
const kept = server.cardea.core.guard.cacheSize()
await server.close()
print(
  `in process:    ${outcomes
    .filter((_, at) => at % 2 === 0)
    .map(showStatuses)
    .join(' | ')}`,
)
print(
  `over a socket: ${outcomes
    .filter((_, at) => at % 2 === 1)
    .map(showStatuses)
    .join(' | ')}`,
)
print(
  `at the end: ${show(end)}; ${kept} verdicts kept; ${seconds.toFixed(0)} s, ${Math.round(count / seconds)} a second`,
)

const faults = [
  ...outcomes.flatMap((outcome) => outcome.faults),
  ...escaped,
  ...server.failures.slice(0, 20).map((line) => `logged: ${line}`),
  ...(health.status === 200 ? [] : [`/readyz answers ${health.status} afterwards`]),
  ...(end.heap - warm.heap > heapMayGrow ? [`the heap grew from ${warm.heap} to ${end.heap} MiB`] : []),
  ...(end.rss - warm.rss > rssMayGrow ? [`RSS grew from ${warm.rss} to ${end.rss} MiB`] : []),
]
for (const fault of faults) print(`FAULT ${fault}`)
print(faults.length === 0 ? 'no fault' : `${faults.length} faults`)
process.exit(faults.length === 0 ? 0 : 1)
