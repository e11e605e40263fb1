import { plural } from './plural.ts'

/** The dialog that asks again who is there, and the one that warns before the console signs out. */
export const proof = {
  title: 'Is it still you?',
  lead: 'This changes who may do what here, so it needs your password again. It counts for a few minutes.',
  password: 'Your password',
  code: 'Code of your authenticator app, or a recovery code',
  confirm: 'Continue',
  noPassword: 'No password yet? Set one with “Forgot your password?” on the sign-in page.',
} as const

export const idle = {
  title: 'Are you still there?',
  lead: (seconds: number) =>
    plural(seconds, {
      one: 'Nothing has been done here for a while. You will be signed out in # second.',
      other: 'Nothing has been done here for a while. You will be signed out in # seconds.',
    }),
  stay: 'Stay signed in',
  leave: 'Sign out now',
} as const
