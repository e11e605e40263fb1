import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createPlace } from '../cli/command.ts'
import { testEngine } from '../support/store.ts'
import { checkStored } from './expectation.ts'

// The disk of PostgreSQL is that server's own affair; what it says of a full one is in test/store/faults.test.ts.
const password = 'a long zebra crossing 42'

/** A file system of a few megabytes, where this user may make one. */
function smallDisk(t: TestContext): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-disk-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=700', 'tmpfs', folder], { encoding: 'utf8' })
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

if (testEngine === 'sqlite') {
  test('on a full disk writes are refused with a 503, reads and checks go on, and with new room so do writes', {
    timeout: 120_000,
  }, async (t) => {
    const disk = smallDisk(t)
    if (disk === null) return
    const place = await createPlace()
    t.after(() => place.drop())
    const dataDir = join(disk, 'data')
    const environment = { CARDEA_DATA_DIR: dataDir, CARDEA_CONFIRM_EMAIL: 'false' }
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
    const free = fill(join(disk, 'ballast'))
    // SQLite's log has room that it took before: a few writes more fit into it.
    for (const [name, write] of Object.entries(writes)) {
      if (name === 'refresh' || name === 'sign-out') continue
      let answer = await write()
      for (let turn = 0; turn < 300 && answer.status < 300; turn += 1) answer = await write()
      assert.equal(answer.status, 503, `${name}: ${answer.text}`)
    }
    for (const [name, write] of Object.entries(writes)) {
      const answer = await write()
      assert.equal(answer.status, 503, `${name}: ${answer.text}`)
      assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
      assert.equal(answer.body.code, 'unavailable')
      assert.ok(Number(answer.headers.get('retry-after')) >= 1, name)
      assert.doesNotMatch(answer.text, /sqlite|disk|insert/i)
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
    await checkStored({ engine: 'sqlite', address: join(dataDir, 'cardea.sqlite') })
  })

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
