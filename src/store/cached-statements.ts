import type Database from 'better-sqlite3'
import type { SqliteDatabase } from 'kysely'

const cachedStatements = 300

/** Our queries are few and come again and again; the least recently used statement goes first. */
export function cacheStatements(database: Database.Database): SqliteDatabase {
  const statements = new Map<string, Database.Statement<unknown[]>>()
  return {
    close() {
      statements.clear()
      if (database.open) database.close()
    },
    prepare(sql) {
      const statement = statements.get(sql) ?? database.prepare<unknown[]>(sql)
      statements.delete(sql)
      statements.set(sql, statement)
      const oldest = statements.keys().next().value
      if (statements.size > cachedStatements && oldest !== undefined) statements.delete(oldest)
      return statement
    },
  }
}
