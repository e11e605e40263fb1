import type { Passwords } from '../crypto/password.ts'
import { CardeaError } from '../errors.ts'
import type { CredentialKind, Origin, User, UserStatus } from '../types.ts'
import { addressGroup } from './addresses.ts'
import type { Background } from './background.ts'
import type { Confirmation } from './confirmation.ts'
import type { Events } from './events.ts'
import type { Identified, Identify } from './identify.ts'
import type { Limits, Tried } from './limits.ts'
import type { Clock, Store } from './ports.ts'

export interface FailedSignIn {
  readonly reason: string
  readonly user: User | null
  readonly origin: Origin
  readonly credential: CredentialKind
  /** What was typed, canonical; kept as an HMAC, and only where it is nobody's name. */
  readonly identifierKey?: string
}

/** Whose password is checked: what somebody typed, or (`key` null) a user whom a session or a mailed link names. */
export type PasswordOf = Identified | { readonly key: null; readonly user: User }

/** The one way in which a password is checked, at every door. */
export interface PasswordCheck {
  /** Counts by address, finds the user, then as `of`. */
  by(identifier: string, password: string, origin: Origin): Promise<{ readonly user: User; readonly tried: Tried }>
  /**
   * Counts by user, then checks. Answers an active user. Throws credentials_wrong, rate_limited, busy, and only after
   * the right password account_pending, account_disabled, account_blocked. The caller gives the try back once the last
   * factor is proven. The address has been counted before.
   */
  of(whose: PasswordOf, password: string, origin: Origin): Promise<{ readonly user: User; readonly tried: Tried }>
  /**
   * The same, whatever the status of the user. `claim` is asked once the try is counted and before anything is
   * compared; what it throws ends the check.
   */
  ofAny(
    whose: PasswordOf,
    password: string,
    origin: Origin,
    claim?: () => Promise<void>,
  ): Promise<{ readonly user: User; readonly tried: Tried }>
  /** Counts the address; a refusal is audited once a window. */
  countAddress(origin: Origin): Promise<void>
  /** Throws account_* unless the user is active. */
  demandActive(user: User, origin: Origin, credential: CredentialKind): Promise<void>
  /** Audits a failed sign-in. */
  fail(why: FailedSignIn): Promise<void>
}

export interface PasswordCheckDeps {
  readonly store: Pick<Store, 'users'>
  readonly clock: Clock
  readonly events: Events
  readonly limits: Limits
  readonly identify: Identify
  readonly passwords: Pick<Passwords, 'verify' | 'hash'>
  readonly confirmation: Confirmation
  readonly background: Background
}

export const statusCode = {
  pending: 'account_pending',
  disabled: 'account_disabled',
  blocked: 'account_blocked',
} as const satisfies Record<Exclude<UserStatus, 'active'>, string>

const floodMillis = 15 * 60_000
const floodRows = 100

/** A flood of refusals must not fill the audit log: each limit is on record once a window, and all together are few. */
function createThrottle(clock: Clock) {
  let recorded = new Map<string, number>()
  let since = 0
  return {
    mayRecord(key: string, seconds: number): boolean {
      const now = clock.now()
      if (now - since >= floodMillis || now < since) {
        recorded = new Map()
        since = now
      }
      if (recorded.size >= floodRows || (recorded.get(key) ?? 0) > now) return false
      recorded.set(key, now + seconds * 1000)
      return true
    },
  }
}

