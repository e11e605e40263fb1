import { createHash } from 'node:crypto'
import type { Reply } from './reply.ts'
import { style } from './style.ts'

/** Markup that is safe to stand in a page. Only `html` makes it. */
export interface Html {
  readonly markup: string
}

type Part = Html | string | number | readonly Html[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

/** Markup with parts in it. Text is escaped, in elements and in quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const text = (part: Part | undefined): string => {
    if (part === undefined) return ''
    if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part))
    return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('')
  }
  return { markup: strings.map((string, index) => string + text(parts[index])).join('') }
}

const styleSource = `'sha256-${createHash('sha256').update(style).digest('base64')}'`

/** What a page may do besides showing itself. */
export interface PageRights {
  /** Scripts of this site, and calls to this site. */
  readonly scripts?: boolean
  /** Styles that a script writes (the viewers cannot do without). */
  readonly looseStyles?: boolean
  /** Workers that a script makes of its own text. */
  readonly workers?: boolean
}

/** Content-Security-Policy of a page of ours. No host but this one, no inline script, no frame, no form target. */
export function pagePolicy({ scripts, looseStyles, workers }: PageRights = {}): string {
  return [
    "default-src 'none'",
    `style-src ${looseStyles === true ? "'self' 'unsafe-inline'" : styleSource}`,
    `img-src ${scripts === true ? "'self' " : ''}data:`,
    ...(scripts === true ? ["script-src 'self'", "connect-src 'self'"] : []),
    ...(workers === true ? ["worker-src 'self' blob:"] : []),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

const icon =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 32 32%22%3E%3Crect width=%2232%22 height=%2232%22 rx=%228%22 fill=%22%231f6f5c%22/%3E%3Cpath d=%22M10 27V13a6 6 0 0 1 12 0v14%22 fill=%22none%22 stroke=%22%23fff%22 stroke-width=%222.6%22/%3E%3Ccircle cx=%2218.4%22 cy=%2219%22 r=%221.7%22 fill=%22%23fff%22/%3E%3C/svg%3E'

const mark: Html = html`<svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true"><rect width="32" height="32" rx="8"/><path d="M10 27V13a6 6 0 0 1 12 0v14"/><circle cx="18.4" cy="19" r="1.7"/></svg>`

export interface Page {
  readonly title: string
  readonly body: Html
  /** Addresses of scripts of ours, relative to the page; they run once it has been read. */
  readonly scripts?: readonly string[]
  /** Address of the start page, relative; the head of the page links to it. */
  readonly home: string
  /** A narrow page with one thing to do. */
  readonly narrow?: boolean
  /** `data-` attributes of the main element, for the scripts. */
  readonly data?: Readonly<Record<string, string>>
}

/** A whole page in the style of this product. */
export function page({ title, body, scripts = [], home, narrow, data = {} }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · Cardea</title>
<link rel="icon" href="${icon}">
<style>${{ markup: style }}</style>
${scripts.map((source) => html`<script src="${source}" defer></script>`)}
</head>
<body class="${narrow === true ? 'narrow' : 'wide'}">
<header><a href="${home}">${mark}<span>Cardea</span></a></header>
<main${Object.entries(data).map(([name, value]) => html` data-${name}="${value}"`)}>
${body}
</main>
</body>
</html>
`.markup
}

/** An answer with a page. It is not kept: what it says depends on the settings of now. */
export function pageReply(
  text: string,
  rights: PageRights = {},
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status: 200,
    body: text,
    type: 'text/html; charset=utf-8',
    headers: { 'Content-Security-Policy': pagePolicy(rights), 'Cache-Control': 'no-cache', ...headers },
  }
}

export { icon as pageIcon }
