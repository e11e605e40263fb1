import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Config } from '../../src/config/config.ts'
import { CardeaError } from '../../src/errors.ts'
import { backUp } from '../../src/server/backup.ts'
import { openHouse } from '../../src/server/house.ts'
import { type Restored, restore } from '../../src/server/restore.ts'
import { loadSettings } from '../../src/server/settings.ts'
import { StartError } from '../../src/server/start-error.ts'
import { makeUser, origin } from '../support/people.ts'
import { runSql } from '../support/sql.ts'
import { silentLog } from '../support/store.ts'

// On SQLite, whichever engine the run is for: PostgreSQL restores itself.
const secrets = { right: 'correct horse battery staple 1234567', wrong: 'violet anchor lantern zebra 7654321' }
const sql = (file: string, statement: string) => runSql({ engine: 'sqlite', address: file }, statement)

async function settings(dataDir: string, secret?: string): Promise<Config> {
  const environment = {
    CARDEA_DATA_DIR: dataDir,
    CARDEA_PASSWORD_HASH_MEMORY_KIB: '64',
    CARDEA_PASSWORD_HASH_PASSES: '1',
    ...(secret === undefined ? {} : { CARDEA_SECRET: secret }),
  }
  return loadSettings({ environment, folder: dataDir })
}

/** A folder, a backup in it, and a data folder that is not there yet. */
async function given(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-restore-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const config = await settings(join(folder, 'old'), secrets.right)
  const house = await openHouse(config, { log: silentLog, as: 'guest' })
  await makeUser(house, { username: 'alice' })
  await house.core.signingKeys.jwks()
  const file = join(folder, 'backup.sqlite')
  await backUp(config, { file, force: false, note() {} })
  await house.close()
  const dataDir = join(folder, 'new')
  return {
    file,
    dataDir,
    whole: readFileSync(file),
    make(name: string, content: string | Buffer): string {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    },
    async run(from: string, { secret = secrets.right, force = false } = {}): Promise<Restored> {
      const to = await settings(dataDir, secret === '' ? undefined : secret)
      return restore(to, { file: from, force, origin, log: silentLog, note() {} })
    },
  }
}

/** What whoever started it reads. */
async function told(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail('it should have failed'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof StartError) return error.message
  assert.ok(error instanceof CardeaError, String(error))
  return error.detail.internal ?? error.message
}

const names = (folder: string) => {
  try {
    return readdirSync(folder)
  } catch {
    return null
  }
}

test('what is no whole backup of ours is refused by what is wrong with it, and nothing is made', async (t) => {
  const { whole, make, run, dataDir } = await given(t)
  const torn = Buffer.from(whole)
  torn.fill(0x5a, 4096 * 3, 4096 * 12)
  const foreign = make('foreign.sqlite', '')
  await sql(foreign, 'create table users (id integer)')
  const newer = make('newer.sqlite', whole)
  await sql(newer, "insert into cardea_migrations (name, applied_at) values ('9999-future', 1)")
  const cases: readonly (readonly [string, RegExp])[] = [
    [make('text', 'no database '.repeat(500)), /cannot be restored\. .*no database at all/],
    [make('torn', torn), /cannot be restored\. .*damaged/],
    [make('half', whole.subarray(0, whole.length / 2)), /cannot be restored\. .*damaged/],
    [make('empty', ''), /cannot be restored\. .*not one of Cardea/],
    [foreign, /not one of Cardea/],
    [newer, /9999-future/],
    [join(dataDir, 'nothing'), /There is no file/],
  ]
  for (const [file, message] of cases) {
    assert.match(await told(run(file)), message, file)
    assert.deepEqual(names(dataDir) ?? [], [], file)
  }
})

test('a backup that was made under another secret is refused, and no secret is made up for it', async (t) => {
  const { file, run, dataDir } = await given(t)
  assert.match(await told(run(file, { secret: '' })), /^There is no secret: .*secret \(mode 0600\).*CARDEA_SECRET/)
  assert.equal(names(dataDir), null)
  assert.match(await told(run(file, { secret: secrets.wrong })), /Put the former secret back .*CARDEA_PREVIOUS_SECRETS/)
  assert.deepEqual(names(dataDir), [])
})

test('a backup is not changed by being restored, and an older version of it is brought up to date', async (t) => {
  const { file, whole, run, dataDir } = await given(t)
  // As the version before made it.
  for (const statement of [
    'alter table keys drop column suspended_at',
    'alter table tokens drop column suspended_at',
    'drop index totp_box_key',
    "delete from cardea_migrations where name = '0003-suspension'",
  ])
    await sql(file, statement)
  assert.notDeepEqual(readFileSync(file), whole)
  const older = readFileSync(file)
  const restored = await run(file)
  assert.deepEqual([restored.epoch, restored.auditBrokenAt, restored.replaced], [1, null, null])
  assert.deepEqual(readFileSync(file), older)
  assert.deepEqual(names(dataDir), ['cardea.sqlite'])
  assert.deepEqual(await sql(restored.path, 'select username from users'), [{ username: 'alice' }])
})

test('an audit log that was changed in the backup is told', async (t) => {
  const { file, run } = await given(t)
  await sql(file, "update events set kind = 'user-removed' where id = 1")
  assert.equal((await run(file)).auditBrokenAt, 1)
})

test('without force a database that is there stays', async (t) => {
  const { file, run, dataDir } = await given(t)
  const { path } = await run(file)
  await sql(path, "update users set username = 'here before'")
  assert.match(await told(run(file)), /holds a database.*--force/)
  assert.deepEqual(await sql(path, 'select username from users'), [{ username: 'here before' }])
  const { replaced } = await run(file, { force: true })
  assert.deepEqual(await sql(replaced ?? '', 'select username from users'), [{ username: 'here before' }])
  assert.deepEqual(names(dataDir), ['cardea.sqlite', 'cardea.sqlite.replaced'])
})
