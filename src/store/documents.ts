import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Condition, DocumentFilter, NewDocument, Operand, StoredDocument } from '../core/document-records.ts'
import type { DocumentStore } from '../core/ports.ts'
import type { Db } from './db.ts'
import {
  checkedPath,
  expressionOf,
  indexedCharacters,
  orderOf,
  spellingOf,
  typeLiteral,
  wholeOf,
} from './document-expressions.ts'
import { setIndexes } from './document-indexes.ts'
import type { Engine, Queries } from './engine.ts'
import { chunks, count, toJson, unlessTaken } from './rows.ts'
import type { DocumentTable } from './schema.ts'

const rowsAtOnce = 200
const mostAtOnce = 1000

type Row = Omit<DocumentTable, 'search'> & { readonly u_public_id: string | null; readonly u_username: string | null }

function toDocument(row: Row): StoredDocument {
  const { updated_by: id, u_public_id: publicId, u_username: username } = row
  return {
    docId: row.doc_id,
    mode: row.mode,
    type: row.type,
    slug: row.slug,
    visibility: row.visibility,
    archived: row.archived === 1,
    ownerId: row.owner_id,
    updatedBy: id === null || publicId === null || username === null ? null : { id, publicId, username },
    values: JSON.parse(row.fields), // as written by us
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    publishedAt: row.published_at,
  }
}

function toRow(document: NewDocument): DocumentTable {
  return {
    doc_id: document.docId,
    mode: document.mode,
    type: document.type,
    slug: document.slug,
    visibility: document.visibility,
    archived: document.archived ? 1 : 0,
    owner_id: document.ownerId,
    updated_by: document.updatedBy,
    fields: toJson(document.values),
    search: toJson(document.search),
    created_at: document.createdAt,
    updated_at: document.updatedAt,
    published_at: document.publishedAt,
  }
}

function selected(queries: Queries) {
  return queries
    .selectFrom('documents')
    .leftJoin('users', 'users.id', 'documents.updated_by')
    .select([
      'documents.doc_id',
      'documents.mode',
      'documents.type',
      'documents.slug',
      'documents.visibility',
      'documents.archived',
      'documents.owner_id',
      'documents.updated_by',
      'documents.fields',
      'documents.created_at',
      'documents.updated_at',
      'documents.published_at',
      'users.public_id as u_public_id',
      'users.username as u_username',
    ])
}

/** Everything that decides which documents are meant, as conditions of one `where`. */
function wheres(engine: Engine, filter: DocumentFilter): readonly RawBuilder<SqlBool>[] {
  const { type, mode, visibilities, archived, conditions, search, docIds } = filter
  const [visibility] = visibilities
  return [
    sql<SqlBool>`type = ${typeLiteral(type)}`,
    sql<SqlBool>`mode = ${mode}`,
    ...(visibilities.length === 1 && visibility !== undefined ? [sql<SqlBool>`visibility = ${visibility}`] : []),
    ...(archived === null ? [] : [sql<SqlBool>`archived = ${archived ? 1 : 0}`]),
    ...(docIds === null ? [] : [docIds.length === 0 ? nothing : sql<SqlBool>`doc_id in (${sql.join(docIds)})`]),
    ...conditions.flatMap((condition) => conditionSql(engine, condition)),
    ...(search?.words ?? []).map((word) => anywhere(engine, search?.paths ?? [], word)),
  ]
}

const nothing = sql<SqlBool>`1 = 0`

function conditionSql(engine: Engine, condition: Condition): readonly RawBuilder<SqlBool>[] {
  const { parameter, relates } = spellingOf(engine)
  if (condition.op === 'relates') return [condition.ids.length === 0 ? nothing : relates(condition.path, condition.ids)]
  const { operand } = condition
  const expression = sql.raw(expressionOf(engine, operand))
  const isText = !('column' in operand) && operand.comparable === 'text'
  /** A parameter as the expression is: cut, and of the type that the engine expects. */
  const bound = (value: string | number | boolean) =>
    isText ? [...String(value)].slice(0, indexedCharacters).join('') : parameter(value)
  if (condition.op !== 'in') {
    return [sql<SqlBool>`${expression} ${sql.raw(condition.op === 'min' ? '>=' : '<=')} ${bound(condition.value)}`]
  }
  if (condition.values.length === 0) return [nothing]
  const found = sql<SqlBool>`${expression} in (${sql.join(condition.values.map(bound))})`
  const isLong = (value: unknown) => typeof value === 'string' && value.length >= indexedCharacters
  if (!isText || !condition.values.some(isLong)) return [found]
  const whole = sql.raw(wholeOf(engine, operand))
  return [found, sql<SqlBool>`${whole} in (${sql.join(condition.values.map(String))})`]
}

