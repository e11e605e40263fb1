import type { Credentials } from '../house.ts'
import { start } from '../processes.ts'
import { percentile } from '../results.ts'
import type { RevocationWish } from '../revocation.ts'
import type { ServerWish } from '../server.ts'
import { atMost, type Measure } from './types.ts'

const name = 'revocation.p99_ms'

/** How long a revoked key still opens the door of the node that revoked it. */
export const revocationMeasure: Measure = {
  goals: { [name]: atMost(100, 'ms') },
  async run(bench) {
    const wish: ServerWish = { dataDir: bench.folder(), users: ['alice'] }
    const server = await start({ script: 'server.ts', wish, core: 'server' })
    const { url, credentials } = server.ready as { url: string; credentials: Credentials }
    const clientWish: RevocationWish = { url, owner: credentials['access-token'] }
    const client = await start({ script: 'revocation.ts', wish: clientWish, core: 'load' })
    try {
      const delays = (await client.ask(bench.quick ? 50 : 200)) as readonly number[]
      const still = delays.filter((delay) => delay > 0).length
      bench.note(
        `${name}: one node, 8 clients using the key; of ${delays.length} revocations ${still} had an answer that let the key in arrive after the answer to DELETE, the latest ${percentile(delays, 100).toFixed(1)} ms later`,
      )
      return { [name]: percentile(delays, 99) }
    } finally {
      await client.stop()
      await server.stop()
    }
  },
}
