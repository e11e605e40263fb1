import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import type { Config } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { openRootSecret } from '../../src/config/root-secret.ts'
import { secretBytes } from '../../src/config/secret.ts'

const folder = mkdtempSync(join(tmpdir(), 'cardea-secret-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let made = 0
function configIn(dataDir = join(folder, `data-${made++}`), environment: Record<string, string> = {}): Promise<Config> {
  return loadConfig({ environment, folder, settings: { dataDir }, builtInRoles: { admin: [] } })
}

test('of processes that start side by side all get one secret', async () => {
  const config = await configIn()
  const found = await Promise.all(Array.from({ length: 50 }, () => openRootSecret(config)))
  assert.equal(new Set(found.map(({ current }) => current.toString('hex'))).size, 1)
  assert.equal(found[0]?.current.length, 32)
  assert.deepEqual(readdirSync(config.dataDir), ['secret'])
})

test('the secret file and its folder are for this user only, and a restart finds the same', async () => {
  const config = await configIn()
  const first = await openRootSecret(config)
  assert.equal(statSync(config.dataDir).mode & 0o777, 0o700)
  assert.equal(statSync(join(config.dataDir, 'secret')).mode & 0o777, 0o600)
  assert.deepEqual((await openRootSecret(config)).current, first.current)
})

test('a secret of the settings is used and none is written', async () => {
  const text = Buffer.alloc(32, 7).toString('hex').replace(/^07/, '1a2b3c4d5e6f')
  const config = await configIn(undefined, {
    CARDEA_SECRET: text,
    CARDEA_PREVIOUS_SECRETS: 'correct horse battery staple 1234567',
  })
  const { current, previous } = await openRootSecret(config)
  assert.equal(current.toString('hex'), text)
  assert.deepEqual(previous, [Buffer.from('correct horse battery staple 1234567')])
  assert.throws(() => statSync(config.dataDir))
})

test('a secret file that is empty, short, a link or a folder is refused and left alone', async () => {
  const breakers: ((path: string) => void)[] = [
    (path) => writeFileSync(path, ''),
    (path) => writeFileSync(path, 'hunter2\n'),
    (path) => symlinkSync('/etc/hostname', path),
    (path) => mkdirSync(path),
  ]
  for (const broken of breakers) {
    const config = await configIn()
    mkdirSync(config.dataDir)
    broken(join(config.dataDir, 'secret'))
    await assert.rejects(
      openRootSecret(config),
      (error) => error instanceof ConfigError && !error.message.includes('hunter2'),
    )
    assert.deepEqual(readdirSync(config.dataDir), ['secret'])
  }
})

test('a folder that cannot be written is a clean error', {
  skip: process.getuid?.() === 0 && 'root may write everywhere',
}, async () => {
  const locked = join(folder, 'locked')
  mkdirSync(locked)
  chmodSync(locked, 0o500)
  await assert.rejects(openRootSecret(await configIn(join(locked, 'data'))), ConfigError)
})

test('a data folder whose place is taken by a file is a clean error', async () => {
  const taken = join(folder, 'taken')
  writeFileSync(taken, '')
  await assert.rejects(openRootSecret(await configIn(join(taken, 'data'))), ConfigError)
  assert.equal(readFileSync(taken, 'utf8'), '')
})

test('the text of a secret is read in one defined way', () => {
  const bytes = Buffer.from(Array.from({ length: 33 }, (_, index) => index * 7))
  assert.deepEqual(secretBytes(bytes.toString('hex')), bytes)
  assert.deepEqual(secretBytes(bytes.toString('hex').toUpperCase()), bytes)
  assert.deepEqual(secretBytes(bytes.toString('base64')), bytes)
  assert.deepEqual(secretBytes(bytes.toString('base64url')), bytes)
  const padded = bytes.subarray(0, 32).toString('base64')
  assert.match(padded, /=$/)
  assert.deepEqual(secretBytes(padded), bytes.subarray(0, 32))
  assert.deepEqual(secretBytes(padded.replace(/=+$/, '')), bytes.subarray(0, 32))
  const phrase = 'correct horse battery staple, twice over'
  assert.deepEqual(secretBytes(phrase), Buffer.from(phrase))
})

test('a secret under 32 bytes or without variety is refused', () => {
  for (const text of [
    '',
    'a'.repeat(64),
    'abababab'.repeat(8),
    'short',
    '0123456789abcdef'.repeat(1),
    'correct horse battery staple',
    `correct horse battery staple \ud800 12345`,
  ]) {
    assert.equal(secretBytes(text), null, text)
  }
})

test('whatever the text, a secret has 32 bytes or more or is refused, and reading it twice gives the same', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 100 }),
        fc.base64String({ maxLength: 100 }),
        fc.string({ unit: 'binary', maxLength: 60 }),
      ),
      (text) => {
        const bytes = secretBytes(text)
        if (bytes !== null) assert.ok(bytes.length >= 32)
        assert.deepEqual(secretBytes(text), bytes)
      },
    ),
  )
})
