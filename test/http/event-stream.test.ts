import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, Socket } from 'node:net'
import { after, test } from 'node:test'
import { type EventStream, openEventStream, SlowReader } from '../../src/http/event-stream.ts'
import { watchedStream } from '../../src/http/watched-stream.ts'
import { listen } from '../../src/server/http-server.ts'
import { silentLog } from '../support/store.ts'

/* A stream over real HTTP, to readers that go away and readers that do not read. */

const broken: unknown[] = []
let opened = Promise.withResolvers<EventStream>()
let ended = Promise.withResolvers<void>()
const app = {
  fetch: (_request: Request, { incoming }: { incoming?: { socket?: object } } = {}) => {
    const line = incoming?.socket instanceof Socket ? incoming.socket : null
    const stream = openEventStream({ maxWaitingBytes: 64 * 1024, retryMillis: 1000, onEnd: () => ended.resolve() })
    opened.resolve(stream)
    const body = watchedStream(stream.body, (error) => {
      broken.push(error)
      line?.destroy()
      return true
    })
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
  },
}
const server = await listen({ host: '127.0.0.1', port: 0, app: Promise.resolve(app), log: silentLog })
after(() => server.stop(0))

async function ask() {
  opened = Promise.withResolvers()
  ended = Promise.withResolvers()
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  return { socket, stream: await opened.promise }
}

test('a reader that goes away ends its stream', async () => {
  const { socket, stream } = await ask()
  await once(socket, 'data')
  socket.destroy()
  // A connection that is gone is noticed at the latest by the next heartbeat.
  stream.comment('alive')
  await ended.promise
})

test('a reader that does not read is cut off, nothing more is kept for it, and the host writes nothing of it', async (t) => {
  const written = [t.mock.method(console, 'error'), t.mock.method(console, 'info')]
  broken.splice(0)
  const { socket, stream } = await ask()
  socket.pause()
  const text = 'x'.repeat(16 * 1024)
  let isOver = false
  void ended.promise.then(() => {
    isOver = true
  })
  let sent = 0
  // What the machine itself takes in for a connection is some megabytes.
  for (; !isOver && sent < 64 * 1024 * 1024; sent += text.length) {
    stream.comment(text)
    await new Promise((done) => setImmediate(done))
  }
  assert.ok(isOver, `${sent} bytes were taken for a reader that does not read`)
  socket.resume()
  await once(socket, 'close')
  assert.ok(broken.length === 1 && broken[0] instanceof SlowReader)
  for (const each of written) assert.equal(each.mock.callCount(), 0)
})

test('an end that the server makes reaches the reader after what was sent before', async () => {
  const { socket, stream } = await ask()
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  stream.send({ event: 'last', id: '7', data: { a: 'line\nend' } })
  stream.end()
  while (!text.includes('\r\n0\r\n')) await once(socket, 'data')
  assert.match(text, /event: last\nid: 7\ndata: \{"a":"line\\nend"\}\n\n/)
  socket.destroy()
})

test('whoever has much to send waits until there is room, and no longer than the stream lasts', async () => {
  const half = 32 * 1024
  const stream = openEventStream({ maxWaitingBytes: 2 * half, retryMillis: 1000, onEnd() {} })
  const reader = stream.body.getReader()
  await stream.room()
  stream.comment('x'.repeat(half))
  let hasRoom = false
  const room = stream.room().then(() => {
    hasRoom = true
  })
  await new Promise((later) => setTimeout(later, 10))
  assert.ok(!hasRoom, 'there is no room yet')
  await reader.read()
  await reader.read()
  await room
  stream.comment('x'.repeat(half + 1))
  const never = stream.room()
  await reader.cancel()
  await never
})

test('a stream that breaks where nobody can be cut off breaks for whoever reads it', async () => {
  const stream = openEventStream({ maxWaitingBytes: 1024, retryMillis: 1000, onEnd() {} })
  const told: unknown[] = []
  const body = watchedStream(stream.body, (error) => {
    told.push(error)
    return false
  })
  stream.comment('x'.repeat(2048))
  await assert.rejects(new Response(body).text(), SlowReader)
  assert.equal(told.length, 1)
})
