import { type Core, type CoreDeps, createCore } from '../../src/core/cardea.ts'
import type { Log, Mailer, Store } from '../../src/core/ports.ts'
import type { Mail } from '../../src/core/records.ts'
import { defaultRoles } from '../../src/core/roles.ts'
import type { CoreSettings } from '../../src/core/settings.ts'
import { createKeyTree, type KeyTree } from '../../src/crypto/key-tree.ts'
import { createPasswords, type Passwords } from '../../src/crypto/password.ts'
import { createFakeClock, type FakeClock } from './clock.ts'
import { createTestDatabase, type EngineName, type TestDatabase } from './store.ts'

export type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> }
    : T

const day = 24 * 60 * 60

/** The settings of the tests: the defaults of the product with the limits off. */
export const testSettings: CoreSettings = {
  publicUrl: 'http://127.0.0.1:4000',
  audience: 'http://127.0.0.1:4000',
  signUp: 'open',
  confirmEmail: true,
  password: { minLength: 8, maxLength: 256 },
  accessTokenSeconds: 3600,
  session: { idleSeconds: 7 * day, absoluteSeconds: 30 * day, refreshGraceSeconds: 30, maxPerUser: 100 },
  privateTokenMaxSeconds: 365 * day,
  privateTokenNoticeSeconds: 7 * day,
  freshSeconds: 600,
  totp: { issuer: 'Cardea', drift: 1, singleUse: true },
  requireFactor: [],
  roles: defaultRoles,
  staticKeys: [],
  limits: {
    enabled: false,
    address: { points: 100, windowSeconds: 300 },
    user: { points: 10, windowSeconds: 900 },
    knownUser: { points: 30, windowSeconds: 900 },
    strangers: { points: 50, windowSeconds: 900 },
    mail: { points: 10, windowSeconds: 3600 },
    questions: { points: 120, windowSeconds: 60 },
  },
  signing: { algorithm: 'ES256', rotateSeconds: 90 * day, publishAheadSeconds: day },
  lifetimes: {
    signInLink: 600,
    resetLink: 1800,
    confirmLink: day,
    undoLink: 3 * day,
    invitation: 7 * day,
    setUpCode: 3600,
    factorTicket: 600,
    pendingFactor: 600,
    nameReservation: 90 * day,
    events: 365 * day,
  },
  pieces: { types: [], maxPerPage: 200, siteUrl: null },
  changes: { maxStreams: 20, maxStreamsPerUser: 15, heartbeatSeconds: 1 },
  feedBoundMillis: 5000,
  cacheSize: 10_000,
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: object
  readonly message: string
}

export interface TestCoreWish {
  readonly settings?: DeepPartial<CoreSettings>
  readonly engine?: EngineName
  /** Stands on this database with a store of its own: a second node. Whoever made the database drops it. */
  readonly database?: TestDatabase
  /** What the core sees of its store; for counting and failing ones. */
  readonly wrap?: (store: Store) => Store
  readonly clock?: FakeClock
  readonly keyTree?: KeyTree
  /** Takes the place of the mailer that only remembers. */
  readonly mailer?: Mailer
  readonly passwords?: Passwords
  /** How links in the mails of other doors look. */
  readonly links?: CoreDeps['links']
  /** Makes the photo library that the core stands on; without it there is none. */
  readonly photos?: (made: Pick<CoreDeps, 'store' | 'clock' | 'log'>) => Promise<CoreDeps['photos']>
}

export interface TestCore {
  readonly core: Core
  readonly store: Store
  readonly database: TestDatabase
  readonly clock: FakeClock
  /** What was mailed, oldest first. */
  readonly mails: Mail[]
  readonly logs: LogLine[]
  readonly keyTree: KeyTree
  readonly settings: CoreSettings
  readonly passwords: Passwords
  /** Closes the core and removes the database (unless it was handed in). */
  drop(): Promise<void>
}

/** A core over a store of its own, with a fake clock, cheap hashes and mails kept in a list. */
export async function createTestCore(wish: TestCoreWish = {}): Promise<TestCore> {
  const clock = wish.clock ?? createFakeClock()
  const database = wish.database ?? (await createTestDatabase(wish.engine))
  const opened = await database.open({ clock })
  const store = wish.wrap === undefined ? opened : wish.wrap(opened)
  const keyTree = wish.keyTree ?? testKeyTree()
  const settings: CoreSettings = merged(testSettings, wish.settings ?? {})
  const passwords = wish.passwords ?? cheapPasswords()
  const mails: Mail[] = []
  const logs: LogLine[] = []
  const mailer = wish.mailer ?? {
    async send(mail: Mail) {
      mails.push(mail)
    },
  }
  const links = wish.links === undefined ? {} : { links: wish.links }
  const log = rememberingLog(logs)
  const library = await wish.photos?.({ store, clock, log })
  const photos = library === undefined ? {} : { photos: library }
  const core = await createCore({ store, clock, log, mailer, passwords, keyTree, settings, ...links, ...photos })
  return {
    core,
    store,
    database,
    clock,
    mails,
    logs,
    keyTree,
    settings,
    passwords,
    async drop() {
      await core.close()
      if (wish.database === undefined) await database.drop()
    },
  }
}

/** The same keys each time, so that two cores on one store agree. `byte` makes another root. */
export function testKeyTree(byte = 7, previous: readonly number[] = []): KeyTree {
  return createKeyTree(
    Buffer.alloc(32, byte),
    previous.map((each) => Buffer.alloc(32, each)),
  )
}

export function cheapPasswords(): Passwords {
  return createPasswords({ memoryKib: 64, passes: 1, lanes: 1, parallel: 2, queue: 1000 })
}

export function rememberingLog(lines: LogLine[]): Log {
  const at = (level: LogLine['level']) => (fields: object, message: string) => {
    lines.push({ level, fields, message })
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Members of `patch` win, plain objects are merged. `roles` are replaced as a whole role each. */
export function merged<T>(base: T, patch: unknown): T {
  if (!isPlain(base) || !isPlain(patch)) return base
  const result: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue
    result[key] = isPlain(value) && isPlain(result[key]) ? merged(result[key], value) : value
  }
  return result as T
}
