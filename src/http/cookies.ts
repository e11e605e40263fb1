import type { Cookie } from './reply.ts'

/** RFC 6265, section 4.1.1: cookie-octet. */
const cookieValue = /^[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]*$/
const cookieName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

export type CookieReading =
  | { readonly found: 'none' }
  | { readonly found: 'one'; readonly value: string }
  | { readonly found: 'unreadable' }

/**
 * Reads one cookie. The same name twice, or a value outside of RFC 6265, is unreadable: which of two cookies a
 * browser meant cannot be known (one of them may have been planted from a sibling host).
 */
export function readCookie(header: string | null, name: string): CookieReading {
  // Most cookies are somebody else's: taking them apart is for those that can hold this one.
  if (header === null || !header.includes(name)) return { found: 'none' }
  let found: string | null = null
  for (const part of header.split(';')) {
    const equals = part.indexOf('=')
    if (equals < 0 || part.slice(0, equals).trim() !== name) continue
    if (found !== null) return { found: 'unreadable' }
    found = part.slice(equals + 1).trim()
  }
  if (found === null) return { found: 'none' }
  return cookieValue.test(found) ? { found: 'one', value: found } : { found: 'unreadable' }
}

/** One `Set-Cookie` line (RFC 6265, section 4.1). A name or value that does not fit is a programmer's mistake. */
export function writeCookie(cookie: Cookie): string {
  if (!cookieName.test(cookie.name) || !cookieValue.test(cookie.value))
    throw new TypeError(`cookie ${cookie.name} cannot be written`)
  const parts = [`${cookie.name}=${cookie.value}`, `Path=${cookie.path}`]
  if (cookie.maxAge !== undefined) parts.push(`Max-Age=${cookie.maxAge}`)
  if (cookie.httpOnly) parts.push('HttpOnly')
  if (cookie.secure) parts.push('Secure')
  if (cookie.sameSite !== undefined) parts.push(`SameSite=${cookie.sameSite}`)
  return parts.join('; ')
}
