import type { IncomingMessage } from 'node:http'
import { type IdentityHeader, identityHeaders, looksLikeIdentity } from '../../http/identity-headers.ts'
import { withoutQueryCredentials } from '../../http/query-credentials.ts'
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
 * What callers must not tell a service, or what is no business of it: our own credentials; who asks and for what, and
 * where the body ends, which we say; other methods and addresses than those that were guarded.
 */
const ours: ReadonlySet<string> = new Set([
  'host',
  'content-length',
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

const fromCallers = remember(
  (name) =>
    !hopByHop.has(name) &&
    !ours.has(name) &&
    plainName.test(name) &&
    !ownPrefixes.test(name) &&
    !looksLikeIdentity(name),
)

/** Callers use few names; what they make up beyond these is looked at each time. */
const mostNames = 500

/** What was found of a name of a header once. */
export function remember<T>(look: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    const found = look(name)
    if (known.size < mostNames) known.set(name, found)
    return found
  }
}

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

/** The headers of the request to the service: names and values in turn. */
export function outgoingHeaders(request: IncomingMessage, { target }: Upstream, told: Told): string[] {
  const { headers: sent } = request
  // Ours come first: a server that reads only so many headers leaves out the caller's.
  const headers = ['host', target.authority]
  for (const name of identityHeaders) headers.push(name, told.identity[name])
  headers.push('x-forwarded-for', told.address)
  headers.push('x-forwarded-proto', told.https ? 'https' : 'http')
  headers.push('x-forwarded-host', sent.host ?? '')
  headers.push('x-request-id', told.requestId)
  if (told.stranger) headers.push('accept', 'application/json', 'accept-encoding', 'identity')
  else addFraming(headers, sent)
  const named = namedByConnection(sent.connection)
  for (const name in sent) {
    if (told.stranger ? !fromStrangers.has(name) : !fromCallers(name)) continue
    if (named.length > 0 && named.includes(name)) continue
    const value = sent[name]
    if (name === 'cookie') addForeignCookies(headers, value as string, told.isOwnCookie)
    else if (typeof value === 'string') headers.push(name, value)
    else for (const each of value ?? []) headers.push(name, each)
  }
  return headers
}

/**
 * Where the body ends, whatever `Connection` names: a body that nothing announces would be the service's next request, and
 * one that no guard has seen. A body of no known length is sent in chunks by itself.
 */
function addFraming(headers: string[], sent: IncomingMessage['headers']): void {
  const { 'transfer-encoding': coding, 'content-length': length } = sent
  if (coding === undefined && length !== undefined) headers.push('content-length', length)
}

function addForeignCookies(headers: string[], sent: string, isOwn: Told['isOwnCookie']): void {
  const parts = sent.split(';').map((part) => part.trim())
  const kept = parts.filter((part) => part !== '' && !isOwn((part.split('=', 1)[0] ?? '').trim()))
  if (kept.length > 0) headers.push('cookie', kept.join('; '))
}

/** Path and query for the service; null: the address can be read in more than one way. */
export function outgoingTarget(sent: string, { prefix, target }: Upstream): string | null {
  const at = readPath(sent)
  if (at === null || !isUnder(at.path, prefix) || !hasPlainQuery(sent)) return null
  const start = sent.indexOf('?')
  const path = start < 0 ? sent : sent.slice(0, start)
  const joined = target.path === null ? path : `${target.path}${path.slice(prefix.length)}` || '/'
  if (readPath(joined) === null) return null
  return start < 0 ? joined : withoutQueryCredentials(joined + sent.slice(start))
}
