import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { checkStored } from '../faults/expectation.ts'
import { testEngine } from '../support/store.ts'
import { assertFails, eventually, giveSecret, newPlace, other, password, send, sql } from './backups.ts'

const sqliteTests: Readonly<Record<string, (t: TestContext) => Promise<void>>> = {
  'after a restore passwords are good, what was opened or mailed before is not, and keys wait for a word': async (
    t,
  ) => {
    const environment = { CARDEA_PUBLIC_URL: 'http://127.0.0.1:4000' }
    const place = await newPlace(t)
    const server = await place.serve(environment)
    await place.json(
      ['user', 'create', 'root', '--role', 'admin', '--email', 'root@example.com', '--password-stdin'],
      password,
    )
    const key = await place.json<{ id: string; token: string }>(['key', 'create', 'root', '--name', 'kept'])
    const lost = await place.json<{ id: string; token: string }>(['key', 'create', 'root', '--name', 'revoked later'])
    const { code, stdout } = await place.run(['token', 'create', 'root', '--name', 'laptop', '--json'], '', environment)
    assert.equal(code, 0)
    const token: { id: string; token: string } = JSON.parse(stdout)
    const proof = { identifier: 'root', password }
    const session = (await send(server.address, 'POST', '/auth/sign-in', {}, { ...proof, mode: 'token' })).body
    const opaque = (await send(server.address, 'POST', '/auth/sign-in', {}, { ...proof, mode: 'bearer' })).body
    assert.equal((await send(server.address, 'POST', '/auth/password/forgot', {}, { identifier: 'root' })).status, 202)
    const outbox = join(place.dataDir, 'outbox')
    const resetMail = () =>
      existsSync(outbox)
        ? readdirSync(outbox)
            .filter((name) => name.endsWith('.eml'))
            .map((name) => readFileSync(join(outbox, name), 'utf8').replaceAll('=\r\n', '').replaceAll('=3D', '='))
            .find((text) => /reset/i.test(text) && text.includes('#token='))
        : undefined
    await eventually('the link is mailed', async () => resetMail() !== undefined)
    const [, link = ''] = /#token=([\w-]+)/.exec(resetMail() ?? '') ?? []
    assert.equal(link.length, 43)
    const file = join(place.folder, 'backup.sqlite')
    await place.json(['backup', file])
    await place.json(['key', 'revoke', lost.id])
    await server.stop()

    const fresh = await newPlace(t)
    giveSecret(place, fresh)
    const restored = await fresh.json<{ path: string; ended: Record<string, number>; suspended: object }>([
      'restore',
      file,
    ])
    assert.equal(restored.path, join(fresh.dataDir, 'cardea.sqlite'))
    assert.deepEqual([restored.ended.sessions, restored.suspended], [2, { keys: 2, tokens: 1 }])
    assert.ok((restored.ended.one_time ?? 0) >= 1)
    assert.equal(statSync(restored.path).mode & 0o777, 0o600)
    assert.deepEqual(readdirSync(fresh.dataDir).sort(), ['cardea.sqlite', 'secret'])

    const again = await fresh.serve(environment)
    const refusedAs = async (headers: Record<string, string>) =>
      (await send(again.address, 'GET', '/auth/me', headers)).body.code
    const [byKey, byLost] = [key, lost].map((each) => ({ 'X-API-Key': each.token }))
    const byToken = { Authorization: `Bearer ${token.token}` }
    for (const headers of [byKey, byLost, byToken]) assert.equal(await refusedAs(headers ?? {}), 'credential_revoked')
    assert.equal(await refusedAs({ Authorization: `Bearer ${session.access_token}` }), 'credential_revoked')
    assert.equal(await refusedAs({ Authorization: `Bearer ${opaque.token}` }), 'credential_invalid')
    const refresh = { refresh_token: session.refresh_token }
    assert.equal((await send(again.address, 'POST', '/auth/refresh', {}, refresh)).status, 401)
    const reset = { token: link, new_password: other }
    assert.equal((await send(again.address, 'POST', '/auth/password/reset', {}, reset)).body.code, 'one_time_invalid')

    const signedIn = await send(again.address, 'POST', '/auth/sign-in', {}, { ...proof, mode: 'bearer' })
    assert.equal(signedIn.status, 200)
    const listed = await send(again.address, 'GET', '/auth/keys', { Authorization: `Bearer ${signedIn.body.token}` })
    assert.deepEqual(
      listed.body.items.map((item: { suspended_at: string | null }) => typeof item.suspended_at),
      ['string', 'string'],
    )
    const { items } = await fresh.json<{ items: { suspended_at: string | null }[] }>(['token', 'list'])
    assert.deepEqual(
      items.map((item) => typeof item.suspended_at),
      ['string'],
    )
    assert.match((await fresh.run(['key', 'list'])).stdout, /SUSPENDED/)
    const { checks } = await fresh.json<{ checks: { name: string; message: string }[] }>(['doctor'])
    assert.match(checks.find(({ name }) => name === 'suspended')?.message ?? '', /^2 API key\(s\) and 1 private token/)

    await fresh.json(['key', 'revoke', lost.id])
    assert.deepEqual(await fresh.json(['restore', '--confirm-keys']), { keys: 1, tokens: 1 })
    for (const headers of [byKey, byToken]) {
      await eventually('a confirmed credential is good', async () => (await refusedAs(headers ?? {})) === undefined)
    }
    assert.equal(await refusedAs(byLost ?? {}), 'credential_revoked')
    await again.stop()
    await checkStored({ engine: 'sqlite', address: restored.path })
  },

  'a restore that cannot be is told in a line, and so is one that is not understood': async (t) => {
    const place = await newPlace(t)
    const file = join(place.folder, 'backup.sqlite')
    writeFileSync(file, 'no database '.repeat(500))
    assertFails(await place.run(['restore', file]), /There is no secret/)
    assertFails(await place.run(['restore', join(place.folder, 'nothing')]), /There is no file/)
    assert.ok(!existsSync(place.dataDir))
    assert.equal((await place.run(['restore'])).code, 2)
    assert.equal((await place.run(['restore', file, '--confirm-keys'])).code, 2)
  },

  'a database that stands there is replaced only by force, never under a running server, and is kept': async (t) => {
    const place = await newPlace(t)
    await place.json(['user', 'create', 'before', '--no-password'])
    const file = join(place.folder, 'backup.sqlite')
    await place.json(['backup', file])
    await place.json(['user', 'create', 'after', '--no-password'])

    assertFails(await place.run(['restore', file]), /holds a database.*--force/)
    const server = await place.serve()
    assertFails(await place.run(['restore', file, '--force']), /in use\. Stop the server/)
    assert.equal((await send(server.address, 'GET', '/readyz')).status, 200)
    // Even one that was killed and left its log behind.
    await place.json(['user', 'create', 'late', '--no-password'])
    await server.stop('SIGKILL')
    const restored = await place.json<{ replaced: string; epoch: number }>(['restore', file, '--force'])
    const names = async () =>
      (await place.json<{ items: { username: string }[] }>(['user', 'list'])).items.map(({ username }) => username)
    assert.deepEqual(await names(), ['before'])
    assert.deepEqual(
      (await sql(restored.replaced, 'select username from users order by id')).map(({ username }) => username),
      ['before', 'after', 'late'],
    )
    assert.equal(statSync(restored.replaced).mode & 0o777, 0o600)
    assert.equal(restored.epoch, 1)

    // A backup of what was restored is of that epoch, so the next restore begins the second.
    await place.json(['backup', file, '--force'])
    assert.equal((await place.json<{ epoch: number }>(['restore', file, '--force'])).epoch, 2)
    assert.deepEqual(await names(), ['before'])
    assert.deepEqual(
      readdirSync(place.dataDir).filter((name) => name.startsWith('restore')),
      [],
    )
    const { ok } = await place.json<{ ok: boolean }>(['doctor'])
    assert.equal(ok, true)
  },

  'a damaged database gives way to a backup': async (t) => {
    const place = await newPlace(t)
    await place.json(['user', 'create', 'root', '--no-password'])
    const file = join(place.folder, 'backup.sqlite')
    await place.json(['backup', file])
    writeFileSync(join(place.dataDir, 'cardea.sqlite'), 'garbage '.repeat(2000))
    writeFileSync(join(place.dataDir, 'cardea.sqlite-wal'), 'garbage')
    assert.equal((await place.run(['user', 'list'])).code, 1)
    const { replaced } = await place.json<{ replaced: string }>(['restore', file, '--force'])
    assert.match(readFileSync(replaced, 'utf8'), /^garbage/)
    assert.equal((await place.run(['user', 'show', 'root'])).code, 0)
  },

  'a new epoch without a backup has to be meant': async (t) => {
    const place = await newPlace(t)
    await place.json(['user', 'create', 'root', '--no-password'])
    await place.json(['key', 'create', 'root', '--name', 'one'])
    assert.equal((await place.run(['restore', '--new-epoch'])).code, 2)
    assert.deepEqual((await place.json(['restore', '--new-epoch', '--yes'])).suspended, { keys: 1, tokens: 0 })
  },
}

