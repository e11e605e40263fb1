/*
 * A server that guards one route with better-auth: bearer tokens of sessions and API keys, on SQLite, in the way that
 * its documentation shows. It is installed into a folder of the run only, so it is loaded by path and has no types here.
 */
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { serve } from '@hono/node-server'
import Database from 'better-sqlite3'
import { Hono } from 'hono'
import { readWish, serveQuestions } from './processes.ts'

export interface BetterAuthWish {
  /** Holds node_modules with better-auth in it. */
  readonly modules: string
  readonly dataDir: string
}

interface Auth {
  readonly api: Readonly<
    Record<
      'getSession' | 'verifyApiKey' | 'signUpEmail' | 'createApiKey',
      (wish: object) => Promise<Record<string, unknown> | null>
    >
  >
  readonly options: object
}

const { modules, dataDir } = readWish<BetterAuthWish>()
const require = createRequire(join(modules, 'package.json'))
const load = async (name: string) =>
  (await import(pathToFileURL(require.resolve(name)).href)) as Record<string, (wish?: object) => unknown>

const { betterAuth } = await load('better-auth')
const { bearer } = await load('better-auth/plugins/bearer')
const { apiKey } = await load('@better-auth/api-key')
const { getMigrations } = await load('better-auth/db/migration')
if (!betterAuth || !bearer || !apiKey || !getMigrations)
  throw new Error('this is not the better-auth that the bench knows')

const database = new Database(join(dataDir, 'better-auth.sqlite'))
database.pragma('journal_mode = wal')
const auth = betterAuth({
  baseURL: 'http://127.0.0.1',
  secret: 'a secret of thirty-two characters or more',
  database,
  logger: { disabled: true },
  telemetry: { enabled: false },
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  plugins: [bearer(), apiKey({ rateLimit: { enabled: false } })],
}) as Auth
const { runMigrations } = (await getMigrations(auth.options)) as { runMigrations: () => Promise<void> }
await runMigrations()

const signedUp = await auth.api.signUpEmail({
  body: { name: 'Alice', email: 'alice@example.org', password: 'correct horse battery' },
})
if (signedUp === null) throw new Error('better-auth signed nobody up')
const { id: userId } = signedUp.user as { id: string }
const made = await auth.api.createApiKey({ body: { userId, name: 'bench' } })

const app = new Hono()
app.get('/session', async (c) => {
  const session = await auth.api.getSession({ headers: c.req.raw.headers })
  return session === null ? c.json({ ok: false }, 401) : c.json({ ok: true })
})
app.get('/key', async (c) => {
  const verdict = await auth.api.verifyApiKey({ body: { key: c.req.header('x-api-key') ?? '' } })
  return verdict?.valid === true ? c.json({ ok: true }) : c.json({ ok: false }, 401)
})
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => {
  serveQuestions(
    { url: `http://127.0.0.1:${port}`, token: signedUp.token, key: made?.key },
    () => null,
    () => server.close(),
  )
})
