/** For answers that are data: nothing in them may run, be framed, or be kept. */
export const dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

/** Headers of every answer. A page replaces the policy by its own. */
export function setSecurityHeaders(headers: Headers, https: boolean): void {
  headers.set('X-Content-Type-Options', 'nosniff')
  headers.set('Referrer-Policy', 'no-referrer')
  headers.set('X-Frame-Options', 'DENY')
  headers.set('Cross-Origin-Resource-Policy', 'same-origin')
  headers.set('Content-Security-Policy', dataPolicy)
  headers.set('Cache-Control', 'no-store')
  if (https) headers.set('Strict-Transport-Security', 'max-age=31536000')
}
