import { CardeaError } from '../errors.ts'
import type { Factor, Origin, Principal, User, Verdict } from '../types.ts'
import type { Background } from './background.ts'
import type { BasicCache } from './basic-cache.ts'
import { mailSignInLink } from './confirmation.ts'
import type { DoorLinks } from './door-links.ts'
import type { Events } from './events.ts'
import type { Identify } from './identify.ts'
import type { Limits, Tried } from './limits.ts'
import type { Mails } from './mails.ts'
import type { Mfa } from './mfa.ts'
import { dataText, isMailedBy, type OneTimes } from './one-time.ts'
import type { PasswordCheck } from './password-check.ts'
import type { Clock, Store } from './ports.ts'
import type { OneTime } from './records.ts'
import { createBasicSignIn } from './sign-in-basic.ts'
import { createTicketSignIn, manyTries, type SignedIn, type TicketSignIn, ticketTries } from './sign-in-tickets.ts'

export interface SignInWish {
  readonly identifier: string
  readonly password: string
  /** TOTP or recovery code, when the caller has it at hand. */
  readonly code?: string
}

export type { SignedIn } from './sign-in-tickets.ts'

export interface SignIn extends TicketSignIn {
  /**
   * Password (and code). Throws credentials_wrong, factor_required (with `extra.mfa_ticket`), factor_wrong,
   * account_pending/disabled/blocked (only after the right password), rate_limited, busy.
   * Unknown names cost the same time and are limited alike.
   */
  withPassword(wish: SignInWish, origin: Origin): Promise<SignedIn>
  /** Mails a magic link when the identifier names an active user with a proven e-mail; tells nobody whether. */
  requestLink(identifier: string, origin: Origin): Promise<void>
  /** Uses a magic link; throws one_time_invalid, factor_required with a ticket. */
  withLink(token: string, origin: Origin): Promise<SignedIn>
  /**
   * The same at a door without tickets: the link is used up when all factors are proven and not before, by whoever
   * is first. Throws one_time_invalid, factor_required (no code), factor_wrong (the fifth kills the link), rate_limited.
   */
  withLinkAndCode(token: string, code: string | undefined, origin: Origin): Promise<SignedIn>
  /**
   * A password at a door that takes Basic: verdict for one request, success cached up to 60 s (keyed by an HMAC under
   * a per-process key over user, epoch and password), each hit checks status, epoch and factor again. A user with a
   * second factor gets the ordinary refusal.
   */
  basic(identifier: string, password: string, origin: Origin): Promise<Verdict<User>>
  /** Current password (and code where a factor is on), in the request itself. Throws reauthentication_required (says what to send), credentials_wrong, factor_wrong, rate_limited. */
  reprove(
    principal: Principal,
    proof: { readonly password?: string; readonly code?: string },
    origin: Origin,
  ): Promise<readonly Factor[]>
  /** Forgets cached Basic successes (all of them, or one user's). */
  forget(userPublicId?: string): void
}

export interface SignInDeps {
  readonly store: Pick<Store, 'users'>
  readonly clock: Clock
  readonly events: Events
  readonly limits: Limits
  readonly mails: Mails
  readonly mfa: Mfa
  readonly oneTimes: OneTimes
  readonly doorLinks: DoorLinks
  readonly identify: Identify
  readonly passwordCheck: PasswordCheck
  readonly basicCache: BasicCache
  readonly background: Background
}

/** The kinds that stand for a session in which somebody proved who they are. */
const sessionKinds: readonly Principal['kind'][] = ['access-token', 'bearer-token', 'session-cookie']

