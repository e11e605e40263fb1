import { CardeaError } from '../errors.ts'
import type { Origin, User } from '../types.ts'
import { dataText, isMailedBy } from './one-time.ts'
import { statusCode } from './password-check.ts'
import type { Store } from './ports.ts'
import type { OneTime } from './records.ts'
import type { Users, UsersDeps } from './users-contract.ts'
import { appendChange, changed, dropMailedLinks, revokeKeys } from './users-shared.ts'

type EmailChanges = Pick<Users, 'confirmEmail' | 'confirmOwnEmail' | 'undoEmailChange' | 'requestEmailChange'>

/** So many wrong passwords kill a mailed token. */
const passwordTries = 5
/** More than anybody makes before a token expires. */
const manyTries = 1_000_000_000

const passwordField = {
  field: 'password',
  message:
    'is required: the password of the account, so that nobody confirms an account that somebody else opened with this address',
}

const passwordFirst = {
  field: 'email',
  message: 'can be changed by accounts with a password only, which confirms the new one: set a password first',
}

export function createEmailChanges(deps: UsersDeps): EmailChanges {
  const {
    store,
    clock,
    commit,
    events,
    limits,
    mails,
    names,
    oneTimes,
    confirmation,
    doorLinks,
    background,
    passwordCheck,
  } = deps

  async function owner(tx: Store, userId: number | null): Promise<User> {
    const user = userId === null ? null : await tx.users.byId(userId)
    if (user === null) throw new CardeaError('one_time_invalid')
    if (user.status === 'disabled' || user.status === 'blocked') throw new CardeaError(statusCode[user.status])
    return user
  }

  /** The address becomes the proven one; links that were mailed for the state before are void. */
  async function prove(tx: Store, user: User, email: string): Promise<User> {
    const result = await tx.users.proveEmail(user.id, email, clock.now())
    if (result === 'gone') throw new CardeaError('one_time_invalid')
    const proven = changed(result)
    await dropMailedLinks(oneTimes.on(tx), user.id)
    await appendChange(tx, proven, clock)
    return proven
  }

  /** The mailed row as it stands, whose purpose nobody has to name, at the door that mailed it. */
  async function peek(token: string, origin: Origin): Promise<OneTime> {
    const row = (await oneTimes.peek('confirm-email', token)) ?? (await oneTimes.peek('change-email', token))
    if (row === null || !isMailedBy(row, origin.api)) throw new CardeaError('one_time_invalid')
    return row
  }

  /** Whoever opens the mail has the address; the password tells that the account is theirs, too. */
  async function checkPassword({ purpose }: OneTime, token: string, user: User, password: string, origin: Origin) {
    let used = 0
    await passwordCheck.countAddress(origin)
    const claim = async () => {
      // Counted before the password is looked at, so that tries side by side cannot outrun the count. The row stays
      // as long as somebody may be at it.
      const left = await oneTimes.fail(purpose, token, manyTries)
      used = left === null ? manyTries : manyTries - left
      if (used > passwordTries) throw new CardeaError('one_time_invalid')
    }
    try {
      const { tried } = await passwordCheck.ofAny({ key: null, user }, password, origin, claim)
      await tried.giveBack()
      await limits.giveBackAddress(origin)
    } catch (error) {
      const wrong = error instanceof CardeaError && error.code === 'credentials_wrong'
      if (wrong && used >= passwordTries) await oneTimes.fail(purpose, token, 1)
      throw error
    }
  }

  /** Uses the token up. `asked`: the owner as the proof of the account saw them. */
  async function confirm({ purpose }: OneTime, token: string, asked: User, origin: Origin): Promise<User> {
    const { user, opens, undo } = await commit(async (tx) => {
      const here = oneTimes.on(tx)
      const row = await here.consume(purpose, token)
      const before = await owner(tx, row.userId)
      // A password that was set since has voided the link; this is for the day when it does not.
      if (before.hasPassword !== asked.hasPassword) throw new CardeaError('one_time_invalid')
      const email = dataText(row, 'email')
      const isNew = purpose === 'confirm-email'
      if (isNew && before.unprovenEmail !== email) throw new CardeaError('one_time_invalid')
      const proven = await prove(tx, before, email)
      const opens = isNew && proven.status === 'pending'
      const after = opens ? changed(await tx.users.update(proven.id, { status: 'active' }, clock.now())) : proven
      const kind = before.email === null ? 'email-confirmed' : 'email-changed'
      await events.record({ kind, user: after.publicId, origin, credential: 'one-time' }, tx)
      if (before.email === null || before.email === email) return { user: after, opens, undo: null }
      // Those of earlier changes stay good: a thief who changes the address twice must not void the owner's.
      const data = { email: before.email }
      const issued = await here.issue({ purpose: 'undo-email', userId: after.id, data, replace: false })
      return { user: after, opens, undo: { ...issued, to: before.email } }
    })
    if (opens) await limits.remember(user.id, origin)
    if (undo !== null) {
      background.run('undo mail', () => mails.link('undo-email', undo.to, undo.token, undo.expiresAt, user))
    }
    return user
  }

  return {
    async confirmEmail(token, password, origin) {
      const found = await peek(token, origin)
      const asked = await owner(store, found.userId)
      // Without a password there is nothing beside the mail, which goes to whomever the new address belongs: a
      // mistyped one would be somebody else's account.
      if (found.purpose === 'change-email' && !asked.hasPassword) throw new CardeaError('one_time_invalid')
      if (asked.hasPassword) {
        if (password === null) throw new CardeaError('request_invalid', { fields: [passwordField] })
        await checkPassword(found, token, asked, password, origin)
      }
      return confirm(found, token, asked, origin)
    },

    async confirmOwnEmail(user, token, origin) {
      await passwordCheck.countAddress(origin)
      const found = await oneTimes.peek('change-email', token)
      const isTheirs = found !== null && isMailedBy(found, origin.api) && found.userId === user.id
      if (!isTheirs) throw new CardeaError('one_time_invalid')
      await limits.giveBackAddress(origin)
      return confirm(found, token, await owner(store, found.userId), origin)
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
        // What a thief made to come back with goes, too.
        await revokeKeys(tx, after.id, clock.now())
        await events.record({ kind: 'email-change-undone', user: after.publicId, origin, credential: 'one-time' }, tx)
        return after
      })
    },

    async requestEmailChange(user, text, origin) {
      const email = names.email(text)
      if (email === user.email) return
      // Such a link opens nothing without a password: told now, and not by the mail.
      const opens = user.hasPassword || doorLinks.doorOf(origin.api, 'change-email') !== 'native'
      if (!opens) throw new CardeaError('request_invalid', { fields: [passwordFirst] })
      await events.record({ kind: 'email-change-requested', user: user.publicId, origin })
      background.run('change of e-mail', () => confirmation.send(user, 'change-email', email, origin))
    },
  }
}
