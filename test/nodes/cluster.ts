import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { compiled } from '../support/compiled.ts'
import { type Body, createClient, type Send } from '../support/http.ts'
import { type Balancer, startBalancer } from './balancer.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const startMillis = 30_000

export const password = 'correct horse battery'

/** One server process. */
export interface Node {
  readonly url: string
  /** Straight to this node. */
  readonly send: Send
  readonly process: ChildProcess
  stderr(): string
  /** Sends the signal and answers how the process ended. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

export interface Cluster {
  /** The public URL: a round-robin over the nodes. */
  readonly url: string
  readonly send: Send
  readonly nodes: readonly Node[]
  /** An access token of the first administrator. */
  readonly root: string
  /** An active user with a proven e-mail address and the password above. Answers the public id. */
  makeUser(username: string, role?: string): Promise<string>
  signIn(username: string, more?: object, from?: Send): Promise<Body>
  /** The newest one-time token that was mailed to an address, from whichever node. */
  mailedToken(to: string): Promise<string>
  stop(): Promise<void>
}

export interface ClusterWish {
  /** Address of the database, as each node knows it: one node for each. */
  readonly databases: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** Several servers on one PostgreSQL with the same secret and the same public URL. */
export async function startCluster({ databases, environment = {} }: ClusterWish): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-nodes-'))
  const balancer = await startBalancer()
  const secret = randomBytes(32).toString('hex')
  const nodes: Node[] = []
  const children = new Set<ChildProcess>()

  async function startNode(database: string, index: number): Promise<Node> {
    const child = spawn(process.execPath, [main, 'serve', '--port', '0', '--json'], {
      cwd: folder,
      env: {
        PATH: process.env.PATH ?? '',
        ...compiled,
        CARDEA_DATABASE_URL: database,
        CARDEA_SECRET: secret,
        CARDEA_PUBLIC_URL: balancer.url,
        CARDEA_TRUSTED_PROXIES: '127.0.0.1',
        CARDEA_DATA_DIR: join(folder, `node-${index}`),
        // What is proven here is not how long a hash takes.
        CARDEA_PASSWORD_HASH_MEMORY_KIB: '64',
        CARDEA_PASSWORD_HASH_PASSES: '1',
        ...environment,
      },
      stdio: 'pipe',
    })
    children.add(child)
    child.once('exit', () => children.delete(child))
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
    await eventually(`node ${index} listens`, () => {
      if (child.exitCode !== null) throw new Error(`node ${index} ended: ${stderr()}`)
      return stdout().endsWith('}\n')
    })
    const url = `http://127.0.0.1:${JSON.parse(stdout()).port}`
    return {
      url,
      send: createClient(url, () => {}),
      process: child,
      stderr,
      stop(signal = 'SIGTERM') {
        return new Promise((done) => {
          child.once('exit', (code, ended) => done({ code, signal: ended }))
          child.kill(signal)
        })
      },
    }
  }

  async function stop(): Promise<void> {
    await Promise.all(
      Array.from(children, (child) => {
        child.kill('SIGKILL')
        return new Promise((done) => child.once('exit', done))
      }),
    )
    await balancer.stop()
    rmSync(folder, { recursive: true, force: true })
  }

  try {
    // The first one alone migrates, and tells the set-up code.
    const [first = '', ...others] = databases
    nodes.push(await startNode(first, 0))
    const { root, ...rest } = await withRoot(folder, balancer, nodes)
    nodes.push(...(await Promise.all(others.map((database, index) => startNode(database, index + 1)))))
    balancer.point(nodes.map(({ url }) => url))
    return { url: balancer.url, nodes, root, ...rest, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function withRoot(folder: string, balancer: Balancer, nodes: readonly Node[]) {
  balancer.point(nodes.map(({ url }) => url))
  const send = createClient(balancer.url, () => {})
  const code = readFileSync(join(folder, 'node-0', 'setup-code'), 'utf8').trim()
  const made = await send('POST', '/auth/setup', { json: { code, username: 'root', password } })
  assert.equal(made.status, 201, made.text)

  async function signIn(username: string, more: object = {}, from: Send = send): Promise<Body> {
    const json = { identifier: username, password, ...more }
    // Everybody comes from somewhere else: no test runs into the limit of an address by chance.
    const headers = { Origin: balancer.url, 'X-Forwarded-For': randomAddress() }
    const answered = await from('POST', '/auth/sign-in', { json, headers })
    assert.equal(answered.status, 200, answered.text)
    return answered.body
  }
  const root = String((await signIn('root')).access_token)

  return {
    send,
    signIn,
    root,
    async makeUser(username: string, role = 'user') {
      const json = { username, email: `${username}@example.com`, password, role }
      const answered = await send('POST', '/auth/admin/users', { token: root, json })
      assert.equal(answered.status, 201, answered.text)
      return String(answered.body.id)
    },
    async mailedToken(to: string) {
      let token: string | undefined
      await eventually(`a mail with a link to ${to}`, () => {
        token = mails(folder).findLast((mail) => mail.to === to && mail.token !== undefined)?.token
        return token !== undefined
      })
      return token ?? ''
    },
  }
}

/** Mails of all nodes, oldest first. */
function mails(folder: string): { to: string; token: string | undefined }[] {
  const boxes = readdirSync(folder)
    .map((node) => join(folder, node, 'outbox'))
    .filter((box) => existsSync(box))
  const files = boxes.flatMap((box) =>
    readdirSync(box)
      .filter((name) => name.endsWith('.eml'))
      .map((name) => ({ name, path: join(box, name) })),
  )
  return files
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ path }) => {
      // Quoted-printable breaks long lines and writes `=` as `=3D`.
      const text = readFileSync(path, 'utf8').replaceAll('=\r\n', '').replaceAll('=\n', '').replaceAll('=3D', '=')
      return {
        to: /^To: (.*?)\r?$/m.exec(text)?.[1] ?? '',
        token: /#token=([A-Za-z0-9_-]+)/.exec(text)?.[1],
      }
    })
}

/** An address of the networks for measurements (RFC 2544, appendix C.2.2), new almost every time. */
export function randomAddress(): string {
  const [a = 0, b = 0, c = 0] = randomBytes(3)
  return `198.${18 + (a % 2)}.${b}.${c}`
}

/** Until it is true: what other processes do has no clock of ours. Answers the milliseconds that it took. */
export async function eventually(
  what: string,
  check: () => Promise<boolean> | boolean,
  within = startMillis,
): Promise<number> {
  const begun = performance.now()
  for (;;) {
    if (await check()) return performance.now() - begun
    if (performance.now() - begun > within) assert.fail(`never happened: ${what}`)
    await pause(10)
  }
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = ''
  stream?.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  return () => text
}
