import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock, LimitStore, Store } from '../core/ports.ts'
import { CardeaError } from '../errors.ts'
import { createChangeStore, type Watch } from './changes.ts'
import type { Db } from './db.ts'
import { createDeviceStore } from './devices.ts'
import { createDocumentStore } from './documents.ts'
import type { Engine, Queries } from './engine.ts'
import { createEventStore } from './events.ts'
import { createFactorStore } from './factors.ts'
import { translateFault } from './faults.ts'
import { createInstanceStore } from './instance.ts'
import { createKeyStore } from './keys.ts'
import { createMetaStore } from './meta.ts'
import { createOneTimeStore } from './one-time.ts'
import { createPhotoStore } from './photos.ts'
import { createSessionStore } from './sessions.ts'
import { createSigningKeyStore } from './signing-keys.ts'
import { createTokenStore } from './tokens.ts'
import { boundDb, outerDb } from './transactions.ts'
import { createUserStore } from './users.ts'

const pingMillis = 2000

/** What sqlite.ts and postgres.ts bring. */
export interface Backend {
  readonly engine: Engine
  /** For reads outside of transactions; may be the same as `write`. */
  readonly read: Queries
  readonly write: Queries
  /** For reads of the outbox outside of transactions, when they have a connection of their own. */
  readonly feed?: Queries
  /** Counts on connections of its own. */
  readonly limits: LimitStore
  readonly watch: Watch
  /** Called after a commit of this process that wrote changes. */
  committed(): void
  close(): Promise<void>
}

/** What a store does besides its nouns. */
type OwnVerbs = Pick<Store, 'transaction' | 'lock' | 'ping' | 'close'>

/** Runs in the async context of a transaction's callback. */
interface Frame {
  open: boolean
}

/** The ports of core/ports.ts over an opened and migrated database. `clock` dates what the verbs get no time for. */
export function createStore(backend: Backend, clock: Clock): Store {
  const { engine } = backend
  const frames = new AsyncLocalStorage<Frame>()
  const limits = shield(backend.limits, () => {})
  let closing: Promise<void> | null = null

  function checkOutside(): void {
    if (frames.getStore()?.open === true) {
      throw new TypeError('The outer store was used inside of its transaction; use the store that was handed in')
    }
    if (closing !== null) throw new CardeaError('unavailable', { internal: 'the store is closed' })
  }

  /** Of a transaction only those are made that it asks for: it needs two or three of them. */
  function nouns(db: Db, check: () => void, feed = db) {
    const now = () => clock.now()
    return lazily({
      users: () => shield(createUserStore(db), check),
      sessions: () => shield(createSessionStore(db, now), check),
      keys: () => shield(createKeyStore(db, now), check),
      tokens: () => shield(createTokenStore(db), check),
      oneTime: () => shield(createOneTimeStore(db), check),
      factors: () => shield(createFactorStore(db), check),
      signingKeys: () => shield(createSigningKeyStore(db, now), check),
      events: () => shield(createEventStore(db), check),
      changes: () => ({ ...shield(createChangeStore(feed, backend.watch), check), watch: backend.watch }),
      devices: () => shield(createDeviceStore(db), check),
      photos: () => shield(createPhotoStore(db), check),
      documents: () => shield(createDocumentStore(db), check),
      meta: () => shield(createMetaStore(db), check),
      instance: () => shield(createInstanceStore(db), check),
    })
  }

  const verbs = (db: Db, check: () => void, own: OwnVerbs, feed = db): Store =>
    Object.assign(nouns(db, check, feed), { engine: engine.name, limits, ...shield(own, check) })

  const outer = outerDb(engine, backend.read, backend.write, backend.committed)

  async function transaction<T>(run: (store: Store) => Promise<T>): Promise<T> {
    checkOutside()
    try {
      return await outer.atomic((tx) => {
        const frame: Frame = { open: true }
        const db = boundDb(tx)
        const bound: Store = verbs(db, () => checkOpen(frame), {
          transaction: (nested) => nested(bound),
          lock: (name) => engine.lock(tx.queries, `named:${name}`),
          ping: () => ping(tx.queries),
          close: async () => {
            throw new TypeError('A store cannot be closed from inside of its transaction')
          },
        })
        return frames.run(frame, async () => {
          try {
            return await run(bound)
          } finally {
            // What was started and not awaited may go on, but not within this transaction.
            frame.open = false
          }
        })
      })
    } catch (error) {
      throw translateFault(error)
    }
  }

  const own = {
    transaction,
    lock: async () => {
      throw new TypeError('A lock needs a transaction to hold it')
    },
    ping: () => within(pingMillis, ping(backend.read)),
    close: async () => {},
  }
  const store = verbs(outer, checkOutside, own, { ...outer, read: backend.feed ?? outer.read })
  return Object.assign(store, {
    close() {
      closing ??= backend.close()
      return closing
    },
  })
}

/** The same members, each made when it is first asked for. */
function lazily<T extends Record<string, unknown>>(makers: { readonly [K in keyof T]: () => T[K] }): T {
  const made = {}
  for (const [name, make] of Object.entries(makers)) {
    Object.defineProperty(made, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value = make()
        Object.defineProperty(made, name, { value, enumerable: true })
        return value
      },
    })
  }
  return made as T
}

function checkOpen(frame: Frame): void {
  if (!frame.open) throw new TypeError('This transaction is over')
}

/** Reads a page of the file, or asks the server. */
async function ping(queries: Queries): Promise<void> {
  await queries.selectFrom('cardea_migrations').select('name').limit(1).execute()
}

async function within(millis: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      fail(new CardeaError('unavailable', { internal: 'the database does not answer', retryAfter: 5 }))
    }, millis)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The same verbs, each behind the check, and with the engines' errors translated. */
function shield<T extends object>(noun: T, check: () => void): T {
  const verbs = Object.entries({ ...noun } as Record<string, unknown>).map(([name, verb]) => {
    if (typeof verb !== 'function') throw new TypeError(`${name} is not a verb`)
    return [
      name,
      async (...args: unknown[]): Promise<unknown> => {
        check()
        try {
          return await verb(...args)
        } catch (error) {
          throw translateFault(error)
        }
      },
    ]
  })
  return Object.fromEntries(verbs) as T // the same names with the same arguments and answers
}
