import { readCookie } from '../../http/cookies.ts'
import type { Api } from '../api.ts'
import { createDjangoReader } from '../django/credentials.ts'
import { mediaCookieName } from './door.ts'

/**
 * How pictures are asked for: with a header, whose scheme is read in any spelling here, or else with the access token in
 * the `jwt` cookie. For `readCredentials` of GET routes under `/media` and of nothing else: a browser sends the cookie
 * by itself, and what changes something must not take it. The pipeline asks for the proof of which page asks, and for a
 * token of this door.
 */
export function createMediaReader(): Api['readCredentials'] {
  const read = createDjangoReader('any case')
  return (headers, connection, url) => {
    const explicit = read(headers, connection, url)
    if (explicit.length > 0) return explicit
    const cookie = readCookie(headers.get('cookie'), mediaCookieName)
    if (cookie.found === 'unreadable') return [{ via: 'unreadable', kind: 'session-cookie' }]
    // One that was cleared is none.
    return cookie.found === 'none' || cookie.value === '' ? [] : [{ via: 'bearer', text: cookie.value, cookie: true }]
  }
}
