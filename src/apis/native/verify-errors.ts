import type { CardeaError } from '../../errors.ts'
import { preferred } from '../../http/accept.ts'
import type { AccessSettings } from '../../http/access-rules.ts'
import type { OriginalRequest } from '../../http/original-request.ts'
import { withoutQueryCredentials } from '../../http/query-credentials.ts'
import { isSafeMethod } from '../../http/request-target.ts'
import type { Api, ErrorContext } from '../api.ts'
import { renderError, wireCode } from './errors.ts'

/**
 * Refusals for proxies. nginx knows 401 and 403 and makes 500 of all else, and until it is known who asks, it may be
 * nginx; the others hand on what they get, and a browser among them can be sent to sign in.
 */
export function createVerifyErrors(publicUrl: string, access: AccessSettings): Api['renderError'] {
  const locate = createSignInLocation(publicUrl, access)
  return (error, context) => {
    const { original } = context
    const reply = renderError(error, context)
    const headers = { ...reply.headers, 'X-Cardea-Reason': wireCode(error.code) }
    if (original === undefined || original.telling === 'original') {
      const status = reply.status === 401 ? 401 : 403
      return { ...reply, status, headers, body: { ...(reply.body as object), status } }
    }
    const location =
      original.telling === 'forwarded' && reply.status === 401 && isBrowser(error, original, context)
        ? locate(original)
        : null
    if (location === null) return { ...reply, headers }
    return { status: 302, headers: { Location: location, 'X-Cardea-Reason': wireCode(error.code) } }
  }
}

/** Somebody looks at a page and has not signed in, or not for a long time. Who sent a key is told what is wrong with it. */
function isBrowser({ detail }: CardeaError, { method }: OriginalRequest, { headers }: ErrorContext): boolean {
  if (!isSafeMethod(method) || (detail.kind !== undefined && detail.kind !== 'session-cookie')) return false
  const mode = headers?.get('sec-fetch-mode') ?? 'navigate'
  const accept = headers?.get('accept') ?? null
  return mode === 'navigate' && preferred(accept, ['application/json', 'text/html']) === 'text/html'
}

/**
 * Where to sign in, with the way back. At our own page that is a path of this site and nothing else; at another page it is
 * an address of a host that the rules name, since callers choose `Host` themselves.
 */
function createSignInLocation(
  publicUrl: string,
  { rules, signInUrl }: AccessSettings,
): (original: OriginalRequest) => string | null {
  const own = new URL(publicUrl)
  const hosts = new Set([own.hostname, ...rules.flatMap(({ host }) => host ?? [])])
  return ({ authority, host, target: sent, scheme }) => {
    const target = withoutQueryCredentials(sent)
    const origin = URL.parse(`${scheme ?? own.protocol.slice(0, -1)}://${authority}`)?.origin ?? ''
    if (signInUrl === null)
      return origin === own.origin ? `${publicUrl}/console/sign-in?return_to=${encodeURIComponent(target)}` : null
    const back = hosts.has(host) ? `return_to=${encodeURIComponent(`${origin}${target}`)}` : null
    if (back === null) return signInUrl
    return `${signInUrl}${signInUrl.includes('?') ? '&' : '?'}${back}`
  }
}
