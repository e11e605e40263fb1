import { CardeaError } from '../errors.ts'
import type { Millis, Origin, Principal, User } from '../types.ts'
import type { OneTimes } from './one-time.ts'
import type { Clock, Store } from './ports.ts'
import type { UserConflict } from './records.ts'

/** What the store made of a change, or the failure that it names. */
export function changed(result: User | UserConflict | 'gone' | 'last_admin'): User {
  if (typeof result !== 'string') return result
  throw new CardeaError(result === 'gone' ? 'not_found' : result)
}

export function fieldError(field: string, message: string): CardeaError {
  return new CardeaError('request_invalid', { fields: [{ field, message }] })
}

/** Name and address are in cached principals: a change of them evicts these, although rights and epoch stay. */
export function appendChange(tx: Store, user: User, clock: Clock): Promise<void> {
  return tx.changes.append('user', user.publicId, user.epoch, clock.now())
}

export function actorOrigin(actor: Principal | null, origin: Origin): Origin | 'cli' {
  return actor === null ? 'cli' : origin
}

/** Mailed links that let somebody in or change the account. The link that undoes a theft of the address is not one. */
const mailedLinks = ['confirm-email', 'change-email', 'reset-password', 'sign-in-link'] as const

/** After a change of password or address, what was mailed before it is void. */
export async function dropMailedLinks(oneTimes: OneTimes, userId: number): Promise<void> {
  for (const purpose of mailedLinks) await oneTimes.drop(purpose, userId)
}

/** An administrator decides: nobody takes the former state back by a link, either. */
export async function dropAllLinks(oneTimes: OneTimes, userId: number): Promise<void> {
  await dropMailedLinks(oneTimes, userId)
  await oneTimes.drop('undo-email', userId)
}

/** API keys and private tokens of a user die. */
export async function revokeKeys(tx: Store, userId: number, now: Millis): Promise<void> {
  await tx.keys.revokeAll(userId, now)
  await tx.tokens.revokeAll(userId, now)
}
