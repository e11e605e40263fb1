// A service that knows nothing of credentials: who calls stands in the headers that Cardea, or a proxy that asked it, sets.
//
//   ORDERS_PORT   default 4300
import { createServer } from 'node:http'

const { ORDERS_PORT: port = '4300' } = process.env
const orders = [
  { id: 1, title: 'lamp', price: 40 },
  { id: 2, title: 'chair', price: 90 },
]

const server = createServer((request, response) => {
  const { 'x-cardea-username': caller = '', 'x-cardea-scopes': scopes = '' } = request.headers
  const answer = (status: number, body: unknown) => {
    response.writeHead(status, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(body))
  }
  const id = Number(/^\/orders\/(\d+)$/.exec(request.url ?? '')?.[1])
  const order = orders.find((each) => each.id === id)
  if (request.url === '/orders') answer(200, orders)
  else if (order === undefined) answer(404, { error: 'not_found' })
  // A right is a scope, not a role: a narrow key has the role of its owner all the same.
  else if (request.method !== 'GET' && !String(scopes).split(' ').includes('account:write'))
    answer(403, { error: 'insufficient_scope' })
  else answer(200, { ...order, caller: decodeURIComponent(String(caller)) })
})
// Nobody but Cardea, or the proxy, may reach it.
server.listen(Number(port), '127.0.0.1')
