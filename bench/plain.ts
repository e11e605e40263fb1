/* What the guarded route is compared with: the same answer from the same kind of server, without any guard. */
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { serveQuestions } from './processes.ts'

const app = new Hono()
app.get('/guarded', (c) => c.json({ ok: true }))
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => {
  serveQuestions(
    { url: `http://127.0.0.1:${port}` },
    () => null,
    () => server.close(),
  )
})
