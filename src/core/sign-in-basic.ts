import { CardeaError } from '../errors.ts'
import type { Origin, RefusalCode, User, Verdict } from '../types.ts'
import type { BasicCache } from './basic-cache.ts'
import type { Identified, Identify } from './identify.ts'
import type { Tried } from './limits.ts'
import type { PasswordCheck } from './password-check.ts'

export interface BasicSignInDeps {
  readonly identify: Identify
  readonly passwordCheck: PasswordCheck
  readonly basicCache: BasicCache
  readonly finish: (user: User, tried: Tried, origin: Origin) => Promise<unknown>
}

const refusals: readonly RefusalCode[] = [
  'credentials_wrong',
  'account_pending',
  'account_disabled',
  'account_blocked',
  'rate_limited',
  'busy',
]

/** What a door that answers with verdicts makes of a failed check; anything else stays an exception. */
function refusalOf(error: unknown): Verdict<User> {
  if (error instanceof CardeaError) {
    const code = refusals.find((refusal) => refusal === error.code)
    const { retryAfter } = error.detail
    if (code !== undefined)
      return { ok: false, code, kind: 'password', ...(retryAfter !== undefined && { retryAfter }) }
  }
  throw error
}

/** A password with each request: checked once a minute, and once for requests side by side. */
export function createBasicSignIn({ identify, passwordCheck, basicCache, finish }: BasicSignInDeps) {
  const running = new Map<string, Promise<Verdict<User>>>()

  async function check(identified: Identified, password: string, origin: Origin): Promise<Verdict<User>> {
    try {
      await passwordCheck.countAddress(origin)
      const { user, tried } = await passwordCheck.of(identified, password, origin)
      if (user.hasFactor) {
        // A password alone is nobody here. The ordinary refusal, counted like a wrong password.
        await passwordCheck.fail({ reason: 'factor', user, origin, credential: 'password' })
        return { ok: false, code: 'credentials_wrong', kind: 'password' }
      }
      await finish(user, tried, origin)
      basicCache.put(user, password)
      return { ok: true, value: user }
    } catch (error) {
      return refusalOf(error)
    }
  }

  return async (identifier: string, password: string, origin: Origin): Promise<Verdict<User>> => {
    // Read each time: status, epoch and factor are those of now, also when the password is believed.
    const identified = await identify.find(identifier, origin)
    const { user, key } = identified
    if (user !== null && user.status === 'active' && !user.hasFactor && basicCache.has(user, password)) {
      return { ok: true, value: user }
    }
    const name = [basicCache.keyOf(user?.id ?? key, user?.epoch ?? 0, password), origin.api, origin.address].join(' ')
    const same = running.get(name)
    if (same !== undefined) return same
    const started = check(identified, password, origin).finally(() => running.delete(name))
    running.set(name, started)
    return started
  }
}
