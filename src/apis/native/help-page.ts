import { type Html, html, page } from '../../http/html.ts'
import type { HelpMethod } from '../api.ts'
import type { HelpDocument } from './help.ts'

const acronyms: Readonly<Record<string, string>> = {
  api: 'API',
  jwks: 'JWKS',
  jwt: 'JWT',
  oauth: 'OAuth',
  openapi: 'OpenAPI',
  ui: 'UI',
}

/** `api_key_header` is `API key header`, for members that have no title of their own. */
function readable(name: string): string {
  const words = name.split('_').map((word) => acronyms[word] ?? word)
  const text = words.join(' ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

const isAddress = (text: string): boolean => /^https?:\/\/\S+$/.test(text)
const value = (text: string): Html => (isAddress(text) ? html`<a href="${text}">${text}</a>` : withCode(text))

/** Words between backticks are code. */
function withCode(text: string): Html {
  return html`${text.split('`').map((part, index) => (index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`))}`
}

/** One click or tap selects the whole line: it can be copied without a script. */
const line = (label: string, text: string): Html =>
  html`<p class="label">${label}</p><pre tabindex="0" aria-label="${label}"><code>${text}</code></pre>`

const text = (member: string | number | undefined): string => (member === undefined ? '' : String(member))

function methodSection([name, method]: readonly [string, HelpMethod]): Html {
  const { title, kind, purpose, how_to: how, obtain_curl: obtain, send, curl, lifetime } = method
  return html`<section class="sheet" id="${name}">
<h3>${text(title) || readable(name)}</h3>
${kind === undefined ? [] : html`<span class="tag">${text(kind)}</span>`}
<p>${text(purpose)} ${how}</p>
${obtain === undefined ? [] : line('Get it', text(obtain))}
${curl === undefined ? [] : line(obtain === undefined ? 'Use it' : 'Then use it', text(curl))}
<dl class="list">
${send === undefined ? [] : html`<dt>Sent as</dt><dd><code>${text(send)}</code></dd>`}
${lifetime === undefined ? [] : html`<dt>Lives</dt><dd>${withCode(text(lifetime))}</dd>`}
</dl>
</section>`
}

const table = (entries: Readonly<Record<string, string>>): Html =>
  html`<dl class="list">${Object.entries(entries).map(([name, entry]) => html`<dt>${readable(name)}</dt><dd>${value(entry)}</dd>`)}</dl>`

/** The help for people: the same document, no script. */
export function helpPage(help: HelpDocument): string {
  const methods = Object.entries(help.authentication).filter(
    (entry): entry is [string, HelpMethod] => !Array.isArray(entry[1]),
  )
  return page({
    title: 'How to authenticate',
    home: '../',
    body: html`<h1>How to authenticate here</h1>
<p>${help.about}</p>
<p class="soft small">A click or tap on a line selects all of it. Programs get this page as JSON.</p>
<nav class="toc sheet" aria-label="Ways to authenticate">
<ul>${methods.map(([name, method]) => html`<li><a href="#${name}">${text(method.title) || readable(name)}</a></li>`)}</ul>
</nav>
<h2>First steps</h2>
<div class="sheet">${Object.entries(help.examples).map(([name, example]) => line(exampleTitles[name] ?? readable(name), example))}</div>
<h2>Ways to authenticate</h2>
${methods.map(methodSection)}
<h2>Addresses</h2>
<div class="sheet">${table(help.useful_endpoints)}</div>
<h2>Good to know</h2>
<div class="sheet">${table(help.documentation)}</div>`,
  })
}

const exampleTitles: Readonly<Record<string, string>> = {
  make_first_administrator_curl: 'Make the first administrator',
  sign_up_curl: 'Open an account',
  obtain_token_curl: 'Sign in',
  call_api_with_bearer: 'Call with the access token',
  call_api_with_basic: 'Call with an API key',
}
