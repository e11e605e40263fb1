import { type Html, html, page } from '../../http/html.ts'
import type { LinkPage } from './links.ts'

/*
 * Where mailed links lead as long as there is no front end. Opening a page changes nothing: it shows a button, and only the
 * POST of the button uses the link, whose id and check stand in the fragment of the address.
 * In texts that are shown the hyphen of e‑mail is one that does not break (U+2011).
 */

interface PageText {
  /** Without a script: the call that does the same. */
  readonly call: string
  readonly title: string
  readonly lead: string
  readonly button: string
  readonly fields: readonly Html[]
}

const code = html`<div id="code-field" hidden><label for="code">Code of your authenticator app, or a scratch code</label><input id="code" name="token" type="text" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="16"></div>`

const consent = html`<div><label class="check"><input type="checkbox" id="consent" required> My account data may be stored and used so that this service works.</label><label class="check"><input type="checkbox" id="open-data"> My data may also be shared as open data, without my name.</label></div>`

const credentials = html`<div><label for="username">User name or e‑mail address of the account</label><input id="username" name="username" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="254"></div>
<div><label for="password">Password of the account</label><input id="password" name="password" type="password" autocomplete="current-password" required maxlength="4096"></div>`

const asJson = "-H 'Content-Type: application/json'"

const texts: Readonly<Record<LinkPage, PageText>> = {
  signup: {
    title: 'Confirm your account',
    lead: 'An account was opened with the e‑mail address that this link was mailed to. Confirm it, and you are signed in.',
    button: 'Confirm the account',
    call: `/confirm/signup/$ID ${asJson} -d '{"consent":1}'`,
    fields: [consent],
  },
  signin: {
    title: 'Sign in',
    lead: 'This signs you in.',
    button: 'Sign in',
    call: '/signinlink/$ID/$CHECK -X POST',
    fields: [code],
  },
  emailchange: {
    title: 'Confirm your new e‑mail address',
    lead: 'The address that this link was mailed to takes the place of the old one. If you did not ask for this change, close this page.',
    button: 'Use this address',
    call: `/account/jwt -X PATCH -H "Authorization: Bearer $TOKEN" ${asJson} -d "{\\"confirm\\":\\"emailchange\\",\\"confirmation\\":\\"$ID\\",\\"check\\":\\"$CHECK\\"}"`,
    fields: [credentials, code],
  },
}

/** After a sign-in: people who came by mail alone have no password yet. */
const afterwards = html`<form id="password-form" hidden>
<p>Choose a password, so that you can sign in without a mail the next time.</p>
<div><label for="new-password">Password</label><input id="new-password" name="password" type="password" autocomplete="new-password" required minlength="8" maxlength="256"></div>
<button type="submit">Set the password</button>
</form>`

/** It holds no secret and is the same for everybody. `base`: public URL and prefix of this door. */
export function confirmPage(name: LinkPage, base: string): string {
  const { title, lead, button, call, fields } = texts[name]
  return page({
    title,
    home: '.',
    narrow: true,
    scripts: ['assets/confirm.js'],
    body: html`<div class="sheet">
<h1>${title}</h1>
<p id="lead">${lead}</p>
<div id="message" class="message" role="alert" tabindex="-1" hidden></div>
<form id="form" hidden>
${[...fields]}
<button type="submit">${button}</button>
</form>
${name === 'emailchange' ? [] : afterwards}
<noscript>
<p>This page needs JavaScript. Without it, the same is done by one call; id and check are in the link, behind <code>#</code>.</p>
<pre><code>curl -sS ${base}${call}</code></pre>
</noscript>
</div>`,
    data: { page: name },
  })
}
