import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { Store } from '../../src/core/ports.ts'
import type { User } from '../../src/types.ts'
import { createFakeClock } from '../support/clock.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { countingPasswords, goodPassword, makePerson, memoryLimits, visitor } from '../support/identity.ts'
import { createTestDatabase, type TestDatabase } from '../support/store.ts'

/*
 * Ten thousand guesses under the limits of a new installation: at most 50 reach a password check, and the owner gets in
 * from a known address before, in the middle and after.
 */
const clock = createFakeClock()
const home = visitor('192.0.2.77')
const accounts = 1000

let database: TestDatabase
let t: TestCore
let counted: ReturnType<typeof countingPasswords>
let owner: User

before(async () => {
  database = await createTestDatabase()
  const { core, store, drop } = await createTestCore({ database, clock, passwords: countingPasswords().passwords })
  owner = await makePerson(core, 'owner')
  await store.transaction(async (tx) => {
    for (let n = 0; n < accounts; n += 1) await makeGuessed(tx, n)
  })
  await core.signIn.withPassword({ identifier: 'owner', password: goodPassword }, home)
  await drop()
})
after(() => database.drop())

beforeEach(async () => {
  clock.advance(24 * 60 * 60_000)
  counted = countingPasswords()
  const wrap = (store: Store): Store => ({ ...store, limits: memoryLimits(clock) })
  const limits = {
    enabled: true,
    address: { points: 60, windowSeconds: 600 },
    user: { points: 10, windowSeconds: 900 },
    knownUser: { points: 20, windowSeconds: 900 },
    strangers: { points: 50, windowSeconds: 900 },
  }
  t = await createTestCore({ database, wrap, clock, passwords: counted.passwords, settings: { limits } })
})

async function makeGuessed(tx: Store, n: number): Promise<void> {
  const name = `victim-${n}`
  const made = await tx.users.create({
    publicId: `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    kind: 'person',
    username: name,
    usernameKey: name,
    email: null,
    unprovenEmail: null,
    passwordHash: 'plain:something nobody guesses',
    status: 'active',
    role: 'user',
    grantedScopes: [],
    createdAt: clock.now(),
  })
  assert.notEqual(typeof made, 'string')
}

async function ownerSignsIn(): Promise<void> {
  const before = counted.calls.verify
  const { user } = await t.core.signIn.withPassword({ identifier: 'owner@example.com', password: goodPassword }, home)
  assert.equal(user.id, owner.id)
  counted.calls.verify = before
}

const scenarios: Readonly<Record<string, (n: number) => { readonly identifier: string; readonly address: string }>> = {
  'one address and one account': () => ({ identifier: 'owner', address: '198.51.100.1' }),
  'one address and 1,000 accounts': (n) => ({ identifier: `victim-${n % accounts}`, address: '198.51.100.1' }),
  'one IPv6 network and 1,000 accounts': (n) => ({
    identifier: `victim-${n % accounts}`,
    address: `2001:db8::${(n + 1).toString(16)}`,
  }),
  '1,000 addresses and one account': (n) => ({
    identifier: 'owner',
    address: `10.0.${n % 250}.${Math.floor(n / 250) % 4}`,
  }),
  '1,000 addresses and both names of one account': (n) => ({
    identifier: n % 2 === 0 ? 'owner' : 'owner@example.com',
    address: `10.0.${n % 250}.${Math.floor(n / 250) % 4}`,
  }),
  '1,000 addresses and 1,000 accounts': (n) => ({
    identifier: `victim-${(n * 7) % accounts}`,
    address: `10.0.${n % 250}.${Math.floor(n / 250) % 4}`,
  }),
  '1,000 addresses and names that nobody has': (n) => ({
    identifier: `nobody-${n}`,
    address: `10.0.${n % 250}.${Math.floor(n / 250) % 4}`,
  }),
}

for (const [name, guess] of Object.entries(scenarios)) {
  test(`of 10,000 guesses from ${name} at most 50 reach a password check while the owner signs in`, async () => {
    const outcomes = new Map<string, number>()
    await ownerSignsIn()
    for (let from = 0; from < 10_000; from += 100) {
      if (from === 5000) await ownerSignsIn()
      const batch = Array.from({ length: 100 }, async (_, n) => {
        const { identifier, address } = guess(from + n)
        const wish = { identifier, password: `guess number ${from + n}` }
        const code = await t.core.signIn.withPassword(wish, visitor(address)).then(
          () => 'in',
          (error: { code?: string }) => error.code ?? String(error),
        )
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1)
      })
      await Promise.all(batch)
    }
    await ownerSignsIn()
    assert.deepEqual([...outcomes.keys()].sort(), ['credentials_wrong', 'rate_limited'])
    assert.ok(counted.calls.verify > 0 && counted.calls.verify <= 50, `${counted.calls.verify} checks`)
    assert.equal(outcomes.get('credentials_wrong'), counted.calls.verify)
    // A flood must not fill the audit log either.
    const limited = await t.core.events.list({ kind: 'sign-in-limited', from: clock.now() }, { limit: 200 })
    assert.ok(limited.items.length > 0 && limited.items.length <= 100)
    await t.drop()
  })
}
