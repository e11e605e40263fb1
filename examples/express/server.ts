// An Express API whose callers Cardea knows. Settings: ISSUER, GUARD_KEY, PORT (see docs/protect-express.md).
import { guarded, optional, optionalPrincipalOf, principalOf } from 'cardea/express'
import { accepts, createGuard, project, requires } from 'cardea/guard'
import express from 'express'
import { article, publicFields, readSettings } from '../articles.ts'

const { issuer, key, port } = readSettings(process.env)
const guard = createGuard({ issuer, audience: issuer, introspect: { key }, feed: {} })
const app = express()

app.get('/open', (_request, response) => response.json({ open: true }))

app.get('/article', optional(guard), (request, response) => {
  const caller = optionalPrincipalOf(request)
  response.json(caller === null ? project(article, publicFields) : article)
})

app.get('/orders', guarded(guard, requires('account:read')), (request, response) => {
  const { user, kind } = principalOf(request)
  response.json({ caller: user?.publicId, kind })
})

app.post('/orders', guarded(guard, requires('account:write')), express.json(), (request, response) => {
  response.status(201).json({ ordered: request.body })
})

app.get('/robots', guarded(guard, accepts('api-key')), (request, response) => {
  response.json({ key: principalOf(request).keyId })
})

app.get('/people', guarded(guard, requires('users:read')), (_request, response) => response.json({ people: [] }))

const server = app.listen(port, '127.0.0.1', () => {
  const address = server.address()
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`)
})
