// A Hono API whose callers Cardea knows. Settings: ISSUER, GUARD_KEY, PORT.
import { serve } from '@hono/node-server'
import { accepts, createGuard, project, requires } from 'cardea/guard'
import { guarded, optional, optionalPrincipalOf, principalOf } from 'cardea/hono'
import { Hono } from 'hono'
import { article, publicFields, readSettings } from '../articles.ts'

const { issuer, key, port } = readSettings(process.env)
const guard = createGuard({ issuer, audience: issuer, introspect: { key }, feed: {} })
const app = new Hono()

app.get('/open', (c) => c.json({ open: true }))

app.get('/article', optional(guard), (c) =>
  optionalPrincipalOf(c) === null ? Response.json(project(article, publicFields)) : c.json(article),
)

app.get('/orders', guarded(guard, requires('account:read')), (c) => {
  const { user, kind } = principalOf(c)
  return c.json({ caller: user?.publicId, kind })
})

app.post('/orders', guarded(guard, requires('account:write')), async (c) => {
  const ordered: unknown = await c.req.json().catch(() => null)
  return ordered === null ? c.json({ error: 'not JSON' }, 400) : c.json({ ordered }, 201)
})

app.get('/robots', guarded(guard, accepts('api-key')), (c) => c.json({ key: principalOf(c).keyId }))

app.get('/people', guarded(guard, requires('users:read')), (c) => c.json({ people: [] }))

serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, ({ port }) => console.log(`http://127.0.0.1:${port}`))