export function createPasswordCheck(deps: PasswordCheckDeps): PasswordCheck {
  const { store, clock, events, limits, identify, passwords, confirmation, background } = deps
  const record = createThrottle(clock)

  async function fail({ reason, user, origin, credential, identifierKey }: FailedSignIn): Promise<void> {
    const typed = user === null && identifierKey !== undefined ? { identifier: identify.trace(identifierKey) } : {}
    const data = { reason, ...typed }
    await events.record({ kind: 'sign-in-failed', user: user?.publicId ?? null, origin, credential, data })
  }

  async function limited(error: unknown, user: User | null, origin: Origin): Promise<void> {
    if (!(error instanceof CardeaError) || error.code !== 'rate_limited') return
    const by = error.detail.internal ?? 'limit'
    const ofAddress = by === 'limit address' || by === 'limit stranger'
    const whom = ofAddress ? addressGroup(origin.address) : by === 'limit strangers' ? '' : (user?.id ?? '')
    if (!record.mayRecord(`${by} ${whom}`, error.detail.retryAfter ?? 1)) return
    await events.record({ kind: 'sign-in-limited', user: user?.publicId ?? null, origin, data: { by } })
  }

  async function countAddress(origin: Origin): Promise<void> {
    try {
      await limits.address(origin)
    } catch (error) {
      await limited(error, null, origin)
      throw error
    }
  }

  async function count({ key, user }: PasswordOf, origin: Origin): Promise<Tried> {
    try {
      return await limits.user(key, user?.id ?? null, origin)
    } catch (error) {
      await limited(error, user, origin)
      throw error
    }
  }

  async function verify(stored: string | null, password: string, tried: Tried, origin: Origin) {
    try {
      return await passwords.verify(stored, password)
    } catch (error) {
      // The pool is full: nothing was checked, so nothing is counted.
      await tried.giveBack()
      await limits.giveBackAddress(origin)
      throw error
    }
  }

  /** A weak or foreign hash is replaced behind the answer, while the password is at hand. */
  function rehash(user: User, from: string, password: string): void {
    background.run('rehash', async () => {
      await store.users.replaceHash(user.id, from, await passwords.hash(password))
    })
  }

  async function demandActive(user: User, origin: Origin, credential: CredentialKind): Promise<void> {
    if (user.status === 'active') return
    await fail({ reason: statusCode[user.status], user, origin, credential })
    const { unprovenEmail } = user
    if (user.status === 'pending' && unprovenEmail !== null) {
      // The mail may have been lost, and nobody else can ask for another one: this needed the password.
      background.run('confirm again', () => confirmation.send(user, 'confirm-email', unprovenEmail, origin))
    }
    throw new CardeaError(statusCode[user.status])
  }

  async function ofAny(whose: PasswordOf, password: string, origin: Origin, claim?: () => Promise<void>) {
    const { key, user } = whose
    const tried = await count(whose, origin)
    try {
      await claim?.()
    } catch (error) {
      await tried.giveBack()
      throw error
    }
    const stored = user === null ? null : await store.users.passwordHash(user.id)
    // Of no hash at all: it costs the same.
    const verdict = await verify(tried.mayCompare ? stored : null, password, tried, origin)
    // Hashing takes long enough for a change of the password to be committed meanwhile.
    const now = user !== null && verdict.ok ? await store.users.byId(user.id) : null
    const still =
      user !== null &&
      now !== null &&
      (now.epoch === user.epoch || (await store.users.passwordHash(user.id)) === stored)
    if (now === null || !still) {
      const typed = key === null ? {} : { identifierKey: key }
      await fail({ reason: tried.mayCompare ? 'wrong' : 'limited', user, origin, credential: 'password', ...typed })
      throw new CardeaError('credentials_wrong')
    }
    if (verdict.outdated && stored !== null) rehash(now, stored, password)
    return { user: now, tried }
  }

  async function of(whose: PasswordOf, password: string, origin: Origin) {
    const { user, tried } = await ofAny(whose, password, origin)
    if (user.status !== 'active') await tried.giveBack()
    await demandActive(user, origin, 'password')
    return { user, tried }
  }

  return {
    async by(identifier, password, origin) {
      await countAddress(origin)
      return of(await identify.find(identifier, origin), password, origin)
    },
    of,
    ofAny,
    countAddress,
    demandActive,
    fail,
  }
}
