import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { DocumentColumn, Operand, Sorting } from '../core/document-records.ts'
import type { Engine } from './engine.ts'

/**
 * Declared fields as SQL. Paths stand in the text of a statement, not among its parameters: an index over an expression
 * is used only where the very same one is asked for. Their parts are letters, digits and `_`; anything else is a
 * TypeError here.
 */

/** Texts are sorted and indexed by their beginning: an index of PostgreSQL takes no long ones. */
export const indexedCharacters = 200

interface Spelling {
  /** The field as it is compared and sorted, without the cut of a text. */
  readonly text: (path: readonly string[]) => string
  readonly number: (path: readonly string[]) => string
  readonly boolean: (path: readonly string[]) => string
  readonly beginning: (text: string) => string
  readonly parameter: (value: string | number | boolean) => string | number
  /** `column` holds JSON; by the dotted path as one key. */
  readonly searchText: (path: string) => string
  readonly contains: (text: string, needle: string) => RawBuilder<SqlBool>
  readonly relates: (path: readonly string[], ids: readonly string[]) => RawBuilder<SqlBool>
  /** Where nothing stands: before everything. */
  readonly order: (expression: string, direction: 'asc' | 'desc') => string
  readonly indexed: (expression: string) => string
}

const sqlitePath = (path: readonly string[]) => `'$.${path.map((part) => `"${part}"`).join('.')}'`
const postgresPath = (path: readonly string[]) => `'{${path.join(',')}}'`

const spellings: Readonly<Record<Engine['name'], Spelling>> = {
  sqlite: {
    text: (path) => `json_extract(fields, ${sqlitePath(path)})`,
    // What was stored while the field was declared otherwise counts as nothing.
    number: (path) =>
      `case when json_type(fields, ${sqlitePath(path)}) in ('integer', 'real') then json_extract(fields, ${sqlitePath(path)}) end`,
    boolean: (path) => `json_extract(fields, ${sqlitePath(path)})`,
    beginning: (text) => `substr(${text}, 1, ${indexedCharacters})`,
    parameter: (value) => (typeof value === 'boolean' ? Number(value) : value),
    searchText: (path) => `json_extract(search, '$."${path}"')`,
    contains: (text, needle) => sql<SqlBool>`instr(${sql.raw(text)}, ${needle}) > 0`,
    relates: (path, ids) =>
      sql<SqlBool>`exists (select 1 from json_each(fields, ${sql.raw(sqlitePath(path))}) as held where held.value in (${sql.join(ids)}))`,
    order: (expression, direction) => `${expression} ${direction}`,
    indexed: (expression) => expression,
  },
  postgres: {
    text: (path) => `(fields #>> ${postgresPath(path)}) collate "C"`,
    number: (path) =>
      `case when jsonb_typeof(fields #> ${postgresPath(path)}) = 'number' then (fields #>> ${postgresPath(path)})::double precision end`,
    boolean: (path) => `(fields #>> ${postgresPath(path)}) collate "C"`,
    beginning: (text) => `left(${text}, ${indexedCharacters})`,
    parameter: (value) => (typeof value === 'boolean' ? String(value) : value),
    searchText: (path) => `(search ->> '${path}')`,
    contains: (text, needle) => sql<SqlBool>`strpos(${sql.raw(text)}, ${needle}) > 0`,
    relates: (path, ids) =>
      sql<SqlBool>`jsonb_exists_any(fields #> ${sql.raw(postgresPath(path))}, array[${sql.join(ids)}]::text[])`,
    order: (expression, direction) => `${expression} ${direction === 'asc' ? 'asc nulls first' : 'desc nulls last'}`,
    indexed: (expression) => `${expression} nulls first`,
  },
}

export function spellingOf({ name }: Engine): Spelling {
  return spellings[name]
}

function checked(path: readonly string[]): readonly string[] {
  if (path.length === 0 || !path.every((part) => /^[A-Za-z0-9_]+$/.test(part)))
    throw new TypeError('a path to a field has other parts than names')
  return path
}

export function checkedPath(path: string): string {
  return checked(path.split('.')).join('.')
}

const columns: Readonly<Record<DocumentColumn, string>> = {
  slug: 'slug',
  visibility: 'visibility',
  createdAt: 'documents.created_at',
  updatedAt: 'documents.updated_at',
  lastPublishedAt: 'published_at',
}

/** What is sorted, indexed and compared. */
export function expressionOf(engine: Engine, operand: Operand): string {
  if ('column' in operand) return columns[operand.column]
  const spelling = spellingOf(engine)
  const whole = wholeOf(engine, operand)
  return operand.comparable === 'text' ? spelling.beginning(whole) : whole
}

/** The same without the cut. */
export function wholeOf(engine: Engine, operand: Exclude<Operand, { column: DocumentColumn }>): string {
  return spellingOf(engine)[operand.comparable](checked(operand.path))
}

/** What is equal so far comes in the order that the indexes have it. */
const ties = ['documents.updated_at', 'documents.doc_id']

/** The terms of an order, each with its direction. */
export function orderOf(engine: Engine, sort: readonly Sorting[]): readonly string[] {
  const last = sort.at(-1)?.direction ?? 'desc'
  const given = sort.map(({ operand, direction }) => ({ operand, direction, text: expressionOf(engine, operand) }))
  return [
    ...given.map(({ operand, direction, text }) =>
      isNeverEmpty(operand) ? `${text} ${direction}` : spellingOf(engine).order(text, direction),
    ),
    // A term that came already takes the order from the index: SQLite would sort all rows.
    ...ties.filter((tie) => !given.some(({ text }) => text === tie)).map((tie) => `${tie} ${last}`),
  ]
}

/** PostgreSQL takes an index for an order only where both say the same about what is empty. */
const isNeverEmpty = (operand: Operand): boolean => 'column' in operand && operand.column !== 'lastPublishedAt'

/** A type's name in the text of a statement: an index that is for one type is used only where that is plain to see. */
export function typeLiteral(type: string): RawBuilder<string> {
  if (!/^[a-z][a-z0-9_-]*$/.test(type))
    throw new TypeError('a piece type has another name than letters, digits, - and _')
  return sql.raw(`'${type}'`)
}
