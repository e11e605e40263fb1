import { CardeaError } from '../errors.ts'
import type { User } from '../types.ts'
import { dataText } from './one-time.ts'
import { statusCode } from './password-check.ts'
import type { Store } from './ports.ts'
import type { Users, UsersDeps } from './users-contract.ts'
import { appendChange, changed, dropMailedLinks } from './users-shared.ts'

type EmailChanges = Pick<Users, 'confirmEmail' | 'undoEmailChange' | 'requestEmailChange'>

export function createEmailChanges(deps: UsersDeps): EmailChanges {
  const { clock, commit, events, mails, names, oneTimes, confirmation, background } = deps

  async function owner(tx: Store, userId: number | null): Promise<User> {
    const user = userId === null ? null : await tx.users.byId(userId)
    if (user === null) throw new CardeaError('one_time_invalid')
    if (user.status === 'disabled' || user.status === 'blocked') throw new CardeaError(statusCode[user.status])
    return user
  }

  /** The address becomes the proven one; links that were mailed for the state before are void. */
  async function prove(tx: Store, user: User, email: string): Promise<User> {
    const now = clock.now()
    const result = await tx.users.proveEmail(user.id, email, now)
    if (result === 'gone') throw new CardeaError('one_time_invalid')
    const proven = changed(result)
    await dropMailedLinks(oneTimes.on(tx), user.id)
    if (proven.status === 'pending') return changed(await tx.users.update(user.id, { status: 'active' }, now))
    await appendChange(tx, proven, clock)
    return proven
  }

  return {
    async confirmEmail(token, origin) {
      const { user, undo } = await commit(async (tx) => {
        const here = oneTimes.on(tx)
        const isNew = (await here.peek('confirm-email', token)) !== null
        const row = await here.consume(isNew ? 'confirm-email' : 'change-email', token)
        const before = await owner(tx, row.userId)
        const email = dataText(row, 'email')
        if (isNew && before.unprovenEmail !== email) throw new CardeaError('one_time_invalid')
        const after = await prove(tx, before, email)
        const kind = before.email === null ? 'email-confirmed' : 'email-changed'
        await events.record({ kind, user: after.publicId, origin, credential: 'one-time' }, tx)
        if (before.email === null || before.email === email) return { user: after, undo: null }
        // Those of earlier changes stay good: a thief who changes the address twice must not void the owner's.
        const data = { email: before.email }
        const issued = await here.issue({ purpose: 'undo-email', userId: after.id, data, replace: false })
        return { user: after, undo: { ...issued, to: before.email } }
      })
      if (undo !== null) {
        background.run('undo mail', () => mails.link('undo-email', undo.to, undo.token, undo.expiresAt, user))
      }
      return user
    },

    async undoEmailChange(token, origin) {
      return commit(async (tx) => {
        const here = oneTimes.on(tx)
        const row = await here.consume('undo-email', token)
        const before = await owner(tx, row.userId)
        const after = await prove(tx, before, dataText(row, 'email'))
        // Links to addresses that were set after this one: whoever holds those is not believed any more.
        await here.drop('undo-email', after.id, row.createdAt)
        await tx.sessions.endAll(after.id, null)
        await events.record({ kind: 'email-change-undone', user: after.publicId, origin, credential: 'one-time' }, tx)
        return after
      })
    },

    async requestEmailChange(user, text, origin) {
      const email = names.email(text)
      if (email === user.email) return
      await events.record({ kind: 'email-change-requested', user: user.publicId, origin })
      background.run('change of e-mail', () => confirmation.send(user, 'change-email', email, origin))
    },
  }
}
