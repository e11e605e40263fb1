import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createFakeClock } from '../support/clock.ts'
import { createTestCore } from '../support/core.ts'
import { makeAdmin } from '../support/identity.ts'
import { startPostgres } from '../support/postgres.ts'
import { runSql } from '../support/sql.ts'
import { createTestDatabase, type TestDatabase, testEngine } from '../support/store.ts'
import { checkConsistency, createExpectation, type Expectation, type Told } from './expectation.ts'
import type { WriterWish } from './writer.ts'

/** Few by default; the environment variable CARDEA_FAULT_ROUNDS sets more. */
const rounds = Number(process.env.CARDEA_FAULT_ROUNDS ?? 10)
const longMillis = 60_000 + rounds * 10_000
const lanes = 4
const writerFile = fileURLToPath(new URL('./writer.ts', import.meta.url))

interface Writer {
  readonly child: ChildProcess
  /** What it has told so far. */
  readonly lines: readonly Told[]
  /** Answers when it has told `count` lines that `counts`. */
  until(count: number, counts?: (line: Told) => boolean): Promise<void>
  /** kill -9; answers when the last line is read. */
  kill(): Promise<void>
}

function startWriter(database: Pick<TestDatabase, 'engine' | 'address'>, round: number, expected: Expectation): Writer {
  const wish: WriterWish = { engine: database.engine, address: database.address, round, lanes }
  const child = spawn(process.execPath, [writerFile, JSON.stringify(wish)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: Told[] = []
  let rest = ''
  let complaint = ''
  let wake = () => {}
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    complaint += chunk
  })
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const [last = '', ...whole] = (rest + chunk).split('\n').reverse()
    rest = last
    for (const text of whole.reverse()) {
      const line: Told = JSON.parse(text)
      lines.push(line)
      expected.told(line)
    }
    wake()
  })
  const closed = new Promise<void>((done) => child.once('close', () => done()))
  return {
    child,
    lines,
    async until(count, counts = () => true) {
      while (lines.filter(counts).length < count) {
        const more = new Promise<void>((done) => {
          wake = done
        })
        await Promise.race([more, closed.then(() => assert.fail(`the writer ended: ${complaint}`))])
      }
    },
    async kill() {
      child.kill('SIGKILL')
      await closed
    },
  }
}

const isDone = (line: Told) => 'did' in line

async function withDatabase(run: (database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await createTestDatabase()
  try {
    await run(database)
  } finally {
    await database.drop()
  }
}

test(
  `a server that is killed ${rounds} times loses nothing that it answered, shows nothing by halves and starts again`,
  {
    timeout: longMillis,
  },
  () =>
    withDatabase(async (database) => {
      const expected = createExpectation()
      const first = await createTestCore({ database })
      await makeAdmin(first.core)
      await first.core.close()
      await first.store.close()
      let checked = 0
      for (let round = 0; round < rounds; round += 1) {
        const writer = startWriter(database, round, expected)
        await writer.until(1 + Math.random() * 100, isDone)
        await pause(Math.random() * 20)
        await writer.kill()
        assert.deepEqual(
          writer.lines.filter((line) => 'failed' in line),
          [],
        )

        const after = await createTestCore({ database, clock: createFakeClock(Date.now()) })
        assert.deepEqual(
          after.logs.filter(({ level }) => level === 'warn' || level === 'error'),
          [],
        )
        checked += await expected.check(after.core, after.store)
        await checkConsistency(database, after.core)
        await after.core.close()
        await after.store.close()
      }
      assert.ok(checked >= rounds, `only ${checked} things were answered`)
      const [removed] = await runSql(database, "select count(*) as count from events where kind = 'user-removed'")
      assert.ok(rounds < 10 || Number(removed?.count) > 0, 'no writer came far')
    }),
)

test('a first start that is killed while it makes its tables leaves a database that the next one can use', {
  timeout: longMillis,
}, async () => {
  for (let round = 0; round < Math.min(rounds, 20) / 2; round += 1) {
    await withDatabase(async (database) => {
      const writer = startWriter(database, round, createExpectation())
      await pause(150 + Math.random() * 400)
      await writer.kill()
      const after = await createTestCore({ database })
      await makeAdmin(after.core)
      await checkConsistency(database, after.core)
      await after.core.close()
    })
  }
})

if (testEngine === 'postgres') {
  test('a PostgreSQL that is killed has lost nothing that was answered, and is used again without a restart of ours', {
    timeout: 120_000,
  }, async (t) => {
    const server = await startPostgres({ durable: true })
    t.after(() => server.stop())
    const database = await createTestDatabase('postgres', server.url)
    const expected = createExpectation()
    const first = await createTestCore({ database })
    await makeAdmin(first.core)
    await first.core.close()
    await first.store.close()

    const writer = startWriter(database, 0, expected)
    await writer.until(200, isDone)
    await server.crash()
    await writer.until(1, (line) => 'failed' in line)
    const failures = writer.lines.flatMap((line) => ('failed' in line ? [line.failed] : []))
    assert.deepEqual([...new Set(failures)], ['unavailable'])
    await server.restart()
    const before = writer.lines.filter(isDone).length
    await writer.until(before + 100, isDone)
    await writer.kill()

    const after = await createTestCore({ database, clock: createFakeClock(Date.now()) })
    assert.ok((await expected.check(after.core, after.store)) > 50)
    await checkConsistency(database, after.core)
    await after.core.close()
    await after.store.close()
  })
}
