import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { after, afterEach, before, mock, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { cookieOf, makeKey, makeUser, password, signIn } from '../../support/callers.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { echo, raw, type Service, startService } from './service.ts'

let service: Service
let server: TestServer
let access: string
const upstreams: Duplex[] = []

before(async () => {
  mock.timers.enable({ apis: ['setInterval'] })
  service = await startService()
  service.server.on('upgrade', (request, socket) => {
    service.asked.push(request)
    upstreams.push(socket)
    socket.on('error', () => {})
    if (request.url === '/live/no') {
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
      return
    }
    if (request.url === '/live/silent') {
      socket.resume().on('end', () => socket.end())
      return
    }
    const accept = createHash('sha1').update(
      `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
    )
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSet-Cookie: cardea=evil\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\nhello`,
    )
    socket.pipe(socket)
  })
  server = await startTestServer({
    gateway: {
      upstreams: [
        service.upstream('/live', { open: { paths: ['a'], query: [] } }),
        service.upstream('/word', { accepts: ['password'] }),
      ],
      connectSeconds: 1,
      idleSeconds: 1,
      projectBytes: 10_000,
    },
  })
  await makeUser(server, 'alice')
  access = (await signIn(server, 'alice')).access_token as string
})
after(async () => {
  await server.close()
  await service.close()
  mock.timers.reset()
})
afterEach(() => {
  service.asked.length = 0
  upstreams.length = 0
})

const port = () => Number(new URL(server.url).port)
const ask = (headers: string, path = '/live/feed') =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`

/** Opens one; resolves when the text has come. */
function open(headers: string, until: string, path?: string): Promise<Socket> {
  return new Promise((done, fail) => {
    let text = ''
    const socket = connect(port(), '127.0.0.1', () => socket.write(ask(headers, path)))
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk
      if (text.includes(until)) done(socket)
    })
    socket.on('error', fail).on('close', () => fail(new Error(text)))
  })
}

test('a WebSocket is passed on after the guard said yes, with the identity and without the credential', async () => {
  const socket = await open(
    `Authorization: Bearer ${access}\r\nX-Cardea-User: forged\r\nX_Cardea_User: forged\r\n`,
    'hello',
  )
  const seen = service.asked[0]?.headers ?? {}
  assert.equal(seen['x-cardea-username'], 'alice')
  assert.doesNotMatch(JSON.stringify(seen), /forged/)
  assert.equal(seen.authorization, undefined)
  const echoed = new Promise<string>((done) => socket.once('data', (chunk) => done(String(chunk))))
  socket.write('and back')
  assert.equal(await echoed, 'and back')
  const ended = new Promise((done) => upstreams[0]?.once('close', done))
  socket.destroy()
  await ended
})

test('without a credential, with a bad one, or from a foreign page there is no WebSocket', async () => {
  const cookie = await cookieOf(server, 'alice')
  for (const [headers, status] of [
    ['', 401],
    ['Authorization: Bearer garbage\r\n', 401],
    [`Cookie: ${cookie}\r\nOrigin: https://evil.example\r\n`, 403],
    [`Cookie: ${cookie}\r\n`, 403],
  ] as const) {
    assert.match(await raw(port(), ask(headers)), new RegExp(`^HTTP/1\\.1 ${status} [^]*application/problem`), headers)
  }
  assert.equal(service.asked.length, 0)
  const mine = await open(`Cookie: ${cookie}\r\nOrigin: ${server.url}\r\n`, 'hello')
  mine.destroy()
})

test('a request for a WebSocket that has a body, which servers frame in different ways, is refused', async () => {
  const headers = `Authorization: Bearer ${access}\r\n`
  for (const framing of ['Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n'])
    assert.match(await raw(port(), ask(headers + framing)), /^HTTP\/1\.1 400 /, framing)
  assert.equal(service.asked.length, 0)
})

test('a request for a WebSocket behind one that is not answered yet ends the connection, and nothing else', async () => {
  const auth = `Authorization: Bearer ${access}\r\n`
  service.answer = () => {}
  const slow = `GET /live HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\n${auth}\r\n`
  for (const second of [ask(''), ask(auth), ask('Content-Length: 5\r\n'), ask(auth, '/live/no')])
    assert.equal(await raw(port(), slow + second), '', second)
  service.answer = echo
  assert.match(await raw(port(), ask('')), /^HTTP\/1\.1 401 /)
})

