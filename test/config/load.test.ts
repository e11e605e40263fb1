import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import type { Config } from '../../src/config/config.ts'
import { describeConfig, onPort, relaxations } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { renderDocs } from '../../src/config/docs.ts'
import { type LoadWish, loadConfig } from '../../src/config/load.ts'
import { optionPaths, variableOf } from '../../src/config/options.ts'

const folder = mkdtempSync(join(tmpdir(), 'cardea-config-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const builtInRoles = { user: ['account:read'], admin: ['account:read', 'users:write'] }
const load = (wish: Omit<LoadWish, 'builtInRoles'> = {}): Promise<Config> =>
  loadConfig({ environment: {}, folder, builtInRoles, ...wish })
const withEnv = (environment: Record<string, string>) => load({ environment })

/** `setting (from): message` of every problem. */
async function problems(wish: Omit<LoadWish, 'builtInRoles'>): Promise<string[]> {
  try {
    await load(wish)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.problems.map(({ setting, from, message }) => `${setting} (${from}): ${message}`)
  }
  return []
}
const envProblems = (environment: Record<string, string>) => problems({ environment })

function fileIn(name: string, text: string): string {
  const path = join(mkdtempSync(join(folder, 'file-')), name)
  writeFileSync(path, text)
  return path
}

test('nothing has to be set', async () => {
  const config = await load()
  assert.equal(config.publicUrl, 'http://127.0.0.1:4000')
  assert.equal(config.core.audience, config.publicUrl)
  assert.equal(config.dataDir, join(folder, 'data'))
  assert.equal(config.strict, false)
  assert.equal(config.outbox, true)
  assert.equal(config.http.documents, true)
  assert.equal(config.secret, null)
  assert.deepEqual(config.core.requireFactor, [])
  assert.deepEqual(config.core.roles, builtInRoles)
  assert.deepEqual(relaxations(config), [])
})

test('flags win over variables, variables over the file, the file over defaults', async () => {
  const file = fileIn(
    'cardea.config.json',
    JSON.stringify({ port: 1001, host: '127.0.0.2', session: { idleSeconds: 77 }, bodyLimitBytes: 2000 }),
  )
  const environment = { CARDEA_CONFIG: file, CARDEA_PORT: '1002', CARDEA_HOST: '127.0.0.3' }
  const config = await load({ environment, flags: { port: '1003' } })
  assert.deepEqual(
    [config.port, config.host, config.core.session.idleSeconds, config.http.bodyLimitBytes],
    [1003, '127.0.0.3', 77, 2000],
  )
  const from = Object.fromEntries(describeConfig(config).map((row) => [row.setting, row.from]))
  assert.deepEqual(
    [from.port, from.host, from.bodyLimitBytes, from.databasePoolSize],
    ['flag', 'environment', 'file', 'default'],
  )
})

test('the configuration file may be TypeScript and is found in the working folder', async () => {
  const path = fileIn(
    'cardea.config.ts',
    `const port: number = 4321\nexport default { port, limits: { enabled: false } }\n`,
  )
  const config = await load({ folder: join(path, '..') })
  assert.equal(config.port, 4321)
  assert.equal(config.core.limits.enabled, false)
  assert.equal(config.file, path)
})

test('a configuration file imports cardea wherever it lies, and nothing else becomes findable by that', async () => {
  const printed = "import { defineConfig } from 'cardea'\nexport default defineConfig({ port: 4322 })\n"
  const config = await load({ folder: join(fileIn('cardea.config.ts', printed), '..') })
  assert.equal(config.port, 4322)
  const other = fileIn('cardea.config.mjs', "import 'cardea-of-nobody'\nexport default {}\n")
  assert.match((await problems({ folder: join(other, '..') })).join(), /cannot be loaded \(ERR_MODULE_NOT_FOUND\)/)
  await assert.rejects(import(fileIn('later.mjs', printed)), { code: 'ERR_MODULE_NOT_FOUND' })
})

test('what is wrong with a file is told without quoting it', async () => {
  const cases: [string, string, RegExp][] = [
    ['cardea.config.json', '{"secret": "hunter2-hunter2"', /is not valid JSON/],
    ['cardea.config.ts', "export default { secret: 'hunter2-hunter2' ", /cannot be loaded/],
    ['cardea.config.mjs', "throw new Error('hunter2-hunter2')", /cannot be loaded \(Error\)/],
    ['cardea.config.mjs', 'export const settings = {}', /default export/],
    ['cardea.config.json', '[1]', /is not a setting/],
    ['cardea.config.txt', '{}', /must end in/],
  ]
  for (const [name, text, expected] of cases) {
    const found = (await envProblems({ CARDEA_CONFIG: fileIn(name, text) })).join('\n')
    assert.match(found, expected)
    assert.doesNotMatch(found, /hunter2/)
  }
  assert.match((await envProblems({ CARDEA_CONFIG: 'nowhere.json' })).join(), /there is no such file/)
})

test('two configuration files in one folder are refused', async () => {
  const path = fileIn('cardea.config.json', '{}')
  writeFileSync(join(path, '..', 'cardea.config.mjs'), 'export default {}')
  assert.match((await problems({ folder: join(path, '..') })).join(), /only one configuration file/)
})

const badValues: Record<string, [value: string, message: string]> = {
  CARDEA_PORT: ['70000', 'port (CARDEA_PORT): must be a whole number, 0 to 65535, not "70000"'],
  CARDEA_HOST: ['a b', 'host (CARDEA_HOST): must be a host name or an IP address, not "a b"'],
  CARDEA_PUBLIC_URL: [
    'https://a.example/path',
    'publicUrl (CARDEA_PUBLIC_URL): must be http:// or https:// with a host and perhaps a port, without path, query or user, not "https://a.example/path"',
  ],
  CARDEA_DATABASE_URL: [
    'mysql://u:hunter2@h/d',
    'databaseUrl (CARDEA_DATABASE_URL): must be an address such as postgresql://user:password@host:5432/database',
  ],
  CARDEA_SECRET: [
    'hunter2',
    'secret (CARDEA_SECRET): must be base64, base64url or hex of 32 bytes or more, or a text of 32 characters or more; try `openssl rand -base64 32`',
  ],
  CARDEA_STRICT: ['maybe', 'strict (CARDEA_STRICT): must be one of auto, on, off, not "maybe"'],
  CARDEA_OUTBOX: ['perhaps', 'outbox (CARDEA_OUTBOX): must be true or false, not "perhaps"'],
  CARDEA_TRUSTED_PROXIES: [
    '10.0.0.0/8, 10.0.0.0/33',
    'trustedProxies (CARDEA_TRUSTED_PROXIES): item 2 must be an IP address or a CIDR block such as 10.0.0.0/8, not "10.0.0.0/8, 10.0.0.0/33"',
  ],
  CARDEA_ALLOWED_HOSTS: [
    'https://a',
    'allowedHosts (CARDEA_ALLOWED_HOSTS): item 1 must be a host name without scheme and port, not "https://a"',
  ],
  CARDEA_CORS_ORIGINS: [
    '*',
    'corsOrigins (CARDEA_CORS_ORIGINS): item 1 must be http:// or https:// with a host and perhaps a port, without path, query or user, not "*"',
  ],
  CARDEA_ROLES: [
    '{"admin": 3}',
    'roles (CARDEA_ROLES): role admin must be a list of scopes such as "account:read", not "{"admin": 3}"',
  ],
  CARDEA_REQUIRE_FACTOR: ['chief', 'requireFactor (CARDEA_REQUIRE_FACTOR): there is no role chief'],
  CARDEA_STATIC_KEYS: ['[{"key":"hunter2"}', 'staticKeys (CARDEA_STATIC_KEYS): is not valid JSON'],
  CARDEA_SMTP_URL: [
    'hunter2',
    'smtp.url (CARDEA_SMTP_URL): must be an address such as smtps://user:password@host:465, with special characters percent-encoded',
  ],
  CARDEA_SMTP_FROM: [
    'a@b\r\nBcc: c@d',
    'smtp.from (CARDEA_SMTP_FROM): must be an address such as Cardea <no-reply@example.com>',
  ],
  CARDEA_PASSWORD_MIN_LENGTH: [
    '7',
    'password.minLength (CARDEA_PASSWORD_MIN_LENGTH): must be a whole number, 8 to 128, not "7"',
  ],
  CARDEA_SESSION_IDLE_SECONDS: [
    '1e3',
    'session.idleSeconds (CARDEA_SESSION_IDLE_SECONDS): must be a whole number, 60 to 31536000, not "1e3"',
  ],
  CARDEA_PROT: ['4000', 'CARDEA_PROT (environment): is not a setting; did you mean CARDEA_PORT?'],
}

test('each bad value is told with its setting, where it came from, what was wrong and what is right', async (t) => {
  for (const [name, [value, message]] of Object.entries(badValues)) {
    await t.test(name, async () => assert.deepEqual(await envProblems({ [name]: value }), [message]))
  }
})

test('everything that is wrong is told at once, and no secret is quoted', async () => {
  const environment = Object.fromEntries(Object.entries(badValues).map(([name, [value]]) => [name, value]))
  const found = await envProblems(environment)
  assert.equal(found.length, Object.keys(badValues).length)
  assert.doesNotMatch(found.join('\n'), /hunter2/)
})

test('a file may hold no unknown name and no wrong type', async () => {
  const wrong: [object, RegExp][] = [
    [{ prot: 1 }, /^prot \(options\): is not a setting; did you mean port\?$/],
    [{ session: { idle: 1 } }, /^session.idle \(options\): is not a setting/],
    [{ session: 5 }, /^session \(options\): is not a setting$/],
    [{ 'session.idleSeconds': 60 }, /is not a setting/],
    [{ port: '4000' }, /^port \(options\): must be a whole number/],
    [{ port: null }, /^port \(options\): must be a whole number/],
    [{ outbox: 'true' }, /^outbox \(options\): must be true or false/],
    [{ corsOrigins: 'https://a.example' }, /^corsOrigins \(options\): must be a list of/],
    [{ roles: { admin: ['Big Scope'] } }, /^roles \(options\): role admin must be a list of scopes/],
    [JSON.parse('{"roles": {"__proto__": []}}'), /^roles \(options\): has a role whose name/],
    [JSON.parse('{"__proto__": {"port": 1}}'), /is not a setting/],
  ]
  for (const [settings, expected] of wrong) {
    const found = await problems({ settings })
    assert.equal(found.length, 1, JSON.stringify(settings))
    assert.match(found[0] ?? '', expected)
  }
})

test('settings that do not fit together are refused', async () => {
  const cases: [Record<string, string>, RegExp][] = [
    [
      { CARDEA_PASSWORD_MIN_LENGTH: '100', CARDEA_PASSWORD_MAX_LENGTH: '64' },
      /^password.minLength .* must not be greater than password.maxLength \(64\)/,
    ],
    [{ CARDEA_SESSION_IDLE_SECONDS: '7200', CARDEA_SESSION_ABSOLUTE_SECONDS: '3600' }, /^session.idleSeconds/],
    [
      { CARDEA_OUTBOX: 'false' },
      /^smtp.url \(default\): must be set, or mails have nowhere to go; set CARDEA_SMTP_URL, or set outbox to true/,
    ],
    [
      { CARDEA_HOST: '0.0.0.0' },
      /^publicUrl \(default\): must be set when the server listens on all addresses \(host 0.0.0.0\); set CARDEA_PUBLIC_URL/,
    ],
  ]
  for (const [environment, expected] of cases) assert.match((await envProblems(environment))[0] ?? '', expected)
})

test('an empty variable counts as not set, and a list may be separated by commas or JSON', async () => {
  const config = await withEnv({
    CARDEA_SECRET: '',
    CARDEA_TRUSTED_PROXIES: '10.0.0.1, ::1',
    CARDEA_CORS_ORIGINS: '["https://a.example/"]',
  })
  assert.equal(config.secret, null)
  assert.deepEqual(config.http.trustedProxies, ['10.0.0.1', '::1'])
  assert.deepEqual(config.http.corsOrigins, ['https://a.example'])
})

test('roles of the settings are added to the built-in ones', async () => {
  const config = await load({ settings: { roles: { auditor: ['events:read'] } } })
  assert.deepEqual(config.core.roles, { ...builtInRoles, auditor: ['events:read'] })
})

test('the configuration is frozen to its leaves', async () => {
  const config = await load({ settings: { trustedProxies: ['10.0.0.1'] } })
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen))
  assert.ok(frozen(config))
})

