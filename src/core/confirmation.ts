import type { Origin, User } from '../types.ts'
import type { DoorLinks } from './door-links.ts'
import type { Limits } from './limits.ts'
import type { Mails } from './mails.ts'
import type { Names } from './names.ts'
import type { OneTimes } from './one-time.ts'
import type { Store } from './ports.ts'

/** Mails to addresses that a user claims. Runs behind the answer: what is mailed depends on who else has the address. */
export interface Confirmation {
  /** The link that proves the address, or the word to its owner that somebody claims it. */
  send(
    user: User,
    purpose: 'confirm-email' | 'change-email',
    email: string,
    origin: Origin,
    options?: ConfirmationOptions,
  ): Promise<void>
}

export interface ConfirmationOptions {
  /** The owner of an address that is known already gets a link to sign in, in place of the bare word. */
  readonly linkToOwner?: boolean
}

export interface ConfirmationDeps {
  readonly store: Pick<Store, 'users'>
  readonly limits: Pick<Limits, 'mailTo'>
  readonly mails: Mails
  readonly names: Names
  readonly oneTimes: OneTimes
  readonly doorLinks: DoorLinks
}

export function createConfirmation(deps: ConfirmationDeps): Confirmation {
  const { store, limits, mails, names, oneTimes, doorLinks } = deps
  return {
    async send(user, purpose, email, origin, options = {}) {
      // Whoever claims an address is a stranger to it, wherever they come from.
      if (!(await limits.mailTo(email, purpose, false))) return
      const owner = await store.users.byEmail(email)
      if (owner !== null) {
        if (options.linkToOwner === true && owner.status === 'active') {
          await mailSignInLink(deps, owner, origin)
          return
        }
        if (owner.id !== user.id) await mails.noticeTo(email, 'sign-up-known-address', owner.username, origin)
        return
      }
      if (await names.isReserved('email', email)) {
        await mails.noticeTo(email, 'sign-up-reserved-address', user.username, origin)
        return
      }
      const form = doorLinks.formOf(origin.api, purpose)
      const { token, expiresAt } = await oneTimes.issue({
        purpose,
        userId: user.id,
        data: { email, api: doorLinks.doorOf(origin.api, purpose) },
        replace: true,
        form,
      })
      const address = doorLinks.address(origin.api, purpose, token, email)
      await mails.link(purpose, email, token, expiresAt, { username: user.username, address })
    },
  }
}

/** The magic link of a user with a proven address. Older ones stay: a stranger's request must not void the owner's. */
export async function mailSignInLink(
  { mails, oneTimes, doorLinks }: Pick<ConfirmationDeps, 'mails' | 'oneTimes' | 'doorLinks'>,
  user: User,
  origin: Origin,
): Promise<void> {
  if (user.email === null) return
  const purpose = 'sign-in-link'
  const api = doorLinks.doorOf(origin.api, purpose)
  const data = { email: user.email, epoch: String(user.epoch), api }
  const form = doorLinks.formOf(origin.api, purpose)
  const { token, expiresAt } = await oneTimes.issue({ purpose, userId: user.id, data, replace: false, form })
  const address = doorLinks.address(origin.api, purpose, token, user.email)
  await mails.link(purpose, user.email, token, expiresAt, { username: user.username, address })
}
