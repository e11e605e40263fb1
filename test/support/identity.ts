import assert from 'node:assert/strict'
import type { Core } from '../../src/core/cardea.ts'
import type { LimitStore } from '../../src/core/ports.ts'
import type { LimitRule, LimitState, Mail } from '../../src/core/records.ts'
import type { Passwords, PasswordVerdict } from '../../src/crypto/password.ts'
import { totpAt, totpStep } from '../../src/crypto/totp.ts'
import { CardeaError, type ErrorCode } from '../../src/errors.ts'
import type { ApiName, Origin, Principal, User } from '../../src/types.ts'
import type { FakeClock } from './clock.ts'
import type { TestCore } from './core.ts'

export const goodPassword = 'correct horse battery'

export function visitor(address = '192.0.2.1', api: ApiName = 'native', device?: string): Origin {
  return { api, address, userAgent: 'test', ...(device !== undefined && { device }) }
}

export interface PersonWish {
  readonly email?: string | null
  readonly password?: string | null
  readonly role?: string
}

/** An active person, as the command line makes them; with a proven e-mail address unless told otherwise. */
export function makePerson(core: Core, username: string, wish: PersonWish = {}): Promise<User> {
  const { email = `${username}@example.com`, password = goodPassword, role = 'user' } = wish
  return core.users.create({ username, email, password, role, kind: 'person' }, null, visitor())
}

/** An administrator, so that set-up is over and doors may make users. */
export function makeAdmin(core: Core): Promise<User> {
  return makePerson(core, 'root', { role: 'admin' })
}

/** A native session of the user, as the guard would find it; no session row stands behind it. */
export function principalOf(core: Core, user: User, more: Partial<Principal> = {}): Principal {
  return {
    kind: 'access-token',
    user,
    role: user.role,
    scopes: core.roles.effective(user, [...core.roles.ceilingOf('native')], null),
    api: 'native',
    sessionId: 'session-of-a-test',
    keyId: null,
    factors: ['password'],
    provenAt: core.clock.now(),
    expiresAt: null,
    actor: null,
    ...more,
  }
}

/** For `assert.rejects`: a CardeaError of this code. */
export function failsWith(code: ErrorCode): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof CardeaError, `not a CardeaError: ${error}`)
    assert.equal(error.code, code)
    return true
  }
}

/** The error that a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<CardeaError> {
  const error = await promise.then(
    () => assert.fail('it should have failed'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof CardeaError, `not a CardeaError: ${error}`)
  return error
}

export async function ticketOf(promise: Promise<unknown>): Promise<string> {
  const error = await failureOf(promise)
  assert.equal(error.code, 'factor_required')
  const ticket = error.detail.extra?.mfa_ticket
  assert.ok(typeof ticket === 'string')
  return ticket
}

/** Mails to an address, once nothing is left to do behind the answers. */
export async function mailsTo({ core, mails }: Pick<TestCore, 'core' | 'mails'>, to: string): Promise<readonly Mail[]> {
  await core.idle()
  return mails.filter((mail) => mail.to === to)
}

export function tokenIn(mail: Mail | undefined): string {
  const token = /#token=([\w-]+)/.exec(mail?.text ?? '')?.[1]
  assert.ok(token !== undefined, 'no mail with a link')
  return token
}

/** The token of the newest mail with a link to an address. */
export async function mailedToken(test: Pick<TestCore, 'core' | 'mails'>, to: string): Promise<string> {
  return tokenIn((await mailsTo(test, to)).findLast((mail) => mail.text.includes('#token=')))
}

/** Enrols a second factor; the clock moves on, so that the next code is a new one. */
export async function enrol({ core, clock }: Pick<TestCore, 'core' | 'clock'>, user: User) {
  const { secret } = await core.mfa.begin(user, visitor())
  const { recoveryCodes } = await core.mfa.confirm(user, codeAt(secret, clock), null, visitor())
  clock.advance(30_000)
  const after = await core.users.byPublicId(user.publicId)
  assert.ok(after?.hasFactor)
  return { user: after, secret, recoveryCodes }
}

export function codeAt(secret: string, clock: FakeClock, steps = 0): string {
  return totpAt(secret, totpStep(clock.now()) + steps)
}

/** A code that no step near now has. */
export function wrongCode(secret: string, clock: FakeClock): string {
  const near = [-2, -1, 0, 1, 2].map((steps) => codeAt(secret, clock, steps))
  return ['111111', '222222', '333333', '444444', '555555', '666666'].find((code) => !near.includes(code)) ?? '777777'
}

/** Passwords that cost nothing and count what was asked of them. */
export function countingPasswords() {
  const calls = { hash: 0, verify: 0, verifyNothing: 0 }
  const passwords: Passwords = {
    async hash(password) {
      calls.hash += 1
      return `plain:${password}`
    },
    async verify(stored, password): Promise<PasswordVerdict> {
      calls.verify += 1
      if (stored === null) calls.verifyNothing += 1
      return { ok: stored === `plain:${password}`, outdated: false }
    },
    hashCode: async (code) => `plain:${code}`,
    verifyCode: async (stored, code) => ({ ok: stored === `plain:${code}`, outdated: false }),
    hashWithSalt: async (code, salt) => Buffer.from(`${Buffer.from(salt).toString('hex')}${code}`).toString('hex'),
    pending: () => 0,
  }
  return { calls, passwords }
}

/** Counters in memory under the fake clock, where a test makes more tries than a database should see. */
export function memoryLimits(clock: FakeClock): LimitStore {
  const counters = new Map<string, { count: number; endsAt: number }>()
  const stateOf = (rule: LimitRule, count: number, endsAt: number, allowed: boolean): LimitState => ({
    allowed,
    limit: rule.points,
    remaining: Math.max(0, rule.points - count),
    resetSeconds: Math.ceil((endsAt - clock.now()) / 1000),
  })
  const current = (key: string, rule: LimitRule) => {
    const found = counters.get(key)
    if (found !== undefined && found.endsAt > clock.now()) return found
    const fresh = { count: 0, endsAt: clock.now() + rule.windowSeconds * 1000 }
    counters.set(key, fresh)
    return fresh
  }
  return {
    async consume(key, rule) {
      const counter = current(key, rule)
      counter.count += 1
      return stateOf(rule, counter.count, counter.endsAt, counter.count <= rule.points)
    },
    async peek(key, rule) {
      const counter = current(key, rule)
      return stateOf(rule, counter.count, counter.endsAt, counter.count < rule.points)
    },
    async giveBack(keys) {
      for (const key of keys) {
        const counter = counters.get(key)
        if (counter !== undefined) counter.count = Math.max(0, counter.count - 1)
      }
    },
    async reset(key) {
      counters.delete(key)
    },
  }
}
