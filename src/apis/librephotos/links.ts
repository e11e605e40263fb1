import type { DoorLink } from '../../core/door-links.ts'

/**
 * The link to a new password, as the contract's front end has it. Its `uid` names nobody: it is the check that belongs to
 * the token. Without a front end, and for all else, the native pages do.
 */
export function mailedLink(siteUrl: string): DoorLink {
  return (purpose, token, uid) =>
    purpose === 'reset-password' ? `${siteUrl}/password-reset/confirm/${uid}/${token}` : null
}
