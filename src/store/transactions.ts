import { writeChanges } from './changes.ts'
import type { Db, NewChange, NewEvent, Tx } from './db.ts'
import type { Engine, Queries } from './engine.ts'
import { writeEvents } from './events.ts'
import { isRetryFault } from './faults.ts'

interface OpenTx {
  readonly tx: Tx
  /** Whether changes were written. */
  changed(): boolean
}

function openTx(engine: Engine, queries: Queries): OpenTx {
  let changes: NewChange[] = []
  let events: NewEvent[] = []
  let changed = false
  const tx: Tx = {
    engine,
    queries,
    change(change) {
      changes.push(change)
    },
    event(event) {
      events.push(event)
    },
    async flush() {
      // Always in this order, so that two transactions never hold one lock each and wait for the other.
      const newEvents = events
      const newChanges = changes
      events = []
      changes = []
      if (newEvents.length > 0) await writeEvents(queries, engine, newEvents)
      if (newChanges.length > 0) {
        changed = true
        await writeChanges(queries, engine, newChanges)
      }
    },
  }
  return { tx, changed: () => changed }
}

/** The nouns' Db inside an open transaction. */
export function boundDb(tx: Tx): Db {
  return {
    engine: tx.engine,
    read: tx.queries,
    write: tx.queries,
    atomic: (run) => run(tx),
    flush: () => tx.flush(),
  }
}

/** The nouns' Db outside of transactions. `committed` is called after each commit that wrote changes. */
export function outerDb(engine: Engine, read: Queries, write: Queries, committed: () => void): Db {
  return {
    engine,
    read,
    write,
    async atomic(run) {
      for (let attempt = 0; ; attempt += 1) {
        try {
          const { result, changed } = await write.transaction().execute(async (queries) => {
            // Who lost once comes one at a time, holding nothing else yet: the same ones do not collide again.
            if (attempt > 0) await engine.lock(queries, 'retry')
            const open = openTx(engine, queries)
            const result = await run(open.tx)
            await open.tx.flush()
            return { result, changed: open.changed() }
          })
          if (changed) committed()
          return result
        } catch (error) {
          if (attempt >= engine.retries || !isRetryFault(error)) throw error
        }
      }
    },
    async flush() {},
  }
}
