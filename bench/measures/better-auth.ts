import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { BetterAuthWish } from '../better-auth.ts'
import { compare, describe, type Side, warmUp } from '../compare.ts'
import type { Credentials } from '../house.ts'
import { start } from '../processes.ts'
import type { ServerWish } from '../server.ts'
import { atLeast, type Bench, type Measure } from './types.ts'

const run = promisify(execFile)
const packages = ['better-auth@1.7.25', '@better-auth/api-key@1.7.5', 'better-sqlite3@13.2.0']
const bearerName = 'guard.bearer.vs_better_auth'
const keyName = 'guard.api_key.vs_better_auth'

/** The same work on better-auth, with a session's bearer token and with an API key. */
export const betterAuthMeasure: Measure = {
  goals: { [bearerName]: atLeast(8), [keyName]: atLeast(8) },
  async run(bench, wanted) {
    const modules = bench.folder()
    if (!(await install(modules, bench))) return {}
    const theirWish: BetterAuthWish = { modules, dataDir: bench.folder() }
    const ourWish: ServerWish = { dataDir: bench.folder(), users: ['alice'] }
    const theirs = await start({ script: 'better-auth.ts', wish: theirWish, core: 'server' })
    const ours = await start({ script: 'server.ts', wish: ourWish, core: 'server' })
    try {
      const their = theirs.ready as { url: string; token: string; key: string }
      const our = ours.ready as { url: string; credentials: Credentials }
      const pairs: readonly (readonly [string, Side, Side])[] = [
        [
          bearerName,
          { process: ours, url: `${our.url}/guarded`, headers: our.credentials['bearer-token'] },
          { process: theirs, url: `${their.url}/session`, headers: { Authorization: `Bearer ${their.token}` } },
        ],
        [
          keyName,
          { process: ours, url: `${our.url}/guarded`, headers: our.credentials['api-key-header'] },
          { process: theirs, url: `${their.url}/key`, headers: { 'X-API-Key': their.key } },
        ],
      ]
      const found: Record<string, number> = {}
      for (const [name, mine, other] of pairs) {
        if (!wanted.has(name)) continue
        await warmUp(mine, bench.quick ? 2 : 5)
        await warmUp(other, bench.quick ? 2 : 5)
        const compared = await compare(mine, other, bench.seconds)
        bench.note(describe(name, compared))
        found[name] = compared.ratio
      }
      return found
    } finally {
      await ours.stop()
      await theirs.stop()
    }
  },
}

/** Into a folder of this run; without a registry there is nothing to compare with. */
async function install(folder: string, bench: Bench): Promise<boolean> {
  // Its API-key package names other patch versions of shared parts than the newest better-auth brings.
  const args = ['install', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', ...packages]
  try {
    await run('npm', args, { cwd: folder, timeout: 60_000 })
    return true
  } catch (error) {
    bench.note(`better-auth could not be installed: ${error instanceof Error ? error.message.split('\n')[0] : error}`)
    return false
  }
}
