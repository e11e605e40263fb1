export interface CorsPolicy {
  /** `*`: every page may ask, and none with credentials. */
  readonly origins: readonly string[] | '*'
  readonly credentials: boolean
  readonly methods: readonly string[]
}

const lists = ({ origins }: CorsPolicy, origin: string): boolean => origins === '*' || origins.includes(origin)

/** Sets the CORS headers of an ordinary answer. The list is exact; an origin that is not in it gets no header. */
export function setCors(headers: Headers, origin: string | null, policy: CorsPolicy): void {
  headers.append('Vary', 'Origin')
  if (origin === null || !lists(policy, origin)) return
  headers.set('Access-Control-Allow-Origin', policy.origins === '*' ? '*' : origin)
  if (policy.credentials && policy.origins !== '*') headers.set('Access-Control-Allow-Credentials', 'true')
  headers.set(
    'Access-Control-Expose-Headers',
    'WWW-Authenticate, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-Request-Id',
  )
}

/** Names of headers and nothing else: what is said back to the caller. */
const fieldNames = /^[\w-]{1,64}(?: ?, ?[\w-]{1,64}){0,49}$/
const usualHeaders = 'Authorization, Content-Type, X-API-Key'

/**
 * The answer to a preflight (Fetch standard, CORS protocol). Where every page may ask, the headers that it asks for
 * (`requested`) are allowed as they are: without credentials nothing is sent along that the page did not know before.
 */
export function preflight(
  headers: Headers,
  origin: string | null,
  policy: CorsPolicy,
  requested: string | null = null,
): Response {
  setCors(headers, origin, policy)
  if (origin !== null && lists(policy, origin)) {
    const echo = policy.origins === '*' && requested !== null && fieldNames.test(requested)
    headers.set('Access-Control-Allow-Methods', policy.methods.join(', '))
    headers.set('Access-Control-Allow-Headers', echo ? requested : usualHeaders)
    if (policy.origins === '*') headers.append('Vary', 'Access-Control-Request-Headers')
    headers.set('Access-Control-Max-Age', '600')
  }
  headers.set('Allow', policy.methods.join(', '))
  return new Response(null, { status: 204, headers })
}
