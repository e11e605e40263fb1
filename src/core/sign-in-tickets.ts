import { CardeaError } from '../errors.ts'
import type { Factor, Origin, User } from '../types.ts'
import type { Tried } from './limits.ts'
import type { Mfa } from './mfa.ts'
import { dataText, isMailedBy, type OneTimes } from './one-time.ts'
import type { PasswordCheck } from './password-check.ts'
import type { OneTime } from './records.ts'

/** Who it is and how they proved it; the caller opens the session. No artefact exists before the last factor. */
export interface SignedIn {
  readonly user: User
  readonly factors: readonly Factor[]
}

/** What follows on `factor_required`. */
export interface TicketSignIn {
  /** Second step: the ticket of `factor_required` and a TOTP or recovery code. */
  withTicket(ticket: string, code: string, origin: Origin): Promise<SignedIn>
  /**
   * The same in two steps, for clients that keep the ticket: first the code is proven, then the session is asked for.
   * Throws what `withTicket` throws; of many with one ticket exactly one proves it.
   */
  proveTicket(ticket: string, code: string, origin: Origin): Promise<void>
  /** Whose ticket has been proven, once. Throws factor_required while the code is missing, one_time_invalid, account_*. */
  withProvenTicket(ticket: string, origin: Origin): Promise<SignedIn>
  /** Whether a ticket of this door still waits for its code. */
  awaitsCode(ticket: string, origin: Origin): Promise<boolean>
}

export interface TicketSignInDeps {
  readonly mfa: Mfa
  readonly oneTimes: OneTimes
  readonly passwordCheck: PasswordCheck
  /** Audits the failure and answers what is thrown. */
  readonly invalid: (reason: string, user: User | null, origin: Origin) => Promise<CardeaError>
  /** The user of a one-time row, as long as nothing that the row relies on has changed since. */
  readonly userOf: (row: OneTime, origin: Origin) => Promise<User>
  readonly finish: (
    user: User,
    factors: readonly Factor[],
    tried: Tried | null,
    origin: Origin,
    addressTries: number,
  ) => Promise<SignedIn>
}

/** Wrong codes that one ticket survives. */
export const ticketTries = 5
/** More than anybody makes before a ticket expires. */
export const manyTries = 1_000_000_000
/** The first step and the code both counted the address. */
const countedTries = 2
const firstFactors: readonly Factor[] = ['password', 'link']
const secondFactors: readonly Factor[] = ['totp', 'recovery-code']

/** A factor that the row says was proven. Its shape is ours; a row that says something else counts as invalid. */
function factorIn(row: OneTime, name: string, known: readonly Factor[]): Factor {
  const factor = known.find((each) => each === dataText(row, name))
  if (factor === undefined) throw new CardeaError('one_time_invalid')
  return factor
}

export function createTicketSignIn(deps: TicketSignInDeps): TicketSignIn {
  const { mfa, oneTimes, passwordCheck, invalid, userOf, finish } = deps

  /** The code to a ticket, counted. What it proves, and whose it is. */
  async function codeOfTicket(ticket: string, code: string, origin: Origin) {
    await passwordCheck.countAddress(origin)
    const row = await rowOf('factor-ticket', ticket, origin)
    if (row === null) throw await invalid('factor-ticket', null, origin)
    const user = await userOf(row, origin)
    await passwordCheck.demandActive(user, origin, 'one-time')
    // Counted before the code is looked at, so that codes sent side by side cannot outrun the count. The row itself
    // stays: the same right code sent many times at once must find it when the first of them is done.
    const left = await oneTimes.fail('factor-ticket', ticket, manyTries)
    if (left === null || manyTries - left > ticketTries) throw await invalid('factor-ticket', user, origin)
    const second = await mfa.check(user, code, origin)
    await oneTimes.consume('factor-ticket', ticket)
    return { row, user, second }
  }

  /** A row of this door under the ticket, or null. */
  async function rowOf(purpose: 'factor-ticket' | 'proven-ticket', ticket: string, origin: Origin) {
    const row = await oneTimes.peek(purpose, ticket)
    return row !== null && isMailedBy(row, origin.api) ? row : null
  }

  return {
    async withTicket(ticket, code, origin) {
      const { row, user, second } = await codeOfTicket(ticket, code, origin)
      return finish(user, [factorIn(row, 'factor', firstFactors), second], null, origin, countedTries)
    },

    async proveTicket(ticket, code, origin) {
      const { row, user, second } = await codeOfTicket(ticket, code, origin)
      const factor = factorIn(row, 'factor', firstFactors)
      const data = { factor, second, api: origin.api, epoch: String(user.epoch) }
      await oneTimes.issue({ purpose: 'proven-ticket', userId: user.id, data, replace: false, token: ticket })
    },

    async withProvenTicket(ticket, origin) {
      const row = await rowOf('proven-ticket', ticket, origin)
      if (row === null) {
        if ((await rowOf('factor-ticket', ticket, origin)) !== null) throw new CardeaError('factor_required')
        await passwordCheck.countAddress(origin)
        throw await invalid('proven-ticket', null, origin)
      }
      const user = await userOf(row, origin)
      await passwordCheck.demandActive(user, origin, 'one-time')
      await oneTimes.consume('proven-ticket', ticket)
      const factors = [factorIn(row, 'factor', firstFactors), factorIn(row, 'second', secondFactors)]
      return finish(user, factors, null, origin, countedTries)
    },

    awaitsCode: async (ticket, origin) => (await rowOf('factor-ticket', ticket, origin)) !== null,
  }
}
