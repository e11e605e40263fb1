import { test } from 'node:test'
import type { Store } from '../../src/core/ports.ts'
import type { ApiKey, AuditEvent, NewUser, OneTime, PrivateToken, Session, SigningKey } from '../../src/core/records.ts'
import { createKeyTree, type DerivedKey } from '../../src/crypto/key-tree.ts'
import type { User } from '../../src/types.ts'
import { createFakeClock, type FakeClock } from '../support/clock.ts'
import { createTestDatabase, type TestDatabase } from '../support/store.ts'

/*
 * What every engine has to keep. The tests of the nouns stand beside this file; the engine is that of the run
 * (CARDEA_TEST_ENGINE), and each test has a database of its own.
 */

export interface Given {
  readonly store: Store
  readonly clock: FakeClock
  readonly database: TestDatabase
}

/** A test of a guarantee that holds on both engines. */
export function guarantee(name: string, run: (given: Given) => Promise<void>): void {
  test(name, { timeout: 60_000 }, async () => {
    const clock = createFakeClock()
    const database = await createTestDatabase()
    try {
      await run({ store: await database.open({ clock }), clock, database })
    } finally {
      await database.drop()
    }
  })
}

/** 50 calls side by side. */
export function sideBySide<T>(call: (index: number) => Promise<T>, times = 50): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => call(index)))
}

export function tally<T>(answers: readonly T[], wanted: T): number {
  return answers.filter((answer) => answer === wanted).length
}

let counter = 0
/** A text that no other call gives. */
export function unique(prefix: string): string {
  counter += 1
  return `${prefix}-${counter}`
}

export const start = 1_750_000_000_000
export const hour = 3_600_000

export function newUser(patch: Partial<NewUser> = {}): NewUser {
  const name = unique('user')
  return {
    publicId: unique('public'),
    kind: 'person',
    username: name,
    usernameKey: patch.username ?? name,
    email: null,
    unprovenEmail: null,
    passwordHash: 'hash-of-password',
    status: 'active',
    role: 'user',
    grantedScopes: [],
    createdAt: start,
    ...patch,
  }
}

export async function addUser(store: Store, patch: Partial<NewUser> = {}): Promise<User> {
  const user = await store.users.create(newUser(patch))
  if (typeof user === 'string') throw new Error(user)
  return user
}

export function newSession(userId: number, patch: Partial<Session> = {}): Session {
  return {
    id: unique('session'),
    userId,
    api: 'native',
    mode: 'token',
    refreshForm: 'opaque',
    generation: 1,
    secretHash: 'hash-1',
    secretKeyId: 'key00001',
    salt: '00ff',
    ceiling: ['account:read', 'account:write'],
    factors: ['password'],
    provenAt: start,
    actor: null,
    actorSession: null,
    actorEpoch: null,
    address: '192.0.2.1',
    userAgent: 'curl/8',
    createdAt: start,
    lastSeenAt: start,
    rotatedAt: null,
    expiresAt: start + 24 * hour,
    idleMillis: null,
    ...patch,
  }
}

export function newKey(userId: number, patch: Partial<ApiKey> = {}): ApiKey {
  return {
    id: unique('key'),
    userId,
    name: 'deploy',
    secretHash: 'hash-of-secret',
    pepperId: 'pepper01',
    scopes: ['account:read'],
    ceiling: ['account:read', 'keys:read'],
    api: 'native',
    allowAddresses: ['192.0.2.0/24'],
    createdAt: start,
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
    successor: null,
    suspendedAt: null,
    detail: null,
    ...patch,
  }
}

export function newToken(userId: number, patch: Partial<PrivateToken> = {}): Omit<PrivateToken, 'id'> {
  return {
    publicId: unique('token'),
    userId,
    jti: unique('jti'),
    name: 'laptop',
    scopes: null,
    ceiling: ['account:read'],
    api: 'native',
    createdAt: start,
    expiresAt: start + 24 * hour,
    lastUsedAt: null,
    revokedAt: null,
    successor: null,
    suspendedAt: null,
    ...patch,
  }
}

export function newOneTime(patch: Partial<OneTime> = {}): OneTime {
  return {
    purpose: 'reset-password',
    hash: unique('one-time-hash'),
    userId: null,
    data: { email: 'a@example.com' },
    createdAt: start,
    expiresAt: start + hour,
    attempts: 0,
    ...patch,
  }
}

export function newSigningKey(patch: Partial<SigningKey> = {}): SigningKey {
  return {
    kid: unique('kid'),
    alg: 'ES256',
    use: 'access',
    publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
    box: unique('box'),
    createdAt: start,
    activeAt: start,
    retiredAt: null,
    verifiesUntil: null,
    revokedAt: null,
    ...patch,
  }
}

export function newEvent(patch: Partial<AuditEvent> = {}): Omit<AuditEvent, 'id'> {
  return {
    at: start,
    kind: 'sign-in',
    api: 'native',
    user: 'public-1',
    actor: 'public-1',
    credential: 'password',
    sessionId: 'session-1',
    keyId: null,
    address: '192.0.2.1',
    userAgent: 'curl/8',
    data: { factors: ['password'] },
    ...patch,
  }
}

export const auditKey: DerivedKey = createKeyTree(Buffer.alloc(32, 1)).current('audit')
export const olderAuditKey: DerivedKey = createKeyTree(Buffer.alloc(32, 2)).current('audit')

/** All pages of a list, following its cursors. */
export async function allPages<T>(
  list: (cursor: string | undefined) => Promise<{ readonly items: readonly T[]; readonly nextCursor: string | null }>,
): Promise<T[]> {
  const items: T[] = []
  let cursor: string | undefined
  for (;;) {
    const page = await list(cursor)
    items.push(...page.items)
    if (page.nextCursor === null) return items
    cursor = page.nextCursor
  }
}

/** What the outbox holds, as `kind id`. */
export async function heard(store: Store, since = 0): Promise<string[]> {
  return (await store.changes.since(since, 1000)).map(({ kind, id }) => `${kind} ${id}`)
}
