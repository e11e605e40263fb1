import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../../src/config/config.ts'
import { relaxations } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { isLoopback } from '../../src/config/strict.ts'

const secret = '0123456789abcdef'.repeat(4)
/** What a public server needs at least. */
const right = {
  CARDEA_PUBLIC_URL: 'https://auth.example.com',
  CARDEA_SMTP_URL: 'smtps://u:p@mail.example.com',
  CARDEA_TRUSTED_PROXIES: '127.0.0.1',
}

const load = (environment: Record<string, string>): Promise<Config> =>
  loadConfig({ environment, folder: '/', settings: {}, builtInRoles: { user: [], admin: [] } })

async function refused(environment: Record<string, string>): Promise<Record<string, string>> {
  try {
    await load(environment)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return Object.fromEntries(error.problems.map(({ setting, message }) => [setting, message]))
  }
  return {}
}

test('strict mode is on by NODE_ENV, by host and by public URL, and off on loopback', async () => {
  assert.equal((await load({})).strict, false)
  assert.equal((await load({ CARDEA_HOST: '::1' })).strict, false)
  assert.equal((await load({ CARDEA_PUBLIC_URL: 'http://localhost:4000' })).strict, false)
  assert.equal((await load(right)).strict, true)
  assert.equal((await load({ ...right, CARDEA_HOST: '0.0.0.0' })).strict, true)
  assert.equal((await load({ ...right, CARDEA_PUBLIC_URL: 'https://localhost', NODE_ENV: 'production' })).strict, true)
  assert.equal((await load({ ...right, CARDEA_STRICT: 'off' })).strict, false)
})

test('an http public URL is refused in strict mode unless allowInsecure says so', async () => {
  const http = { ...right, CARDEA_PUBLIC_URL: 'http://auth.example.com' }
  assert.match(
    (await refused(http)).publicUrl ?? '',
    /^must be https in strict mode \(the public URL is not loopback\)/,
  )
  assert.match(
    (await refused({ ...right, CARDEA_PUBLIC_URL: '', NODE_ENV: 'production' })).publicUrl ?? '',
    /NODE_ENV=production/,
  )
  const config = await load({ ...http, CARDEA_ALLOW_INSECURE: 'true' })
  assert.match(relaxations(config).join(), /^allowInsecure: the public URL is http/)
})

test('a host that is not loopback needs a public URL', async () => {
  assert.match(
    (await refused({ CARDEA_SMTP_URL: right.CARDEA_SMTP_URL, CARDEA_HOST: '192.0.2.1' })).publicUrl ?? '',
    /listens on 192\.0\.2\.1/,
  )
  assert.match(
    (await refused({ CARDEA_SMTP_URL: right.CARDEA_SMTP_URL, CARDEA_HOST: '::' })).publicUrl ?? '',
    /all addresses/,
  )
})

test('short static keys are allowed in development and refused in strict mode', async () => {
  const keys = JSON.stringify([{ name: 'one', key: 'abcdefghijklmnopqrs', role: 'user' }])
  assert.equal((await load({ CARDEA_STATIC_KEYS: keys })).core.staticKeys.length, 1)
  const message = (await refused({ ...right, CARDEA_STATIC_KEYS: keys })).staticKeys ?? ''
  assert.match(message, /the key one must have 32 characters or more/)
  assert.doesNotMatch(message, /abcdef/)
})

test('a static key in the shape of another kind of credential is refused always', async () => {
  const uuid = '0b9fd0c1-6d4c-4ad5-9f0a-3d1b6a3a7f10'
  for (const key of [
    `cardea_${uuid}_${'a'.repeat(64)}`,
    'cardea_hello_world_hello_world_1',
    'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln',
    uuid,
    `${uuid}.${'a'.repeat(43)}`,
    `${uuid}.1.${'a'.repeat(43)}`,
  ]) {
    const message =
      (await refused({ CARDEA_STATIC_KEYS: JSON.stringify([{ name: 'one', key, role: 'user' }]) })).staticKeys ?? ''
    assert.match(message, /has the shape of/, key)
    assert.ok(!message.includes(key))
  }
})

