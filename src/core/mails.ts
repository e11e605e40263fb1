import { CardeaError } from '../errors.ts'
import type { Origin, User } from '../types.ts'
import type { Background } from './background.ts'
import { type LinkPurpose, linkTexts, type Notice, noticeTexts, toStrangers } from './mail-texts.ts'
import { plainText } from './plain-text.ts'
import type { Clock, Log, Mailer } from './ports.ts'
import type { Mail, Purpose } from './records.ts'
import type { CoreSettings } from './settings.ts'

export type { Notice } from './mail-texts.ts'

export interface Mails {
  /**
   * A mail with a one-time link built from the configured public URL. Goes to `to` (a stored address). TypeError for a
   * purpose without a mail, request_invalid for a field with a line break, and what the mailer throws. `username`
   * null: the reader has none yet. `address`: the link itself, where a door has one of its own.
   */
  link(
    purpose: Purpose,
    to: string,
    token: string,
    expiresAt: number,
    values: { readonly username: string | null; readonly address?: string | null },
  ): Promise<void>
  /** Tells the user at their proven address, if they have one. A mail that cannot be sent is logged, never thrown. */
  notice(notice: Notice, user: User, origin: Origin, values?: Readonly<Record<string, string>>): Promise<void>
  /** The same to an address that is not (any more) the user's proven one. */
  noticeTo(to: string, notice: Notice, username: string, origin: Origin): Promise<void>
}

export interface MailsDeps {
  readonly mailer: Mailer
  readonly clock: Clock
  readonly log: Log
  readonly settings: Pick<CoreSettings, 'publicUrl'>
  readonly background: Background
}

/** Copies of mails without a link are kept this long. */
const noticeMillis = 24 * 60 * 60 * 1000

/** A line break in a field would end a mail header or forge a line of the text. */
function oneLine(name: string, text: string): string {
  if (/[\r\n\u0085\u2028\u2029\0]/.test(text)) {
    throw new CardeaError('request_invalid', { fields: [{ field: name, message: 'must be one line' }] })
  }
  return text
}

/**
 * The first line. Whoever has not proven their address may be mailing it to somebody else: then their user name is
 * text of a stranger, and is left out where it has a dot, since mail programs make links of such words.
 */
function greeting(mail: LinkPurpose | Notice, username: string | null): string {
  if (username === null || (toStrangers.has(mail) && /[.\u3002]/.test(username))) return 'Hello,'
  return `Hello ${oneLine('username', username)},`
}

function isLinkPurpose(purpose: Purpose): purpose is LinkPurpose {
  return Object.hasOwn(linkTexts, purpose)
}

const withoutBrowser = (call: string, token: string, body: string): readonly string[] => [
  'Without a browser, this is the token:',
  '',
  // Alone on its line: short enough that no mail encoding breaks it.
  token,
  '',
  `curl ${call} -H 'Content-Type: application/json' -d '${body}'`,
  '',
]

/** To the minute, in UTC. */
function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

export function createMails({ mailer, clock, log, settings, background }: MailsDeps): Mails {
  const host = new URL(settings.publicUrl).host

  async function send(mail: Mail): Promise<void> {
    oneLine('to', mail.to)
    oneLine('subject', mail.subject)
    await mailer.send(mail)
  }

  async function noticeTo(
    to: string,
    notice: Notice,
    username: string,
    origin: Origin,
    values: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const { subject, text } = noticeTexts[notice]
    const details = Object.entries(values).map(([label, value]) => `${plainText(label, 40)}: ${plainText(value, 200)}`)
    const lines = [
      greeting(notice, username),
      '',
      text,
      '',
      `When: ${timeText(clock.now())}`,
      // Under `user agent` everybody can write what they like, also a web address: nothing of it goes into a mail.
      `From: ${plainText(origin.address, 64)}`,
      ...details,
      '',
      `This mail comes from ${host}.`,
      '',
    ]
    const mail = { to, subject: `${subject} (${host})`, text: lines.join('\n'), expiresAt: clock.now() + noticeMillis }
    // Nobody waits for the mail server: what is told here has happened already.
    background.run(`mail ${notice}`, async () => {
      try {
        await send(mail)
      } catch (error) {
        log.error({ notice, error: error instanceof Error ? error.message : 'unknown' }, 'a mail could not be sent')
      }
    })
  }

  return {
    async link(purpose, to, token, expiresAt, { username, address = null }) {
      if (!isLinkPurpose(purpose)) throw new TypeError(`There is no mail for ${purpose}`)
      const { subject, text, call, body } = linkTexts[purpose]
      // In the fragment: a browser sends it to nobody and no server logs it. Opening the page consumes nothing.
      const link = address ?? `${settings.publicUrl}/auth/page/${purpose}#token=${token}`
      const lines = [
        greeting(purpose, username),
        '',
        text,
        '',
        link,
        '',
        `The link works once, until ${timeText(expiresAt)}.`,
        '',
        // A door with links of its own has calls of its own, too.
        ...(address === null ? withoutBrowser(`${settings.publicUrl}${call}`, token, body(token)) : []),
        `This mail comes from ${host}. If you did not ask for it, you can ignore it.`,
        '',
      ]
      await send({ to, subject: `${subject} (${host})`, text: lines.join('\n'), expiresAt })
    },
    async notice(notice, user, origin, values) {
      if (user.email !== null) await noticeTo(user.email, notice, user.username, origin, values)
    },
    noticeTo,
  }
}
