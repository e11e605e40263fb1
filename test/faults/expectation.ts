import assert from 'node:assert/strict'
import type { Core } from '../../src/core/cardea.ts'
import type { Store } from '../../src/core/ports.ts'
import { cheapPasswords } from '../support/core.ts'
import { bearer, check, key } from '../support/people.ts'
import { runSql } from '../support/sql.ts'
import type { TestDatabase } from '../support/store.ts'

/** A line of the writer. */
export type Told =
  | { readonly did: 'sign-up'; readonly user: string; readonly password: string }
  | { readonly did: 'key' | 'token'; readonly user: string; readonly id: string; readonly token: string }
  | {
      readonly did: 'session'
      readonly user: string
      readonly id: string
      readonly token: string
      readonly refresh: string | null
    }
  | { readonly did: 'refresh'; readonly id: string; readonly refresh: string }
  | { readonly did: 'sign-out' | 'revoke'; readonly id: string }
  | { readonly did: 'password'; readonly user: string; readonly password: string }
  | { readonly did: 'remove'; readonly user: string }
  | { readonly will: 'refresh' | 'sign-out' | 'revoke'; readonly id: string }
  | { readonly will: 'password'; readonly user: string; readonly password: string }
  | { readonly will: 'remove'; readonly user: string }
  | { readonly failed: string }

/** `maybe`: somebody was about to end it, and nobody knows whether they did. */
type Life = 'yes' | 'no' | 'maybe'

interface ExpectedUser {
  lives: Life
  /** Those that may be the one; only the last line that was answered counts. */
  passwords: readonly string[]
}
interface ExpectedCredential {
  readonly user: string
  readonly kind: 'key' | 'token' | 'session'
  readonly token: string
  refresh: string | null
  /** Generations that may be the current one. */
  generations: readonly number[]
  lives: Life
}

export interface Expectation {
  told(line: Told): void
  /** Everything that was answered is there, and what was ended is gone. Forgets it: the next round has its own. */
  check(core: Core, store: Store): Promise<number>
}

export function createExpectation(): Expectation {
  const users = new Map<string, ExpectedUser>()
  const credentials = new Map<string, ExpectedCredential>()
  const user = (id: string) => users.get(id) ?? assert.fail(`told of the unknown user ${id}`)
  const credential = (id: string) => credentials.get(id) ?? assert.fail(`told of the unknown credential ${id}`)

  return {
    told(line) {
      if ('failed' in line) return
      if ('will' in line) {
        if (line.will === 'remove') user(line.user).lives = 'maybe'
        else if (line.will === 'password') user(line.user).passwords = [...user(line.user).passwords, line.password]
        else if (line.will === 'refresh') {
          const { generations } = credential(line.id)
          credential(line.id).generations = [...generations, (generations[0] ?? 0) + 1]
        } else credential(line.id).lives = 'maybe'
        return
      }
      switch (line.did) {
        case 'sign-up':
          users.set(line.user, { lives: 'yes', passwords: [line.password] })
          break
        case 'key':
        case 'token':
          credentials.set(line.id, { ...line, kind: line.did, refresh: null, generations: [], lives: 'yes' })
          break
        case 'session':
          credentials.set(line.id, { ...line, kind: 'session', generations: [1], lives: 'yes' })
          break
        case 'refresh':
          credential(line.id).generations = credential(line.id).generations.slice(-1)
          credential(line.id).refresh = line.refresh
          break
        case 'sign-out':
        case 'revoke':
          credential(line.id).lives = 'no'
          break
        case 'password':
          user(line.user).passwords = [line.password]
          break
        case 'remove':
          user(line.user).lives = 'no'
          break
      }
    },

    async check(core, store) {
      const passwords = cheapPasswords()
      for (const [id, expected] of users) {
        const found = await store.users.byPublicId(id)
        if (expected.lives !== 'maybe') assert.equal(found !== null, expected.lives === 'yes', `user ${id}`)
        if (found === null) continue
        const hash = await store.users.passwordHash(found.id)
        const fits = await Promise.all(expected.passwords.map((each) => passwords.verify(hash, each)))
        assert.equal(fits.filter(({ ok }) => ok).length, 1, `password of ${id}`)
      }
      for (const [id, expected] of credentials) {
        const owner = user(expected.user).lives
        const verdict = await check({ core }, expected.kind === 'key' ? key(expected.token) : bearer(expected.token))
        if (expected.lives === 'no' || owner === 'no') assert.ok(!verdict.ok, `${expected.kind} ${id} lives`)
        else if (expected.lives === 'yes' && owner === 'yes') {
          assert.ok(verdict.ok, `${expected.kind} ${id}: ${verdict.ok ? '' : verdict.code}`)
        }
        if (expected.refresh === null) continue
        const session = await store.sessions.byId(id)
        if (session === null) assert.notEqual(owner, 'yes', `session ${id} is lost`)
        else {
          assert.ok(expected.generations.includes(session.generation), `generation of ${id}`)
          // The one that was answered last is good: it is the current one, or its successor never reached anybody.
          const isCurrent = session.generation === expected.generations[0]
          const known = await core.guard.inspect(expected.refresh, { api: 'native', address: '', userAgent: '' })
          assert.equal(known !== null, isCurrent, `refresh token of ${id}`)
        }
      }
      const size = users.size + credentials.size
      users.clear()
      credentials.clear()
      return size
    },
  }
}

