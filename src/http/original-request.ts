import type { AskedAddress } from './access-rules.ts'
import type { HeaderReader } from './headers.ts'
import { hasPlainQuery, readHost, readMethod, readPath } from './request-target.ts'

/**
 * How the proxy told of the request that it asks about. `original`: X-Original-* (nginx), which knows 2xx, 401 and 403
 * as answers; `forwarded`: X-Forwarded-* (Caddy, Traefik), which hands any answer on; `itself`: the request's own
 * method, host and the rest of its path (Envoy).
 */
export type Telling = 'original' | 'forwarded' | 'itself'

/** The request that a proxy asks about. */
export interface OriginalRequest extends AskedAddress {
  readonly telling: Telling
  /** The host as it was sent, with its port, in lower case. */
  readonly authority: string
  /** Path and query as they were sent; plain. */
  readonly target: string
  /** As the proxy says, which need not be what callers see. */
  readonly scheme: 'http' | 'https' | null
}

/** What came in on the way to `/auth/verify`. */
export interface Asking {
  readonly headers: Pick<HeaderReader, 'get'>
  readonly method: string
  /** What follows `/auth/verify` in the target, as it was sent; empty: nothing. Null: it is not known. */
  readonly rest: string | null
}

export type OriginalReading =
  | { readonly original: OriginalRequest }
  | { readonly refused: 'original_refused' | 'address_ambiguous'; readonly telling: Telling; readonly why: string }

interface Account {
  readonly telling: Telling
  readonly uri: string | null
  readonly method: string | null
  readonly host: string | null
}

/**
 * Reads the original request. Each way of telling has to be complete, and where there are several they have to agree:
 * one of them may be the caller's own. A header that came twice holds a comma and a blank, which nothing here may.
 */
export function readOriginal({ headers, method, rest }: Asking): OriginalReading {
  const accounts: Account[] = []
  if (rest !== '') accounts.push({ telling: 'itself', uri: rest, method, host: headers.get('host') })
  const original = told(headers, 'original')
  // X-Forwarded-Host alone is what any proxy adds; beside a whole account it has to fit.
  if (original.uri !== null || original.method !== null || original.host !== null) accounts.push(original)
  const forwarded = told(headers, 'forwarded')
  if (forwarded.uri !== null || forwarded.method !== null) accounts.push(forwarded)
  const [first] = accounts
  if (first === undefined) return refused('original_refused', 'original', 'no account of the original request')
  const { telling } = first
  if (accounts.some(({ uri, method, host }) => uri === null || method === null || host === null))
    return refused('original_refused', telling, 'URI, method or host is missing')
  if (accounts.some((each) => each.uri !== first.uri || each.method !== first.method))
    return refused('original_refused', telling, 'headers disagree')
  const host = readHost(first.host ?? '')
  const hosts = [...accounts.map((each) => each.host), ...(telling === 'itself' ? [] : [forwarded.host])]
  if (hosts.some((each) => each !== null && readHost(each) !== host))
    return refused('original_refused', telling, 'hosts disagree')
  const verb = readMethod(first.method ?? '')
  if (host === null || verb === null) return refused('original_refused', telling, 'method or host cannot be read')
  const target = first.uri ?? ''
  const at = readPath(target)
  if (at === null || !hasPlainQuery(target)) return refused('address_ambiguous', telling, 'the path is not plain')
  const authority = (first.host ?? '').toLowerCase()
  return { original: { telling, authority, target, method: verb, host, at, scheme: schemeOf(headers) } }
}

function told(headers: Asking['headers'], telling: 'original' | 'forwarded'): Account {
  const read = (what: string) => headers.get(`x-${telling}-${what}`)
  return { telling, uri: read('uri'), method: read('method'), host: read('host') }
}

function schemeOf(headers: Asking['headers']): OriginalRequest['scheme'] {
  const scheme = headers.get('x-forwarded-proto') ?? headers.get('x-original-proto')
  return scheme === 'https' || scheme === 'http' ? scheme : null
}

function refused(code: 'original_refused' | 'address_ambiguous', telling: Telling, why: string): OriginalReading {
  return { refused: code, telling, why }
}
