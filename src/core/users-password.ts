import { CardeaError } from '../errors.ts'
import type { ApiName, Origin, User } from '../types.ts'
import { dataText, isMailedBy } from './one-time.ts'
import type { OneTime } from './records.ts'
import type { Users, UsersDeps } from './users-contract.ts'
import { changed, dropMailedLinks, revokeKeys } from './users-shared.ts'

type PasswordChanges = Pick<Users, 'changePassword' | 'forgotPassword' | 'sendReset' | 'isResetOf' | 'resetPassword'>

/** A link is good at the door that it leads to, and where it was asked for, and nowhere else. */
const isGoodAt = (row: OneTime, api: ApiName): boolean => isMailedBy(row, api) || dataText(row, 'asked') === api

export function createPasswordChanges(deps: UsersDeps): PasswordChanges {
  const { store, clock, commit, events, limits, mails, newPasswords, oneTimes, identify, background, doorLinks } = deps
  const { rights } = deps

  async function sendReset(identifier: string, origin: Origin): Promise<void> {
    const { user } = await identify.find(identifier, origin)
    if (user === null || user.status !== 'active' || user.email === null) return
    const known = await limits.isOwner(user.id, origin)
    if (!(await limits.mailTo(user.email, 'reset-password', known))) return
    await mailReset(user, user.email, origin, () =>
      events.record({ kind: 'password-reset-requested', user: user.publicId, origin }),
    )
  }

  async function mailReset(user: User, email: string, origin: Origin, record: () => Promise<void>): Promise<void> {
    const data = { email, api: doorLinks.doorOf(origin.api, 'reset-password'), asked: origin.api }
    // Older ones stay: a stranger's request must not void the link that the owner has just been mailed.
    const wish = { purpose: 'reset-password', userId: user.id, data, replace: false } as const
    const { token, expiresAt } = await oneTimes.issue(wish)
    await record()
    const address = doorLinks.address(origin.api, 'reset-password', token, email)
    await mails.link('reset-password', email, token, expiresAt, { username: user.username, address })
  }

  return {
    async changePassword(user, password, keepSession, origin, options = {}) {
      const passwordHash = await newPasswords.hash(password, [user.username, user.email])
      const now = clock.now()
      const revoke = options.revokeKeys === true
      await commit(async (tx) => {
        changed(await tx.users.update(user.id, { passwordHash }, now))
        await tx.sessions.endAll(user.id, keepSession)
        if (revoke) await revokeKeys(tx, user.id, now)
        await dropMailedLinks(oneTimes.on(tx), user.id)
        const data = { keysRevoked: revoke }
        await events.record({ kind: 'password-changed', user: user.publicId, origin, sessionId: keepSession, data }, tx)
      })
      await mails.notice('password-changed', user, origin)
    },

    async forgotPassword(identifier, origin) {
      // Behind the answer, whose time then does not tell whether there was anything to do.
      background.run('password reset', () => sendReset(identifier, origin))
    },

    async sendReset(publicId, actor, origin) {
      const user = await store.users.byPublicId(publicId)
      if (user === null) throw new CardeaError('not_found')
      rights.mayManage(actor, user)
      if (user.status !== 'active' || user.email === null) {
        throw new CardeaError('conflict', { internal: 'no active account with a proven address' })
      }
      await mailReset(user, user.email, origin, () =>
        events.record({ kind: 'password-reset-sent', user: user.publicId, actor, origin }),
      )
    },

    async isResetOf(token, identifier, origin) {
      const [row, { user }] = await Promise.all([
        oneTimes.peek('reset-password', token),
        identify.find(identifier, origin),
      ])
      if (row === null || user === null || !isGoodAt(row, origin.api)) return false
      return row.userId === user.id && user.email === dataText(row, 'email')
    },

    async resetPassword(token, password, origin) {
      // Looked at first: a password that is refused must not cost the link, and a bad link buys no hashing.
      const found = await oneTimes.peek('reset-password', token)
      if (found === null || !isGoodAt(found, origin.api)) throw new CardeaError('one_time_invalid')
      const user = found.userId === null ? null : await store.users.byId(found.userId)
      if (user === null) throw new CardeaError('one_time_invalid')
      const passwordHash = await newPasswords.hash(password, [user.username, user.email])
      const now = clock.now()
      const after = await commit(async (tx) => {
        const row = await oneTimes.on(tx).consume('reset-password', token)
        const before = await tx.users.byId(user.id)
        if (before === null || before.status !== 'active' || before.email !== dataText(row, 'email')) {
          throw new CardeaError('one_time_invalid')
        }
        const result = changed(await tx.users.update(user.id, { passwordHash }, now))
        await tx.sessions.endAll(user.id, null)
        await revokeKeys(tx, user.id, now)
        await dropMailedLinks(oneTimes.on(tx), user.id)
        await events.record({ kind: 'password-reset', user: user.publicId, origin, credential: 'one-time' }, tx)
        return result
      })
      // Whoever reads the mailbox is no stranger: this place can sign in also while those are refused.
      await limits.remember(after.id, origin)
      await mails.notice('password-changed', after, origin)
    },
  }
}
