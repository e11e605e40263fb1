import type { Purpose } from './records.ts'

/** What users are told when a credential of theirs changes, at whichever door. */
export type Notice =
  | 'password-changed'
  | 'email-changed'
  | 'username-changed'
  | 'factor-added'
  | 'factor-removed'
  | 'recovery-codes-made'
  | 'recovery-code-used'
  | 'key-made'
  | 'key-rotated'
  | 'token-made'
  | 'token-rotated'
  | 'token-ending'
  | 'sign-in-new-place'
  | 'factor-guessing'
  | 'impersonated'
  | 'sign-up-known-address'
  | 'sign-up-reserved-address'
  | 'account-removed'

/** Purposes whose token is mailed. */
export type LinkPurpose = Exclude<Purpose, 'set-up' | 'factor-ticket' | 'proven-ticket'>

/** Every mail that carries a link: what it says, and the call that does the same without a browser. */
export const linkTexts: Readonly<
  Record<
    LinkPurpose,
    { readonly subject: string; readonly text: string; readonly call: string; readonly body: (token: string) => string }
  >
> = {
  'confirm-email': {
    subject: 'Confirm your e-mail address',
    text: 'an account was opened with your e-mail address. If that was you, confirm the address; the page asks for the password of the account, if it has one. If you did not open it, do nothing:',
    call: '/auth/email/confirm',
    body: (token) => `{"token":"${token}","password":"..."}`,
  },
  'change-email': {
    subject: 'Confirm your new e-mail address',
    text: 'this address was given as the new e-mail address of your account. If that was you, confirm it; the page asks for the password of the account:',
    call: '/auth/email/confirm',
    body: (token) => `{"token":"${token}","password":"..."}`,
  },
  'undo-email': {
    subject: 'Your e-mail address was changed',
    text: 'the e-mail address of your account was changed to another one. If that was not you, take it back; all sessions, API keys and private tokens of the account will end. Set a new password afterwards:',
    call: '/auth/email/undo',
    body: (token) => `{"token":"${token}"}`,
  },
  'reset-password': {
    subject: 'Set a new password',
    text: 'somebody asked for a new password for your account. If that was you, set it here; all sessions, API keys and private tokens of the account will end:',
    call: '/auth/password/reset',
    body: (token) => `{"token":"${token}","new_password":"..."}`,
  },
  'sign-in-link': {
    subject: 'Your sign-in link',
    text: 'somebody asked for a link to sign in to your account. If that was you, use it:',
    call: '/auth/sign-in/link',
    body: (token) => `{"token":"${token}"}`,
  },
  invitation: {
    subject: 'You are invited',
    text: 'you are invited to open an account:',
    call: '/auth/sign-up',
    body: (token) => `{"invitation":"${token}","username":"...","password":"..."}`,
  },
}

/** Mails that go to an address which nobody has proven: what they say of the sender is a stranger's text. */
export const toStrangers: ReadonlySet<LinkPurpose | Notice> = new Set<LinkPurpose | Notice>([
  'confirm-email',
  'change-email',
  'invitation',
  'sign-up-reserved-address',
])

const notYou = 'If that was not you, sign in, change your password and end all other sessions.'

/** Every other mail. None of them carries a link: a mail that says "sign in here" is what a thief would write. */
export const noticeTexts: Readonly<Record<Notice, { readonly subject: string; readonly text: string }>> = {
  'password-changed': {
    subject: 'Your password was changed',
    text: `the password of your account was changed. If that was not you, ask for a new password with "forgot password".`,
  },
  'email-changed': {
    subject: 'Your e-mail address was changed',
    text: `the e-mail address of your account was changed. ${notYou}`,
  },
  'username-changed': {
    subject: 'Your user name was changed',
    text: `the user name of your account was changed. ${notYou}`,
  },
  'factor-added': {
    subject: 'A second factor was added',
    text: `a second factor was added to your account. ${notYou}`,
  },
  'factor-removed': {
    subject: 'Your second factor was removed',
    text: `the second factor of your account was removed. ${notYou}`,
  },
  'recovery-codes-made': {
    subject: 'New recovery codes',
    text: `new recovery codes were made for your account; the old ones are void. ${notYou}`,
  },
  'recovery-code-used': {
    subject: 'A recovery code was used',
    text: `a recovery code of your account was used to sign in; it is void now. ${notYou}`,
  },
  'key-made': { subject: 'An API key was made', text: `an API key was made for your account. ${notYou}` },
  'key-rotated': {
    subject: 'An API key was rotated',
    text: `an API key of your account was replaced by a new one. ${notYou}`,
  },
  'token-made': { subject: 'A private token was made', text: `a private token was made for your account. ${notYou}` },
  'token-rotated': {
    subject: 'A private token was rotated',
    text: `a private token of your account was replaced by a new one. ${notYou}`,
  },
  'token-ending': {
    subject: 'A private token ends soon',
    text: 'a private token of your account ends soon. If something still uses it, rotate it or make a new one before it does. If nothing uses it any more, there is nothing to do.',
  },
  'sign-in-new-place': {
    subject: 'A sign-in from a new place',
    text: `somebody signed in to your account from an address and a device that were not used before. ${notYou}`,
  },
  'factor-guessing': {
    subject: 'Wrong codes for your account',
    text: 'many wrong codes of your second factor were tried in a row, by somebody who knows your password or is signed in as you. Codes are checked more slowly now. If that was not you, change your password and end all other sessions.',
  },
  impersonated: {
    subject: 'An administrator acts in your name',
    text: 'an administrator of this server opened a session in your name. It ends by itself after 15 minutes.',
  },
  'sign-up-known-address': {
    subject: 'You already have an account',
    text: 'somebody gave your e-mail address for an account. You have one already, with the user name above, so nothing was changed. If that was you, sign in, or use "forgot password".',
  },
  'sign-up-reserved-address': {
    subject: 'This e-mail address is not available yet',
    text: 'somebody gave your e-mail address for a new account. It belonged to an account that was deleted not long ago and cannot be used again for some time.',
  },
  'account-removed': { subject: 'Your account was deleted', text: 'your account and everything of it was deleted.' },
}