test('showing the configuration shows no secret', async () => {
  const key = 'k'.repeat(20) + 'hunter2'.repeat(3)
  const config = await withEnv({
    CARDEA_SECRET: `hunter2 ${'correct horse battery staple '.repeat(2)}`,
    CARDEA_PREVIOUS_SECRETS: JSON.stringify([`hunter2 ${'older horse battery staples '.repeat(2)}`]),
    CARDEA_DATABASE_URL: 'postgresql://u:hunter2@127.0.0.1/d',
    CARDEA_SMTP_URL: 'smtps://u:hunter2@mail.example',
    CARDEA_STATIC_KEYS: JSON.stringify([{ name: 'one', key, role: 'user' }]),
  })
  const shown = JSON.stringify(describeConfig(config))
  assert.doesNotMatch(shown, /hunter2/)
  assert.match(shown, /\(hidden\)/)
})

test('port 0 takes the port that the system chose into the public URL, unless that was set', async () => {
  const plain = onPort(await withEnv({ CARDEA_PORT: '0' }), 5123)
  assert.deepEqual(
    [plain.port, plain.publicUrl, plain.core.publicUrl, plain.core.audience, plain.http.publicUrl],
    [5123, ...Array(4).fill('http://127.0.0.1:5123')],
  )
  const chosen = onPort(await withEnv({ CARDEA_PORT: '0', CARDEA_PUBLIC_URL: 'http://localhost:9' }), 5123)
  assert.deepEqual([chosen.port, chosen.publicUrl], [5123, 'http://localhost:9'])
})

