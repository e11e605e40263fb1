import Database from 'better-sqlite3'

export interface Statements {
  start(): void
  /** How often each statement ran since the start. */
  stop(): Readonly<Record<string, number>>
}

/** Counts every statement that this process runs on any SQLite database, below all of our own code. */
export function countStatements(): Statements {
  const probe = new Database(':memory:')
  const prototype: object = Object.getPrototypeOf(probe.prepare('select 1'))
  probe.close()
  let counts: Map<string, number> | null = null
  for (const name of ['run', 'get', 'all', 'iterate']) {
    const original: unknown = Reflect.get(prototype, name)
    if (typeof original !== 'function') throw new TypeError(`statements have no ${name}`)
    Reflect.set(prototype, name, function (this: Database.Statement, ...args: unknown[]): unknown {
      counts?.set(this.source, (counts.get(this.source) ?? 0) + 1)
      return Reflect.apply(original, this, args)
    })
  }
  return {
    start() {
      counts = new Map()
    },
    stop() {
      const found = Object.fromEntries(counts ?? [])
      counts = null
      return found
    },
  }
}
