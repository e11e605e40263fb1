import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createCore } from '../../src/core/cardea.ts'
import { systemClock } from '../../src/server/clock.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { cheapPasswords, testKeyTree, testSettings } from '../support/core.ts'
import { origin } from '../support/people.ts'
import type { EngineName } from '../support/store.ts'
import type { Told } from './expectation.ts'

// A process of its own that writes as fast as it can until it is killed. Each line on standard output says what it
// is about to do (`will`) or what was answered as done (`did`): a line is with the reader before the next step begins.

export interface WriterWish {
  readonly engine: EngineName
  readonly address: string
  /** Part of every name, so that no two writers meet. */
  readonly round: number
  readonly lanes: number
}

const wish: WriterWish = JSON.parse(process.argv[2] ?? '{}')
const log = { debug() {}, info() {}, warn() {}, error() {} }
const deps = { clock: systemClock, log }
const store =
  wish.engine === 'sqlite'
    ? await openSqlite({ file: wish.address, ...deps })
    : await openPostgres({ url: wish.address, poolSize: wish.lanes + 1, ...deps })
const core = await createCore({
  ...deps,
  store,
  mailer: { async send() {} },
  passwords: cheapPasswords(),
  keyTree: testKeyTree(),
  settings: testSettings,
})

function tell(line: Told): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

/** One person from sign-up to, often, deletion. */
async function life(username: string, isShort: boolean): Promise<void> {
  const password = `first password of ${username}`
  const { publicId } = await core.users.signUp({ username, email: null, password, confirm: false }, origin)
  const user = publicId === null ? null : await core.users.byPublicId(publicId)
  if (user === null) throw new Error('the user that was made is not there')
  const id = user.publicId
  tell({ did: 'sign-up', user: id, password })

  const key = await core.keys.issueFor(user, { name: 'one' }, origin)
  tell({ did: 'key', user: id, id: key.record.id, token: key.token })
  const expiresAt = systemClock.now() + 3_600_000
  const token = await core.tokens.issueFor(user, { name: 'one', expiresAt }, origin)
  tell({ did: 'token', user: id, id: token.record.publicId, token: token.token })

  const left = await core.sessions.open({ user, mode: 'bearer', factors: ['password'], origin })
  tell({ did: 'session', user: id, id: left.session.id, token: left.token, refresh: null })
  const kept = await core.sessions.open({ user, mode: 'token', factors: ['password'], origin })
  tell({ did: 'session', user: id, id: kept.session.id, token: kept.token, refresh: kept.refreshToken })
  let refresh = kept.refreshToken ?? ''
  for (let turn = 0; turn < 2; turn += 1) {
    tell({ will: 'refresh', id: kept.session.id })
    const next = await core.sessions.refresh(refresh, origin)
    refresh = next.refreshToken ?? ''
    tell({ did: 'refresh', id: kept.session.id, refresh })
  }

  tell({ will: 'sign-out', id: left.session.id })
  await core.sessions.end(user, left.session.id, origin)
  tell({ did: 'sign-out', id: left.session.id })
  tell({ will: 'revoke', id: key.record.id })
  await core.keys.revoke(user, key.record.id, null, origin)
  tell({ did: 'revoke', id: key.record.id })
  const next = `second password of ${username}`
  tell({ will: 'password', user: id, password: next })
  await core.users.changePassword(user, next, kept.session.id, origin)
  tell({ did: 'password', user: id, password: next })
  tell({ will: 'revoke', id: token.record.publicId })
  await core.tokens.revoke(user, token.record.publicId, null, origin)
  tell({ did: 'revoke', id: token.record.publicId })
  if (!isShort) return
  const now = await core.users.byPublicId(id)
  if (now === null) throw new Error('the user is gone')
  tell({ will: 'remove', user: id })
  await core.users.remove(now, null, origin)
  tell({ did: 'remove', user: id })
}

await Promise.all(
  Array.from({ length: wish.lanes }, async (_, lane) => {
    for (let turn = 0; ; turn += 1) {
      try {
        await life(`r${wish.round}l${lane}t${turn}`, turn % 2 === 0)
      } catch (error) {
        // The database was away: what was under way is not known, what comes next is.
        tell({ failed: error instanceof Error && 'code' in error ? String(error.code) : String(error) })
        await pause(20)
      }
    }
  }),
)
