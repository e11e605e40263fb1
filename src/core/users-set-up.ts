import { uuidv7 } from '../crypto/random.ts'
import { CardeaError } from '../errors.ts'
import type { Users, UsersDeps } from './users-contract.ts'
import { changed } from './users-shared.ts'

export type SetUp = Pick<Users, 'setUp' | 'needsSetUp' | 'newSetUpCode'>

/** The first administrator. Until there is one, nobody but the holder of the set-up code gets an account. */
export function createSetUp(deps: UsersDeps): SetUp {
  const { store, clock, commit, events, limits, names, newPasswords, oneTimes } = deps
  let done = false

  async function needsSetUp(): Promise<boolean> {
    // There is no way back: the last administrator has to stay.
    if (!done) done = await store.users.hasAdmin()
    return !done
  }

  return {
    needsSetUp,

    async newSetUpCode({ replace = true } = {}) {
      if (!(await needsSetUp())) return null
      return (await oneTimes.issue({ purpose: 'set-up', userId: null, data: null, replace })).token
    },

    async setUp(wish, origin) {
      if (!(await needsSetUp())) throw new CardeaError('not_found')
      await limits.address(origin)
      // Before anything is hashed for a stranger.
      if ((await oneTimes.peek('set-up', wish.code)) === null) {
        const data = { reason: 'set-up' }
        await events.record({ kind: 'sign-in-failed', user: null, origin, credential: 'one-time', data })
        throw new CardeaError('one_time_invalid')
      }
      const name = names.username(wish.username)
      const email = wish.email === null ? null : names.email(wish.email)
      const passwordHash = await newPasswords.hash(wish.password, [name.key, email])
      const now = clock.now()
      const publicId = uuidv7(now)
      const user = await commit(async (tx) => {
        await tx.lock('set-up')
        if (await tx.users.hasAdmin()) throw new CardeaError('not_found')
        await oneTimes.on(tx).consume('set-up', wish.code)
        // Of several servers that began side by side each has printed one.
        await oneTimes.on(tx).drop('set-up', null)
        const made = changed(
          await tx.users.create({
            publicId,
            kind: 'person',
            username: name.display,
            usernameKey: name.key,
            email: null,
            unprovenEmail: null,
            passwordHash,
            status: 'active',
            role: 'admin',
            grantedScopes: [],
            createdAt: now,
          }),
        )
        await events.record({ kind: 'set-up', user: publicId, origin, credential: 'one-time' }, tx)
        // Whoever reads the server's own output is its operator: what they say of their address counts as proven.
        return email === null ? made : changed(await tx.users.proveEmail(made.id, email, now))
      })
      done = true
      await limits.giveBackAddress(origin)
      await limits.remember(user.id, origin)
      return user
    },
  }
}
