import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { createSetUp, setUpText } from '../../src/server/set-up.ts'
import { createTestCore, type LogLine, rememberingLog } from '../support/core.ts'

const folder = mkdtempSync(join(tmpdir(), 'cardea-set-up-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let made = 0

async function setUp(t: { after(run: () => Promise<void>): void }) {
  const test = await createTestCore()
  t.after(() => test.drop())
  const dataDir = join(folder, `data-${made++}`)
  const printed: string[] = []
  const lines: LogLine[] = []
  const make = (isAlone = true) =>
    createSetUp({
      core: test.core,
      dataDir,
      isAlone,
      print: (text) => void printed.push(text),
      log: rememberingLog(lines),
    })
  return { ...test, dataDir, file: join(dataDir, 'setup-code'), printed, lines, make }
}
const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
const admin = (code: string) => ({ code, username: 'root', email: null, password: 'a long zebra crossing 42' })

test('without an administrator the code is printed, kept for this user only, and never logged', async (t) => {
  const { make, file, printed, lines, core } = await setUp(t)
  await make().begin()
  const code = readFileSync(file, 'utf8').trim()
  assert.ok(code.length >= 22)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.ok(printed.join().includes(code))
  assert.ok(!JSON.stringify(lines).includes(code))
  // In links the code stands in the fragment, which no server ever sees.
  for (const [link] of printed.join('\n').matchAll(/http\S+/g)) assert.ok(!link.split('#')[0]?.includes(code), link)
  assert.equal((await core.users.setUp(admin(code), origin)).role, 'admin')
})

test('the file goes once an administrator exists', async (t) => {
  const { make, file, core, printed } = await setUp(t)
  const watch = make()
  await watch.begin()
  await watch.job.run()
  assert.ok(existsSync(file))
  await core.users.setUp(admin(readFileSync(file, 'utf8').trim()), origin)
  await watch.job.run()
  assert.ok(!existsSync(file))
  assert.equal(printed.length, 1)
})

test('a restart makes a new code and the old one is dead', async (t) => {
  const { make, file, core } = await setUp(t)
  await make().begin()
  const first = readFileSync(file, 'utf8').trim()
  await make().begin()
  const second = readFileSync(file, 'utf8').trim()
  assert.notEqual(first, second)
  await assert.rejects(core.users.setUp(admin(first), origin))
  await core.users.setUp(admin(second), origin)
})

test('of several servers on one database that start side by side every code works, until one has made an administrator', async (t) => {
  const { make, file, core } = await setUp(t)
  const codes = []
  for (let node = 0; node < 3; node += 1) {
    await make(false).begin()
    codes.push(readFileSync(file, 'utf8').trim())
  }
  const [first = '', ...others] = codes
  assert.equal(new Set(codes).size, 3)
  await core.users.setUp(admin(first), origin)
  for (const code of others) await assert.rejects(core.users.setUp({ ...admin(code), username: 'second' }, origin))
})

test('an expired code is replaced while the server runs', async (t) => {
  const { make, file, core, clock, printed } = await setUp(t)
  const watch = make()
  await watch.begin()
  const first = readFileSync(file, 'utf8').trim()
  clock.advance(core.settings.lifetimes.setUpCode * 1000)
  await watch.job.run()
  const second = readFileSync(file, 'utf8').trim()
  assert.notEqual(first, second)
  assert.equal(printed.length, 2)
  await core.users.setUp(admin(second), origin)
})

test('with an administrator nothing is printed and what is left over goes', async (t) => {
  const { make, file, dataDir, printed, core } = await setUp(t)
  await core.users.create(
    { username: 'root', email: null, password: null, role: 'admin', kind: 'person' },
    null,
    origin,
  )
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(file, 'stale')
  await make().begin()
  assert.deepEqual(readdirSync(dataDir), [])
  assert.deepEqual(printed, [])
})

test('the printed curl line works as it is pasted', { skip: process.platform === 'win32' }, async (t) => {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    bodies.push(
      `${request.method} ${request.url} ${request.headers['content-type']} ${Buffer.concat(chunks).toString()}`,
    )
    response.writeHead(201).end('{}')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => server.close())
  const text = setUpText(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'c0de', '/data/setup-code', 3600)
  const line =
    text
      .split('\n')
      .find((each) => each.includes('--data') || each.includes(' -d '))
      ?.trim() ?? ''
  const { stdout } = await promisify(execFile)('sh', ['-c', line])
  const [, body = ''] = /^POST \/auth\/setup application\/json (.*)$/.exec(bodies[0] ?? '') ?? []
  const { password, ...rest } = JSON.parse(body)
  assert.deepEqual(rest, { code: 'c0de', username: 'admin' })
  assert.equal(password.length, 20)
  assert.ok(stdout.includes(password))
  assert.ok(!text.includes(password))
})
