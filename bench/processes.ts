import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const isThere = (program: string, flag: string) => spawnSync(program, [flag], { stdio: 'ignore' }).error === undefined

/** Servers on the first core, load on the second, where the system can pin and has two. */
export const pins = isThere('taskset', '--version') && availableParallelism() >= 2
export const hasWrk = isThere('wrk', '--version')

export type Core = 'server' | 'load'

/** Program and arguments that run it on the wished core. */
export function pinned(core: Core, program: string, args: readonly string[]): readonly [string, readonly string[]] {
  if (!pins) return [program, args]
  return ['taskset', ['-c', core === 'server' ? '0' : '1', program, ...args]]
}

const running = new Set<ChildProcess>()
// Whichever way the run ends, nothing that it started stays.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export interface Started {
  readonly pid: number
  /** What the process said when it was ready. */
  readonly ready: unknown
  /** Sends a question over the channel and waits for its answer. */
  ask(question: unknown): Promise<unknown>
  stop(): Promise<void>
}

export interface StartWish {
  /** Name of a script in this folder. */
  readonly script: string
  readonly wish: unknown
  readonly core: Core
  /** Folder for a CPU profile that is written when the process stops. */
  readonly profile?: string | undefined
  readonly nodeOptions?: readonly string[]
}

/** Starts one of the scripts of this folder; resolves when it has sent its first message. */
export async function start({ script, wish, core, profile, nodeOptions = [] }: StartWish): Promise<Started> {
  const profiling =
    profile === undefined
      ? []
      : [
          '--cpu-prof',
          '--cpu-prof-dir',
          profile,
          `--cpu-prof-name=${script}-${Math.trunc(performance.now())}.cpuprofile`,
        ]
  const [program, args] = pinned(core, process.execPath, [
    ...profiling,
    ...nodeOptions,
    `${here}/${script}`,
    JSON.stringify(wish),
  ])
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  running.add(child)
  const ended = once(child, 'exit').finally(() => running.delete(child))
  const first = await Promise.race([once(child, 'message'), ended.then(() => null)])
  if (first === null || child.pid === undefined) throw new Error(`${script} ended before it was ready`)
  return {
    pid: child.pid,
    ready: first[0],
    async ask(question) {
      const answer = Promise.race([once(child, 'message'), ended.then(() => null)])
      child.send(question as object)
      const message = await answer
      if (message === null) throw new Error(`${script} ended without an answer`)
      return message[0]
    },
    async stop() {
      if (child.connected) child.disconnect()
      const kill = setTimeout(() => child.kill('SIGKILL'), 5000)
      await ended
      clearTimeout(kill)
    },
  }
}

/** In a started script: answers questions until the starter lets go, then tidies up and ends. */
export function serveQuestions(ready: unknown, answer: (question: unknown) => unknown, end: () => unknown): void {
  process.on('message', async (question) => process.send?.(question === 'cpu' ? cpuSeconds() : await answer(question)))
  process.once('disconnect', async () => {
    await end()
    process.exit()
  })
  process.send?.(ready)
}

/** What all threads of this process have cost so far. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** What the starter wished: the last argument. */
export function readWish<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}')
}

/** Resident memory of a process in MiB (Linux); NaN elsewhere. */
export function residentMb(pid: number): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(line) / 1024
  } catch {
    return Number.NaN
  }
}
