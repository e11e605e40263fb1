import assert from 'node:assert/strict'
import { chmodSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import Database from 'better-sqlite3'
import pg from 'pg'
import { CardeaError } from '../../src/errors.ts'
import { isRetryFault, isUniqueFault, translateFault } from '../../src/store/faults.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { createFakeClock } from '../support/clock.ts'
import { type LogLine, rememberingLog } from '../support/core.ts'
import { runSql } from '../support/sql.ts'
import { silentLog, testEngine } from '../support/store.ts'
import { addUser, guarantee, newToken } from './contract.ts'

const deps = { clock: createFakeClock(), log: silentLog }
const unavailable = (error: unknown) =>
  error instanceof CardeaError && error.code === 'unavailable' && (error.detail.retryAfter ?? 0) > 0

function postgresError(code: string, constraint?: string): Error {
  const error = new pg.DatabaseError('Key (email)=(secret@example.com) already exists', 1, 'error')
  return Object.assign(error, { code, detail: 'secret', where: 'secret', ...(constraint && { constraint }) })
}

test('an error of the engine becomes one of ours', () => {
  const cases: readonly (readonly [Error, string])[] = [
    [new Database.SqliteError('m', 'SQLITE_FULL'), 'unavailable'],
    [new Database.SqliteError('m', 'SQLITE_IOERR_WRITE'), 'unavailable'],
    [new Database.SqliteError('m', 'SQLITE_BUSY'), 'unavailable'],
    [new Database.SqliteError('m', 'SQLITE_CONSTRAINT_UNIQUE'), 'conflict'],
    [new Database.SqliteError('m', 'SQLITE_CONSTRAINT_FOREIGNKEY'), 'conflict'],
    [new Database.SqliteError('m', 'SQLITE_ERROR'), 'internal'],
    [postgresError('53300'), 'unavailable'],
    [postgresError('57P01'), 'unavailable'],
    [postgresError('57014'), 'unavailable'],
    [postgresError('40P01'), 'unavailable'],
    [postgresError('23505', 'users_email'), 'conflict'],
    [postgresError('23503'), 'conflict'],
    [postgresError('42601'), 'internal'],
    [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' }), 'unavailable'],
    [new Error('Connection terminated unexpectedly'), 'unavailable'],
    [new Error('Query read timeout'), 'unavailable'],
    [new AggregateError([Object.assign(new Error('m'), { code: 'ECONNREFUSED', syscall: 'connect' })]), 'unavailable'],
  ]
  for (const [error, code] of cases) {
    const translated = translateFault(error)
    assert.ok(translated instanceof CardeaError)
    assert.equal(translated.code, code)
  }
  for (const own of [new CardeaError('busy'), new TypeError('x'), 'text', null]) assert.equal(translateFault(own), own)
})

test('what kind of error it was is known before and after translation', () => {
  const unique = postgresError('23505')
  const retry = postgresError('40001')
  for (const error of [unique, translateFault(unique)])
    assert.deepEqual([isUniqueFault(error), isRetryFault(error)], [true, false])
  for (const error of [retry, translateFault(retry)])
    assert.deepEqual([isUniqueFault(error), isRetryFault(error)], [false, true])
})

test('no value of a row or parameter is in an error', () => {
  const translated = translateFault(postgresError('23505', 'users_email'))
  assert.doesNotMatch(inspect(translated, { depth: 10, showHidden: true }), /secret/)
  assert.match(inspect(translated), /postgres 23505 \(users_email\)/)
})

guarantee('no SQL and no value is in the error of a real statement', async ({ store }) => {
  const user = await addUser(store)
  const token = newToken(user.id, { jti: 'the-secret-jti' })
  await store.tokens.create(token)
  await assert.rejects(store.tokens.create({ ...token, publicId: 'x' }), (error) => {
    assert.ok(error instanceof CardeaError)
    assert.equal(error.code, 'conflict')
    assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /the-secret-jti|insert into|values \(/i)
    return true
  })
})

guarantee('a table that is gone is our fault, and says no SQL', async ({ store, database }) => {
  await runSql(database, 'drop table devices')
  await assert.rejects(store.devices.isKnown(1, 'x'), (error) => {
    assert.ok(error instanceof CardeaError)
    assert.equal(error.code, 'internal')
    assert.doesNotMatch(inspect(error, { depth: 10 }), /select "|from "devices/i)
    return true
  })
})

test('a server that is not there is unavailable', async () => {
  await assert.rejects(
    openPostgres({ url: 'postgresql://u:the-password@127.0.0.1:1/x', poolSize: 2, ...deps }),
    (error) => {
      assert.ok(unavailable(error))
      assert.doesNotMatch(inspect(error, { depth: 10 }), /the-password/)
      return true
    },
  )
})

if (testEngine === 'postgres') {
  guarantee(
    'a server that cuts all connections is unavailable for a moment, not the end',
    async ({ database, clock }) => {
      const lines: LogLine[] = []
      const store = await database.open({ clock, log: rememberingLog(lines) })
      const wakes: (() => void)[] = []
      const stop = store.changes.watch(() => wakes.shift()?.())
      const woken = () => new Promise<void>((done) => wakes.push(done))
      const first = woken()
      await store.changes.append('user', 'a', 1, 1)
      await first
      const cut = () =>
        runSql(
          database,
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
        )
      await assert.rejects(
        store.transaction(async (tx) => {
          await tx.meta.set('a', '1')
          await cut()
          await tx.meta.set('b', '1')
        }),
        unavailable,
      )
      // Listens again by itself; whatever was missed is looked for.
      await woken()
      let value: string | null | undefined
      for (let tries = 0; tries < 20 && value === undefined; tries += 1)
        value = await store.meta.get('a').catch(() => undefined)
      assert.equal(value, null)
      await store.meta.set('a', '2')
      stop()
      assert.doesNotMatch(JSON.stringify(lines), /insert into|postgres(ql)?:\/\//)
    },
  )

  guarantee('64-bit numbers come back as numbers', async ({ store }) => {
    const user = await addUser(store, { createdAt: 8_640_000_000_000_000 })
    assert.equal((await store.users.byId(user.id))?.createdAt, 8_640_000_000_000_000)
  })
} else {
  guarantee(
    'while another process keeps the database locked, this one reads on, and writes as soon as it may',
    async ({ store, database }) => {
      const other = new Database(database.address)
      other.exec('begin immediate')
      const impatient = await openSqlite({ file: database.address, ...deps, busyMillis: 20 }).catch(
        (error: unknown) => error,
      )
      assert.ok(unavailable(impatient))
      const write = store.meta.set('a', '1')
      const transaction = store.transaction((tx) => tx.meta.set('b', '1'))
      assert.equal(await store.meta.get('a'), null)
      other.exec('rollback')
      other.close()
      await Promise.all([write, transaction])
      assert.equal(await store.meta.get('a'), '1')
    },
  )

  guarantee('the database, its log and the counters are readable by their owner only', async ({ store, database }) => {
    await store.meta.set('a', '1')
    await store.limits.consume('k', { points: 1, windowSeconds: 60 })
    for (const name of [
      database.address,
      `${database.address}-wal`,
      `${database.address}-shm`,
      join(dirname(database.address), 'limits.sqlite'),
    ]) {
      assert.equal(statSync(name).mode & 0o777, 0o600, name)
    }
  })

  guarantee('the folder is made for its owner only', async ({ database }) => {
    const folder = join(dirname(database.address), 'new', 'data')
    const store = await openSqlite({ file: join(folder, 'x.sqlite'), ...deps })
    await store.close()
    assert.equal(statSync(folder).mode & 0o777, 0o700)
  })

  guarantee('a file that is no database is unavailable', async ({ database }) => {
    const file = join(dirname(database.address), 'other.sqlite')
    writeFileSync(file, 'not a database, and long enough to have a header of its own'.repeat(20))
    chmodSync(file, 0o644)
    await assert.rejects(openSqlite({ file, ...deps }), unavailable)
  })

  test('a store in memory works, and is gone when it is closed', async () => {
    const store = await openSqlite({ file: ':memory:', ...deps })
    await addUser(store)
    await store.transaction(async (tx) => tx.meta.set('a', '1'))
    assert.equal(await store.meta.get('a'), '1')
    assert.equal((await store.limits.consume('k', { points: 1, windowSeconds: 1 })).allowed, true)
    await store.close()
  })

  guarantee('the database keeps a log beside it, so that reading never waits for writing', async ({ database }) => {
    assert.deepEqual(await runSql(database, 'pragma journal_mode'), [{ journal_mode: 'wal' }])
  })
}
