import type { Origin, User } from '../types.ts'
import type { Limits } from './limits.ts'
import type { Mails } from './mails.ts'
import type { Names } from './names.ts'
import type { OneTimes } from './one-time.ts'
import type { Store } from './ports.ts'

/** Mails to addresses that a user claims. Runs behind the answer: what is mailed depends on who else has the address. */
export interface Confirmation {
  /** The link that proves the address, or the word to its owner that somebody claims it. */
  send(user: User, purpose: 'confirm-email' | 'change-email', email: string, origin: Origin): Promise<void>
}

export interface ConfirmationDeps {
  readonly store: Pick<Store, 'users'>
  readonly limits: Pick<Limits, 'mailTo'>
  readonly mails: Mails
  readonly names: Names
  readonly oneTimes: OneTimes
}

export function createConfirmation({ store, limits, mails, names, oneTimes }: ConfirmationDeps): Confirmation {
  return {
    async send(user, purpose, email, origin) {
      // Whoever claims an address is a stranger to it, wherever they come from.
      if (!(await limits.mailTo(email, purpose, false))) return
      const owner = await store.users.byEmail(email)
      if (owner !== null) {
        if (owner.id !== user.id) await mails.noticeTo(email, 'sign-up-known-address', owner.username, origin)
        return
      }
      if (await names.isReserved('email', email)) {
        await mails.noticeTo(email, 'sign-up-reserved-address', user.username, origin)
        return
      }
      const wish = { purpose, userId: user.id, data: { email }, replace: true }
      const { token, expiresAt } = await oneTimes.issue(wish)
      await mails.link(purpose, email, token, expiresAt, { username: user.username })
    },
  }
}
