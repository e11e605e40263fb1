import type { HeaderReader } from './headers.ts'

/** What the request's headers prove about the page that sent it. */
export type SameOrigin = 'same' | 'foreign' | 'absent'

/**
 * Same-origin proof by fetch metadata, else by Origin. `listed`: further origins that the API trusts with its
 * cookies. `Origin: null` never is a proof. Source: W3C Fetch Metadata; RFC 6454, section 7.
 */
export function sameOrigin(
  headers: Pick<HeaderReader, 'get'>,
  publicOrigin: string,
  listed: readonly string[],
): SameOrigin {
  const origin = headers.get('origin')
  const known = origin !== null && origin !== 'null' && (origin === publicOrigin || listed.includes(origin))
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin' || (known && origin !== publicOrigin) ? 'same' : 'foreign'
  if (origin !== null) return known ? 'same' : 'foreign'
  return 'absent'
}
