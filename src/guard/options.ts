import { formatApiKey, parseApiKey } from '../crypto/api-key-format.ts'
import type { Seconds } from '../types.ts'
import type { Fetch } from './http.ts'
import type { GuardClock, GuardLog } from './types.ts'

/** How a guard finds out who calls. docs/guard.md says more of each. */
export interface GuardOptions {
  /** Cardea's public URL: the `iss` of its tokens. https, or http on loopback. */
  readonly issuer: string
  /** The `aud` that tokens must have: Cardea's setting `audience`, by default its public URL. */
  readonly audience: string | readonly string[]
  /** Lets keys, bearer and private tokens in, by asking Cardea. Default: access tokens only. */
  readonly introspect?: {
    /** An API key of a service user with the scope `tokens:introspect`: `id:secret`, or in one string. */
    readonly key: string
    /** How long a good answer is remembered. Default 10, at most 30; 0: each request asks. */
    readonly cacheSeconds?: Seconds
    /** How long a refusal is remembered. Default 10, at most 60. */
    readonly refusedCacheSeconds?: Seconds
  }
  /** Refuses what was revoked within a second. Needs `introspect`, and the scope `changes:read` for its key. */
  readonly feed?: {
    /** After so long without a word from Cardea nothing that is remembered counts. Default 10, from 2 to 300. */
    readonly silenceSeconds?: Seconds
    /** Then everybody is refused with 503, or asked about one by one. Default `refuse`. */
    readonly whenCut?: 'refuse' | 'ask'
  }
  /** How long Cardea may take to answer. Default 3. */
  readonly timeoutSeconds?: Seconds
  /** How long public keys are believed that cannot be fetched again. Default 3600, at most 86,400. */
  readonly staleKeysSeconds?: Seconds
  /** Credentials that are remembered. Default 10,000. */
  readonly cacheSize?: number
  readonly fetch?: Fetch
  readonly clock?: GuardClock
  /** Default: one line of JSON on standard error. */
  readonly log?: GuardLog
}

/** TypeError that names the option and says what is right. */
export function checkNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isFinite(value) && value >= least && value <= most) return value
  throw new TypeError(`createGuard: ${name} must be a number from ${least} to ${most}`)
}

/** Without a trailing slash. */
export function checkIssuer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isLoopback = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)))
    throw new TypeError('createGuard: issuer must be the public URL of Cardea: https, or http on this machine')
  if (url.search !== '' || url.hash !== '' || url.username !== '' || text.endsWith('/'))
    throw new TypeError('createGuard: issuer must be as in `iss`: no trailing slash, no query, no user')
  return text
}

export function checkAudience(audience: string | readonly string[]): string | readonly string[] {
  const all = [audience].flat()
  if (all.length === 0 || all.some((each) => typeof each !== 'string' || each === ''))
    throw new TypeError(
      'createGuard: audience must be what `aud` of the tokens says, by default the public URL of Cardea',
    )
  return audience
}

/** The header that the guard's own key is sent in. */
export function authorizationOf(key: string): string {
  const [id = '', secret = '', more] = key.split(':')
  const text = key.startsWith('cardea_') ? key : tryFormat(id, secret)
  const parts = more === undefined ? parseApiKey(text) : null
  // What was given is a secret: it is not repeated.
  if (parts === null)
    throw new TypeError('createGuard: introspect.key must be an API key, as `id:secret` or `cardea_...`')
  return `Basic ${Buffer.from(`${parts.id}:${parts.secret}`).toString('base64')}`
}

function tryFormat(id: string, secret: string): string {
  try {
    return formatApiKey(id, secret)
  } catch {
    return ''
  }
}

/** One line of JSON on standard error. */
export const standardError: GuardLog = {
  warn: (fields, message) => console.warn(JSON.stringify({ level: 'warn', from: 'cardea/guard', ...fields, message })),
  error: (fields, message) =>
    console.error(JSON.stringify({ level: 'error', from: 'cardea/guard', ...fields, message })),
}
