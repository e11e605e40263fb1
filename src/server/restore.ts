import { existsSync } from 'node:fs'
import { link, lstat, mkdtemp, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { makeDataFolder, openRootSecret, secretFile } from '../config/root-secret.ts'
import { createCore } from '../core/cardea.ts'
import { demandFittingSecret } from '../core/instance.ts'
import type { Log } from '../core/ports.ts'
import type { NewEpoch } from '../core/records.ts'
import { createKeyTree } from '../crypto/key-tree.ts'
import { createPasswords } from '../crypto/password.ts'
import { CardeaError } from '../errors.ts'
import { openStore, sqliteFile } from '../store/open.ts'
import { checkDatabase, copyDatabase, settleDatabase, syncPath } from '../store/sqlite-file.ts'
import type { Origin } from '../types.ts'
import { megabytes, restoreCommand } from './backup.ts'
import { systemClock } from './clock.ts'
import { StartError } from './start-error.ts'

export interface RestoreWish {
  readonly file: string
  /** A database that stands in the data folder is replaced; it is kept beside the new one. */
  readonly force: boolean
  readonly origin: Origin
  readonly log: Log
  /** For whoever waits. */
  readonly note: (line: string) => void
}

export interface Restored extends NewEpoch {
  /** The database that was made. */
  readonly path: string
  /** Where the one is that stood there before. */
  readonly replaced: string | null
  /** The first event of the audit log that does not fit the one before it; null when all do. */
  readonly auditBrokenAt: number | null
}

/**
 * Puts a backup into the data folder of a server that does not run, and begins a new epoch there. All is done and
 * checked on a copy: until the last step, a rename, the data folder is as it was. Throws StartError or CardeaError
 * that say what to do.
 */
export async function restore(config: Config, wish: RestoreWish): Promise<Restored> {
  const { file, force, note } = wish
  if (config.databaseUrl !== null) {
    throw new StartError(
      `PostgreSQL restores its own backups. Stop all servers and run, with the password in PGPASSWORD or ~/.pgpass: ${restoreCommand(config.databaseUrl, file)} - then: npx --no cardea restore --new-epoch`,
    )
  }
  const from = resolve(file)
  const entry = await lstat(from).catch(() => null)
  if (entry === null || entry.isDirectory()) throw new StartError(`There is no file ${from}.`)
  const path = sqliteFile(config.dataDir)
  if (resolve(path) === from) throw new StartError(`${from} is the database itself. Name a backup.`)
  await demandSecret(config)
  demandRoom(config, path, force)

  await makeDataFolder(config.dataDir)
  const draft = await mkdtemp(join(config.dataDir, 'restore-'))
  try {
    const copy = sqliteFile(draft)
    note(`Reading ${from} (${megabytes(entry.size)}) ...`)
    take(from, copy)
    const begun = await prepare(config, draft, wish)
    if (settleDatabase(copy) !== 'settled') throw new StartError(`${copy} is in use by another program.`)
    syncPath(copy)
    demandRoom(config, path, force)
    const replaced = existsSync(path) ? await putAside(path) : null
    await rename(copy, path)
    syncPath(config.dataDir)
    return { ...begun, path, replaced }
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** A secret that were made now would fit nothing. */
async function demandSecret(config: Config): Promise<void> {
  const file = secretFile(config)
  if (config.secret !== null || (await lstat(file).catch(() => null)) !== null) return
  throw new StartError(
    `There is no secret: put the one that the backup was made under into ${file} (mode 0600), or into CARDEA_SECRET.`,
  )
}

function demandRoom({ dataDir }: Config, path: string, force: boolean): void {
  if (!existsSync(path)) return
  if (!force) {
    throw new StartError(
      `${dataDir} holds a database. Name another folder with --data-dir, or say --force to put the backup in its place.`,
    )
  }
  if (settleDatabase(path) === 'in-use') {
    throw new StartError(`The database in ${dataDir} is in use. Stop the server first.`)
  }
}

/** The backup as a file of ours, whole and undamaged. */
function take(from: string, copy: string): void {
  try {
    checkDatabase(from)
    copyDatabase(from, copy)
  } catch (error) {
    if (!(error instanceof CardeaError)) throw error
    throw new StartError(`${from} cannot be restored. ${error.detail.internal ?? error.message}`, error)
  }
}

/** Migrates the copy, finds out whether the secret fits it, and begins the new epoch. */
async function prepare(config: Config, folder: string, { log, origin }: RestoreWish) {
  const { current, previous } = await openRootSecret(config)
  const keyTree = createKeyTree(current, previous)
  const clock = systemClock
  const store = await openStore({ dataDir: folder, poolSize: 1, clock, log })
  try {
    const core = await createCore({
      store,
      clock,
      log,
      mailer: {
        async send() {
          throw new TypeError('A restore sends no mail')
        },
      },
      passwords: createPasswords(config.passwordHash),
      keyTree,
      settings: config.core,
    })
    await demandFittingSecret(store, keyTree)
    const { brokenAt } = await core.events.verify()
    const begun = await core.instance.beginEpoch(origin)
    await core.close()
    return { ...begun, auditBrokenAt: brokenAt }
  } finally {
    await store.close()
  }
}

/** Keeps the old database under another name. Its own name never stands for nothing: a start would make a new one. */
async function putAside(path: string): Promise<string> {
  const replaced = `${path}.replaced`
  for (const end of ['', '-wal', '-shm']) await rm(`${replaced}${end}`, { force: true })
  // Only beside a file that SQLite could not read: a log that stayed would be taken for the new database's.
  for (const end of ['-wal', '-shm']) {
    if (existsSync(`${path}${end}`)) await rename(`${path}${end}`, `${replaced}${end}`)
  }
  await link(path, replaced)
  return replaced
}
