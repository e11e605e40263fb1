import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createPlace, type TestPlace } from './command.ts'

let place: TestPlace
before(async () => {
  place = await createPlace()
})
after(() => place.drop())

const password = 'a long zebra crossing 42'
const oneLine = /^cardea: [^\n]+\n$/

test('on a stopped server a user is made, changed, shown and deleted', async () => {
  const made = await place.json(
    ['user', 'create', 'alice', '--email', 'alice@example.com', '--role', 'admin', '--password-stdin'],
    `${password}\n`,
  )
  assert.deepEqual(
    [made.username, made.email, made.role, made.status, made.kind],
    ['alice', 'alice@example.com', 'admin', 'active', 'person'],
  )
  await place.json(['user', 'create', 'bob', '--no-password'])
  assert.equal((await place.json(['user', 'set-role', 'bob', 'editor'])).role, 'editor')
  assert.equal((await place.json(['user', 'disable', 'bob'])).status, 'disabled')
  assert.equal((await place.json(['user', 'enable', 'bob'])).status, 'active')
  assert.equal(
    (await place.json(['user', 'set-password', 'bob', '--password-stdin'], 'another zebra crossing 43')).username,
    'bob',
  )
  assert.equal((await place.json(['user', 'show', 'ALICE@example.com'])).id, made.id)
  assert.equal((await place.json(['user', 'show', String(made.id)])).username, 'alice')
  const { items, next_cursor } = await place.json<{ items: { username: string }[]; next_cursor: null }>([
    'user',
    'list',
    '--role',
    'editor',
  ])
  assert.deepEqual([items.map(({ username }) => username), next_cursor], [['bob'], null])
  assert.equal((await place.json(['user', 'delete', 'bob', '--yes'])).deleted, true)
  const gone = await place.run(['user', 'show', 'bob'])
  assert.deepEqual([gone.code, gone.stdout], [1, ''])
  assert.match(gone.stderr, oneLine)
})

test('a service holds scopes by name; a person does not', async () => {
  const made = await place.json<{ kind: string; scopes: string[] }>([
    'user',
    'create',
    'gateway',
    '--service',
    '--scope',
    'tokens:introspect',
  ])
  assert.equal(made.kind, 'service')
  assert.ok(made.scopes.includes('tokens:introspect'))
  const more = await place.json<{ scopes: string[] }>(['user', 'grant', 'gateway', 'changes:read'])
  assert.ok(more.scopes.includes('tokens:introspect') && more.scopes.includes('changes:read'))
  const less = await place.json<{ scopes: string[] }>(['user', 'grant', 'gateway', 'tokens:introspect', '--remove'])
  assert.ok(!less.scopes.includes('tokens:introspect') && less.scopes.includes('changes:read'))
  assert.equal((await place.run(['user', 'create', 'carol', '--no-password', '--scope', 'changes:read'])).code, 2)
})

test('keys and tokens are made, shown once, listed without secrets, and revoked', async () => {
  await place.json(['user', 'create', 'kate', '--no-password'])
  const key = await place.json<{ id: string; secret: string; token: string; scopes: string[] }>([
    'key',
    'create',
    'kate',
    '--name',
    'nightly',
    '--scope',
    'account:read',
    '--expires',
    '90d',
  ])
  assert.match(key.secret, /^[0-9a-f]{64}$/)
  assert.deepEqual(key.scopes, ['account:read'])
  const token = await place.json<{ id: string; token: string }>([
    'token',
    'create',
    'kate',
    '--name',
    'laptop',
    '--expires',
    '2d',
  ])
  assert.match(token.token, /^eyJ/)
  for (const [noun, made] of [
    ['key', key],
    ['token', token],
  ] as const) {
    const listed = await place.run([noun, 'list', 'kate', '--json'])
    assert.ok(listed.stdout.includes(made.id))
    assert.ok(!listed.stdout.includes(made.token))
    assert.ok(!listed.stdout.includes(key.secret))
    assert.equal((await place.json([noun, 'revoke', made.id])).revoked, true)
    assert.deepEqual((await place.json<{ items: unknown[] }>([noun, 'list', 'kate'])).items, [])
    assert.equal((await place.json<{ items: unknown[] }>([noun, 'list', 'kate', '--all'])).items.length, 1)
    assert.equal((await place.run([noun, 'revoke', '0b9fd0c1-6d4c-4ad5-9f0a-3d1b6a3a7f10'])).code, 1)
  }
})

test('the sentence about a secret that is shown once stands beside it, not in the document', async () => {
  await place.json(['user', 'create', 'lena', '--no-password'])
  const { stdout, stderr, code } = await place.run(['token', 'create', 'lena', '--name', 'laptop'])
  assert.equal(code, 0)
  assert.match(stdout, /^token +eyJ/m)
  assert.match(stderr, /shown this once/)
  // No terminal, no colours.
  assert.ok(!(stdout + stderr).includes('\u001b'))
})

