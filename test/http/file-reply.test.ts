import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileReply, type ServedFile } from '../../src/http/file-reply.ts'

const text = 'abcdefghij'

function openFile(): { readonly file: ServedFile; readonly done: () => readonly string[] } {
  const done: string[] = []
  const file: ServedFile = {
    size: text.length,
    type: 'image/png',
    etag: '"tag"',
    stream(from, to) {
      done.push(`stream ${from}-${to}`)
      return new Response(text.slice(from, to + 1)).body as ReadableStream<Uint8Array>
    },
    async close() {
      done.push('close')
    },
  }
  return { file, done: () => done }
}

const rows = [
  ['GET', {}, 200, 'stream 0-9', { 'Content-Length': '10' }],
  ['GET', { range: 'bytes=2-4' }, 206, 'stream 2-4', { 'Content-Length': '3', 'Content-Range': 'bytes 2-4/10' }],
  ['GET', { range: 'bytes=10-' }, 416, 'close', { 'Content-Range': 'bytes */10' }],
  ['GET', { range: 'bytes=0-1,3-4' }, 200, 'stream 0-9', {}],
  ['GET', { range: 'bytes=2-4', 'if-range': '"tag"' }, 206, 'stream 2-4', {}],
  ['GET', { range: 'bytes=2-4', 'if-range': '"other"' }, 200, 'stream 0-9', {}],
  ['GET', { range: 'bytes=2-4', 'if-range': 'W/"tag"' }, 200, 'stream 0-9', {}],
  ['GET', { 'if-none-match': '"tag"' }, 304, 'close', {}],
  ['GET', { 'if-none-match': '"x", W/"tag"' }, 304, 'close', {}],
  ['GET', { 'if-none-match': '*' }, 304, 'close', {}],
  ['GET', { 'if-none-match': '"tag"', range: 'bytes=2-4' }, 304, 'close', {}],
  ['GET', { 'if-none-match': '"other"', range: 'bytes=2-4' }, 206, 'stream 2-4', {}],
  ['HEAD', {}, 200, 'close', { 'Content-Length': '10', 'Content-Type': 'image/png' }],
  ['HEAD', { range: 'bytes=2-4' }, 200, 'close', { 'Content-Length': '10' }],
  ['HEAD', { 'if-none-match': '"tag"' }, 304, 'close', {}],
] as const

for (const [method, sent, status, did, expected] of rows) {
  test(`${method} with ${JSON.stringify(sent)} is ${status}, and the file is not left open`, async () => {
    const { file, done } = openFile()
    const reply = await fileReply(file, { method, headers: new Headers(sent) }, { 'X-Own': 'yes' })
    assert.equal(reply.status, status)
    assert.deepEqual(done(), [did])
    const headers: Readonly<Record<string, string>> = reply.headers ?? {}
    assert.equal(headers.ETag, '"tag"')
    assert.equal(headers['Accept-Ranges'], 'bytes')
    assert.equal(headers['X-Own'], 'yes')
    for (const [name, value] of Object.entries(expected)) assert.equal(headers[name], value)
    assert.equal(reply.body === undefined, did === 'close')
  })
}
