// An API on node:http alone whose callers Cardea knows. Settings: ISSUER, GUARD_KEY, PORT.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { accepts, createGuard, project, requires } from 'cardea/guard'
import { guarded, optional } from 'cardea/node'
import { article, publicFields, readSettings } from '../articles.ts'

const { issuer, key, port } = readSettings(process.env)
const guard = createGuard({ issuer, audience: issuer, introspect: { key }, feed: {} })

const answer = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))

const routes: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => unknown>> = {
  'GET /open': (_request, response) => answer(response, 200, { open: true }),
  'GET /article': optional(guard, [], (_request, response, caller) =>
    answer(response, 200, caller === null ? project(article, publicFields) : article),
  ),
  'GET /orders': guarded(guard, requires('account:read'), (_request, response, { user, kind }) =>
    answer(response, 200, { caller: user?.publicId, kind }),
  ),
  'POST /orders': guarded(guard, requires('account:write'), async (request, response) => {
    const ordered = await json(request).catch(() => null)
    if (ordered === null) answer(response, 400, { error: 'not JSON' })
    else answer(response, 201, { ordered })
  }),
  'GET /robots': guarded(guard, accepts('api-key'), (_request, response, { keyId }) =>
    answer(response, 200, { key: keyId }),
  ),
  'GET /people': guarded(guard, requires('users:read'), (_request, response) => answer(response, 200, { people: [] })),
}

const server = createServer(async (request, response) => {
  const path = (request.url ?? '').split('?')[0]
  try {
    const route = routes[`${request.method} ${path}`]
    if (route === undefined) answer(response, 404, { error: 'not found' })
    else await route(request, response)
  } catch (error) {
    console.error(error)
    if (!response.headersSent) answer(response, 500, { error: 'internal' })
  }
})
server.listen(port, '127.0.0.1', () => {
  const address = server.address()
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`)
})
