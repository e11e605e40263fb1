import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { createClient } from '../../src/client/index.ts'
import { goodPassword, makeUser } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer

before(async () => {
  server = await startTestServer()
  await makeUser(server, { username: 'alice', password: goodPassword })
})
after(() => server.close())

/** Runs the lines in a thread of its own, with `url` and `createClient`; answers what they return. */
function inWorker(lines: string): Promise<unknown> {
  const client = new URL('../../src/client/index.ts', import.meta.url)
  const source = `
    const { parentPort, workerData: { url, password } } = await import('node:worker_threads')
    const { createClient } = await import('${client}')
    parentPort.postMessage(await (async () => { ${lines} })())`
  const address = new URL(`data:text/javascript,${encodeURIComponent(source)}`)
  const worker = new Worker(address, { workerData: { url: server.url, password: goodPassword } })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

test('a worker of Node signs in, renews and calls', async () => {
  const answer = inWorker(`
    const client = createClient({ url })
    await client.signIn({ identifier: 'alice', password })
    const before = await client.accessToken()
    const { user } = await client.account.me()
    await client.signOut()
    return [user.username, before.startsWith('ey'), await client.user()]`)
  assert.deepEqual(await answer, ['alice', true, null])
})

test('threads that are told to share have one session and make one refresh', async () => {
  let refreshes = 0
  const client = createClient({
    url: server.url,
    tabs: true,
    fetch: (request) => {
      if (request.url.endsWith('/auth/refresh')) refreshes += 1
      return fetch(request)
    },
  })
  await client.signIn({ identifier: 'alice', password: goodPassword })
  const before = await client.accessToken()
  server.clock.advance(2 * 3600_000)
  const [mine, theirs] = await Promise.all([
    client.account.me().then(() => client.accessToken()),
    inWorker(`
      const client = createClient({ url, tabs: true })
      await client.account.me()
      return client.accessToken()`),
  ])
  assert.equal(mine, theirs)
  assert.notEqual(mine, before)
  assert.ok(refreshes <= 1)
  client.dispose()
})

test('clients of one process do not share by themselves', async () => {
  const client = createClient({ url: server.url })
  await client.signIn({ identifier: 'alice', password: goodPassword })
  assert.equal(await createClient({ url: server.url }).user(), null)
  assert.equal(await inWorker('return createClient({ url }).user()'), null)
})
