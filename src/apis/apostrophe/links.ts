import type { DoorLink } from '../../core/door-links.ts'

/**
 * Links in the mails of this door. A front end of the contract reads `email` and `reset` from the query of its login page;
 * without one, and for all else, they lead to the native pages.
 */
export function mailedLink(siteUrl: string | null): DoorLink {
  return (purpose, token, _check, to) =>
    purpose === 'reset-password' && siteUrl !== null
      ? `${siteUrl}/login?${new URLSearchParams({ email: to, reset: token })}`
      : null
}
