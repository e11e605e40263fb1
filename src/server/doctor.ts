import { stat } from 'node:fs/promises'
import { createTransport } from 'nodemailer'
import type { Config } from '../config/config.ts'
import { relaxations } from '../config/config.ts'
import { secretFile } from '../config/root-secret.ts'
import type { Log, Store } from '../core/ports.ts'
import { openStore, sqliteFile } from '../store/open.ts'
import { systemClock } from './clock.ts'
import { type Check, good, lstatOrNull, note, reason, wrong } from './doctor-check.ts'
import { examineLibrary } from './doctor-library.ts'
import { examineSecret } from './doctor-secret.ts'
import { migrateHouse } from './house.ts'
import { outboxFolder, smtpOptions } from './mailer.ts'
import { copiesFolder } from './photos.ts'

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
    checks.push(
      ...(await examineSecret(config, database.store)),
      ...(await clock(database.store)),
      ...(await suspended(database.store)),
    )
  } finally {
    await database.store?.close()
  }
  checks.push(await mail(config), ...(await examineLibrary(config)))
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
    copiesFolder(config.dataDir),
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

/** A restore leaves keys behind that nobody may forget. */
async function suspended(store: Store | null): Promise<readonly Check[]> {
  const { keys, tokens } = store === null ? { keys: 0, tokens: 0 } : await store.instance.suspended()
  if (keys + tokens === 0) return []
  return [
    note(
      'suspended',
      `${keys} API key(s) and ${tokens} private token(s) came back from a backup and are refused: revoke those you do not want, then npx --no cardea restore --confirm-keys`,
    ),
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
