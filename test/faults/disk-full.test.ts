import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { createPlace } from '../cli/command.ts'
import { testEngine } from '../support/store.ts'
import { checkStored } from './expectation.ts'

const password = 'a long zebra crossing 42'
/** As many tries as it takes to use up the room. */
const generous = {
  CARDEA_LIMITS_MAIL_POINTS: '100000',
  CARDEA_LIMITS_ADDRESS_POINTS: '100000',
  CARDEA_LIMITS_KNOWN_USER_POINTS: '100000',
}
/** Those of the writes below that need more room in any database. */
const makesRows: readonly string[] = ['sign-up', 'a key', 'sign-in']

/** A small file system, where this user may make one. Others may pass through it: PostgreSQL is never run by root. */
function smallDisk(t: TestContext, megabytes = 16): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-disk-'))
  const options = `size=${megabytes}m,mode=711`
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { encoding: 'utf8' })
  if (mounted.status === 0) {
    t.after(() => {
      spawnSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true, force: true })
    })
    return folder
  }
  rmSync(folder, { recursive: true, force: true })
  const why = `a tmpfs cannot be mounted here (${mounted.error?.message ?? mounted.stderr.trim()}): run as root, in a container with CAP_SYS_ADMIN`
  assert.ok(process.env.CI === undefined, why)
  t.skip(why)
  return null
}

/** Takes all room that is left; answers how to give it back. */
function fill(file: string): () => void {
  for (const size of [1_048_576, 65_536, 4096, 512, 1]) {
    const handle = openSync(file, 'a')
    try {
      for (;;) writeSync(handle, Buffer.alloc(size, 1))
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
    } finally {
      closeSync(handle)
    }
  }
  return () => rmSync(file)
}

/** A database on a disk that can be filled. */
interface Housed {
  readonly disk: string
  readonly environment: Readonly<Record<string, string>>
  readonly address: string
}

/** PostgreSQL keeps its log ahead in a file of 16 MB: as long as that lasts it can refuse, and need not stop. */
async function freshLog(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('select pg_switch_wal()')
    await client.query('checkpoint')
  } finally {
    await client.end()
  }
}

async function housed(t: TestContext): Promise<Housed | null> {
  const disk = smallDisk(t, testEngine === 'postgres' ? 400 : 16)
  if (disk === null) return null
  if (testEngine === 'sqlite') {
    const dataDir = join(disk, 'data')
    return { disk, environment: { CARDEA_DATA_DIR: dataDir }, address: join(dataDir, 'cardea.sqlite') }
  }
  const { createDatabase, startPostgres } = await import('../support/postgres.ts')
  const server = await startPostgres({ durable: true, under: disk })
  t.after(() => server.stop())
  const { url } = await createDatabase(server.url)
  return { disk, environment: { CARDEA_DATABASE_URL: url }, address: url }
}

