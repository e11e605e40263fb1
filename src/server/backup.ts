import { existsSync, statSync } from 'node:fs'
import { link, lstat, rename, rm } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { hexToken } from '../crypto/random.ts'
import { sqliteFile } from '../store/open.ts'
import { copyDatabase, syncPath } from '../store/sqlite-file.ts'
import { StartError } from './start-error.ts'

export interface BackUpWish {
  readonly file: string
  /** A file of that name is replaced. */
  readonly force: boolean
  /** For whoever waits. */
  readonly note: (line: string) => void
}

export interface BackedUp {
  /** Absolute. */
  readonly path: string
  readonly bytes: number
}

/**
 * Copies the SQLite database, whether or not a server writes to it, into a file that only this user may read. The file
 * appears under its name when it is whole. It never holds the root secret, which is no part of the database, nor
 * limits, which have a file of their own. Throws StartError that says what to do.
 */
export async function backUp(config: Config, { file, force, note }: BackUpWish): Promise<BackedUp> {
  if (config.databaseUrl !== null) {
    throw new StartError(
      `PostgreSQL makes its own backups. Run, with the password in PGPASSWORD or ~/.pgpass: ${dumpCommand(config.databaseUrl, file)}`,
    )
  }
  const database = sqliteFile(config.dataDir)
  if (!existsSync(database)) throw new StartError(`There is no database in ${config.dataDir} yet: nothing to back up.`)
  const path = resolve(file)
  const folder = dirname(path)
  if (!existsSync(folder)) throw new StartError(`The folder ${folder} does not exist. Make it first.`)
  if (!force && (await lstat(path).catch(() => null)) !== null) throw occupied(path)
  if (inDatabase(path, database)) throw new StartError(`${path} is the database itself. Name another file.`)
  const draft = `${path}.${hexToken(6)}.part`
  note(`Copying ${database} (${megabytes(statSync(database).size)}) ...`)
  try {
    const { bytes } = copyDatabase(database, draft)
    if (force) await rename(draft, path)
    // A link is made or refused as a whole: nobody's file is replaced.
    else {
      await link(draft, path).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'EEXIST' ? occupied(path) : error
      })
    }
    syncPath(folder)
    return { path, bytes }
  } finally {
    await rm(draft, { force: true })
  }
}

const occupied = (path: string) => new StartError(`${path} exists. Name another file, or say --force to replace it.`)

/** The name of the database or of what SQLite keeps beside it. */
function inDatabase(path: string, database: string): boolean {
  return dirname(path) === dirname(resolve(database)) && basename(path).startsWith(basename(database))
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`
}

/** What PostgreSQL's own tools are called with. Counters of limits are of no use later. */
export function dumpCommand(url: string, file: string): string {
  return `pg_dump --format=custom --no-owner --exclude-table-data=limits --file=${quoted(file)} ${quoted(withoutPassword(url))}`
}

export function restoreCommand(url: string, file: string): string {
  return `pg_restore --clean --if-exists --no-owner --single-transaction --dbname=${quoted(withoutPassword(url))} ${quoted(file)}`
}

function withoutPassword(text: string): string {
  const url = new URL(text)
  url.password = ''
  for (const name of [...url.searchParams.keys()]) if (/pass/i.test(name)) url.searchParams.delete(name)
  return url.href
}

function quoted(text: string): string {
  return /^[\w./:@+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
