/* What the gateway is compared with: requests passed on by node:http over kept connections, with no guard at all. */
import { Agent, createServer, request as send } from 'node:http'
import { readWish, serveQuestions } from './processes.ts'

const { port: target } = readWish<{ port: number }>()
const agent = new Agent({ keepAlive: true })
const server = createServer((request, response) => {
  const { method, url: path, headers } = request
  const sent = send({ host: '127.0.0.1', port: target, method, path, headers, agent }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  sent.on('error', () => response.destroy())
  request.pipe(sent)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  serveQuestions(
    { url: `http://127.0.0.1:${port}` },
    () => null,
    () => server.close(),
  )
})
