import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { createDatabase } from '../support/postgres.ts'

const SUPPORT = fileURLToPath(new URL('../support/postgres.ts', import.meta.url))

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

test('two databases of one server share nothing, and one can be dropped under its clients', async () => {
  const [one, other] = await Promise.all([createDatabase(), createDatabase()])
  await query(one.url, 'create table seen (id int)')
  assert.deepEqual(await query(other.url, "select to_regclass('seen') as found"), [{ found: null }])

  const client = new pg.Client({ connectionString: one.url })
  client.on('error', () => {}) // told that its database is gone
  await client.connect()
  await one.drop()
  await assert.rejects(query(one.url, 'select 1'), { code: '3D000' })
  await other.drop()
})

test('a server sorts by language, as that of an operator does, so order that code relies on must be asked for', async () => {
  const database = await createDatabase()
  try {
    assert.deepEqual(await query(database.url, "select 'a' < 'B' as sorted"), [{ sorted: true }])
  } finally {
    await database.drop()
  }
})

test('a server does not outlive the process that started it, even one that is killed', async () => {
  const code = `const { startPostgres } = await import(${JSON.stringify(SUPPORT)}); console.log((await startPostgres()).url); setInterval(() => {}, 1000)`
  const owner = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(owner.stdout, 'data')
  const { port } = new URL(String(line))
  assert.equal(await accepts(Number(port)), true)
  owner.kill('SIGKILL')
  // The server ends by itself as soon as it sees that its owner is gone; no event tells us.
  const deadline = performance.now() + 20_000
  while ((await accepts(Number(port))) && performance.now() < deadline) await pause(10)
  assert.equal(await accepts(Number(port)), false)
})

function accepts(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.once('error', () => done(false))
    socket.once('connect', () => {
      socket.destroy()
      done(true)
    })
  })
}
