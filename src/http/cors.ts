export interface CorsPolicy {
  readonly origins: readonly string[]
  readonly credentials: boolean
  readonly methods: readonly string[]
}

/** Sets the CORS headers of an ordinary answer. The list is exact; an origin that is not in it gets no header. */
export function setCors(headers: Headers, origin: string | null, policy: CorsPolicy): void {
  headers.append('Vary', 'Origin')
  if (origin === null || !policy.origins.includes(origin)) return
  headers.set('Access-Control-Allow-Origin', origin)
  if (policy.credentials) headers.set('Access-Control-Allow-Credentials', 'true')
  headers.set(
    'Access-Control-Expose-Headers',
    'WWW-Authenticate, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-Request-Id',
  )
}

/** The answer to a preflight (Fetch standard, CORS protocol). */
export function preflight(headers: Headers, origin: string | null, policy: CorsPolicy): Response {
  setCors(headers, origin, policy)
  if (origin !== null && policy.origins.includes(origin)) {
    headers.set('Access-Control-Allow-Methods', policy.methods.join(', '))
    headers.set('Access-Control-Allow-Headers', 'Authorization, Content-Type, X-API-Key')
    headers.set('Access-Control-Max-Age', '600')
  }
  headers.set('Allow', policy.methods.join(', '))
  return new Response(null, { status: 204, headers })
}
