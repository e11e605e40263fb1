import { sql } from 'kysely'
import type { DocumentIndex } from '../core/document-records.ts'
import { sha256Hex } from '../crypto/hash.ts'
import { expressionOf, spellingOf, typeLiteral } from './document-expressions.ts'
import type { Engine, Queries } from './engine.ts'

/** All our indexes over declared fields are called so, and nothing else is. */
const prefix = 'documents_x_'

/** What follows the fields: the order among equals, and what a count has to know, so that no row is read for it. */
const rest = 'updated_at, doc_id, visibility, archived'

export interface IndexStatement {
  /** Follows from the statement: the same declaration is the same index on every node. */
  readonly name: string
  readonly statement: string
}

export function indexStatement(engine: Engine, { type, operands }: DocumentIndex): IndexStatement {
  const { indexed } = spellingOf(engine)
  const keys = operands.map((operand) => indexed(`(${expressionOf(engine, operand)})`)).join(', ')
  const definition = `documents (mode, ${keys}, ${rest}) where type = '${type}'`
  typeLiteral(type)
  const name = `${prefix}${sha256Hex(definition).slice(0, 24)}`
  return { name, statement: `create index ${name} on ${definition}` }
}

const existing: Readonly<Record<Engine['name'], string>> = {
  sqlite: `select name from sqlite_master where type = 'index' and tbl_name = 'documents' and name glob '${prefix}*'`,
  postgres: `select indexname as name from pg_indexes where schemaname = current_schema() and tablename = 'documents' and starts_with(indexname, '${prefix}')`,
}

/** Part of the caller's transaction, which should do nothing else: on PostgreSQL writers of documents wait for it. */
export async function setIndexes(engine: Engine, queries: Queries, wanted: readonly DocumentIndex[]) {
  // Neither the wait for another node nor an index over a large table is a query that hangs.
  if (engine.name === 'postgres') await sql`set local statement_timeout = 0`.execute(queries)
  await engine.lock(queries, 'document-indexes')
  const { rows } = await sql.raw<{ name: string }>(existing[engine.name]).execute(queries)
  const there = rows.map(({ name }) => name)
  const statements = new Map(wanted.map((index) => indexStatement(engine, index)).map((each) => [each.name, each]))
  const dropped = there.filter((name) => !statements.has(name))
  const made = [...statements.values()].filter(({ name }) => !there.includes(name))
  for (const name of dropped) await sql.raw(`drop index if exists ${name}`).execute(queries)
  for (const { statement } of made) await sql.raw(statement).execute(queries)
  return { made: made.map(({ name }) => name), dropped }
}