function anywhere(engine: Engine, paths: readonly string[], word: string): RawBuilder<SqlBool> {
  const { searchText, contains } = spellingOf(engine)
  const found = paths.map((path) => contains(searchText(checkedPath(path)), word))
  return found.length === 0 ? nothing : sql<SqlBool>`(${sql.join(found, sql` or `)})`
}

const all = (conditions: readonly RawBuilder<SqlBool>[]) => sql<SqlBool>`${sql.join(conditions, sql` and `)}`

/** As the database says it; a truth value is a number on one engine and a text on the other. */
function toValue(operand: Operand, value: string | number | null): string | number | boolean | null {
  const isTruth = !('column' in operand) && operand.comparable === 'boolean' && value !== null
  return isTruth ? value === 1 || value === 'true' : value
}

export function createDocumentStore(db: Db): DocumentStore {
  const { engine } = db
  return {
    create: (documents) =>
      db.atomic(async ({ queries }) => {
        const made = await unlessTaken(queries, async () => {
          for (const part of chunks(documents, rowsAtOnce)) {
            await queries.insertInto('documents').values(part.map(toRow)).execute()
          }
          return true
        })
        return made === null ? 'slug_taken' : 'made'
      }),

    async byId(type, docId, mode) {
      const row = await selected(db.read)
        .where('documents.type', '=', type)
        .where('documents.doc_id', '=', docId)
        .where('documents.mode', '=', mode)
        .executeTakeFirst()
      return row === undefined ? null : toDocument(row)
    },

    async taken(docIds) {
      const found = new Set<string>()
      for (const part of chunks(docIds)) {
        const rows = await db.read.selectFrom('documents').select('doc_id').where('doc_id', 'in', part).execute()
        for (const { doc_id } of rows) found.add(doc_id)
      }
      return [...found]
    },

    held: (type, docId) =>
      db.atomic(async ({ queries }) => {
        // Always in this order, so that two who want both modes do not wait for each other.
        const query = selected(queries)
          .where('documents.type', '=', type)
          .where('documents.doc_id', '=', docId)
          .orderBy('documents.mode')
        const rows = await (engine.locksRows ? query.forUpdate('documents') : query).execute()
        return rows.map(toDocument)
      }),

    save: (document) =>
      db.atomic(async ({ queries }) => {
        const { doc_id, mode, type, owner_id: _owner, created_at: _made, ...changes } = toRow(document)
        const result = await unlessTaken(queries, () =>
          queries
            .updateTable('documents')
            .set(changes)
            .where('doc_id', '=', doc_id)
            .where('mode', '=', mode)
            .where('type', '=', type)
            .executeTakeFirst(),
        )
        if (result === null) return 'slug_taken'
        return count(result) === 1 ? 'saved' : 'gone'
      }),

    async remove(type, docId) {
      const result = await db.write
        .deleteFrom('documents')
        .where('type', '=', type)
        .where('doc_id', '=', docId)
        .executeTakeFirst()
      return count(result) > 0
    },

    async list(wish) {
      let query = selected(db.read).where(all(wheres(engine, wish)))
      for (const term of orderOf(engine, wish.sort)) query = query.orderBy(sql.raw(term))
      const rows = await query.limit(Math.min(wish.limit, mostAtOnce)).offset(wish.offset).execute()
      return rows.map(toDocument)
    },

    async count(filter) {
      const row = await db.read
        .selectFrom('documents')
        .select(sql<number>`count(*)`.as('total'))
        .where(all(wheres(engine, filter)))
        .executeTakeFirstOrThrow()
      return row.total
    },

    async values(filter, operand, limit) {
      const value = sql.raw<string | number | null>(expressionOf(engine, operand))
      const rows = await db.read
        .selectFrom('documents')
        .select([value.as('value'), sql<number>`count(*)`.as('total')])
        .where(all(wheres(engine, filter)))
        .where(sql<SqlBool>`${value} is not null`)
        .groupBy(value)
        .orderBy('total', 'desc')
        .orderBy(value)
        .limit(limit)
        .execute()
      return rows.map((row) => ({ value: toValue(operand, row.value), count: row.total }))
    },

    setIndexes: (indexes) => db.atomic(({ queries }) => setIndexes(engine, queries, indexes)),
  }
}
