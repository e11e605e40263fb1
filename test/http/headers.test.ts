import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { type HeaderReader, nodeHeaders } from '../../src/http/headers.ts'

/** What a server reads of these raw header lines. */
async function reading<T>(
  lines: readonly (readonly [string, string])[],
  read: (headers: HeaderReader) => T,
): Promise<T> {
  const server = createServer({ joinDuplicateHeaders: true })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  try {
    return await new Promise<T>((done, fail) => {
      server.once('request', (incoming, response) => {
        done(read(nodeHeaders(incoming.headers)))
        response.end()
      })
      const { port } = server.address() as AddressInfo
      request({ port, headers: ['Host', `127.0.0.1:${port}`, ...lines.flat()] }, (answer) => answer.resume())
        .on('error', fail)
        .end()
    })
  } finally {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
}

test('a header that came twice is read as both, as the platform does: the second is never dropped unseen', async () => {
  const twice: readonly (readonly [string, string])[] = [
    ['Authorization', 'Bearer one'],
    ['Authorization', 'Bearer two'],
    ['Cookie', 'a=1'],
    ['Cookie', 'b=2'],
    ['X-API-Key', 'one'],
    ['X-API-Key', 'two'],
    ['Origin', 'https://a.example'],
    ['Origin', 'https://b.example'],
    ['User-Agent', 'one'],
    ['User-Agent', 'two'],
  ]
  const platform = new Headers(twice.filter(([name]) => name !== 'Cookie') as [string, string][])
  const names = ['authorization', 'x-api-key', 'origin', 'user-agent']
  const found = await reading(twice, (headers) => [...names, 'cookie'].map((name) => headers.get(name)))
  assert.deepEqual(found, [...names.map((name) => platform.get(name)), 'a=1; b=2'])
})

test('what was not sent is null, and an empty header is there', async () => {
  const found = await reading([['X-API-Key', '']], (headers) => [
    headers.get('x-api-key'),
    headers.has('x-api-key'),
    headers.get('authorization'),
    headers.has('authorization'),
  ])
  assert.deepEqual(found, ['', true, null, false])
})

test('no name reaches what JavaScript objects have of themselves', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasownproperty']
  const found = await reading([], (headers) => names.map((name) => headers.get(name)))
  assert.deepEqual(found, [null, null, null, null])
})
