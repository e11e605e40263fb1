import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compiled } from '../support/compiled.ts'
import { createTestDatabase, testEngine } from '../support/store.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface TestPlace {
  readonly folder: string
  readonly dataDir: string
  /** Runs `cardea` with these arguments as a process of its own. */
  run(args: readonly string[], stdin?: string, environment?: Record<string, string>): Promise<Ended>
  /** The same, and reads the document. */
  json<T = Record<string, unknown>>(args: readonly string[], stdin?: string): Promise<T>
  start(args: readonly string[], environment?: Record<string, string>): ChildProcess
  /** `cardea serve` on a free port; answers when it listens. */
  serve(environment?: Record<string, string>): Promise<TestServerProcess>
  drop(): Promise<void>
}

export interface TestServerProcess {
  /** The public one. */
  readonly url: string
  /** Where it listens. */
  readonly address: string
  readonly child: ChildProcess
  stderr(): string
  /** Sends the signal and answers how the process ended. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** A working folder and an empty database on the engine of this run, for command lines. */
export async function createPlace(): Promise<TestPlace> {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-cli-'))
  const dataDir = join(folder, 'data')
  const database = testEngine === 'postgres' ? await createTestDatabase('postgres') : null
  const children = new Set<ChildProcess>()
  const base = {
    PATH: process.env.PATH ?? '',
    ...compiled,
    CARDEA_PASSWORD_HASH_MEMORY_KIB: '64',
    CARDEA_PASSWORD_HASH_PASSES: '1',
    ...(database === null ? {} : { CARDEA_DATABASE_URL: database.address }),
  }

  function start(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: folder,
      env: { ...base, ...environment },
      stdio: 'pipe',
    })
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }

  function run(args: readonly string[], stdin = '', environment: Record<string, string> = {}): Promise<Ended> {
    const child = start(args, environment)
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
    // A command that needs no input may have ended before it was read.
    child.stdin?.on('error', () => {})
    child.stdin?.end(stdin)
    return new Promise((done) => child.on('close', (code) => done({ code, stdout: stdout(), stderr: stderr() })))
  }

  return {
    folder,
    dataDir,
    run,
    start,
    async json(args, stdin) {
      const { code, stdout, stderr } = await run([...args, '--json'], stdin)
      if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`)
      return JSON.parse(stdout)
    },
    async serve(environment = {}) {
      const child = start(['serve', '--port', '0', '--json'], environment)
      const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
      await new Promise<void>((done, fail) => {
        child.stdout?.on('data', () => stdout().endsWith('}\n') && done())
        child.once('exit', () => fail(new Error(`the server ended: ${stderr()}`)))
      })
      return {
        url: JSON.parse(stdout()).url,
        address: `http://127.0.0.1:${JSON.parse(stdout()).port}`,
        child,
        stderr,
        stop(signal = 'SIGTERM') {
          return new Promise((done) => {
            child.once('exit', (code, ended) => done({ code, signal: ended }))
            child.kill(signal)
          })
        },
      }
    },
    async drop() {
      for (const child of children) child.kill('SIGKILL')
      await database?.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = ''
  stream?.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  return () => text
}
