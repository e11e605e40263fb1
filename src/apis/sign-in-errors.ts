/** Why somebody is not signed in by a password (and code), at whichever door. */
export const signInErrors = [
  'credentials_wrong',
  'factor_required',
  'factor_wrong',
  'account_pending',
  'account_disabled',
  'account_blocked',
  'rate_limited',
  'busy',
] as const
