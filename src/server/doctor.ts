import { lstat, stat } from 'node:fs/promises'
import { createTransport } from 'nodemailer'
import type { Config } from '../config/config.ts'
import { relaxations } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import { openRootSecret, secretFile } from '../config/root-secret.ts'
import type { Log, Store } from '../core/ports.ts'
import { createSigningKeyBoxes } from '../core/signing-key-box.ts'
import { createKeyTree, type KeyTree } from '../crypto/key-tree.ts'
import { CardeaError } from '../errors.ts'
import { openStore, sqliteFile } from '../store/open.ts'
import { systemClock } from './clock.ts'
import { migrateHouse } from './house.ts'
import { outboxFolder, smtpOptions } from './mailer.ts'

export interface Check {
  readonly name: string
  readonly state: 'good' | 'note' | 'wrong'
  readonly message: string
}

const good = (name: string, message: string): Check => ({ name, state: 'good', message })
const note = (name: string, message: string): Check => ({ name, state: 'note', message })
const wrong = (name: string, message: string): Check => ({ name, state: 'wrong', message })

/** Before this no release of the program existed: a clock that says so is wrong. */
const FIRST_RELEASE = Date.UTC(2025, 0, 1)

/** Looks at everything a server stands on, and changes nothing: what is not there yet is not made. */
export async function examine(config: Config, log: Log): Promise<readonly Check[]> {
  const checks: Check[] = [
    good('settings', `${config.file ?? 'no configuration file'}; ${config.strict ? 'strict' : 'development'} mode`),
  ]
  checks.push(...(await modes(config)))
  const database = await reach(config, log)
  checks.push(...database.checks)
  try {
    checks.push(...(await secret(config, database.store)), ...(await clock(database.store)))
  } finally {
    await database.store?.close()
  }
  checks.push(await mail(config))
  for (const sentence of relaxations(config)) checks.push(note('relaxation', sentence))
  return checks
}

/** Folders that only this user may enter and files that only this user may read. */
async function modes(config: Config): Promise<readonly Check[]> {
  const folder = await lstatOrNull(config.dataDir)
  if (folder === null) return [note('data', `${config.dataDir} is not there yet; the first start makes it`)]
  if (!(await stat(config.dataDir)).isDirectory()) return [wrong('data', `${config.dataDir} is no folder`)]
  const found: Check[] = []
  const files = [
    secretFile(config),
    sqliteFile(config.dataDir),
    `${config.dataDir}/limits.sqlite`,
    `${config.dataDir}/setup-code`,
    outboxFolder(config),
  ]
  for (const path of [config.dataDir, ...files]) {
    const entry = path === config.dataDir ? await stat(path) : await lstatOrNull(path)
    if (entry !== null && (entry.mode & 0o077) !== 0) {
      found.push(
        wrong('data', `${path} is open to other users (mode ${(entry.mode & 0o777).toString(8)}): chmod go= ${path}`),
      )
    }
  }
  return found.length > 0 ? found : [good('data', `${config.dataDir} is private`)]
}

async function reach(
  config: Config,
  log: Log,
): Promise<{ readonly checks: readonly Check[]; readonly store: Store | null }> {
  const name = 'database'
  const what = config.databaseUrl === null ? 'SQLite' : `PostgreSQL at ${new URL(config.databaseUrl).host}`
  try {
    if (config.databaseUrl === null && (await lstatOrNull(sqliteFile(config.dataDir))) === null) {
      return { checks: [note(name, 'there is no database yet; the first start makes it')], store: null }
    }
    const { pending } = await migrateHouse(config, log, true)
    if (pending.length > 0) {
      return {
        checks: [
          wrong(name, `${what} lacks ${pending.length} migration(s): npx --no cardea migrate, or start the server`),
        ],
        store: null,
      }
    }
    const store = await openStore({
      databaseUrl: config.databaseUrl ?? undefined,
      dataDir: config.dataDir,
      poolSize: 2,
      clock: systemClock,
      log,
    })
    await store.ping()
    return { checks: [good(name, `${what} answers and is up to date`)], store }
  } catch (error) {
    return { checks: [wrong(name, `${what} cannot be used: ${reason(error)}`)], store: null }
  }
}

/** Opens every box that a signing key is in. */
async function secret(config: Config, store: Store | null): Promise<readonly Check[]> {
  const name = 'secret'
  const source = config.secret === null ? secretFile(config) : 'CARDEA_SECRET or the configuration file'
  if (config.secret === null && (await lstatOrNull(secretFile(config))) === null) {
    const orphan = store !== null && (await store.signingKeys.list()).length > 0
    return [
      orphan
        ? wrong(name, `${secretFile(config)} is missing, but the database was made with one: put it back`)
        : note(name, 'there is none yet; the first start makes one'),
    ]
  }
  let keyTree: KeyTree
  try {
    const { current, previous } = await openRootSecret(config)
    keyTree = createKeyTree(current, previous)
  } catch (error) {
    return [wrong(name, reason(error))]
  }
  const boxes = createSigningKeyBoxes({ keyTree })
  const keys = store === null ? [] : (await store.signingKeys.list()).filter(({ revokedAt }) => revokedAt === null)
  for (const key of keys) {
    try {
      await boxes.material(key)
    } catch (error) {
      return [wrong(name, `${source} does not open signing key ${key.kid}: ${reason(error)}`)]
    }
  }
  const old = keys.filter((key) => boxes.resealed(key) !== null).length
  return [
    good(
      name,
      keys.length === 0 ? `read from ${source}` : `read from ${source}; it opens every signing key (${keys.length})`,
    ),
    ...(old === 0
      ? []
      : [note(name, `${old} signing key(s) are sealed under an earlier secret: npx --no cardea signing-key re-wrap`)]),
  ]
}

/** A clock that stands before what is stored would make every token early or late. */
async function clock(store: Store | null): Promise<readonly Check[]> {
  const name = 'clock'
  const now = systemClock.now()
  const said = new Date(now).toISOString()
  if (now < FIRST_RELEASE) return [wrong(name, `the clock says ${said}, which cannot be`)]
  const [newest] = store === null ? [] : (await store.events.list({}, { limit: 1 })).items
  return [
    newest !== undefined && newest.at > now + 60_000
      ? wrong(name, `the clock says ${said}, but the newest audit event is of ${new Date(newest.at).toISOString()}`)
      : good(name, said),
  ]
}

async function mail(config: Config): Promise<Check> {
  const name = 'mail'
  if (config.smtp === null) return note(name, `no SMTP server: mails are written to ${outboxFolder(config)}`)
  const { host } = new URL(config.smtp.url)
  const transport = createTransport(smtpOptions(config, config.smtp.url))
  try {
    await transport.verify()
    return good(name, `${host} takes mail from ${config.smtp.from}`)
  } catch (error) {
    return wrong(name, `${host} does not take mail (${(error as NodeJS.ErrnoException).code ?? 'error'})`)
  } finally {
    transport.close()
  }
}

function reason(error: unknown): string {
  if (error instanceof CardeaError) return error.detail.internal ?? error.message
  if (error instanceof ConfigError) return error.problems.map(({ message }) => message).join('; ')
  return error instanceof Error ? error.message : 'something was thrown'
}

async function lstatOrNull(path: string) {
  return lstat(path).catch(() => null)
}
