import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { optionPaths } from '../../src/config/options.ts'
import { showConfig } from '../../src/config/shown.ts'

const folder = mkdtempSync(join(tmpdir(), 'cardea-shown-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const parts = ['root-secret', 'smtp-password', 'static-key', 'apostrophe-key', 'database-password', 'old-secret'].map(
  (name) => `${name}-0123456789-abcdefghijklmnop`,
)
const [root, smtp, fixed, cms, database, old] = parts as [string, string, string, string, string, string]

test('of a secret it is only told whether it is set', async () => {
  const config = await loadConfig({
    folder,
    builtInRoles: { user: ['account:read'], admin: ['account:read'] },
    environment: {
      CARDEA_SECRET: root,
      CARDEA_PREVIOUS_SECRETS: JSON.stringify([old]),
      CARDEA_SMTP_URL: `smtps://mailer:${smtp}@mail.example.com`,
      CARDEA_DATABASE_URL: `postgres://cardea:${database}@db.example.com/cardea`,
      CARDEA_STATIC_KEYS: JSON.stringify([{ name: 'robot', key: fixed, role: 'user' }]),
      CARDEA_APOSTROPHE_API_KEYS: JSON.stringify({ [cms]: { role: 'admin' } }),
      CARDEA_SESSION_IDLE_SECONDS: '1234',
    },
  })
  const shown = showConfig(config)
  const text = JSON.stringify(shown)
  for (const secret of parts) assert.ok(!text.includes(secret), secret)
  const of = (path: string) => shown.find(({ setting }) => setting === path)
  for (const path of ['secret', 'smtp.url', 'databaseUrl', 'staticKeys', 'apostrophe.apiKeys', 'previousSecrets']) {
    const { value, isSet, source } = of(path) ?? {}
    assert.deepEqual([value, isSet, source], [null, true, 'environment'], path)
  }
  const { doc: _, ...idle } = of('session.idleSeconds') ?? {}
  assert.deepEqual(idle, {
    setting: 'session.idleSeconds',
    variable: 'CARDEA_SESSION_IDLE_SECONDS',
    value: 1234,
    shown: true,
    isSet: true,
    source: 'environment',
    default: '1209600',
    unit: 'seconds',
  })
})

test('every setting is listed, and text that nobody has declared safe is not shown', async () => {
  const config = await loadConfig({
    folder,
    builtInRoles: { user: ['account:read'], admin: ['account:read'] },
    environment: {},
  })
  const shown = showConfig(config)
  assert.deepEqual(
    shown.map(({ setting }) => setting),
    optionPaths,
  )
  const hidden = shown.filter((each) => !each.shown).map(({ setting }) => setting)
  assert.deepEqual(hidden.sort(), [
    'apostrophe.apiKeys',
    'databaseUrl',
    'librephotos.library',
    'pieces',
    'previousSecrets',
    'rules',
    'secret',
    'signInUrl',
    'smtp.url',
    'staticKeys',
    'upstreams',
  ])
  assert.equal(shown.find(({ setting }) => setting === 'publicUrl')?.value, 'http://127.0.0.1:4000')
})
