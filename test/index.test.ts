import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CardeaError, ConfigError, createCardea, defineConfig, type Mail } from '../src/index.ts'
import { createTestDatabase, silentLog, testEngine } from './support/store.ts'

async function embedded(t: { after(run: () => Promise<void>): void }) {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-embedded-'))
  const database = testEngine === 'postgres' ? await createTestDatabase('postgres') : null
  t.after(async () => {
    await database?.drop()
    rmSync(folder, { recursive: true, force: true })
  })
  const settings = defineConfig({
    dataDir: join(folder, 'data'),
    databaseUrl: database?.address ?? null,
    publicUrl: 'http://localhost:8080',
    passwordHash: { memoryKib: 64, passes: 1 },
  })
  const mails: Mail[] = []
  const mailer = { send: async (mail: Mail) => void mails.push(mail) }
  return { mails, open: () => createCardea({ settings, log: silentLog, mailer }) }
}

test('inside another program the console is served too', async (t) => {
  const { open } = await embedded(t)
  const cardea = await open()
  const answer = await cardea.fetch(new Request('http://localhost:8080/console/sign-in'))
  await cardea.close()
  // Where it has not been built, the page says so.
  assert.ok([200, 404].includes(answer.status))
  assert.match(await answer.text(), /name="cardea-facts"|has not been built/)
})

test('inside another program a request is answered without a listening server, and mails go to its mailer', async (t) => {
  const { open, mails } = await embedded(t)
  const cardea = await open()
  const code = await cardea.core.users.newSetUpCode()
  const post = (path: string, body: object) =>
    cardea.fetch(
      new Request(`http://localhost:8080${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
    )
  assert.equal(
    (await post('/auth/setup', { code, username: 'root', password: 'a long zebra crossing 42' })).status,
    201,
  )
  assert.equal((await post('/auth/sign-in', { identifier: 'root', password: 'a long zebra crossing 42' })).status, 200)
  assert.equal(
    (
      await post('/auth/sign-up', {
        username: 'alice',
        email: 'alice@example.com',
        password: 'a long zebra crossing 42',
      })
    ).status,
    201,
  )
  await cardea.close()
  assert.deepEqual(
    mails.map(({ to }) => to),
    ['alice@example.com'],
  )
  assert.match(mails[0]?.text ?? '', /http:\/\/localhost:8080\//)
})

test('what was made is there after a close and another start', async (t) => {
  const { open } = await embedded(t)
  const first = await open()
  const origin = { api: 'native', address: '127.0.0.1', userAgent: '' } as const
  const { publicId } = await first.core.users.create(
    { username: 'root', email: null, password: null, role: 'admin', kind: 'person' },
    null,
    origin,
  )
  await first.close()
  const second = await open()
  assert.equal((await second.core.users.byPublicId(publicId))?.username, 'root')
  await second.close()
})

test('settings that are wrong are a ConfigError, and nothing is opened', async () => {
  await assert.rejects(
    createCardea({ settings: { port: 70_000 } }),
    (error) => error instanceof ConfigError && error.problems.length === 1,
  )
  assert.equal(new CardeaError('not_found').code, 'not_found')
})

test('what an answer leaves behind begins at a random time, so that the next answer does not tell of it', async (t) => {
  const { open } = await embedded(t)
  const cardea = await open()
  const origin = { api: 'native', address: '192.0.2.1', userAgent: 'test' } as const
  const begun = performance.now()
  for (let index = 0; index < 12; index += 1) await cardea.core.signIn.requestLink(`nobody${index}`, origin)
  const asked = performance.now() - begun
  await cardea.core.idle()
  // Of twelve waits below a second all are this short once in 10^12 times.
  assert.ok(performance.now() - begun > 100, 'the work was done at once')
  assert.ok(asked < 1000, `the answers took ${asked} ms`)
  await cardea.close()
})
