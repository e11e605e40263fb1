import type { ApiName, Millis, UserStatus } from '../types.ts'
import type { PageWish } from './records.ts'

/* What administrators ask of the store beyond what everybody asks. */

export type CredentialState = 'live' | 'expiring' | 'expired' | 'revoked' | 'suspended'

/** Which keys or private tokens of all users. */
export interface CredentialFilter {
  /** Public id of the owner. */
  readonly user?: string
  /** Part of a name, letter case aside, or an id. */
  readonly search?: string
  readonly api?: ApiName
  readonly state?: CredentialState
}
/** `expiring` is what ends by `soon`. */
export type CredentialWish = PageWish & CredentialFilter & { readonly now: Millis; readonly soon: Millis }

/** How many events of one kind there were in one day. */
export interface DayCount {
  /** Days since 1970-01-01, UTC. */
  readonly day: number
  readonly kind: string
  readonly count: number
}

/** How much there is of everything. */
export interface Census {
  readonly users: Readonly<Record<UserStatus, number>>
  readonly services: number
  /** That are not over. */
  readonly sessions: number
  /** That are neither revoked nor over. */
  readonly keys: number
  readonly tokens: number
  readonly events: number
  readonly documents: number
}