/** Each answers no row in a database where no transaction was seen by halves. */
const contradictions: Readonly<Record<string, string>> = {
  'a key without an owner': 'select id from keys where user_id not in (select id from users)',
  'a token without an owner': 'select id from tokens where user_id not in (select id from users)',
  'a session without an owner': 'select id from sessions where user_id not in (select id from users)',
  'a user that nobody made':
    "select public_id from users except select subject from events where kind in ('sign-up', 'user-created')",
  'a key that nobody made': "select id from keys except select key_ref from events where kind = 'key-made'",
  'a token that nobody made':
    "select public_id from tokens except select key_ref from events where kind = 'token-made'",
  'a session that nobody opened': "select id from sessions except select session_id from events where kind = 'sign-in'",
  'a key that was made and is not there': `select key_ref from events where kind = 'key-made'
    and subject in (select public_id from users) except select id from keys`,
  'a token that was made and is not there': `select key_ref from events where kind = 'token-made'
    and subject in (select public_id from users) except select public_id from tokens`,
  'a key revoked in silence': `select id from keys where revoked_at is not null
    except select key_ref from events where kind = 'key-revoked'`,
  'a key revoked in words only': `select key_ref from events where kind = 'key-revoked'
    except select id from keys where revoked_at is not null
    except select key_ref from events where kind = 'key-made' and subject not in (select public_id from users)`,
  'a session ended in words only': `select id from sessions
    intersect select session_id from events where kind in ('sign-out', 'session-ended')`,
  'a user removed in words only': `select public_id from users intersect select subject from events where kind = 'user-removed'`,
  'a revoked key that no cache heard of': `select id from keys where revoked_at is not null
    except select id from changes where kind = 'key'`,
  'a revoked token that no cache heard of': `select jti from tokens where revoked_at is not null
    except select id from changes where kind = 'token'`,
  'a removed user that no cache heard of': `select subject from events where kind = 'user-removed'
    except select id from changes where kind = 'user'`,
  'an epoch that the outbox does not know': `select users.public_id from users left join
    (select id, max(epoch) as epoch from changes where kind = 'user' group by id) as told on told.id = users.public_id
    where users.epoch <> coalesce(told.epoch, 1)`,
}

/** Nothing half-written is visible, and the audit chain holds. */
export async function checkConsistency(database: TestDatabase, core: Core): Promise<void> {
  await checkStored(database)
  assert.equal((await core.events.verify()).brokenAt, null)
}

/** Nothing half-written is visible. */
export async function checkStored(database: Pick<TestDatabase, 'engine' | 'address'>): Promise<void> {
  if (database.engine === 'sqlite') {
    assert.deepEqual(await runSql(database, 'pragma integrity_check'), [{ integrity_check: 'ok' }])
    assert.deepEqual(await runSql(database, 'pragma foreign_key_check'), [])
  }
  for (const [what, statement] of Object.entries(contradictions)) {
    assert.deepEqual(await runSql(database, statement), [], what)
  }
}
