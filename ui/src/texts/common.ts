import { plural } from './plural.ts'

/** Words that every page uses. */
export const common = {
  product: 'Cardea',
  title: (page: string) => `${page} · Cardea`,
  skip: 'Skip to the content',
  loading: 'Loading…',
  again: 'Try again',
  cancel: 'Cancel',
  close: 'Close',
  done: 'Done',
  back: 'Back',
  save: 'Save',
  copy: 'Copy',
  copied: 'Copied',
  copyThis: (what: string) => `Copy ${what}`,
  newest: 'Newest',
  older: 'Older',
  pages: 'Pages of the list',
  never: 'never',
  none: 'none',
  tooShort: (min: number) => plural(min, { one: 'At least # character.', other: 'At least # characters.' }),
  typeToConfirm: (word: string) => `Type ${word} to confirm`,
  notFoundTitle: 'There is no such page',
  notFound: 'The address may be mistyped, or the page has moved.',
  home: 'To the start',
  crashTitle: 'This page has stopped',
  crash: 'That is a fault of ours. Load the page again; what you had saved is safe.',
  reload: 'Load again',
  recordCount: (count: number) => plural(count, { one: '# entry', other: '# entries' }),
  theme: { label: 'Colours', auto: 'As the system', light: 'Light', dark: 'Dark' },
  nav: {
    label: 'Console',
    open: 'Open the menu',
    close: 'Close the menu',
    account: 'My account',
    api: 'API',
    admin: 'Administration',
    overview: 'Overview',
    profile: 'Profile',
    security: 'Sign-in and security',
    sessions: 'Sessions',
    tokens: 'Private tokens',
    keys: 'API keys',
    activity: 'Activity',
    calls: 'How to call this API',
    signOut: 'Sign out',
    signedInAs: (name: string) => `Signed in as ${name}`,
  },
} as const

/** For somebody who acts as somebody else. */
export const actingRefused = {
  title: 'Not in the name of somebody else.',
  help: 'Whoever acts as another user changes nothing about their credentials.',
} as const
export const acting = {
  banner: (name: string) => `You act as ${name}.`,
  until: (time: string) => `Until ${time}, in this tab only. It is in the audit log with your name.`,
  stop: 'Stop',
} as const

/** What went wrong and what to do, by the code of the problem. What is missing here is said in the server's words. */
export const problems: Readonly<Record<string, { readonly title: string; readonly help?: string }>> = {
  unreachable: {
    title: 'The server cannot be reached.',
    help: 'Look at your connection and try again. Nothing has been changed.',
  },
  credentials_wrong: {
    title: 'The name or the password is wrong.',
    help: 'Look at the caps-lock key and the spelling. If the password is lost, set a new one.',
  },
  mfa_code_wrong: {
    title: 'That code is wrong or was used already.',
    help: 'Codes change every 30 seconds: wait for the next one. Check that the clock of your phone is right.',
  },
  rate_limited: { title: 'Too many attempts.', help: 'Wait a little, then try again.' },
  account_pending: {
    title: 'This account is not confirmed yet.',
    help: 'Use the link in the newest mail: each sign-in mails a new one, and the older ones stop working.',
  },
  account_disabled: { title: 'This account is disabled.', help: 'Ask an administrator of this server.' },
  account_blocked: { title: 'This account is blocked.', help: 'Ask an administrator of this server.' },
  one_time_invalid: {
    title: 'This link or code is not good any more.',
    help: 'Each works once and for a short time. Ask for a new one.',
  },
  username_taken: { title: 'This user name is not available.', help: 'Choose another one.' },
  email_taken: { title: 'This e-mail address is not available.', help: 'Use another address.' },
  sign_up_closed: {
    title: 'This server does not take new accounts by itself.',
    help: 'Ask an administrator for an invitation.',
  },
  set_up_needed: {
    title: 'This server has no administrator yet.',
    help: 'The first account is made with the set-up code that the server printed.',
  },
  origin_refused: {
    title: 'The server does not take this page for one of its own.',
    help: 'Open the console under the public address of the server.',
  },
  beyond_own_rights: { title: 'Nobody can give more than they have.', help: 'Choose fewer rights.' },
  last_admin: {
    title: 'The last administrator has to stay.',
    help: 'Make somebody else an administrator first.',
  },
  insufficient_scope: {
    title: 'Your account may not do this.',
    help: 'Ask an administrator if you need it.',
  },
  mfa_enrolment_required: {
    title: 'Your role needs a second factor first.',
    help: 'Set one up under Sign-in and security.',
  },
  mfa_already_enrolled: { title: 'A second factor is on already.' },
  password_refused: { title: 'This password is not acceptable.' },
  request_invalid: { title: 'Something is not filled in right.' },
  busy: { title: 'The server is busy.', help: 'Try again in a moment.' },
  internal: { title: 'Something went wrong on the server.', help: 'Try again. If it stays, tell the operator.' },
}
