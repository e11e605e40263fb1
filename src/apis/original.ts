import { CardeaError } from '../errors.ts'
import { type OriginalRequest, readOriginal } from '../http/original-request.ts'
import { isSafeMethod } from '../http/request-target.ts'
import { sameOrigin } from '../http/same-origin.ts'
import type { Exchange, Step } from './exchange.ts'

/** A proxy of ours asks about another request: what that one was decides what is taken. Nobody else is believed. */
export const aim: Step = (x) => {
  if (x.route.aim === undefined) return
  if (!x.app.proxies.isTrusted(x.peer))
    throw new CardeaError('original_refused', { internal: 'the peer is no trusted proxy' })
  const reading = readOriginal({ headers: x.headers, method: x.request.method, rest: restOf(x) })
  if ('refused' in reading) throw new CardeaError(reading.refused, { internal: reading.why })
  x.original = reading.original
  x.route = x.route.aim(reading.original)
}

/** What stands behind the route's path in the target as it was sent. */
function restOf({ route, target }: Exchange): string | null {
  const base = route.path.replace(/\/\*$/, '')
  if (base === route.path) return ''
  return target?.startsWith(`${base}/`) === true ? target.slice(base.length) : null
}

/** What the page that sent this can be proven to be. Cookies and Basic are judged by it in the next steps. */
export const checkOrigin: Step = (x) => {
  // A page proves to be of the site that it asks, which is not ours where a proxy asks for it.
  const asked = x.headers.has('origin') ? x.original : null
  const own = asked === null ? x.app.publicOrigin : originOf(asked, x.app.https)
  x.sameOrigin = sameOrigin(x.headers, own, x.api.cookieOrigins)
  if (x.sameOrigin === 'foreign' && x.route.navigable === true && wasOpened(x)) x.sameOrigin = 'same'
  if (x.sameOrigin === 'foreign') x.origin = { ...x.origin, foreign: true }
}

/** The person opened it, by typing or a bookmark: no page did. */
const wasOpened = ({ headers, original, request }: Exchange): boolean =>
  headers.get('sec-fetch-site') === 'none' && !headers.has('origin') && isSafeMethod(original?.method ?? request.method)

function originOf({ scheme, authority }: OriginalRequest, https: boolean): string {
  const url = URL.parse(`${scheme ?? (https ? 'https' : 'http')}://${authority}`)
  return url?.origin ?? ''
}
