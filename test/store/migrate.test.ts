import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { migrations } from '../../src/store/migrations/index.ts'
import { migratePostgres } from '../../src/store/postgres.ts'
import { migrateSqlite } from '../../src/store/sqlite.ts'
import { createFakeClock } from '../support/clock.ts'
import { runSql } from '../support/sql.ts'
import { createTestDatabase, silentLog, type TestDatabase } from '../support/store.ts'

const all = migrations.map(({ name }) => name)

function migrate({ engine, address }: TestDatabase, dryRun: boolean) {
  const deps = { clock: createFakeClock(), log: silentLog }
  return engine === 'sqlite'
    ? migrateSqlite({ file: address, ...deps }, dryRun)
    : migratePostgres({ url: address, poolSize: 1, ...deps }, dryRun)
}

async function withDatabase(run: (database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await createTestDatabase()
  try {
    await run(database)
  } finally {
    await database.drop()
  }
}

test('a dry run says what would be done and does nothing', () =>
  withDatabase(async (database) => {
    assert.deepEqual(await migrate(database, true), { applied: [], pending: all })
    if (database.engine === 'sqlite') assert.equal(existsSync(database.address), false)
    await assert.rejects(runSql(database, 'select * from cardea_migrations'))
    assert.deepEqual(await migrate(database, false), { applied: all, pending: [] })
    assert.deepEqual(await migrate(database, true), { applied: [], pending: [] })
    assert.deepEqual(await migrate(database, false), { applied: [], pending: [] })
  }))

test('every migration is recorded in order', () =>
  withDatabase(async (database) => {
    await database.open({ clock: createFakeClock(5) })
    const rows = await runSql(database, 'select name, applied_at from cardea_migrations order by name')
    assert.deepEqual(
      rows.map(({ name, applied_at }) => [name, Number(applied_at)]),
      all.map((name) => [name, 5]),
    )
    assert.deepEqual(all, [...all].sort())
  }))

test('of many processes that start side by side one migrates', () =>
  withDatabase(async (database) => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => migrate(database, false)))
    assert.equal(answers.filter(({ applied }) => applied.length > 0).length, 1)
    await Promise.all(Array.from({ length: 4 }, () => database.open()))
  }))

test('a database of a newer version is refused by the name of its migration', () =>
  withDatabase(async (database) => {
    await database.open()
    await runSql(database, "insert into cardea_migrations (name, applied_at) values ('9999-future', 1)")
    const refusal = { code: 'conflict', detail: { internal: /9999-future/ } }
    const refused = (error: unknown) => {
      assert.ok(error instanceof Error && 'code' in error && 'detail' in error)
      assert.equal(error.code, refusal.code)
      assert.match(JSON.stringify(error.detail), refusal.detail.internal)
      return true
    }
    await assert.rejects(migrate(database, true), refused)
    await assert.rejects(migrate(database, false), refused)
    await assert.rejects(database.open(), refused)
  }))
