import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createPlace, type TestPlace } from './command.ts'

async function withPlace(t: { after(run: () => Promise<void>): void }): Promise<TestPlace> {
  const place = await createPlace()
  t.after(() => place.drop())
  return place
}
const password = 'a long zebra crossing 42'
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })

/** Until it is true, for at most five seconds: what other processes do has no clock of ours. */
async function eventually(what: string, check: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await check()) return
    await pause(50)
  }
  assert.fail(`never happened: ${what}`)
}

test('what the command line makes on a running server is good there, and what it ends is refused', async (t) => {
  const place = await withPlace(t)
  const server = await place.serve()
  const code = join(place.dataDir, 'setup-code')
  assert.equal(statSync(code).mode & 0o777, 0o600)
  assert.ok(server.stderr().includes(readFileSync(code, 'utf8').trim()))

  await place.json(
    ['user', 'create', 'alice', '--email', 'alice@example.com', '--role', 'admin', '--password-stdin'],
    password,
  )
  await eventually('the set-up code goes with the first administrator', () => !existsSync(code))

  // The server chose its port: the token must name the server's public URL all the same.
  const { token } = await place.json<{ token: string }>(['token', 'create', 'alice', '--name', 'laptop'])
  assert.equal((await fetch(`${server.url}/auth/me`, bearer(token))).status, 200)
  await place.json(['user', 'create', 'bob', '--role', 'admin', '--no-password'])
  await place.json(['user', 'disable', 'alice'])
  await eventually(
    'the running server refuses a disabled user',
    async () => (await fetch(`${server.url}/auth/me`, bearer(token))).status !== 200,
  )
  assert.deepEqual(await server.stop(), { code: 0, signal: null })
})

test('SIGTERM while a request is running finishes it, and the process ends with 0', async (t) => {
  const place = await withPlace(t)
  const server = await place.serve()
  const body = JSON.stringify({ identifier: 'nobody', password })
  const { port, hostname } = new URL(server.url)
  // Half of the body is there when the signal comes: the request is running.
  const socket = connect(Number(port), hostname)
  let answer = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    answer += chunk
  })
  const closed = new Promise((done) => socket.once('close', done))
  socket.write(
    `POST /auth/sign-in HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
  )
  await eventually('the server asks for the body', () => answer.includes('100 Continue'))
  const stopping = server.stop()
  await eventually('the server has heard the signal', () => server.stderr().includes('stopping'))
  socket.write(body)
  assert.deepEqual(await stopping, { code: 0, signal: null })
  await closed
  assert.match(answer, /HTTP\/1\.1 401 /)
})

test('a second signal ends the process at once', async (t) => {
  const place = await withPlace(t)
  const server = await place.serve()
  const { port, hostname } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  socket.write(
    `POST /auth/sign-in HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n`,
  )
  await eventually('the server asks for the body', () => answer.includes('100 Continue'))
  const first = server.stop()
  await eventually('the server has heard the signal', () => server.stderr().includes('stopping'))
  server.child.kill('SIGTERM')
  assert.deepEqual(await first, { code: 143, signal: null })
  socket.destroy()
})

test('a port that is taken is one line that says what to do, and touches no data', async (t) => {
  const place = await withPlace(t)
  const server = await place.serve()
  const { port } = new URL(server.url)
  const other = await withPlace(t)
  const { code, stdout, stderr } = await other.run(['serve', '--port', port])
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, new RegExp(`^cardea: Port ${port} on 127\\.0\\.0\\.1 is in use\\. [^\\n]*--port[^\\n]*\\n$`))
  assert.ok(!existsSync(other.dataDir))
  await server.stop()
})

test('the log holds neither set-up code nor password nor token', async (t) => {
  const place = await withPlace(t)
  const child = place.start(['serve', '--port', '0'], { CARDEA_LOG_LEVEL: 'debug' })
  let log = ''
  child.stdout?.on('data', (chunk) => {
    log += chunk
  })
  const line = () => log.split('\n').find((each) => each.includes('"listening"'))
  await eventually('the server listens', () => line() !== undefined)
  const { url } = JSON.parse(line() ?? '')
  const code = readFileSync(join(place.dataDir, 'setup-code'), 'utf8').trim()
  const send = (path: string, body: object) =>
    fetch(url + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
  assert.equal((await send('/auth/setup', { code, username: 'root', password })).status, 201)
  const signedIn = await send('/auth/sign-in', { identifier: 'root', password, mode: 'bearer' })
  const { token } = (await signedIn.json()) as { token: string }
  assert.equal((await fetch(`${url}/auth/me`, bearer(token))).status, 200)
  await fetch(`${url}/auth/me`, bearer(`${token}x`))
  child.kill('SIGTERM')
  await new Promise((done) => child.once('exit', done))
  for (const secret of [code, password, token]) assert.ok(!log.includes(secret))
})
