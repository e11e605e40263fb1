import type { Millis, RefusalCode, User, UserStatus } from '../types.ts'
import type { Session } from './records.ts'

/** What keeps a user out, or null. */
export const accountRefusal = {
  active: null,
  pending: 'account_pending',
  disabled: 'account_disabled',
  blocked: 'account_blocked',
} as const satisfies Record<UserStatus, RefusalCode | null>

export type AccountRefusal = Exclude<(typeof accountRefusal)[UserStatus], null>

export function refusalOfUser(user: Pick<User, 'status'>): AccountRefusal | null {
  return accountRefusal[user.status]
}

/** Absolute or idle end. `seenAt`: a use that is not written yet. */
export function isSessionOver(
  session: Pick<Session, 'expiresAt' | 'idleMillis' | 'lastSeenAt'>,
  seenAt: Millis | null,
  now: Millis,
): boolean {
  if (now >= session.expiresAt) return true
  const seen = Math.max(session.lastSeenAt, seenAt ?? 0)
  return session.idleMillis !== null && now >= seen + session.idleMillis
}
