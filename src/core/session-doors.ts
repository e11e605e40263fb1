import type { ApiName, Seconds } from '../types.ts'

/** What is fixed for the sessions of a door, whatever any setting says. */
interface SessionDoor {
  /** The door that takes their refresh tokens, where their own has no call for it. */
  readonly refreshedAt?: ApiName
  readonly accessSeconds?: Seconds
}

/** Haut.AI promises its clients one hour (its documentation: "always"), and knows no refresh. */
const sessionDoors: Readonly<Partial<Record<ApiName, SessionDoor>>> = {
  hautai: { refreshedAt: 'native', accessSeconds: 3600 },
}

/** Whether a session that was opened at one door is refreshed at another. */
export function isRefreshedAt(opened: ApiName, at: ApiName): boolean {
  return (sessionDoors[opened]?.refreshedAt ?? opened) === at
}

/** Life of the access tokens of a door where nothing may change it, or undefined. */
export function fixedAccessSeconds(api: ApiName): Seconds | undefined {
  return sessionDoors[api]?.accessSeconds
}