test('signing keys are listed, rotated and revoked, and revoking must be meant', async () => {
  const made = await place.json<{ kid: string; state: string }>(['signing-key', 'rotate', '--now'])
  assert.equal(made.state, 'signs')
  const { items } = await place.json<{ items: { kid: string }[] }>(['signing-key', 'list'])
  assert.ok(items.some(({ kid }) => kid === made.kid))
  assert.equal((await place.run(['signing-key', 'revoke', made.kid])).code, 2)
  assert.equal((await place.json(['signing-key', 'revoke', made.kid, '--now'])).revoked, true)
  assert.deepEqual(Object.keys(await place.json(['signing-key', 're-wrap'])), ['signing_keys', 'second_factors'])
})

test('what fails is one line and exit code 1, what is not understood exit code 2, and nothing is printed as a result', async () => {
  const cases: [string[], number, string?][] = [
    [['user', 'create', 'dora', '--role', 'chief', '--no-password'], 1],
    [['user', 'create', 'a b', '--no-password'], 1],
    [['user', 'create', 'emma', '--password-stdin'], 1, 'short'],
    [['user', 'create', 'emma', '--password-stdin'], 2, ''],
    [['user', 'create', 'emma', '--password-stdin'], 2, 'two\nlines'],
    [['user', 'create', 'emma'], 2],
    [['user', 'delete', 'alice'], 2],
    [['user', 'delete', 'alice', '--yes'], 1],
    [['user', 'list', '--limit', '0'], 2],
    [['key', 'create', 'alice'], 2],
    [['key', 'create', 'alice', '--name', 'x', '--expires', 'yesterday'], 2],
    [['token', 'create', 'alice', '--name', 'x', '--expires', 'never'], 2],
    [['frobnicate'], 2],
    [['config', '--port', '1'], 2],
    [['serve', '--port', 'http'], 2],
  ]
  const ends = await Promise.all(cases.map(([args, , stdin]) => place.run(args, stdin)))
  for (const [index, { code, stdout, stderr }] of ends.entries()) {
    const [args = [], expected] = cases[index] ?? []
    assert.equal(code, expected, `${args.join(' ')}: ${stderr}`)
    assert.match(stderr, oneLine, args.join(' '))
    assert.equal(stdout, '')
  }
})

test('a wrong setting is told on every verb, with its name and not its secret', async () => {
  const { code, stderr } = await place.run(['user', 'list'], '', { CARDEA_SECRET: 'hunter2', CARDEA_PORT: 'x' })
  assert.equal(code, 1)
  assert.match(
    stderr,
    /^cardea: 2 settings are wrong:\n {2}port \(CARDEA_PORT\) .*\n {2}secret \(CARDEA_SECRET\) .*\n$/,
  )
  assert.doesNotMatch(stderr, /hunter2/)
})

test('another secret than the database was made with is refused, loudly', async () => {
  await place.json(['signing-key', 'rotate'])
  const { code, stderr } = await place.run(['user', 'list'], '', {
    CARDEA_SECRET: 'correct horse battery staple 1234567',
  })
  assert.equal(code, 1)
  assert.match(stderr, /CARDEA_PREVIOUS_SECRETS/)
})

test('after a change of the secret re-wrapping makes the old one superfluous', async (t) => {
  const other = await createPlace()
  t.after(() => other.drop())
  await other.json(['signing-key', 'rotate', '--now'])
  const old = readFileSync(join(other.dataDir, 'secret'), 'utf8').trim()
  const secret = { CARDEA_SECRET: 'correct horse battery staple 1234567' }
  assert.equal((await other.run(['signing-key', 'list'], '', secret)).code, 1)
  const { code, stdout } = await other.run(['signing-key', 're-wrap', '--json'], '', {
    ...secret,
    CARDEA_PREVIOUS_SECRETS: old,
  })
  assert.equal(code, 0)
  assert.ok(JSON.parse(stdout).signing_keys >= 1)
  assert.equal((await other.run(['signing-key', 'list'], '', secret)).code, 0)
})

test('settings are shown without their secrets', async () => {
  const { stdout, code } = await place.run(['config', '--json'], '', {
    CARDEA_SMTP_URL: 'smtps://u:hunter2@mail.example',
    CARDEA_BODY_LIMIT_BYTES: '2048',
  })
  assert.equal(code, 0)
  assert.doesNotMatch(stdout, /hunter2/)
  assert.deepEqual(JSON.parse(stdout).settings.bodyLimitBytes, { value: 2048, from: 'environment' })
})

test('a dry run of the migration tells what would be done and makes nothing', async (t) => {
  const fresh = await createPlace()
  t.after(() => fresh.drop())
  const dry = await fresh.json<{ applied: string[]; pending: string[] }>(['migrate', '--dry-run'])
  assert.ok(dry.pending.length > 0)
  assert.deepEqual(dry.applied, [])
  assert.ok(!existsSync(fresh.dataDir))
  assert.deepEqual((await fresh.json(['migrate'])).applied, dry.pending)
  assert.deepEqual(await fresh.json(['migrate']), { applied: [], pending: [] })
})
