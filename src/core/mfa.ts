import { equalText } from '../crypto/compare.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import type { Passwords } from '../crypto/password.ts'
import { qrSvg } from '../crypto/qr.ts'
import { hexToken, parseRecoveryCode, recoveryCode, scratchCode } from '../crypto/random.ts'
import { open, seal } from '../crypto/secret-box.ts'
import { matchTotp, newTotpSecret, totpUri } from '../crypto/totp.ts'
import { CardeaError } from '../errors.ts'
import type { Factor, Millis, Origin, Principal, User } from '../types.ts'
import type { Commit } from './commit.ts'
import type { Events } from './events.ts'
import type { Mails } from './mails.ts'
import type { Clock, Store } from './ports.ts'
import type { Totp } from './records.ts'
import type { Rights } from './rights.ts'
import type { CoreSettings } from './settings.ts'
import { secretAdvice } from './signing-key-box.ts'
import { revokeKeys } from './users-shared.ts'

export interface FactorChange {
  /** API keys and private tokens of the user die, too. */
  readonly revokeKeys?: boolean
}

export interface NewFactor extends FactorChange {
  /** What the caller believes the pending secret to be; another one is a wrong code. It is never taken over. */
  readonly secret?: string
  /** Recovery codes as the door's clients know them: 8 of 8 hex characters in place of 10 of ours. */
  readonly scratch?: boolean
}

export interface Mfa {
  status(user: User): Promise<{ readonly totp: 'off' | 'pending' | 'on'; readonly recoveryCodesLeft: number }>
  /** Makes a pending secret (10 minutes). Throws factor_exists. `svg` is the QR code of `uri`. */
  begin(
    user: User,
    origin: Origin,
  ): Promise<{ readonly secret: string; readonly uri: string; readonly svg: string; readonly expiresAt: number }>
  /**
   * Confirms it with a code of it; answers 10 recovery codes (or 8 scratch codes), shown this once. Ends other sessions. Throws
   * factor_exists, factor_missing (nothing pending, too old, or five wrong codes), factor_wrong.
   */
  confirm(
    user: User,
    code: string,
    keepSession: string | null,
    origin: Origin,
    options?: NewFactor,
  ): Promise<{ readonly recoveryCodes: readonly string[] }>
  /** Throws factor_missing; scope_missing and beyond_own_rights when `actor` is somebody else. */
  disable(
    user: User,
    actor: Principal | null,
    keepSession: string | null,
    origin: Origin,
    options?: FactorChange,
  ): Promise<void>
  /** The old ones are void. Throws factor_missing. */
  newRecoveryCodes(user: User, origin: Origin): Promise<readonly string[]>
  /**
   * Checks a TOTP or recovery code of a user with a confirmed factor and consumes it: each is good once, also under
   * 50 parallel tries. Wrong ones are counted per user across doors: after 10 in a row growing delays (rate_limited)
   * and a mail. Throws factor_wrong, factor_missing, rate_limited.
   */
  check(user: User, code: string, origin: Origin): Promise<Factor>
  /** Boxes still under an older key-encryption key are sealed again. Answers how many. */
  rewrap(): Promise<number>
  /** CardeaError `internal` that says what to do when there are boxes which no configured secret opens. */
  checkBoxes(): Promise<void>
}

export interface MfaDeps {
  readonly store: Store
  readonly clock: Clock
  readonly commit: Commit
  readonly events: Events
  readonly mails: Mails
  readonly keyTree: KeyTree
  readonly passwords: Passwords
  readonly rights: Rights
  readonly settings: Pick<CoreSettings, 'totp' | 'lifetimes' | 'limits'>
}

const codesPerUser = 10
const scratchCodesPerUser = 8
/** Wrong codes that kill a pending secret: whoever holds it reads the right one off its screen. */
const pendingTries = 5
/** Wrong codes in a row before there is a delay. */
const freeFailures = 10
const firstDelayMillis = 30_000
const longestDelayMillis = 60 * 60_000
/** Nodes may differ by so much; more is a clock that jumped. */
const clockSkewMillis = 60_000

const boxContext = (userId: number) => ({ table: 'totp', row: String(userId), purpose: 'seed' })

/** 30 s after the tenth wrong code in a row, doubled by each further one, an hour at most. */
function delayAfter(count: number): Millis {
  if (count < freeFailures) return 0
  return Math.min(longestDelayMillis, firstDelayMillis * 2 ** Math.min(20, count - freeFailures))
}

