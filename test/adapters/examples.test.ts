import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parseApiKey } from '../../src/crypto/api-key-format.ts'
import { realClock } from '../support/clock.ts'
import { makeCallers, startHost } from '../support/hosts.ts'
import { callHost, hostCases } from '../support/hosts-table.ts'
import { origin, type RemoteTest, startRemoteTest } from '../support/remote.ts'

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

test('examples/protect-node-http: a key that is bound to addresses, and a token that it gets, is good from those only', async () => {
  const { keys } = t.server.core
  const { id, secret } = parseApiKey(t.ownKey) ?? assert.fail('no key')
  const env = { INTROSPECTION_KEY: `${id}:${secret}`, ISSUER: t.server.url }
  const host = await startHost(['examples/protect-node-http/server.ts'], env)
  try {
    for (const [allowAddresses, status] of [
      [['192.0.2.0/24', '2001:db8::/32', '127.0.0.0/8'], 200],
      [['192.0.2.0/24', '2001:db8::1'], 403],
    ] as const) {
      const bound = await keys.issueFor(t.alice, { name: 'bound', allowAddresses: [...allowAddresses] }, origin, null)
      // Cardea itself looks too, when a key asks it for a token.
      const by = await t.server.core.guard.inspect(bound.token, origin)
      const { token } = await t.server.core.clientCredentials.issue(by ?? assert.fail('no key'), null, origin)
      for (const [path, credential] of Object.entries({ '/orders': bound.token, '/prices': token })) {
        const answered = await fetch(host.url + path, { headers: { authorization: `Bearer ${credential}` } })
        assert.equal(answered.status, status, `${path} ${allowAddresses}`)
      }
    }
  } finally {
    await host.stop()
  }
})
