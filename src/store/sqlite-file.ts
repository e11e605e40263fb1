import { closeSync, fsyncSync, openSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { CardeaError } from '../errors.ts'
import { translateFault } from './faults.ts'

/* What is done to a database file as a whole. The calls stop this process until they are done. */

const waitMillis = 5000

/**
 * Copies a database into the new file `to` (mode 0600), as it was at one moment, while others write to it. The copy
 * is on the disk when this returns. Throws `unavailable` when one of the files cannot be used.
 */
export function copyDatabase(from: string, to: string): { readonly bytes: number } {
  try {
    // VACUUM INTO takes an empty file as it is; one that it made itself could be read by others.
    closeSync(openSync(to, 'wx', 0o600))
    const database = new Database(from, { readonly: true, fileMustExist: true, timeout: waitMillis })
    try {
      database.prepare('vacuum into ?').run(to)
    } finally {
      database.close()
    }
    syncPath(to)
    return { bytes: statSync(to).size }
  } catch (error) {
    throw translateFault(error)
  }
}

/** Brings a file's contents, or a folder's names, to the disk. */
export function syncPath(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Throws `conflict` when the file is damaged, or is no database of ours. */
export function checkDatabase(file: string): void {
  const refuse = (internal: string): never => {
    throw new CardeaError('conflict', { internal })
  }
  let database: Database.Database | undefined
  try {
    database = new Database(file, { readonly: true, fileMustExist: true, timeout: waitMillis })
    const tables = database
      .prepare("select count(*) from sqlite_master where type = 'table' and name in ('cardea_migrations', 'users')")
      .pluck()
      .get()
    if (tables !== 2) refuse('The file is a database, but not one of Cardea.')
    if (database.pragma('integrity_check', { simple: true }) !== 'ok') refuse('The file is damaged.')
    if (database.prepare('pragma foreign_key_check').all().length > 0)
      refuse('The file is damaged: rows point to nothing.')
  } catch (error) {
    const fault = translateFault(error)
    if (fault instanceof CardeaError && /NOTADB|CORRUPT/.test(fault.detail.internal ?? '')) {
      refuse('The file is damaged, or no database at all.')
    }
    throw fault
  } finally {
    database?.close()
  }
}

/**
 * Makes a database one file, without a log beside it, which SQLite does for the only one who has it open. Answers
 * `in-use` when there are others, `unreadable` for a file that SQLite cannot read.
 */
export function settleDatabase(file: string): 'settled' | 'in-use' | 'unreadable' {
  try {
    const database = new Database(file, { fileMustExist: true, timeout: 0 })
    try {
      return database.pragma('journal_mode = delete', { simple: true }) === 'delete' ? 'settled' : 'in-use'
    } finally {
      database.close()
    }
  } catch (error) {
    return error instanceof Database.SqliteError && /BUSY|LOCKED/.test(error.code) ? 'in-use' : 'unreadable'
  }
}
