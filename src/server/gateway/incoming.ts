import { type CorsPolicy, setCors } from '../../http/cors.ts'
import { looksLikeIdentity } from '../../http/identity-headers.ts'
import type { Upstream } from '../../http/upstreams.ts'
import type { SentHeaders } from './client.ts'
import { hopByHop, namedByConnection, remember } from './outgoing.ts'

export interface AnswerWish {
  readonly upstream: Upstream
  /** What callers reach us by, without a closing slash. */
  readonly publicUrl: string
  readonly https: boolean
  readonly requestId: string
  /** `Origin` of the request. */
  readonly origin: string | undefined
  readonly cors: CorsPolicy
  readonly isOwnCookie: (name: string) => boolean
}

/**
 * What a service must not say at our address: what rules over the whole site, what a proxy in front of us would obey, and
 * challenges for credentials that are not handed on to it.
 */
const struck: ReadonlySet<string> = new Set([
  'alt-svc',
  'clear-site-data',
  'content-security-policy-report-only',
  'nel',
  'public-key-pins',
  'public-key-pins-report-only',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'strict-transport-security',
  'www-authenticate',
  'x-content-type-options',
  'x-request-id',
  'x-sendfile',
])
const struckPrefixes = /^(?:access-control-|x-accel-)/
const looked = [
  'vary',
  'cache-control',
  'set-cookie',
  'location',
  'referrer-policy',
  'cross-origin-resource-policy',
] as const

/** What is done with a header of the answer. */
const kindOf = remember((name): 'struck' | 'passed' | (typeof looked)[number] => {
  if (hopByHop.has(name) || struck.has(name) || struckPrefixes.test(name) || looksLikeIdentity(name)) return 'struck'
  return looked.find((each) => each === name) ?? 'passed'
})

/** A header that was sent in several lines is one list (RFC 9110, section 5.3). */
const listed = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value

/** Answers depend on who asks. */
const varying = 'Authorization, Cookie, X-API-Key, Origin'

/** Headers of the service's answer as the caller gets them: names and values in turn. */
export function answerHeaders(sent: SentHeaders, wish: AnswerWish): string[] {
  const named = namedByConnection(listed(sent.connection))
  const headers: string[] = []
  let vary = ''
  let cacheControl = ''
  let hasReferrerPolicy = false
  let hasResourcePolicy = false
  for (const name in sent) {
    const value = sent[name]
    const kind = kindOf(name)
    if (value === undefined || kind === 'struck' || (named.length > 0 && named.includes(name))) continue
    if (kind === 'vary') vary = `${listed(value)}, `
    else if (kind === 'cache-control') cacheControl = listed(value) ?? ''
    else {
      hasReferrerPolicy ||= kind === 'referrer-policy'
      hasResourcePolicy ||= kind === 'cross-origin-resource-policy'
      for (const each of typeof value === 'string' ? [value] : value) {
        if (kind === 'location') headers.push(name, publicLocation(each, wish))
        else if (kind !== 'set-cookie' || isForeignCookie(each, wish.isOwnCookie)) headers.push(name, each)
      }
    }
  }
  // Its pages stand at our own address: without an origin of their own they could do whatever their visitor may do here.
  headers.push('Content-Security-Policy', 'sandbox', 'X-Content-Type-Options', 'nosniff')
  if (wish.https) headers.push('Strict-Transport-Security', 'max-age=31536000')
  if (!hasReferrerPolicy) headers.push('Referrer-Policy', 'no-referrer')
  if (!hasResourcePolicy) headers.push('Cross-Origin-Resource-Policy', 'same-origin')
  headers.push('Vary', vary.includes('*') ? '*' : `${vary}${varying}`)
  headers.push('Cache-Control', isForOneCaller(cacheControl) ? cacheControl : 'private, no-cache')
  headers.push('X-Request-Id', wish.requestId)
  if (wish.origin !== undefined) addCors(headers, wish.origin, wish.cors)
  return headers
}

/** What says nothing, or that everybody may have it, must not be given to the next caller by a cache. */
const isForOneCaller = (text: string): boolean =>
  /(?:^|[\s,])(?:private|no-store)(?:$|[\s,])/i.test(text) && !/s-maxage|public/i.test(text)

/** A cookie without a name can spell another's name in its value. */
function isForeignCookie(line: string, isOwn: AnswerWish['isOwnCookie']): boolean {
  const equals = line.split(';', 1)[0]?.indexOf('=') ?? -1
  const name = line.slice(0, Math.max(equals, 0)).trim()
  return name !== '' && !isOwn(name)
}

/** The service's own address is not what callers reach it by. */
function publicLocation(value: string, { upstream, publicUrl }: AnswerWish): string {
  const { target, prefix } = upstream
  const origin = `${target.protocol}//${target.authority}`
  const base = `${origin}${target.path ?? ''}`
  if (value === base || value.startsWith(`${base}/`))
    return `${publicUrl}${target.path === null ? '' : prefix}${value.slice(base.length)}`
  return value
}

function addCors(headers: string[], origin: string, policy: CorsPolicy): void {
  const made = new Headers()
  setCors(made, origin, policy)
  made.delete('vary')
  for (const [name, value] of made) headers.push(name, value)
}
