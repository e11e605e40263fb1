import { type Compilable, type CompiledQuery, type RawBuilder, sql } from 'kysely'
import { type Queries, withoutNul } from './engine.ts'

/** Stands in a query for a value that is given each time it runs. */
type Slots<V> = <K extends keyof V & string>(name: K) => RawBuilder<V[K]>

/** Runs the query with these values; `queries` is that of the open transaction, or the one to read or write with. */
export type Prepared<V, R> = (queries: Queries, values: V) => Promise<readonly R[]>

/**
 * A query that is built once for each database, not each time it runs: building one costs several times what SQLite takes
 * to answer it. For the queries of a sign-in and of a check that is not warm; all others are written where they are run.
 */
export function prepared<V extends object, R>(
  build: (queries: Queries, slot: Slots<V>) => Compilable<R>,
): Prepared<V, R> {
  const names = new Map<unknown, keyof V>()
  const slot: Slots<V> = (name) => {
    const mark = Object.freeze({ slot: name })
    names.set(mark, name)
    return sql.val(mark) as RawBuilder<never>
  }
  // A transaction has the adapter of the database that it is of.
  const made = new WeakMap<object, CompiledQuery<R>>()
  return async (queries, values) => {
    const { adapter } = queries.getExecutor()
    const query = made.get(adapter) ?? build(queries, slot).compile()
    made.set(adapter, query)
    const parameters = query.parameters.map((parameter) => {
      const name = names.get(parameter)
      return name === undefined ? parameter : withoutNul(values[name])
    })
    const { rows } = await queries.executeQuery<R>({ ...query, parameters })
    return rows
  }
}
