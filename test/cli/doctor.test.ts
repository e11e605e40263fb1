import assert from 'node:assert/strict'
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createPlace, type TestPlace } from './command.ts'

interface Report {
  ok: boolean
  checks: { name: string; state: string; message: string }[]
}

let place: TestPlace
before(async () => {
  place = await createPlace()
})
after(() => place.drop())

async function examine(environment: Record<string, string> = {}): Promise<Report & { code: number | null }> {
  const { code, stdout } = await place.run(['doctor', '--json'], '', environment)
  return { code, ...JSON.parse(stdout) }
}
const wrong = ({ checks }: Report) =>
  checks.filter(({ state }) => state === 'wrong').map(({ name, message }) => `${name}: ${message}`)

test('on a new place the doctor makes nothing', async () => {
  await examine()
  assert.ok(!existsSync(place.dataDir))
})

test('where all is well the doctor says so, and the secret opened a signing key', async () => {
  await place.json(['signing-key', 'rotate', '--now'])
  const report = await examine()
  assert.deepEqual([wrong(report), report.ok, report.code], [[], true, 0])
  assert.match(report.checks.find(({ name }) => name === 'secret')?.message ?? '', /opens every signing key \(\d+\)/)
})

test('a folder or secret that others can read is found, with the command that mends it', async () => {
  const secret = join(place.dataDir, 'secret')
  chmodSync(place.dataDir, 0o755)
  chmodSync(secret, 0o644)
  const report = await examine()
  assert.equal(report.code, 1)
  assert.deepEqual(wrong(report), [
    `data: ${place.dataDir} is open to other users (mode 755): chmod go= ${place.dataDir}`,
    `data: ${secret} is open to other users (mode 644): chmod go= ${secret}`,
  ])
  chmodSync(place.dataDir, 0o700)
  chmodSync(secret, 0o600)
})

test('a secret that does not fit is found', async () => {
  const report = await examine({ CARDEA_SECRET: 'correct horse battery staple 1234567' })
  assert.equal(report.code, 1)
  assert.match(wrong(report).join(), /^secret: .* does not open signing key/)
})

test('a mail server that does not answer is found, and its password not told', async () => {
  const report = await examine({ CARDEA_SMTP_URL: 'smtp://u:hunter2@127.0.0.1:1' })
  assert.equal(report.code, 1)
  assert.match(wrong(report).join(), /^mail: 127\.0\.0\.1:1 does not take mail/)
  assert.doesNotMatch(JSON.stringify(report), /hunter2/)
})

test('a database that does not answer is found, and its password not told', async () => {
  const report = await examine({ CARDEA_DATABASE_URL: 'postgresql://u:hunter2@127.0.0.1:1/d' })
  assert.equal(report.code, 1)
  assert.match(wrong(report).join(), /^database: PostgreSQL at 127\.0\.0\.1:1 cannot be used/)
  assert.doesNotMatch(JSON.stringify(report), /hunter2/)
})

test('settings that are wrong are all told', async () => {
  const report = await examine({ CARDEA_PORT: 'x', CARDEA_HOST: 'a b' })
  assert.deepEqual([report.code, wrong(report).length], [1, 2])
})

test('each relaxation of strict mode is listed, and none of them is wrong by itself', async () => {
  const report = await examine({
    CARDEA_PUBLIC_URL: 'http://auth.example.com',
    CARDEA_ALLOW_INSECURE: 'true',
    CARDEA_OUTBOX: 'true',
    CARDEA_STRICT: 'off',
  })
  const listed = report.checks.filter(({ name }) => name === 'relaxation').map(({ message }) => message.split(':')[0])
  assert.deepEqual(listed, [
    'strict is off although the public URL is not loopback',
    'allowInsecure',
    'outbox',
    'passwordHash',
  ])
  assert.equal(report.code, 0)
})

test('a database whose secret file was lost is found', async () => {
  rmSync(join(place.dataDir, 'secret'))
  const report = await examine()
  assert.equal(report.code, 1)
  assert.match(wrong(report).join(), /^secret: .* is missing, but the database was made with one/)
})
