import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { makeUser } from './callers.ts'
import type { Callers } from './hosts-table.ts'
import { headersOfKinds, origin, type RemoteTest } from './remote.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** One of each kind of caller. Waits until what was made counts as old to a guard. */
export async function makeCallers({ server, alice }: RemoteTest): Promise<Callers> {
  const gone = await makeUser(server, 'gone')
  const { 'api-key': dead } = await headersOfKinds(server, 'gone')
  await server.core.users.setStatus(gone.publicId, 'disabled', null, origin)
  const kinds = await headersOfKinds(server, 'alice')
  const { authorization } = kinds['access-token']
  const forged = { authorization: `${authorization.slice(0, -10)}AAAAAAAAAA` }
  return { kinds, publicId: alice.publicId, dead, forged }
}

export interface Host {
  readonly url: string
  stop(): Promise<void>
}

/** A program of the examples, as its reader starts it. It prints its address when it listens. */
export function startHost(args: readonly string[], env: Readonly<Record<string, string>>, cwd = root): Promise<Host> {
  const child = spawn(process.execPath, ['--conditions=cardea-source', ...args], {
    cwd,
    env: { PATH: process.env.PATH, PORT: '0', NEXT_TELEMETRY_DISABLED: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  const stop = async () => {
    child.kill()
    await ended
  }
  return new Promise((done, fail) => {
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
        const [url] = /http:\/\/(?:127\.0\.0\.1|localhost):\d+/.exec(output) ?? []
        if (url !== undefined) done({ url: url.replace('localhost', '127.0.0.1'), stop })
      })
    }
    child.once('exit', (code) => fail(new Error(`it ended with ${code}: ${output}`)))
  })
}
