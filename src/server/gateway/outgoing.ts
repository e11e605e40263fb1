import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { type IdentityHeader, looksLikeIdentity } from '../../http/identity-headers.ts'
import { hasPlainQuery, readPath } from '../../http/request-target.ts'
import { isUnder, type Upstream } from '../../http/upstreams.ts'

/** What belongs to one connection only (RFC 9110, section 7.6.1). */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Names that a `Connection` header makes hop-by-hop as well. */
export function namedByConnection(connection: string | undefined): readonly string[] {
  return connection === undefined
    ? []
    : connection
        .toLowerCase()
        .split(',')
        .map((name) => name.trim())
}

/**
 * What callers must not tell a service, or what is no business of it: our own credentials; who asks and for what, which
 * we say; other methods and addresses than those that were guarded.
 */
const ours: ReadonlySet<string> = new Set([
  'host',
  'expect',
  'authorization',
  'x-api-key',
  'forwarded',
  'x-real-ip',
  'x-request-id',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-rewrite-url',
])
const ownPrefixes = /^x-(?:forwarded|original)-|^sec-websocket-/
/** CGI and its like see `a_b` as `a-b`, so one of them could pass for a header that was struck. */
const plainName = /^[a-z0-9-]+$/

const fromCallers = (name: string): boolean =>
  !hopByHop.has(name) && !ours.has(name) && plainName.test(name) && !ownPrefixes.test(name) && !looksLikeIdentity(name)

/** What a caller without a credential may say: everything else could change what is answered. */
const fromStrangers: ReadonlySet<string> = new Set(['accept-language', 'user-agent'])

export interface Told {
  readonly address: string
  readonly https: boolean
  readonly requestId: string
  readonly identity: Readonly<Record<IdentityHeader, string>>
  /** The caller showed no credential. */
  readonly stranger: boolean
  readonly isOwnCookie: (name: string) => boolean
}

/** The headers of the request to the service. */
export function outgoingHeaders(request: IncomingMessage, { target }: Upstream, told: Told): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {}
  const { headers: sent } = request
  const named = namedByConnection(sent.connection)
  for (const name in sent) {
    if (told.stranger ? !fromStrangers.has(name) : !fromCallers(name)) continue
    if (named.length === 0 || !named.includes(name)) headers[name] = sent[name]
  }
  if (told.stranger) {
    headers.accept = 'application/json'
    headers['accept-encoding'] = 'identity'
  } else {
    if (sent.cookie !== undefined) keepForeignCookies(headers, sent.cookie, told.isOwnCookie)
    if (sent['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked'
  }
  headers.host = target.authority
  headers['x-forwarded-for'] = told.address
  headers['x-forwarded-proto'] = told.https ? 'https' : 'http'
  headers['x-forwarded-host'] = sent.host ?? ''
  headers['x-request-id'] = told.requestId
  return Object.assign(headers, told.identity)
}

function keepForeignCookies(headers: OutgoingHttpHeaders, sent: string, isOwn: Told['isOwnCookie']): void {
  const kept = sent.split(';').filter((part) => part.trim() !== '' && !isOwn((part.split('=', 1)[0] ?? '').trim()))
  if (kept.length === 0) delete headers.cookie
  else headers.cookie = kept.map((part) => part.trim()).join('; ')
}

/** Names of a query that hold a credential at one of our doors. */
const credentialName = /^(?:api_?key|access_token)$/i

/** Path and query for the service; null: the address can be read in more than one way. */
export function outgoingTarget(sent: string, { prefix, target }: Upstream): string | null {
  const at = readPath(sent)
  if (at === null || !isUnder(at.path, prefix) || !hasPlainQuery(sent)) return null
  const start = sent.indexOf('?')
  const path = start < 0 ? sent : sent.slice(0, start)
  const joined = target.path === null ? path : `${target.path}${path.slice(prefix.length)}` || '/'
  if (readPath(joined) === null) return null
  return start < 0 ? joined : joined + withoutCredentials(sent.slice(start))
}

function withoutCredentials(query: string): string {
  const pairs = query.slice(1).split('&')
  const kept = pairs.filter((pair) => !credentialName.test(nameOf(pair)))
  return kept.length === pairs.length ? query : kept.length === 0 ? '' : `?${kept.join('&')}`
}

function nameOf(pair: string): string {
  return [...new URLSearchParams(pair).keys()][0] ?? ''
}
