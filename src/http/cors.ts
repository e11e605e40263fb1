export interface CorsPolicy {
  /** `*`: every page may ask, and none with credentials. */
  readonly origins: readonly string[] | '*'
  readonly credentials: boolean
  /** What a preflight is told may be sent; empty: the methods that the address has. */
  readonly methods: readonly string[]
  /** Names of headers that pages may send; default those that our credentials come in. */
  readonly headers?: string
  /** How long a preflight may be remembered, in seconds; default 600. */
  readonly maxAge?: number
  /** Default 204. */
  readonly preflightStatus?: 200 | 204
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
    'WWW-Authenticate, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-Request-Id, Cardea-Token-Expires, X-Media-Error',
  )
}

/** Names of headers and nothing else: what is said back to the caller. */
const fieldNames = /^[\w-]{1,64}(?: ?, ?[\w-]{1,64}){0,49}$/
const usualHeaders = 'Authorization, Content-Type, X-API-Key'

/**
 * The answer to a preflight (Fetch standard, CORS protocol). Where every page may ask, the headers that it asks for
 * (`requested`) are allowed as they are: without credentials nothing is sent along that the page did not know before.
 * `allow`: the methods that the address has.
 */
export function preflight(
  headers: Headers,
  origin: string | null,
  policy: CorsPolicy & { readonly allow: readonly string[] },
  requested: string | null = null,
): Response {
  setCors(headers, origin, policy)
  if (origin !== null && lists(policy, origin)) {
    const echo = policy.origins === '*' && requested !== null && fieldNames.test(requested)
    const methods = policy.methods.length === 0 ? policy.allow : policy.methods
    headers.set('Access-Control-Allow-Methods', methods.join(', '))
    headers.set('Access-Control-Allow-Headers', echo ? requested : (policy.headers ?? usualHeaders))
    if (policy.origins === '*') headers.append('Vary', 'Access-Control-Request-Headers')
    headers.set('Access-Control-Max-Age', String(policy.maxAge ?? 600))
  }
  headers.set('Allow', policy.allow.join(', '))
  return new Response(null, { status: policy.preflightStatus ?? 204, headers })
}
