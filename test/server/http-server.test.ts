import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { mock, test } from 'node:test'
import type { App } from '../../src/apis/mount.ts'
import { listen } from '../../src/server/http-server.ts'
import { StartError } from '../../src/server/start-error.ts'
import { silentLog } from '../support/store.ts'

const host = '127.0.0.1'
const answering = (fetch: App['fetch']) => listen({ host, port: 0, app: Promise.resolve({ fetch }), log: silentLog })

/** Status and body of one request; `agent` keeps connections alive. */
function get(port: number, path = '/', agent = new Agent()): Promise<{ status: number; body: string }> {
  return new Promise((done, fail) => {
    request({ host, port, path, agent }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => done({ status: response.statusCode ?? 0, body }))
    })
      .on('error', fail)
      .end()
  })
}

/** What the server says to raw bytes, until it closes. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((done, fail) => {
    let answer = ''
    const socket = connect(port, host, () => socket.write(text))
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', fail)
    socket.on('close', () => done(answer))
  })
}

test('a request that is running when the server stops is finished, and no new one is taken', async () => {
  const arrived = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const server = await answering(async () => {
    arrived.resolve()
    await gate.promise
    return new Response('finished')
  })
  const running = get(server.port)
  await arrived.promise
  const stopping = server.stop(10_000)
  await assert.rejects(get(server.port))
  gate.resolve()
  assert.deepEqual(await running, { status: 200, body: 'finished' })
  assert.equal(await stopping, true)
})

test('an idle keep-alive connection does not hold up the stop', async () => {
  const server = await answering(async () => new Response('hello'))
  const agent = new Agent({ keepAlive: true })
  await get(server.port, '/', agent)
  assert.equal(await server.stop(10_000), true)
  agent.destroy()
})

test('a request that does not end in time is cut, and that is told', async () => {
  const arrived = Promise.withResolvers<void>()
  const server = await answering(() => {
    arrived.resolve()
    return new Promise(() => {})
  })
  const running = get(server.port)
  const failed = assert.rejects(running)
  await arrived.promise
  assert.equal(await server.stop(20), false)
  await failed
})

test('a request that comes before the app is there waits for it', async () => {
  const app = Promise.withResolvers<Pick<App, 'fetch'>>()
  const server = await listen({ host, port: 0, app: app.promise, log: silentLog })
  const early = get(server.port)
  app.resolve({ fetch: async () => new Response('ready') })
  assert.equal((await early).body, 'ready')
  await server.stop(1000)
})

test('what is not HTTP, or too large, gets a clean problem and the server lives on', async () => {
  const server = await answering(async () => new Response('alive'))
  const cases: [string, number][] = [
    ['nonsense\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nBad Header\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
  ]
  for (const [text, status] of cases) {
    const [head = '', body = ''] = (await raw(server.port, text)).split('\r\n\r\n')
    assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), text.slice(0, 40))
    assert.match(head, /^Content-Type: application\/problem\+json\r?$/m)
    const problem = JSON.parse(body)
    assert.deepEqual([problem.status, problem.code], [status, 'request_invalid'])
  }
  assert.equal((await get(server.port)).body, 'alive')
  await server.stop(1000)
})

test('a body that trickles in for a minute is cut off with a clean problem', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const arrived = Promise.withResolvers<void>()
    const server = await answering(async (request) => {
      arrived.resolve()
      await request.text()
      return new Response('read')
    })
    const answer = raw(server.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab')
    await arrived.promise
    mock.timers.tick(60_000)
    assert.match(await answer, /^HTTP\/1\.1 408 .*application\/problem\+json/s)
    mock.timers.reset()
    await server.stop(1000)
  } finally {
    mock.timers.reset()
  }
})

test('what had come of a body is not kept when the caller is answered before its end and hangs up', async (t) => {
  const clocks = () => process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length
  const server = await answering(async (request) => {
    for await (const _ of request.body ?? []) break
    return new Response('enough', { status: 413 })
  })
  t.after(() => server.stop(1000))
  const before = clocks()
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
  assert.match(await raw(server.port, head + '1\r\na\r\n'.repeat(100)), /^HTTP\/1\.1 413 /)
  for (let turn = 0; turn < 100 && clocks() > before; turn += 1) await new Promise((done) => setImmediate(done))
  assert.equal(clocks(), before)
})

test('whoever is refused and does not close its side is let go all the same', async () => {
  let arrived = Promise.withResolvers<void>()
  arrived.resolve()
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const server = await answering((request) => {
      arrived.resolve()
      return request.text().then(() => new Response('read'))
    })
    const turns = () => new Promise((done) => setImmediate(() => setImmediate(done)))
    for (const [text, waited] of [
      ['nonsense\r\n\r\n', 0],
      ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab', 60_000],
    ] as const) {
      if (waited > 0) arrived = Promise.withResolvers<void>()
      const caller = connect({ port: server.port, host, allowHalfOpen: true }, () => caller.write(text))
      const told = new Promise((done) => caller.once('end', done))
      const gone = new Promise((done) => caller.once('close', done))
      caller.resume().on('error', () => {})
      await arrived.promise
      mock.timers.tick(waited)
      await told
      mock.timers.tick(1000)
      await turns()
      // The first tells that nobody is there, the second is told.
      caller.write('c', () => turns().then(() => caller.write('c')))
      await gone
    }
    mock.timers.reset()
    await server.stop(1000)
  } finally {
    mock.timers.reset()
  }
})

test('a request waits for the answer to the one before it on its connection, however many are sent at once', async () => {
  const held: ((response: Response) => void)[] = []
  const server = await answering(() => new Promise<Response>((done) => held.push(done)))
  const text = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2)
  const all = raw(server.port, `${text}POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab`)
  for (const count of [1, 2, 3]) {
    while (held.length < count) await new Promise((done) => setTimeout(done, 5))
    await new Promise((done) => setTimeout(done, 20))
    assert.equal(held.length, count)
    held[count - 1]?.(new Response(`answer ${count}`))
  }
  assert.match(await all, /answer 1.*answer 2.*answer 3/s)
  await server.stop(1000)
})

test('a request without a host that can be read is a clean 400, not a crash', async () => {
  const server = await answering(async () => new Response('alive'))
  for (const host of ['', 'a b', '[::1', 'a/b']) {
    assert.match(
      await raw(server.port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
      /^HTTP\/1\.1 400 /,
      host,
    )
  }
  assert.equal((await get(server.port)).status, 200)
  await server.stop(1000)
})

test('an app that throws gives a clean 500', async () => {
  const server = await answering(() => Promise.reject(new Error('hunter2')))
  const { status, body } = await get(server.port)
  assert.equal(status, 500)
  assert.doesNotMatch(body, /hunter2/)
  await server.stop(1000)
})

test('a port that is taken is told in one line that says what to do', async () => {
  const server = await answering(async () => new Response(''))
  await assert.rejects(
    listen({ host, port: server.port, app: Promise.withResolvers<App>().promise, log: silentLog }),
    (error) => {
      assert.ok(error instanceof StartError)
      assert.equal(
        error.message,
        `Port ${server.port} on 127.0.0.1 is in use. Stop the program that holds it, or choose another port: --port ${server.port + 1} (or CARDEA_PORT).`,
      )
      return true
    },
  )
  await server.stop(1000)
})

test('an address that this machine does not have is told in one line', async () => {
  await assert.rejects(
    listen({ host: '203.0.113.7', port: 0, app: Promise.withResolvers<App>().promise, log: silentLog }),
    /^StartError: This machine has no address 203\.0\.113\.7\./,
  )
})