test('no text in any variable ends in anything but a configuration or the clean error', async () => {
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.integer().map(String),
    fc.webUrl(),
    fc.constantFrom('true', '[]', '{}', '[[]]', '[{}]', '[null]', '-0', '١٢'),
  )
  const name = fc.oneof(
    fc.constantFrom(...optionPaths.map(variableOf)),
    fc.string().map((text) => `CARDEA_${text}`),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(
        name.filter((text) => text !== 'CARDEA_CONFIG'),
        value,
        { maxKeys: 6 },
      ),
      async (environment) => {
        try {
          await withEnv(environment)
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error))
        }
      },
    ),
    { numRuns: 400 },
  )
})

test('no object in a file ends in anything but a configuration or the clean error', async () => {
  const leaf = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
  })
  const name = fc.oneof(fc.constantFrom(...optionPaths.flatMap((path) => path.split('.'))), fc.string())
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(leaf, fc.dictionary(name, fc.oneof(leaf, fc.dictionary(name, leaf)))),
      async (settings) => {
        try {
          await load({ settings: settings as object })
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error))
        }
      },
    ),
    { numRuns: 400 },
  )
})

test('the documentation names every setting with its variable', () => {
  const page = renderDocs()
  for (const path of optionPaths) assert.ok(page.includes(`| \`${path}\` | \`${variableOf(path)}\``), path)
})

test('docs/config.md is what the table of settings says', () => {
  assert.equal(readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8'), renderDocs())
})