const postgresTests: Readonly<Record<string, (t: TestContext) => Promise<void>>> = {
  'after pg_restore a new epoch is begun by itself, and keys are confirmed': async (t) => {
    const place = await newPlace(t)
    const server = await place.serve()
    await place.json(['user', 'create', 'root', '--role', 'admin', '--password-stdin'], password)
    const { token } = await place.json<{ token: string }>(['key', 'create', 'root', '--name', 'one'])
    const status = async () => (await send(server.address, 'GET', '/auth/me', { 'X-API-Key': token })).status
    assert.equal(await status(), 200)
    assert.equal((await place.run(['restore', '--new-epoch'])).code, 2)
    const begun = await place.json(['restore', '--new-epoch', '--yes'])
    assert.deepEqual([begun.epoch, begun.suspended], [1, { keys: 1, tokens: 0 }])
    await eventually('the running server hears of it', async () => (await status()) === 401)
    assert.deepEqual(await place.json(['restore', '--confirm-keys']), { keys: 1, tokens: 0 })
    await eventually('the key is good again', async () => (await status()) === 200)
    await server.stop()
  },
}

for (const [name, run] of Object.entries(testEngine === 'sqlite' ? sqliteTests : postgresTests)) {
  test(name, { timeout: 200_000 }, run)
}
