/* What forward-auth is compared with: a bare route of Hono that says yes to everything. */
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { serveQuestions } from './processes.ts'

const app = new Hono()
app.get('/auth/verify', (c) => c.body(null, 204))
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => {
  serveQuestions(
    { port },
    () => null,
    () => server.close(),
  )
})