test('strict mode writes no mails to files unless told to by name, and says what to set', async () => {
  const message = (await refused({ ...right, CARDEA_SMTP_URL: '' }))['smtp.url'] ?? ''
  assert.match(message, /set CARDEA_SMTP_URL, or set outbox to true/)
  const config = await load({ ...right, CARDEA_SMTP_URL: '', CARDEA_OUTBOX: 'true' })
  assert.equal(config.outbox, true)
  assert.match(relaxations(config).join(), /^outbox:/)
})

test('PostgreSQL needs the secret in strict mode, since nodes must agree', async () => {
  const database = { CARDEA_DATABASE_URL: 'postgresql://u:hunter2@db.example/d' }
  assert.equal((await load(database)).secret, null)
  const found = await refused({ ...right, ...database })
  assert.deepEqual(Object.keys(found), ['secret'])
  assert.match(found.secret ?? '', /must be set with PostgreSQL/)
  assert.equal((await load({ ...right, ...database, CARDEA_SECRET: secret })).secret, secret)
})

test('administrators need a second factor in strict mode unless the setting says otherwise', async () => {
  assert.deepEqual((await load(right)).core.requireFactor, ['admin'])
  const relaxed = await load({ ...right, CARDEA_REQUIRE_FACTOR: '[]' })
  assert.deepEqual(relaxed.core.requireFactor, [])
  assert.match(relaxations(relaxed).join(), /^requireFactor:/)
})

test('documents are on in development and off in strict mode, unless the setting says otherwise', async () => {
  assert.equal((await load({})).http.documents, true)
  assert.equal((await load(right)).http.documents, false)
  assert.equal((await load({ ...right, CARDEA_DOCUMENTS: 'always' })).http.documents, true)
  assert.equal((await load({ CARDEA_DOCUMENTS: 'never' })).http.documents, false)
})

test('each explicit relaxation is listed, and a server without any has none', async () => {
  assert.deepEqual(relaxations(await load(right)), [])
  const named = relaxations(
    await load({
      ...right,
      CARDEA_LIMITS_ENABLED: 'false',
      CARDEA_TOTP_SINGLE_USE: 'false',
      CARDEA_TOTP_DRIFT: '3',
      CARDEA_CONFIRM_EMAIL: 'false',
      CARDEA_PASSWORD_HASH_PASSES: '1',
      CARDEA_DOCUMENTS: 'always',
      CARDEA_TRUSTED_PROXIES: '0.0.0.0/0',
      CARDEA_CORS_ORIGINS: 'http://app.example.com',
      CARDEA_RULES: '[{ "path": "/own/**", "passCredentials": true }, { "path": "/**" }]',
    }),
  ).map((sentence) => sentence.split(':')[0])
  assert.deepEqual(named, [
    'documents',
    'limits.enabled',
    'totp.singleUse',
    'totp.drift',
    'confirmEmail',
    'passwordHash',
    'trustedProxies',
    'corsOrigins',
    'rules',
  ])
  assert.match(
    relaxations(await load({ ...right, CARDEA_STRICT: 'off' }))[0] ?? '',
    /^strict is off although the public URL is not loopback/,
  )
})

test('only addresses that this machine alone can reach are loopback', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', 'LOCALHOST', '::1', '[::1]'])
    assert.ok(isLoopback(host), host)
  for (const host of ['0.0.0.0', '::', '128.0.0.1', 'localhost.example.com', '127.0.0.1.example.com', '10.0.0.1', ''])
    assert.ok(!isLoopback(host), host)
})

test('a server on loopback with a public URL elsewhere must be told of the proxy in front', async () => {
  const { CARDEA_TRUSTED_PROXIES: _, ...untold } = right
  assert.match((await refused(untold)).trustedProxies ?? '', /CARDEA_TRUSTED_PROXIES=127\.0\.0\.1/)
  assert.equal((await load({ ...untold, CARDEA_HOST: '0.0.0.0' })).strict, true)
})
