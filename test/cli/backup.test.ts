import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { checkStored } from '../faults/expectation.ts'
import { testEngine } from '../support/store.ts'
import { assertFails, eventually, newPlace, other, password, send, sql } from './backups.ts'

const sqliteTests: Readonly<Record<string, (t: TestContext) => Promise<void>>> = {
  'a backup of a running server is whole while writes go on, private, and holds no secret': async (t) => {
    const place = await newPlace(t)
    const server = await place.serve({ CARDEA_CONFIRM_EMAIL: 'false', CARDEA_LIMITS_ENABLED: 'false' })
    await place.json(['user', 'create', 'root', '--role', 'admin', '--password-stdin'], password)
    const key = await place.json<{ secret: string; token: string }>(['key', 'create', 'root', '--name', 'one'])
    await eventually('the server knows its administrator', async () => {
      const answer = await send(server.address, 'POST', '/auth/sign-up', {}, { username: 'first', password: other })
      return answer.status === 201
    })
    let stop = false
    let made = 0
    const writing = Promise.all(
      [0, 1].map(async (lane) => {
        for (let turn = 0; !stop; turn += 1) {
          const name = `user${lane}x${turn}`
          const answer = await send(server.address, 'POST', '/auth/sign-up', {}, { username: name, password: other })
          assert.equal(answer.status, 201)
          made += 1
        }
      }),
    )
    const file = join(place.folder, 'backup.sqlite')
    const sizes: number[] = []
    for (let turn = 0; turn < 3; turn += 1) {
      const { code, stdout, stderr } = await place.run(['backup', file, '--json', ...(turn === 0 ? [] : ['--force'])])
      assert.equal(code, 0, stderr)
      assert.match(stderr, /^Copying .*cardea\.sqlite \([\d.]+ MiB\) \.\.\.\n$/)
      assert.deepEqual(JSON.parse(stdout), { path: file, bytes: statSync(file).size })
      assert.equal(statSync(file).mode & 0o777, 0o600)
      await checkStored({ engine: 'sqlite', address: file })
      const [row] = await sql(file, 'select count(*) as count from users')
      sizes.push(Number(row?.count))
    }
    stop = true
    await writing
    assert.ok(made > 0)
    assert.ok((sizes[0] ?? 0) >= 2 && (sizes[2] ?? 0) > (sizes[0] ?? 0), `nothing was written meanwhile: ${sizes}`)
    assert.deepEqual(
      readdirSync(place.folder).filter((name) => name.startsWith('backup')),
      ['backup.sqlite'],
    )
    const secret = readFileSync(join(place.dataDir, 'secret'), 'utf8').trim()
    const bytes = Buffer.from(secret, 'base64url')
    const content = readFileSync(file)
    for (const hidden of [
      secret,
      bytes,
      bytes.toString('hex'),
      bytes.toString('base64'),
      key.secret,
      key.token,
      password,
    ]) {
      assert.equal(content.indexOf(hidden), -1)
    }
    // Counters of limits are no part of it.
    assert.deepEqual(await sql(file, "select name from sqlite_master where name like '%limits%'"), [])
    await server.stop()
  },

  'a backup replaces no file unless told to': async (t) => {
    const place = await newPlace(t)
    await place.json(['user', 'create', 'root', '--no-password'])
    const file = join(place.folder, 'mine.txt')
    writeFileSync(file, 'mine', { mode: 0o644 })
    assertFails(await place.run(['backup', file]), /^cardea: .*mine\.txt exists\. .*--force/)
    assert.equal(readFileSync(file, 'utf8'), 'mine')
    const { stdout } = await place.run(['backup', file, '--force'])
    assert.match(stdout, /mine\.txt is made/)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.deepEqual(await sql(file, 'select username from users'), [{ username: 'root' }])
  },

  'a backup that cannot be is told in a line, and nothing is made': async (t) => {
    const place = await newPlace(t)
    assertFails(await place.run(['backup', join(place.folder, 'x')]), /There is no database in .* yet/)
    assert.ok(!existsSync(place.dataDir))
    await place.json(['user', 'create', 'root', '--no-password'])
    assertFails(await place.run(['backup', join(place.folder, 'no', 'x')]), /folder .* does not exist/)
    for (const name of ['cardea.sqlite', 'cardea.sqlite-wal']) {
      const file = join(place.dataDir, name)
      assertFails(await place.run(['backup', file, '--force']), /is the database itself/)
    }
    assert.equal((await place.run(['user', 'show', 'root'])).code, 0)
  },
}

const postgresTests: Readonly<Record<string, (t: TestContext) => Promise<void>>> = {
  'on PostgreSQL backup and restore name the tool and the whole command, without the password': async (t) => {
    const place = await newPlace(t)
    const url = 'postgresql://joe:hunter2@db.example:5433/app?sslmode=require&password=hunter3'
    const file = "/tmp/it's.dump"
    const backup = await place.run(['backup', file], '', { CARDEA_DATABASE_URL: url, CARDEA_SECRET: other.repeat(2) })
    assertFails(
      backup,
      /pg_dump --format=custom --no-owner --exclude-table-data=limits --file='\/tmp\/it'\\\\?''s\.dump' 'postgresql:\/\/joe@db\.example:5433\/app\?sslmode=require'$/,
    )
    const restore = await place.run(['restore', file], '', { CARDEA_DATABASE_URL: url, CARDEA_SECRET: other.repeat(2) })
    assertFails(
      restore,
      /pg_restore --clean --if-exists --no-owner --single-transaction --dbname='postgresql:\/\/joe@db\.example:5433\/app\?sslmode=require' .* restore --new-epoch$/,
    )
    for (const { stderr } of [backup, restore]) assert.doesNotMatch(stderr, /hunter/)
  },
}

for (const [name, run] of Object.entries(testEngine === 'sqlite' ? sqliteTests : postgresTests)) {
  test(name, { timeout: 200_000 }, run)
}
