/* A service behind a proxy: a small JSON, `/bytes/N` of that many bytes, and a body that is read and counted. */
import { createServer } from 'node:http'
import { serveQuestions } from './processes.ts'

const chunk = Buffer.alloc(65_536, 'x')
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const wanted = /\/bytes\/(\d+)$/.exec(request.url ?? '')?.[1]
  if (wanted !== undefined) {
    let left = Number(wanted)
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': left })
    const write = (): void => {
      while (left > 0) {
        const part = chunk.subarray(0, Math.min(left, chunk.byteLength))
        left -= part.byteLength
        if (!response.write(part)) {
          response.once('drain', write)
          return
        }
      }
      response.end()
    }
    write()
    return
  }
  let bytes = 0
  request.on('data', (data: Buffer) => {
    bytes += data.byteLength
  })
  request.on('end', () => {
    const body = JSON.stringify({ ok: true, bytes })
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  serveQuestions(
    { port },
    () => null,
    () => server.close(),
  )
})
