import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBackground } from '../../src/core/background.ts'
import { linkTexts, noticeTexts } from '../../src/core/mail-texts.ts'
import { createMails, type Notice } from '../../src/core/mails.ts'
import { type Mail, purposes } from '../../src/core/records.ts'
import type { User } from '../../src/types.ts'
import { createFakeClock } from '../support/clock.ts'
import { type LogLine, rememberingLog } from '../support/core.ts'
import { failsWith, visitor } from '../support/identity.ts'

const user: User = {
  id: 1,
  publicId: '01900000-0000-7000-8000-000000000001',
  kind: 'person',
  username: 'alice',
  email: 'alice@example.com',
  unprovenEmail: 'claimed@example.com',
  status: 'active',
  role: 'user',
  grantedScopes: [],
  epoch: 1,
  hasPassword: true,
  hasFactor: false,
  createdAt: 0,
  updatedAt: 0,
  lastSignInAt: null,
}
const token = 'A'.repeat(43)

function setUp(send?: (mail: Mail) => Promise<void>) {
  const sent: Mail[] = []
  const lines: LogLine[] = []
  const log = rememberingLog(lines)
  const background = createBackground({ log })
  const mailer = {
    send:
      send ??
      (async (mail: Mail) => {
        sent.push(mail)
      }),
  }
  const settings = { publicUrl: 'https://door.example.com' }
  const clock = createFakeClock()
  return { sent, lines, background, clock, mails: createMails({ mailer, clock, log, settings, background }) }
}

const linked = purposes.filter((purpose) => purpose in linkTexts)

test('every one-time purpose but set-up codes and tickets has a mail', () => {
  assert.deepEqual(
    purposes.filter((purpose) => !(purpose in linkTexts)),
    ['set-up', 'factor-ticket', 'proven-ticket'],
  )
})

for (const purpose of linked) {
  test(`the mail for ${purpose} links to our own page, with the token in the fragment only`, async () => {
    const { mails, sent, clock } = setUp()
    await mails.link(purpose, 'alice@example.com', token, clock.now() + 1000, { username: 'alice' })
    const [mail] = sent
    assert.ok(mail !== undefined)
    assert.equal(mail.to, 'alice@example.com')
    assert.equal(mail.expiresAt, clock.now() + 1000)
    assert.match(mail.text, new RegExp(`^https://door\\.example\\.com/auth/page/${purpose}#token=${token}$`, 'm'))
    const addresses = mail.text.match(/https?:\/\/\S+/g) ?? []
    assert.ok(addresses.every((address) => address.startsWith('https://door.example.com/auth/')))
    // In the link, alone on its line, and in the call; nowhere else.
    assert.equal(mail.text.split(token).length, 4)
    assert.match(mail.text, new RegExp(`^${token}$`, 'm'))
    assert.match(mail.text, /^curl .*-d '\{.*"A{43}".*\}'$/m)
    assert.doesNotMatch(mail.subject, new RegExp(token))
  })
}

test('a purpose without a mail is a programming error', async () => {
  await assert.rejects(setUp().mails.link('factor-ticket', 'a@example.com', token, 1, { username: 'a' }), TypeError)
})

for (const [name, hostile] of Object.entries({ CR: '\r', LF: '\n', NUL: '\0', NEL: '\u0085', LS: '\u2028' })) {
  test(`${name} in a mail field is refused and nothing is sent`, async () => {
    const { mails, sent } = setUp()
    const address = `alice@example.com${hostile}Bcc: eve@example.com`
    await assert.rejects(
      mails.link('reset-password', address, token, 1, { username: 'alice' }),
      failsWith('request_invalid'),
    )
    const username = `alice${hostile}Bcc: eve@example.com`
    await assert.rejects(
      mails.link('reset-password', 'alice@example.com', token, 1, { username }),
      failsWith('request_invalid'),
    )
    assert.deepEqual(sent, [])
  })
}

test('a notice goes to the proven address, says when and from where, and holds no link', async () => {
  for (const notice of Object.keys(noticeTexts) as Notice[]) {
    const { mails, sent, background } = setUp()
    await mails.notice(notice, user, { ...visitor('203.0.113.9'), userAgent: 'https://evil.example' })
    await background.idle()
    assert.equal(sent.length, 1)
    assert.equal(sent[0]?.to, 'alice@example.com')
    assert.match(sent[0]?.text ?? '', /^When: 2025-06-15 15:06 UTC\nFrom: 203\.0\.113\.9$/m)
    assert.doesNotMatch(sent[0]?.text ?? '', /https?:|evil/)
  }
})

test('an unproven address gets no notice', async () => {
  const { mails, sent, background } = setUp()
  await mails.notice('password-changed', { ...user, email: null }, visitor())
  await background.idle()
  assert.deepEqual(sent, [])
})

test('values of a notice stay on their line', async () => {
  const { mails, sent, background } = setUp()
  await mails.notice('key-made', user, visitor(), { Name: 'x\r\nClick: https://evil.example' })
  await background.idle()
  assert.match(sent[0]?.text ?? '', /^Name: xClick: /m)
  assert.doesNotMatch(sent[0]?.text ?? '', /^Click:/m)
})

test('a notice that cannot be sent is logged and fails nobody; a link that cannot be sent fails', async () => {
  const failing = setUp(async () => {
    throw new Error('no mail server')
  })
  await failing.mails.notice('password-changed', user, visitor())
  await failing.background.idle()
  assert.deepEqual(
    failing.lines.map(({ level }) => level),
    ['error'],
  )
  assert.doesNotMatch(JSON.stringify(failing.lines), /alice/)
  await assert.rejects(
    failing.mails.link('reset-password', 'alice@example.com', token, 1, { username: 'alice' }),
    /no mail server/,
  )
})