export function createMfa(deps: MfaDeps): Mfa {
  const { store, clock, commit, events, mails, keyTree, passwords, rights, settings } = deps

  const seedOf = (userId: number, totp: Totp) =>
    open(keyTree, 'key-encryption', totp.box, boxContext(userId)).toString('utf8')

  const match = (userId: number, totp: Totp, code: string) =>
    matchTotp({ secret: seedOf(userId, totp), code, now: clock.now(), drift: settings.totp.drift })

  async function makeCodes(scratch = false) {
    const salt = hexToken(16)
    const codes = scratch
      ? Array.from({ length: scratchCodesPerUser }, scratchCode)
      : Array.from({ length: codesPerUser }, recoveryCode)
    const bytes = Buffer.from(salt, 'hex')
    // One after the other: ten at once would fill the pool that sign-ins wait for.
    const hashes: string[] = []
    for (const code of codes) hashes.push(await passwords.hashWithSalt(code, bytes))
    return { salt, codes, hashes }
  }

  const isPending = (totp: Totp) =>
    totp.confirmedAt === null && clock.now() < totp.createdAt + settings.lifetimes.pendingFactor * 1000

  async function useTotp(userId: number, totp: Totp, code: string): Promise<boolean> {
    const step = match(userId, totp, code)
    if (step === null) return false
    return settings.totp.singleUse ? store.factors.useStep(userId, step, clock.now()) : true
  }

  async function useRecovery(userId: number, typed: string): Promise<boolean> {
    const code = parseRecoveryCode(typed)
    if (code === null) return false
    const set = await store.factors.recovery(userId)
    if (set === null || set.codes.length === 0) return false
    const hash = await passwords.hashWithSalt(code, Buffer.from(set.salt, 'hex'))
    // All are compared, so that the time does not tell which one it was.
    const [found] = set.codes.filter((each) => equalText(each.hash, hash))
    return found === undefined ? false : store.factors.useRecovery(userId, found.id)
  }

  /**
   * Counts the try before anything is compared, so that side by side tries cannot outrun the count. Answers how many
   * in a row it is. Of those who arrive when a delay is due only one gets through.
   */
  async function claimTry(userId: number): Promise<number> {
    const before = await store.factors.failures(userId)
    const now = clock.now()
    // A clock that was set back would make the delay as long as the jump.
    const jumped = before.lastAt - now > clockSkewMillis
    const openAt = jumped ? now : before.lastAt + delayAfter(before.count)
    if (settings.limits.enabled && now < openAt) refuse(openAt - now)
    const { count } = await store.factors.countFailure(userId, now)
    if (settings.limits.enabled && count > freeFailures && count !== before.count + 1) refuse(delayAfter(count))
    return count
  }

  /** The same for a secret that is pending: a fresh one starts the count anew, so what it counts are its own tries. */
  async function claimPendingTry(userId: number): Promise<number> {
    if ((await store.factors.failures(userId)).count >= pendingTries) throw new CardeaError('factor_missing')
    const { count } = await store.factors.countFailure(userId, clock.now())
    if (count > pendingTries) throw new CardeaError('factor_missing')
    return count
  }

  function refuse(millis: Millis): never {
    throw new CardeaError('rate_limited', { retryAfter: Math.ceil(millis / 1000), internal: 'limit codes' })
  }

  return {
    async status(user) {
      const totp = await store.factors.totp(user.id)
      const isOver = async (pending: Totp) =>
        !isPending(pending) || (await store.factors.failures(user.id)).count >= pendingTries
      if (totp === null || (totp.confirmedAt === null && (await isOver(totp)))) {
        return { totp: 'off', recoveryCodesLeft: 0 }
      }
      const left = (await store.factors.recovery(user.id))?.codes.length ?? 0
      return { totp: totp.confirmedAt === null ? 'pending' : 'on', recoveryCodesLeft: left }
    },

    async begin(user, origin) {
      const secret = newTotpSecret()
      const now = clock.now()
      const box = seal(keyTree.current('key-encryption'), secret, boxContext(user.id))
      await store.transaction(async (tx) => {
        if (!(await tx.factors.begin(user.id, box, now))) throw new CardeaError('factor_exists')
        await tx.factors.clearFailures(user.id)
        await events.record({ kind: 'factor-begun', user: user.publicId, origin }, tx)
      })
      const uri = totpUri({ secret, issuer: settings.totp.issuer, account: user.username })
      return { secret, uri, svg: await qrSvg(uri), expiresAt: now + settings.lifetimes.pendingFactor * 1000 }
    },

    async confirm(user, code, keepSession, origin, options = {}) {
      const totp = await store.factors.totp(user.id)
      if (totp !== null && totp.confirmedAt !== null) throw new CardeaError('factor_exists')
      if (totp === null || !isPending(totp)) throw new CardeaError('factor_missing')
      const count = await claimPendingTry(user.id)
      const isTheirs = options.secret === undefined || equalText(options.secret, seedOf(user.id, totp))
      const step = isTheirs ? match(user.id, totp, code) : null
      if (step === null) {
        const data = { pending: true, inARow: count }
        await events.record({ kind: 'factor-failed', user: user.publicId, origin, data })
        throw new CardeaError('factor_wrong')
      }
      const { salt, codes, hashes } = await makeCodes(options.scratch)
      const now = clock.now()
      const revoke = options.revokeKeys === true
      await commit(async (tx) => {
        if (!(await tx.factors.confirm(user.id, totp.box, now))) throw new CardeaError('factor_exists')
        // The code that confirmed is spent: it does not sign in as well.
        await tx.factors.useStep(user.id, step, now)
        await tx.factors.setRecovery(user.id, salt, hashes, now)
        await tx.factors.clearFailures(user.id)
        await tx.sessions.endAll(user.id, keepSession)
        if (revoke) await revokeKeys(tx, user.id, now)
        const data = { keysRevoked: revoke }
        await events.record({ kind: 'factor-added', user: user.publicId, origin, sessionId: keepSession, data }, tx)
      })
      await mails.notice('factor-added', user, origin)
      return { recoveryCodes: codes }
    },

    async disable(user, actor, keepSession, origin, options = {}) {
      rights.mayManageOrIs(actor, user)
      const now = clock.now()
      const revoke = options.revokeKeys === true
      await commit(async (tx) => {
        if (!(await tx.factors.remove(user.id, now))) throw new CardeaError('factor_missing')
        await tx.factors.clearFailures(user.id)
        await tx.sessions.endAll(user.id, keepSession)
        if (revoke) await revokeKeys(tx, user.id, now)
        const data = { keysRevoked: revoke }
        await events.record({ kind: 'factor-removed', user: user.publicId, actor, origin, data }, tx)
      })
      await mails.notice('factor-removed', user, origin)
    },

    async newRecoveryCodes(user, origin) {
      const totp = await store.factors.totp(user.id)
      if (totp === null || totp.confirmedAt === null) throw new CardeaError('factor_missing')
      const { salt, codes, hashes } = await makeCodes()
      await commit(async (tx) => {
        await tx.factors.setRecovery(user.id, salt, hashes, clock.now())
        await events.record({ kind: 'recovery-codes-made', user: user.publicId, origin }, tx)
      })
      await mails.notice('recovery-codes-made', user, origin)
      return codes
    },

    async check(user, code, origin) {
      const totp = await store.factors.totp(user.id)
      if (totp === null || totp.confirmedAt === null) throw new CardeaError('factor_missing')
      const count = await claimTry(user.id)
      if (await useTotp(user.id, totp, code)) {
        await store.factors.clearFailures(user.id)
        return 'totp'
      }
      if (await useRecovery(user.id, code)) {
        await store.factors.clearFailures(user.id)
        await events.record({ kind: 'recovery-code-used', user: user.publicId, origin })
        await mails.notice('recovery-code-used', user, origin)
        return 'recovery-code'
      }
      await events.record({ kind: 'factor-failed', user: user.publicId, origin, data: { inARow: count } })
      if (count === freeFailures) await mails.notice('factor-guessing', user, origin)
      throw new CardeaError('factor_wrong')
    },

    async checkBoxes() {
      const missing = (await store.factors.boxKeys()).find((id) => keyTree.byId('key-encryption', id) === null)
      if (missing === undefined) return
      throw new CardeaError('internal', {
        internal: `second factors are encrypted under the key-encryption key ${missing}, which the configured secret does not give. ${secretAdvice}`,
      })
    },

    async rewrap() {
      const key = keyTree.current('key-encryption')
      let sealed = 0
      // Each round finds what the last one left; a box that somebody replaced meanwhile is under the new key already.
      for (;;) {
        const boxes = await store.factors.boxesNotUnder(key.id, 100)
        if (boxes.length === 0) return sealed
        for (const { userId, box } of boxes) {
          const seed = open(keyTree, 'key-encryption', box, boxContext(userId))
          if (await store.factors.replaceBox(userId, box, seal(key, seed, boxContext(userId)))) sealed += 1
        }
      }
    },
  }
}
