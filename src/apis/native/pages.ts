import type { CoreSettings } from '../../core/settings.ts'
import { type Html, html, page } from '../../http/html.ts'

/*
 * In texts that are shown the hyphen of e‑mail is one that does not break (U+2011).
 *
 * The pages that mailed links lead to. Opening one changes nothing (mail scanners follow links): it shows what will
 * happen and a button, and only the POST of the button uses the token, which stands in the fragment of the address.
 */

export const linkPurposes = [
  'confirm-email',
  'change-email',
  'undo-email',
  'reset-password',
  'sign-in-link',
  'invitation',
  'setup',
] as const
export type LinkPage = (typeof linkPurposes)[number]

interface LinkText {
  readonly title: string
  readonly lead: string
  readonly button: string
  /** Path of the call. */
  readonly call: string
  /** What the script says when it went well. */
  readonly done: string
  /** Member of the body that takes the token. */
  readonly member: string
  /** The other members, for those who call by hand. */
  readonly members?: string
  readonly fields?: readonly Html[]
}

type PasswordRule = CoreSettings['password']

function field(name: string, label: string, attributes: Html, hint?: string | Html): Html {
  return html`<div id="${name === 'code' ? 'token-field' : `${name}-field`}"><label for="${name}">${label}</label><input id="${name}" name="${name}" ${attributes}${hint === undefined ? [] : html` aria-describedby="${name}-hint"`}>${hint === undefined ? [] : html`<p class="hint" id="${name}-hint">${hint}</p>`}</div>`
}

const passwordField = (name: string, label: string, { minLength, maxLength }: PasswordRule): Html =>
  html`<div><label for="${name}">${label}</label><input id="${name}" name="${name}" type="password" autocomplete="new-password" required minlength="${minLength}" maxlength="${maxLength}" aria-describedby="${name}-hint"><p class="hint" id="${name}-hint">At least ${minLength} characters. A few words that do not belong together are good.</p><label class="check"><input type="checkbox" data-shows="${name}"> Show it</label></div>`

const currentPassword = (hint: string): Html =>
  field(
    'password',
    'Password of the account',
    html`type="password" autocomplete="current-password" required maxlength="4096"`,
    hint,
  )

const usernameField = field(
  'username',
  'User name',
  html`type="text" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="254"`,
)

const texts = (rule: PasswordRule): Readonly<Record<LinkPage, LinkText>> => ({
  'confirm-email': {
    title: 'Confirm your e‑mail address',
    lead: 'The address that this link was mailed to is confirmed as yours.',
    button: 'Confirm the address',
    call: '/auth/email/confirm',
    member: 'token',
    members: ', "password": "..."',
    done: 'The address is confirmed. You can sign in now.',
    fields: [
      currentPassword('The one that was chosen when the account was opened. If that was not you, close this page.'),
    ],
  },
  'change-email': {
    title: 'Confirm your new e‑mail address',
    lead: 'The address that this link was mailed to takes the place of the old one.',
    button: 'Use this address',
    call: '/auth/email/confirm',
    member: 'token',
    members: ', "password": "..."',
    done: 'The new address is in use.',
    fields: [currentPassword('If you did not ask for this change, close this page.')],
  },
  'undo-email': {
    title: 'Take the change back',
    lead: 'Somebody gave your account another e‑mail address. This puts the old one back and ends all sessions of the account. Set a new password afterwards.',
    button: 'Put the old address back',
    call: '/auth/email/undo',
    member: 'token',
    done: 'The old address is back and all sessions have ended. Set a new password now.',
  },
  'reset-password': {
    title: 'Set a new password',
    lead: 'All sessions, API keys and private tokens of the account end with it. A second factor stays on.',
    button: 'Set the password',
    call: '/auth/password/reset',
    member: 'token',
    members: ', "new_password": "..."',
    done: 'The new password is set. Sign in with it.',
    fields: [passwordField('new_password', 'New password', rule)],
  },
  'sign-in-link': {
    title: 'Sign in',
    lead: 'This signs you in on this device, in this browser.',
    button: 'Sign in',
    call: '/auth/sign-in/link',
    member: 'token',
    done: 'You are signed in.',
  },
  invitation: {
    title: 'Open your account',
    lead: 'You are invited. Choose a user name and a password; the address that this link was mailed to counts as confirmed.',
    button: 'Open the account',
    call: '/auth/sign-up',
    member: 'invitation',
    members: ', "username": "...", "password": "..."',
    done: 'The account is open. You can sign in now.',
    fields: [usernameField, passwordField('password', 'Password', rule)],
  },
  setup: {
    title: 'Make the first administrator',
    lead: 'This server has no administrator yet. Whoever holds the set-up code that it printed becomes the first one.',
    button: 'Make the administrator',
    call: '/auth/setup',
    member: 'code',
    members: ', "username": "...", "password": "..."',
    done: 'The administrator is made. You can sign in now.',
    fields: [
      field(
        'code',
        'Set-up code',
        html`type="text" autocomplete="off" autocapitalize="none" spellcheck="false" required maxlength="128"`,
        html`From the terminal of the server, or its file <code>setup-code</code>.`,
      ),
      usernameField,
      field(
        'email',
        'E‑mail address (may be left out)',
        html`type="email" autocomplete="email" maxlength="254"`,
        'For links when the password is lost.',
      ),
      passwordField('password', 'Password', rule),
    ],
  },
})

const codeForm = html`<form id="code-form" data-call="../sign-in/mfa" hidden>
<p>Your account has a second factor. Enter the six digits of your authenticator app, or a recovery code.</p>
<div><label for="mfa-code">Code</label><input id="mfa-code" name="code" type="text" inputmode="text" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" required minlength="6" maxlength="16"></div>
<button type="submit">Finish signing in</button>
</form>`

/** The page of one purpose. It holds no token and is the same for everybody. */
export function linkPage(purpose: LinkPage, publicUrl: string, rule: PasswordRule): string {
  const { title, lead, button, call, done, member, members = '', fields = [] } = texts(rule)[purpose]
  const tokenName = purpose === 'setup' ? 'code' : 'token'
  return page({
    title,
    home: '../../',
    narrow: true,
    scripts: ['assets/link.js'],
    body: html`<div class="sheet">
<h1>${title}</h1>
<p id="lead">${lead}</p>
<div id="message" class="message" role="alert" tabindex="-1" hidden></div>
<form id="form" data-call="..${call.slice('/auth'.length)}" hidden>
${[...fields]}
<button type="submit">${button}</button>
</form>
${purpose === 'sign-in-link' ? codeForm : []}
<noscript>
<p>This page needs JavaScript. Without it, the same is done by one call; the token is the part of the link behind <code>#${tokenName}=</code>.</p>
<pre><code>curl -sS ${publicUrl}${call} -H 'Content-Type: application/json' -d '{"${member}": "..."${members}}'</code></pre>
</noscript>
</div>`,
    data: {
      purpose,
      done,
      'token-name': tokenName,
      'token-member': member,
      pending: 'The account is made. Confirm the address with the mail that was sent to it, then sign in.',
    },
  })
}
