import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { raw, useShop } from './service.ts'

const shop = useShop(({ upstream }) => ({ upstreams: [upstream('/shop')] }))
const { port } = shop

test('requests that are framed in two ways end the connection and reach nothing', async () => {
  const auth = `Authorization: Bearer ${shop.access}\r\n`
  for (const lines of [
    'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
    'Content-Length: 5\r\nContent-Length: 6\r\n',
    'Transfer-Encoding: chunked, identity\r\n',
    'Transfer-Encoding: xchunked\r\n',
    'Transfer-Encoding: gzip, chunked\r\nConnection: close\r\n',
    'Content-Length: +5\r\n',
  ]) {
    const answer = await raw(port(), `POST /shop HTTP/1.1\r\nHost: 127.0.0.1\r\n${auth}${lines}\r\n0\r\n\r\n`)
    assert.match(answer, /^HTTP\/1\.1 400 /, lines)
  }
  assert.equal(shop.service.asked.length, 0)
})

test('a body is announced to the service whatever Connection names, so that none of it is a request of its own', async () => {
  const body = 'POST /shop/orders HTTP/1.1\r\nHost: x\r\nX-Cardea-Role: admin\r\nContent-Length: 0\r\n\r\n'
  shop.service.answer = (request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => response.end(text))
  }
  for (const method of ['GET', 'DELETE', 'OPTIONS', 'POST'])
    for (const [framing, sent] of [
      [`Content-Length: ${body.length}`, body],
      ['Transfer-Encoding: chunked', `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`],
    ] as const) {
      shop.service.asked.length = 0
      const head = `${method} /shop HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${shop.access}\r\n${framing}\r\n`
      const named = 'Connection: close, content-length, transfer-encoding, host\r\n'
      const answer = await raw(port(), `${head}${named}\r\n${sent}`)
      assert.match(answer, /^HTTP\/1\.1 200 /, method)
      assert.ok(answer.includes(body) || answer.includes('X-Cardea-Role: admin'), method)
      assert.deepEqual(
        shop.service.asked.map((each) => each.method),
        [method],
        framing,
      )
    }
})

test('the service is told who calls before anything that the caller says, of which it may read only so much', async () => {
  const junk = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`j${index.toString(36)}`, '']))
  shop.service.answer = (request, response) => response.end(JSON.stringify(request.rawHeaders.slice(0, 30)))
  const text = await new Promise<string>((done, fail) => {
    const headers = { Authorization: `Bearer ${shop.access}`, ...junk }
    request({ host: '127.0.0.1', port: port(), path: '/shop', headers }, (response) => {
      let all = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        all += chunk
      })
      response.on('end', () => done(all))
    })
      .on('error', fail)
      .end()
  })
  const first = JSON.parse(text) as string[]
  for (const name of ['host', 'X-Cardea-User', 'X-Cardea-Scopes', 'X-Cardea-Jwt', 'x-forwarded-for'])
    assert.ok(first.indexOf(name) >= 0 && first.indexOf(name) < first.findIndex((each) => /^j\w+$/.test(each)), name)
})

test('a request waits for the answer to the one before it on its connection, however many are sent at once', async () => {
  const held: (() => void)[] = []
  const more = () => new Promise<void>((done) => shop.service.server.once('request', () => done()))
  shop.service.answer = ({ url }, response) => held.push(() => response.end(url))
  const line = (path: string, last = '') =>
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${shop.access}\r\n${last}\r\n`
  let arrived = more()
  const all = raw(port(), line('/shop/1') + line('/shop/2') + line('/shop/3', 'Connection: close\r\n'))
  for (const count of [1, 2, 3]) {
    await arrived
    await pause(20)
    assert.equal(shop.service.asked.length, count)
    arrived = more()
    held.pop()?.()
  }
  assert.match(await all, /\/shop\/1.*\/shop\/2.*\/shop\/3/s)
})