test('on a full disk writes are refused with a 503, reads and checks go on, and with new room so do writes', {
  timeout: 240_000,
}, async (t) => {
  const house = await housed(t)
  if (house === null) return
  const { disk, address } = house
  const place = await createPlace()
  t.after(() => place.drop())
  const environment = { ...house.environment, CARDEA_CONFIRM_EMAIL: 'false', ...generous }
  const cli = async (args: readonly string[], stdin = '') => {
    const { code, stdout, stderr } = await place.run([...args, '--json'], stdin, environment)
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }
  await cli(['user', 'create', 'alice', '--role', 'admin', '--password-stdin'], password)
  const apiKey: string = (await cli(['key', 'create', 'alice', '--name', 'one'])).token
  const server = await place.serve(environment)

  const send = async (method: string, path: string, headers: Record<string, string> = {}, body?: object) => {
    const response = await fetch(server.url + path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: text === '' ? {} : JSON.parse(text) }
  }
  const signIn = async () => {
    const { status, body } = await send('POST', '/auth/sign-in', {}, { identifier: 'alice', password, mode: 'token' })
    assert.equal(status, 200)
    return { Authorization: `Bearer ${body.access_token}`, refresh: body.refresh_token as string }
  }
  const { refresh, ...warm } = await signIn()
  const { refresh: otherRefresh, ...leaving } = await signIn()
  const cold = { 'X-API-Key': apiKey }
  assert.equal((await send('GET', '/auth/me', warm)).status, 200)

  let counter = 0
  const fresh = (word: string) => {
    counter += 1
    return `${word} ${counter}`
  }
  const writes: Readonly<Record<string, () => ReturnType<typeof send>>> = {
    'sign-up': () =>
      send('POST', '/auth/sign-up', {}, { username: fresh('user').replace(' ', ''), password: fresh(password) }),
    'a key': () => send('POST', '/auth/keys', warm, { name: fresh('key') }),
    'sign-in': () => send('POST', '/auth/sign-in', {}, { identifier: 'alice', password, mode: 'bearer' }),
    refresh: () => send('POST', '/auth/refresh', {}, { refresh_token: otherRefresh }),
    'sign-out': () => send('POST', '/auth/sign-out', leaving),
  }
  if (testEngine === 'postgres') await freshLog(address)
  const free = fill(join(disk, 'ballast'))
  // What the database has taken already has room: a few writes more fit into it.
  for (const [name, write] of Object.entries(writes)) {
    if (!makesRows.includes(name)) continue
    let answer = await write()
    for (let turn = 0; turn < 600 && answer.status < 300; turn += 1) answer = await write()
    assert.equal(answer.status, 503, `${name}: ${answer.text}`)
  }
  // SQLite needs room for every write, PostgreSQL only for those that make a table longer.
  for (const [name, write] of Object.entries(writes)) {
    if (testEngine === 'postgres' && !makesRows.includes(name)) continue
    const answer = await write()
    assert.equal(answer.status, 503, `${name}: ${answer.text}`)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
    assert.equal(answer.body.code, 'unavailable')
    assert.ok(Number(answer.headers.get('retry-after')) >= 1, name)
    assert.doesNotMatch(answer.text, /sqlite|postgres|disk|extend|insert/i)
  }
  // Nothing has to be written to let somebody in.
  for (const headers of [warm, cold, leaving]) {
    for (const path of ['/auth/me', '/auth/keys']) assert.equal((await send('GET', path, headers)).status, 200)
  }
  assert.equal((await send('GET', '/readyz')).status, 200)

  free()
  for (const [name, write] of Object.entries(writes)) {
    const answer = await write()
    assert.ok(answer.status >= 200 && answer.status < 300, `${name}: ${answer.status} ${answer.text}`)
  }
  assert.equal((await send('GET', '/auth/me', leaving)).status, 401)
  assert.equal((await send('POST', '/auth/refresh', {}, { refresh_token: refresh })).status, 200)
  assert.deepEqual(await server.stop(), { code: 0, signal: null })
  await checkStored({ engine: testEngine, address })
})

if (testEngine === 'sqlite') {
  test('a backup onto a full disk fails, and leaves nothing behind', async (t) => {
    const disk = smallDisk(t)
    if (disk === null) return
    const place = await createPlace()
    t.after(() => place.drop())
    await place.json(['user', 'create', 'alice', '--no-password'])
    mkdirSync(join(disk, 'backup'))
    const free = fill(join(disk, 'ballast'))
    const file = join(disk, 'backup', 'cardea.sqlite')
    const failed = await place.run(['backup', file])
    assert.deepEqual([failed.code, failed.stdout], [1, ''])
    assert.match(failed.stderr, /sqlite SQLITE_FULL/)
    assert.deepEqual(spawnSync('ls', ['-A', join(disk, 'backup')], { encoding: 'utf8' }).stdout, '')
    free()
    assert.equal((await place.run(['backup', file])).code, 0)
  })
}
