import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import type SMTPTransport from 'nodemailer/lib/smtp-transport/index.js'
import type { Config } from '../config/config.ts'
import { isLoopback } from '../config/strict.ts'
import type { Clock, Log, Mailer } from '../core/ports.ts'
import type { Mail } from '../core/records.ts'
import { hexToken } from '../crypto/random.ts'
import { CardeaError } from '../errors.ts'

export interface ServerMailer extends Mailer {
  /** Deletes outbox files whose link has expired. */
  purge(): Promise<void>
  close(): void
}

export interface MailerDeps {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
}

/** SMTP when it is configured, else files in the outbox. */
export function createMailer(deps: MailerDeps): ServerMailer {
  const { smtp } = deps.config
  return smtp === null ? createOutbox(deps) : createSmtp(deps, smtp)
}

/** A line break in one of these would begin a header of the sender's choice. */
function refuseLineBreaks({ to, subject }: Mail): void {
  if (/[\r\n\0]/.test(to + subject)) throw new TypeError('A mail address or subject holds a line break')
}

/** As an object the address is taken as one, whatever commas stand in it. */
function message(mail: Mail, from: string, now: number) {
  return {
    from,
    to: { name: '', address: mail.to },
    subject: mail.subject,
    // With bare LF the encoder may break in the middle of a line (RFC 5322, section 2.1).
    text: mail.text.replaceAll('\n', '\r\n'),
    date: new Date(now),
    headers: { 'Auto-Submitted': 'auto-generated', Expires: new Date(mail.expiresAt).toUTCString() },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** How the SMTP server is spoken to; strict mode refuses to send without TLS unless `allowInsecure`. */
export function smtpOptions(config: Config, smtpUrl: string): SMTPTransport.Options {
  const url = new URL(smtpUrl)
  const secure = url.protocol === 'smtps:'
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: config.strict && !config.allowInsecure && !isLoopback(url.hostname),
    ...(url.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
  }
}

function createSmtp(
  { config, clock, log }: MailerDeps,
  smtp: { readonly url: string; readonly from: string },
): ServerMailer {
  const { host } = new URL(smtp.url)
  const transport = createTransport(smtpOptions(config, smtp.url))
  return {
    async send(mail) {
      refuseLineBreaks(mail)
      try {
        await transport.sendMail(message(mail, smtp.from, clock.now()))
      } catch (error) {
        // What the server answered may quote the address or the log-in: only the kind of failure is kept.
        const { code, responseCode } = error as { code?: string; responseCode?: number }
        const internal = `SMTP server ${host}: ${code ?? 'error'}${responseCode === undefined ? '' : ` ${responseCode}`}`
        log.warn({ internal }, 'a mail could not be handed over')
        throw new CardeaError('unavailable', { internal })
      }
    },
    async purge() {},
    close: () => transport.close(),
  }
}

export function outboxFolder(config: Config): string {
  return join(config.dataDir, 'outbox')
}

function createOutbox({ config, clock, log }: MailerDeps): ServerMailer {
  const folder = outboxFolder(config)
  const composer = createTransport({ streamTransport: true, buffer: true })
  return {
    async send(mail) {
      refuseLineBreaks(mail)
      const now = clock.now()
      const { message: bytes } = await composer.sendMail(message(mail, config.mailFrom, now))
      const path = join(folder, `${now}-${hexToken(6)}.eml`)
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await chmod(folder, 0o700)
        // Whole or not at all: somebody may be waiting for the file.
        await writeFile(`${path}.part`, bytes as Buffer, { mode: 0o600, flag: 'wx' })
        await rename(`${path}.part`, path)
      } catch (error) {
        throw new CardeaError('unavailable', {
          internal: `the outbox cannot be written (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
        })
      }
      log.info({ path }, 'mail written to the outbox')
    },
    async purge() {
      const now = clock.now()
      for (const name of await readdir(folder).catch(() => [])) {
        if (!/^\d+-[0-9a-f]+\.eml$/.test(name)) continue
        const path = join(folder, name)
        const head = (await readFile(path, 'latin1').catch(() => '')).split('\r\n\r\n', 1)[0] ?? ''
        const expires = Date.parse(/^Expires: (.*)$/im.exec(head)?.[1] ?? '')
        // Somebody else may have taken the file away meanwhile.
        if (expires <= now) await rm(path, { force: true })
      }
    },
    close: () => composer.close(),
  }
}
