/** For answers that are data: nothing in them may run, be framed (which replaces X-Frame-Options), or be kept. */
export const dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

const always = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': dataPolicy,
  'Cache-Control': 'no-store',
} as const
const overHttps = { ...always, 'Strict-Transport-Security': 'max-age=31536000' } as const

/** Headers of every answer. A page replaces the policy by its own. */
export function securityHeaders(https: boolean): Readonly<Record<string, string>> {
  return https ? overHttps : always
}
