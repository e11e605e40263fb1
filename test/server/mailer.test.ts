import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import type { Log } from '../../src/core/ports.ts'
import type { Mail } from '../../src/core/records.ts'
import { CardeaError } from '../../src/errors.ts'
import { createMailer } from '../../src/server/mailer.ts'
import { loadSettings } from '../../src/server/settings.ts'
import { createFakeClock } from '../support/clock.ts'
import { silentLog } from '../support/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'cardea-mailer-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let made = 0
async function mailer(environment: Record<string, string> = {}, log: Log = silentLog) {
  const config = await loadSettings({ environment, folder, settings: { dataDir: join(folder, `data-${made++}`) } })
  const clock = createFakeClock()
  return { clock, outbox: join(config.dataDir, 'outbox'), mailer: createMailer({ config, clock, log }) }
}
const mail = (expiresAt: number, rest: Partial<Mail> = {}): Mail => ({
  to: 'alice@example.com',
  subject: 'Confirm',
  text: 'https://x/#token=hunter2',
  expiresAt,
  ...rest,
})

test('written mails are for this user only and logged by path, never by content', async () => {
  const lines: string[] = []
  const note = (fields: object, message: string) => void lines.push(JSON.stringify(fields) + message)
  const { mailer: outbox, outbox: path, clock } = await mailer({}, { debug: note, info: note, warn: note, error: note })
  await outbox.send(mail(clock.now() + 1000))
  const [name = '', ...more] = readdirSync(path)
  assert.deepEqual(more, [])
  assert.match(name, /^\d+-[0-9a-f]{12}\.eml$/)
  assert.equal(statSync(path).mode & 0o777, 0o700)
  assert.equal(statSync(join(path, name)).mode & 0o777, 0o600)
  const text = readFileSync(join(path, name), 'utf8')
  assert.match(text, /^To: alice@example\.com\r$/m)
  assert.match(text, /^From: Cardea <no-reply@localhost>\r$/m)
  assert.match(text, /token=3Dhunter2|token=hunter2/)
  assert.equal(lines.length, 1)
  assert.ok(lines[0]?.includes(name))
  assert.doesNotMatch(lines.join(), /hunter2|alice/)
})

test('a token that stands alone on its line is written in one piece', async () => {
  const { mailer: outbox, outbox: path, clock } = await mailer()
  const token = `${'ab-_'.repeat(10)}xyz`
  const long = `curl http://127.0.0.1:4000/auth/email/confirm -H 'Content-Type: application/json' -d '{"token":"${token}"}'`
  await outbox.send(mail(clock.now() + 1000, { text: `Hello,\n\n${long}\n\n${token}\n\n${long}\n` }))
  const text = readFileSync(join(path, readdirSync(path)[0] ?? ''), 'latin1')
  assert.match(text, new RegExp(`^${token}\r$`, 'm'))
  assert.doesNotMatch(text, /[^\r]\n/, 'a bare LF is in the mail')
})

test('an outbox that stands open is closed to others before a mail is written', async () => {
  const { mailer: outbox, outbox: path, clock } = await mailer()
  mkdirSync(path, { recursive: true, mode: 0o755 })
  await outbox.send(mail(clock.now() + 1000))
  assert.equal(statSync(path).mode & 0o777, 0o700)
})

test('a written mail goes when its link expires, also after a restart, and nothing else does', async () => {
  const { mailer: outbox, outbox: path, clock } = await mailer()
  await outbox.send(mail(clock.now() + 60_000))
  await outbox.send(mail(clock.now() + 600_000))
  writeFileSync(join(path, 'notes.txt'), 'Expires: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n')
  await outbox.purge()
  assert.equal(readdirSync(path).length, 3)
  clock.advance(61_000)
  await outbox.purge()
  assert.equal(readdirSync(path).length, 2)
  clock.advance(600_000)
  await outbox.purge()
  assert.deepEqual(readdirSync(path), ['notes.txt'])
})

test('purging where there is no outbox is no failure', async () => {
  const { mailer: outbox } = await mailer()
  await outbox.purge()
})

test('a line break in an address or subject is refused and nothing is written', async () => {
  const { mailer: outbox, outbox: path, clock } = await mailer()
  for (const rest of [{ to: 'a@b.example\r\nBcc: c@d.example' }, { subject: 'x\nBcc: c@d.example' }]) {
    await assert.rejects(outbox.send(mail(clock.now() + 1000, rest)), TypeError)
  }
  assert.throws(() => readdirSync(path))
})

test('an outbox that cannot be written is an error, never success', async () => {
  const { mailer: outbox, outbox: path, clock } = await mailer()
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, '')
  await assert.rejects(
    outbox.send(mail(clock.now() + 1000)),
    (error) => error instanceof CardeaError && error.code === 'unavailable',
  )
})

async function smtp(t: { after(run: () => Promise<void>): void }, accept: boolean) {
  const received: { to: string[]; text: string }[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_address, _session, done) => done(accept ? undefined : new Error('no such hunter2')),
    onData(stream, session, done) {
      let text = ''
      stream.on('data', (chunk) => {
        text += chunk
      })
      stream.on('end', () => {
        received.push({ to: session.envelope.rcptTo.map(({ address }) => address), text })
        done()
      })
    },
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => new Promise((done) => server.close(() => done())))
  return { received, url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}` }
}

test('with SMTP a mail goes to its one address and to no file', async (t) => {
  const { received, url } = await smtp(t, true)
  const {
    mailer: sender,
    outbox,
    clock,
  } = await mailer({ CARDEA_SMTP_URL: url, CARDEA_SMTP_FROM: 'Door <door@example.com>' })
  await sender.send(mail(clock.now() + 1000))
  sender.close()
  assert.deepEqual(
    received.map(({ to }) => to),
    [['alice@example.com']],
  )
  assert.match(received[0]?.text ?? '', /^From: Door <door@example\.com>\r$/m)
  assert.throws(() => readdirSync(outbox))
})

test('a mail that SMTP refuses is an error that repeats nothing of the answer', async (t) => {
  const { received, url } = await smtp(t, false)
  const { mailer: sender, clock } = await mailer({ CARDEA_SMTP_URL: url })
  await assert.rejects(sender.send(mail(clock.now() + 1000)), (error) => {
    assert.ok(error instanceof CardeaError && error.code === 'unavailable')
    assert.doesNotMatch(`${error.detail.internal} ${String(error.cause)}`, /hunter2|alice/)
    return true
  })
  sender.close()
  assert.deepEqual(received, [])
})
