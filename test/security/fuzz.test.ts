import assert from 'node:assert/strict'
import { test } from 'node:test'
import { driveApp, driveSocket, exchange, type Outcome } from '../../fuzz/drive.ts'
import { growthFaults, mayGrow, type Reading, readMemory, smallestLeak } from '../../fuzz/memory.ts'
import { mutate } from '../../fuzz/mutate.ts'
import { createRandom } from '../../fuzz/random.ts'
import { makeCorpus } from '../../fuzz/requests.ts'
import { startFuzzedServer } from '../../fuzz/server.ts'
import { createTestDatabase, testEngine } from '../support/store.ts'

/*
 * A share of what `fuzz/run.ts` does a million times: 20,000 requests, a quarter of them on PostgreSQL, whose part in it
 * is small. The seeds are fixed: a failure here is there the next time, too.
 */
const part = testEngine === 'postgres' ? 4 : 1

const times = ({ statuses }: Outcome, from: number, to: number): number =>
  [...statuses].reduce((sum, [status, count]) => (status >= from && status <= to ? sum + count : sum), 0)

test('mutated headers, cookies and queries: no 5xx, nothing thrown, nothing logged, memory flat', async (t) => {
  const database = testEngine === 'postgres' ? await createTestDatabase('postgres') : null
  const server = await startFuzzedServer({
    databaseUrl: database?.address ?? null,
    trustedProxies: ['127.0.0.1'],
    passwordHash: { memoryKib: 64, passes: 1, queue: 10_000 },
  })
  t.after(async () => {
    await server.close()
    await database?.drop()
  })
  const corpus = await makeCorpus(server)
  const warmUp = await driveApp({ count: 4000 / part, seed: 1, corpus, server })
  await driveSocket({ count: 100, seed: 2, corpus, server })
  const warm = readMemory()
  const inProcess = await driveApp({ count: 15_000 / part, seed: 3, corpus, server })
  const overSocket = await driveSocket({ count: 900 / part, seed: 4, corpus, server })
  const { heap } = readMemory()

  for (const { faults } of [warmUp, inProcess, overSocket]) assert.deepEqual(faults, [])
  assert.deepEqual(server.failures, [])
  assert.ok(heap - warm.heap < 16, `the heap grew from ${warm.heap} to ${heap} MiB`)
  // The mutations reach further than the first check: some requests are good, most are not.
  assert.ok(
    times(inProcess, 200, 299) > 1000 / part && times(inProcess, 400, 499) > 8000 / part,
    JSON.stringify([...inProcess.statuses]),
  )
  assert.ok(times(overSocket, 400, 499) > 300 / part, JSON.stringify([...overSocket.statuses]))
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
})

test('a Host that reads like one but makes no address is a clean 4xx, and is not logged as a failure of ours', async (t) => {
  const database = testEngine === 'postgres' ? await createTestDatabase('postgres') : null
  const server = await startFuzzedServer({ databaseUrl: database?.address ?? null })
  t.after(async () => {
    await server.close()
    await database?.drop()
  })
  const hosts = [
    '127.0.0.0.1',
    '127null.0.0.1:4000',
    '127.0-0.1',
    '0x100000000',
    '127.0.0...1',
    'a..b.9',
    'localhost:99999',
  ]
  for (const host of hosts) {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const bytes = `${method} /auth/me?a=1 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
      const answer = await exchange(server.port, Buffer.from(bytes))
      assert.match(answer ?? '', /^HTTP\/1\.1 4\d\d [\s\S]*\{"type"/, `${method} at ${host}: ${answer}`)
    }
  }
  assert.deepEqual(server.failures, [])
})

/** A million requests, read forty times: memory that fills up in the first third, jitters, and then leaks so many bytes a request. */
function readingsOf(leak: { readonly heap?: number; readonly external?: number; readonly rss?: number }): Reading[] {
  const random = createRandom(1)
  const jitter = (most: number): number => (random.below(2001) / 1000 - 1) * most
  const leaked = (bytes: number | undefined, done: number): number => ((bytes ?? 0) * done) / 1024 / 1024
  return Array.from({ length: 40 }, (_, at) => {
    const done = (at + 1) * 25_000
    const filled = Math.min(done / 300_000, 1)
    return {
      done,
      heap: 45 + 5 * filled + jitter(1) + leaked(leak.heap, done),
      external: 15 + jitter(0.3) + leaked(leak.external, done),
      rss: 340 + 60 * filled + jitter(20) + leaked(leak.rss, done),
    }
  })
}

test('memory that fills up and stays is no fault of the fuzz; 100 bytes a request that are never given back are', () => {
  assert.deepEqual(growthFaults(readingsOf({})), [])
  for (const kind of ['heap', 'external', 'rss'] as const) {
    const faults = growthFaults(readingsOf({ [kind]: 100 }))
    assert.equal(faults.length, 1, kind)
    assert.match(
      faults[0] ?? '',
      new RegExp(`^${kind} grew by \\d+\\.\\d MiB in the second half: ${mayGrow[kind]} are allowed$`),
    )
  }
  const { heap, external, rss } = smallestLeak(readingsOf({}))
  assert.ok(Math.max(heap, external, rss) < 60, 'a million requests show less than that')
})

test('one reading far above the others is no growth, and a growth that ends before the second half is none', () => {
  const readings = readingsOf({})
  const [one] = readings.splice(30, 1)
  assert.ok(one !== undefined)
  readings.splice(30, 0, { ...one, rss: one.rss + 300, heap: one.heap + 100 })
  assert.deepEqual(growthFaults(readings), [])
  assert.deepEqual(
    growthFaults(readings.map((each) => ({ ...each, rss: each.rss + (each.done > 400_000 ? 100 : 0) }))),
    [],
  )
})

test('one seed gives one run, and every mutation is bytes', () => {
  const texts = (seed: number): readonly string[] => {
    const random = createRandom(seed)
    return Array.from({ length: 500 }, () => mutate('Bearer abc.def.ghi', random, ['cardea=1; a=b']))
  }
  assert.deepEqual(texts(7), texts(7))
  assert.notDeepEqual(texts(7), texts(8))
  assert.ok(new Set(texts(7)).size > 300)
  for (const text of texts(7)) assert.equal(Buffer.from(text, 'latin1').toString('latin1'), text)
})