test('whoever is refused and does not close its side is let go all the same', async () => {
  const refused = connect({ port: port(), host: '127.0.0.1', allowHalfOpen: true }, () => refused.write(ask('')))
  const told = new Promise((done) => refused.once('end', done))
  refused.resume().on('error', () => {})
  await told
  const gone = new Promise((done) => refused.once('close', done))
  await pause(1100)
  // The first tells that nobody is there, the second is told.
  refused.write('x', () => setImmediate(() => refused.write('x')))
  await gone
})

test('a service that takes no WebSocket is a clean refusal, and its cookies with our names do not pass', async () => {
  assert.match(await raw(port(), ask(`Authorization: Bearer ${access}\r\n`, '/live/no')), /^HTTP\/1\.1 404 /)
  const socket = await open(`Authorization: Bearer ${access}\r\n`, 'hello')
  socket.destroy()
  const head = await new Promise<string>((done) => {
    const again = connect(port(), '127.0.0.1', () => again.write(ask(`Authorization: Bearer ${access}\r\n`)))
    again.once('data', (chunk) => {
      again.destroy()
      done(String(chunk))
    })
  })
  assert.match(head, /^HTTP\/1\.1 101 /)
  assert.doesNotMatch(head, /evil/)
})

test('a caller that goes away before the service has taken the WebSocket takes the request along at once', async () => {
  const arrived = new Promise((done) => service.server.once('upgrade', done))
  const socket = connect(port(), '127.0.0.1', () =>
    socket.write(ask(`Authorization: Bearer ${access}\r\n`, '/live/silent')),
  )
  await arrived
  const begun = performance.now()
  const gone = new Promise((done) => upstreams[0]?.on('close', done))
  socket.end()
  await gone
  // The limit of the service would end it after 1 s.
  assert.ok(performance.now() - begun < 900)
})

test('an upgrade elsewhere, or to something else, is an ordinary request', async () => {
  const lines = `Host: 127.0.0.1:${port()}\r\nConnection: Upgrade, close\r\n`
  assert.match(await raw(port(), `GET /healthz HTTP/1.1\r\n${lines}Upgrade: websocket\r\n\r\n`), /^HTTP\/1\.1 204 /)
  const other = await raw(
    port(),
    `GET /live HTTP/1.1\r\n${lines}Upgrade: h2c\r\nAuthorization: Bearer ${access}\r\n\r\n`,
  )
  assert.match(other, /^HTTP\/1\.1 200 /)
})

test('a WebSocket that a password opened ends soon after its owner is disabled, and the password is not tried again', async () => {
  await makeUser(server, 'basil')
  const basic = `Authorization: Basic ${Buffer.from(`basil:${password}`).toString('base64')}\r\n`
  const socket = await open(basic, 'hello', '/word')
  const ended = new Promise((done) => socket.once('close', done))
  for (let turn = 0; turn < 3; turn += 1) mock.timers.tick(5000)
  await pause(20)
  assert.equal(socket.destroyed, false)
  const basil = await server.store.users.byUsername('basil')
  assert.ok(basil)
  await server.store.users.update(basil.id, { status: 'disabled' }, server.clock.now())
  mock.timers.tick(5000)
  await ended
})

test('a WebSocket ends soon after the credential that opened it, and at once when the server stops', async () => {
  const key = await makeKey(server, access)
  const socket = await open(`X-API-Key: ${key.token}\r\n`, 'hello')
  const kept = await open(`Authorization: Bearer ${access}\r\n`, 'hello')
  const ended = new Promise((done) => socket.once('close', done))
  mock.timers.tick(5000)
  mock.timers.tick(5000)
  assert.equal(socket.destroyed, false)
  await server.send('DELETE', `/auth/keys/${key.id}`, { token: access })
  mock.timers.tick(5000)
  await ended
  assert.equal(kept.destroyed, false)
  const cut = new Promise((done) => kept.once('close', done))
  await server.close()
  await cut
})
