import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { open as openAt, useShop } from './service.ts'

const shop = useShop(({ upstream }) => ({ upstreams: [upstream('/shop')] }))
const { port, bearer } = shop
const open = (
  path: string,
  headers: Readonly<Record<string, string>>,
  method: string,
  got: (r: IncomingMessage) => void,
) => openAt(port(), path, headers, method, got)

test('neither direction is kept in memory: a side that does not read stops the one that writes', async () => {
  const pushed = (write: (chunk: Buffer) => boolean) => {
    const chunk = Buffer.alloc(65_536)
    let bytes = 0
    return async () => {
      // All that any buffer between the two ends takes is taken in the first moments.
      for (let idle = 0; idle < 5 && bytes < 64 * 1_048_576; ) {
        if (write(chunk)) idle = 0
        else {
          idle += 1
          await pause(30)
        }
        bytes += chunk.byteLength
      }
      return bytes
    }
  }
  shop.service.answer = () => {} // Reads nothing.
  const up = open('/shop', { ...bearer(), 'Transfer-Encoding': 'chunked' }, 'POST', () => {}).on('error', () => {})
  const upBytes = await pushed((chunk) => !up.writableNeedDrain && up.write(chunk))()
  up.destroy()
  assert.ok(upBytes < 24 * 1_048_576, `${upBytes} bytes were taken in`)

  const done = Promise.withResolvers<number>()
  shop.service.answer = (_, response) => {
    response.on('error', () => {})
    done.resolve(pushed((chunk) => !response.writableNeedDrain && response.write(chunk))())
  }
  const down = open('/shop', bearer(), 'GET', (response) => response.pause()).on('error', () => {})
  down.end()
  const downBytes = await done.promise
  down.destroy()
  assert.ok(downBytes < 24 * 1_048_576, `${downBytes} bytes were taken out`)
})

test('a caller that goes away takes the request to the service along', async () => {
  const gone = Promise.withResolvers<void>()
  shop.service.answer = (_, response) => {
    response.on('close', () => gone.resolve())
    response.write('a')
  }
  const sent = open('/shop', bearer(), 'GET', () => sent.destroy()).on('error', () => {})
  sent.end()
  await gone.promise
})

test('an answer that comes before the body is passed on, and the connection is not used again', async () => {
  shop.service.answer = (_, response) => response.writeHead(413).end('too much')
  const got = Promise.withResolvers<IncomingMessage>()
  const sent = open('/shop', { ...bearer(), 'Content-Length': '10000000' }, 'POST', got.resolve).on('error', () => {})
  sent.write('x')
  const response = await got.promise
  assert.equal(response.statusCode, 413)
  assert.equal(response.headers.connection, 'close')
  sent.destroy()
})

test('whoever waits to be told to go on is told so only after the guard has said yes', async () => {
  const body = 'x'.repeat(100_000)
  const ask = (authorization: string) =>
    new Promise<string>((done, fail) => {
      let answer = ''
      const socket = connect(port(), '127.0.0.1', () =>
        socket.write(
          `POST /shop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\nConnection: close\r\nAuthorization: ${authorization}\r\n\r\n`,
        ),
      )
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        if (answer === '' && chunk.startsWith('HTTP/1.1 100 ')) socket.write(body)
        answer += chunk
      })
      socket.on('error', fail).on('close', () => done(answer))
    })
  const refused = await ask('Bearer garbage')
  assert.match(refused, /^HTTP\/1\.1 401 /)
  shop.service.answer = (asked, response) => {
    let bytes = 0
    asked.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength
    })
    asked.on('end', () => response.end(`${bytes} bytes`))
  }
  assert.match(await ask(`Bearer ${shop.access}`), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 .*100000 bytes/s)
  assert.equal(shop.service.asked[0]?.headers.expect, undefined)
})

test('a caller that stops in the middle of its body, or of taking the answer, is let go, and so is the service', async () => {
  const gone = { POST: Promise.withResolvers<void>(), GET: Promise.withResolvers<void>() }
  shop.service.answer = (asked, response) => {
    response.on('close', () => gone[asked.method === 'GET' ? 'GET' : 'POST'].resolve())
    if (asked.method === 'GET') response.end(Buffer.alloc(64 * 1_048_576))
  }
  const up = open('/shop', { ...bearer(), 'Content-Length': '1000000' }, 'POST', () => {}).on('error', () => {})
  up.write('x')
  const down = open('/shop', bearer(), 'GET', (response) => response.pause().on('error', () => {}))
  down.on('error', () => {}).end()
  await Promise.all([gone.POST.promise, gone.GET.promise])
  up.destroy()
  down.destroy()
})
