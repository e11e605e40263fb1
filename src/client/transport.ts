import { errorOfFetch, readMembers } from './errors.ts'
import type { Keeper } from './keeper.ts'

export type Fetch = (request: Request) => Promise<Response>

export interface TransportDeps {
  readonly keeper: Keeper
  /** The only origins that ever see the credential. */
  readonly origins: ReadonlySet<string>
  readonly fetch: Fetch
  /** Calls without the credential take no cookie along: they would be those of whoever signed in by cookie here. */
  readonly bare: boolean
}

/**
 * Sends a request with the credential of the session; once more with a new one when the server says that the token is
 * no good any more (RFC 6750, section 3.1). Answers every answer; throws when none came, when the refresh ended the
 * session, and TypeError for an origin that must not see the credential. `make` is called again for the second time,
 * so that no body has to be kept meanwhile.
 */
export function createTransport(deps: TransportDeps): (make: () => Request) => Promise<Response> {
  const { keeper, origins, fetch, bare } = deps
  return async (make) => {
    const request = make()
    const { origin } = new URL(request.url)
    if (!origins.has(origin))
      throw new TypeError(`${origin} is not one of the origins that this client sends its credential to`)
    const used = await keeper.proof()
    const response = await reach(fetch, carrying(request, used.header, bare))
    if (!(await refusesToken(response))) return response
    const next = await keeper.renew(used)
    const repeat = next === null ? null : again(make)
    if (next === null || repeat === null) return response
    await response.body?.cancel()
    return reach(fetch, carrying(repeat, next.header, bare))
  }
}

/** Null where the body was a stream, which is gone. */
function again(make: () => Request): Request | null {
  try {
    return make()
  } catch {
    return null
  }
}

export async function reach(fetch: Fetch, request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    throw errorOfFetch(error)
  }
}

function carrying(request: Request, authorization: string | null, bare: boolean): Request {
  if (authorization === null) return bare ? new Request(request, { credentials: 'omit' }) : request
  request.headers.set('Authorization', authorization)
  return request
}

const refusedTokens = ['credential_invalid', 'credential_expired', 'credential_revoked']

/**
 * Not every 401: a password that is wrong in the body of a call is one too, and repeating it would count as another
 * try. The body tells where a page of another origin may not see the header.
 */
async function refusesToken(response: Response): Promise<boolean> {
  if (response.status === 403) {
    // Of an account that was disabled meanwhile the refresh says so, and ends the session here.
    const { code } = await readMembers(response.clone())
    return String(code).startsWith('account_')
  }
  if (response.status !== 401) return false
  const challenge = response.headers.get('WWW-Authenticate')
  if (challenge !== null) return challenge.includes('error="invalid_token"')
  const { code } = await readMembers(response.clone())
  return refusedTokens.includes(String(code))
}
