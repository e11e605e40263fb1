import Database from 'better-sqlite3'
import pg from 'pg'
import { CardeaError } from '../errors.ts'

/*
 * The one place where the engines' errors become ours. A driver's message, detail and query can hold values of rows
 * or parameters, so none of them is handed on: what remains is the engine, its code, the constraint and the stack.
 */

interface Fault {
  readonly kind: 'unique' | 'reference' | 'retry' | 'unavailable' | 'other'
  readonly name: string
}

/** PostgreSQL classes and codes (appendix A of its manual) that mean "not now". */
const unavailableOnPostgres = ['08', '53', '57', '58', '25006', '25P03', '55P03', 'XX001', 'XX002']
/** SQLite's primary result codes that mean "not now"; the extended ones begin with them. */
const unavailableOnSqlite = [
  'BUSY',
  'LOCKED',
  'FULL',
  'IOERR',
  'CANTOPEN',
  'READONLY',
  'NOMEM',
  'PROTOCOL',
  'CORRUPT',
  'NOTADB',
]
/** What pg, its pool and Kysely say without a code when the connection is not there. */
const lostConnection =
  /connection terminated|connection ended|client has encountered a connection error|client was closed|not queryable|timeout exceeded when trying to connect|timeout expired|query read timeout|pool after calling end|driver has already been destroyed|connection is not open|connection has been discarded|terminating connection/i

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function classify(error: unknown): Fault | null {
  if (!(error instanceof Error)) return null
  const code = codeOf(error)
  if (error instanceof pg.DatabaseError) {
    const constraint = error.constraint === undefined ? '' : ` (${error.constraint})`
    const name = `postgres ${code}${constraint}`
    if (code === '23505') return { kind: 'unique', name }
    if (code === '23503') return { kind: 'reference', name }
    if (code === '40001' || code === '40P01') return { kind: 'retry', name }
    if (unavailableOnPostgres.some((prefix) => code.startsWith(prefix))) return { kind: 'unavailable', name }
    return { kind: 'other', name }
  }
  if (error instanceof Database.SqliteError) {
    const name = `sqlite ${code}`
    if (code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY') return { kind: 'unique', name }
    if (code === 'SQLITE_CONSTRAINT_FOREIGNKEY') return { kind: 'reference', name }
    if (unavailableOnSqlite.some((word) => code.startsWith(`SQLITE_${word}`))) return { kind: 'unavailable', name }
    return { kind: 'other', name }
  }
  // A name with several addresses, none of which answers.
  if (error instanceof AggregateError) return classify(error.errors[0])
  if ('syscall' in error) return { kind: 'unavailable', name: `connection ${code}` }
  if (lostConnection.test(error.message)) return { kind: 'unavailable', name: 'connection lost' }
  return null
}

/** What may be logged of a driver's error: engine, code, constraint. */
export function faultName(error: unknown): string {
  if (error instanceof StoreFault) return error.message
  return classify(error)?.name ?? (error instanceof Error ? error.name : 'unknown')
}

/** The cleaned cause of an error of the store. */
class StoreFault extends Error {
  readonly kind: Fault['kind']

  constructor(fault: Fault, stack: string | undefined) {
    super(fault.name)
    this.name = 'StoreFault'
    this.kind = fault.kind
    const frames = (stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line))
    this.stack = [`StoreFault: ${fault.name}`, ...frames].join('\n')
  }
}

/** A driver's error as a CardeaError; what does not come from a driver stays as it is. */
export function translateFault(error: unknown): unknown {
  const fault = classify(error)
  if (fault === null) return error
  const cause = new StoreFault(fault, error instanceof Error ? error.stack : undefined)
  const internal = `database: ${fault.name}`
  if (fault.kind === 'unique' || fault.kind === 'reference') return new CardeaError('conflict', { internal, cause })
  if (fault.kind === 'other') return new CardeaError('internal', { internal, cause })
  return new CardeaError('unavailable', { internal, cause, retryAfter: fault.kind === 'retry' ? 1 : 5 })
}

/** Whether a statement hit a unique index, before or after translation. */
export function isUniqueFault(error: unknown): boolean {
  return kindOf(error) === 'unique'
}

/** Whether the engine gave the transaction up so that another could go on. */
export function isRetryFault(error: unknown): boolean {
  return kindOf(error) === 'retry'
}

/** Whether pg gave a query up because no answer came. For the driver: before translation. */
export function isSilenceFault(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout'
}

/** Whether another process holds SQLite's lock. For the driver: before translation. */
export function isBusyFault(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
}

function kindOf(error: unknown): Fault['kind'] | null {
  if (error instanceof CardeaError) return error.cause instanceof StoreFault ? error.cause.kind : null
  return classify(error)?.kind ?? null
}
