import { after, before, test } from 'node:test'
import { realClock } from '../support/clock.ts'
import { makeCallers, startHost } from '../support/hosts.ts'
import { callHost, hostCases } from '../support/hosts-table.ts'
import { type RemoteTest, startRemoteTest } from '../support/remote.ts'

/* The programs of examples/, started as their reader starts them, called with one table. */

let t: RemoteTest
let cases: ReturnType<typeof hostCases>
before(async () => {
  t = await startRemoteTest({ clock: realClock })
  cases = hostCases(await makeCallers(t))
})
after(() => t.close())

for (const name of ['express', 'fastify', 'hono', 'node']) {
  test(`examples/${name}: every kind of caller gets what the table says`, async () => {
    const host = await startHost([`examples/${name}/server.ts`], { ISSUER: t.server.url, GUARD_KEY: t.ownKey })
    try {
      await callHost(host.url, cases)
    } finally {
      await host.stop()
    }
  })
}
