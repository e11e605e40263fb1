import Database from 'better-sqlite3'
import pg from 'pg'
import type { TestDatabase } from './store.ts'

/** Runs one statement past the store, as somebody with access to the database would. Answers its rows. */
export async function runSql(
  database: Pick<TestDatabase, 'engine' | 'address'>,
  statement: string,
): Promise<readonly Record<string, unknown>[]> {
  if (database.engine === 'sqlite') {
    const file = new Database(database.address)
    try {
      const prepared = file.prepare<[], Record<string, unknown>>(statement)
      if (prepared.reader) return prepared.all()
      prepared.run()
      return []
    } finally {
      file.close()
    }
  }
  const client = new pg.Client({ connectionString: database.address })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}
