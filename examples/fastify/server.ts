// A Fastify API whose callers Cardea knows. Settings: ISSUER, GUARD_KEY, PORT.
import { guarded, optional, optionalPrincipalOf, principalOf } from 'cardea/fastify'
import { accepts, createGuard, project, requires } from 'cardea/guard'
import fastify from 'fastify'
import { article, publicFields, readSettings } from '../articles.ts'

const { issuer, key, port } = readSettings(process.env)
const guard = createGuard({ issuer, audience: issuer, introspect: { key }, feed: {} })
const app = fastify()

app.get('/open', async () => ({ open: true }))

app.get('/article', { onRequest: optional(guard) }, async (request) =>
  optionalPrincipalOf(request) === null ? project(article, publicFields) : article,
)

app.get('/orders', { onRequest: guarded(guard, requires('account:read')) }, async (request) => {
  const { user, kind } = principalOf(request)
  return { caller: user?.publicId, kind }
})

// Refused before the body is read.
app.post('/orders', { onRequest: guarded(guard, requires('account:write')) }, async (request, reply) =>
  reply.code(201).send({ ordered: request.body }),
)

app.get('/robots', { onRequest: guarded(guard, accepts('api-key')) }, async (request) => ({
  key: principalOf(request).keyId,
}))

app.get('/people', { onRequest: guarded(guard, requires('users:read')) }, async () => ({ people: [] }))

console.log(await app.listen({ port, host: '127.0.0.1' }))