export function createSignIn(deps: SignInDeps): SignIn {
  const { store, clock, events, limits, mails, mfa, oneTimes, identify, passwordCheck, basicCache, background } = deps

  /** All factors are proven: what the tries cost is given back and the place is known from now on. */
  async function finish(
    user: User,
    factors: readonly Factor[],
    tried: Tried | null,
    origin: Origin,
    addressTries: number,
  ) {
    const known = tried?.known ?? (await limits.isKnown(user.id, origin))
    await limits.succeeded(tried, user.id, origin, addressTries)
    if (!known && user.lastSignInAt !== null) await mails.notice('sign-in-new-place', user, origin)
    return { user, factors }
  }

  /** The first factor was right and there is a second one: a ticket, and nothing of a session. */
  async function factorRequired(user: User, factor: Factor, origin: Origin): Promise<CardeaError> {
    const data = { factor, api: origin.api, epoch: String(user.epoch) }
    // Older tickets stay: whoever knows the password could otherwise keep the owner from finishing.
    const { token } = await oneTimes.issue({ purpose: 'factor-ticket', userId: user.id, data, replace: false })
    return new CardeaError('factor_required', { extra: { mfa_ticket: token } })
  }

  async function invalid(reason: string, user: User | null, origin: Origin): Promise<CardeaError> {
    await passwordCheck.fail({ reason, user, origin, credential: 'one-time' })
    return new CardeaError('one_time_invalid')
  }

  /** The user of a one-time row, as long as nothing that the row relies on has changed since. */
  async function userOf(row: OneTime, origin: Origin): Promise<User> {
    const user = row.userId === null ? null : await store.users.byId(row.userId)
    if (user === null || String(user.epoch) !== dataText(row, 'epoch')) throw await invalid(row.purpose, user, origin)
    return user
  }

  /** A magic link at the door that it was mailed by. */
  async function peekLink(token: string, origin: Origin): Promise<OneTime> {
    const row = await oneTimes.peek('sign-in-link', token)
    if (row === null || !isMailedBy(row, origin.api)) throw await invalid('sign-in-link', null, origin)
    return row
  }

  /** The owner of a magic link that still leads to the address it was mailed to. */
  async function linkOwner(row: OneTime, origin: Origin): Promise<User> {
    const user = await userOf(row, origin)
    if (user.email !== dataText(row, 'email')) throw await invalid('sign-in-link', user, origin)
    await passwordCheck.demandActive(user, origin, 'one-time')
    return user
  }

  /** For one caller; all other links of the user are void then. */
  async function consumeLink(token: string): Promise<OneTime> {
    const row = await oneTimes.consume('sign-in-link', token)
    await oneTimes.drop('sign-in-link', row.userId)
    return row
  }

  async function sendLink(identifier: string, origin: Origin): Promise<void> {
    const { user } = await identify.find(identifier, origin)
    if (user === null || user.status !== 'active' || user.email === null) return
    const known = await limits.isOwner(user.id, origin)
    if (!(await limits.mailTo(user.email, 'sign-in-link', known))) return
    await events.record({ kind: 'sign-in-link-requested', user: user.publicId, origin })
    await mailSignInLink(deps, user, origin)
  }

  /** The owner of a session who may prove factors in it; everybody else is told what to do instead. */
  function ownerOf(principal: Principal): User {
    const { user, kind, keyId, sessionId, actor } = principal
    if (user === null) throw new CardeaError('user_required')
    // A client token carries its key's id for a session; an impersonator does not know the user's password.
    if (!sessionKinds.includes(kind) || sessionId === null || keyId !== null || actor !== null) {
      throw new CardeaError('reauthentication_required', { kind, extra: { needs: ['sign-in'] } })
    }
    return user
  }

  return {
    async withPassword({ identifier, password, code }, origin) {
      const { user, tried } = await passwordCheck.by(identifier, password, origin)
      if (!user.hasFactor) return finish(user, ['password'], tried, origin, 1)
      if (code === undefined) {
        await tried.giveBack()
        throw await factorRequired(user, 'password', origin)
      }
      const factor = await mfa.check(user, code, origin)
      return finish(user, ['password', factor], tried, origin, 1)
    },

    ...createTicketSignIn({ ...deps, invalid, userOf, finish }),

    async requestLink(identifier, origin) {
      // Behind the answer, whose time then does not tell whether there was anything to do.
      background.run('sign-in link', () => sendLink(identifier, origin))
    },

    async withLinkAndCode(token, code, origin) {
      await passwordCheck.countAddress(origin)
      const user = await linkOwner(await peekLink(token, origin), origin)
      if (!user.hasFactor) {
        await consumeLink(token)
        return finish(user, ['link'], null, origin, 1)
      }
      if (code === undefined) {
        await limits.giveBackAddress(origin)
        throw new CardeaError('factor_required')
      }
      // Counted before the code is looked at, as with a ticket.
      const left = await oneTimes.fail('sign-in-link', token, manyTries)
      if (left === null || manyTries - left > ticketTries) throw await invalid('sign-in-link', user, origin)
      const factor = await mfa.check(user, code, origin)
      await consumeLink(token)
      return finish(user, ['link', factor], null, origin, 1)
    },

    async withLink(token, origin) {
      await passwordCheck.countAddress(origin)
      await peekLink(token, origin)
      const user = await linkOwner(await consumeLink(token), origin)
      if (user.hasFactor) throw await factorRequired(user, 'link', origin)
      return finish(user, ['link'], null, origin, 1)
    },

    basic: createBasicSignIn({
      ...deps,
      async finish(user, tried, origin) {
        await finish(user, ['password'], tried, origin, 1)
        // No session that would note it.
        await store.users.noteSignIn(user.id, clock.now())
      },
    }),

    async reprove(principal, proof, origin) {
      const user = ownerOf(principal)
      const asked = [...(user.hasPassword ? ['password'] : []), ...(user.hasFactor ? ['code'] : [])]
      const missing = (user.hasPassword && proof.password === undefined) || (user.hasFactor && proof.code === undefined)
      if (asked.length === 0 || missing) {
        throw new CardeaError('reauthentication_required', {
          extra: { needs: asked.length === 0 ? ['sign-in'] : asked },
        })
      }
      await passwordCheck.countAddress(origin)
      const factors: Factor[] = []
      let tried: Tried | null = null
      if (user.hasPassword && proof.password !== undefined) {
        const checked = await passwordCheck.of({ key: null, user }, proof.password, origin)
        tried = checked.tried
        factors.push('password')
      }
      if (user.hasFactor && proof.code !== undefined) factors.push(await mfa.check(user, proof.code, origin))
      // The place does not become a known one: a stolen session is no sign-in.
      await tried?.giveBack()
      await limits.giveBackAddress(origin)
      return factors
    },

    forget: (userPublicId) => basicCache.forget(userPublicId),
  }
}
