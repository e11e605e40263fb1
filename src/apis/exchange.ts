import type { HeaderReader } from '../http/headers.ts'
import type { OriginalRequest } from '../http/original-request.ts'
import type { Cookie, Reply } from '../http/reply.ts'
import type { SameOrigin } from '../http/same-origin.ts'
import type { Origin, Principal } from '../types.ts'
import type { Api, Route } from './api.ts'
import type { AppContext } from './context.ts'

/** One request on its way. Each step fills in what the later ones need. */
export interface Exchange {
  readonly app: AppContext
  readonly api: Api
  /** The one that was asked, until a route that speaks for others names another. */
  route: Route
  readonly request: Request
  readonly headers: HeaderReader
  readonly rawParams: Readonly<Record<string, string>>
  /** Path and query as they came in; null where that is not known. */
  readonly target: string | null
  readonly requestId: string
  readonly peer: string
  /** What the request came over, where that is known. */
  readonly connection: object | null
  original: OriginalRequest | null
  origin: Origin
  sameOrigin: SameOrigin
  principal: Principal | null
  body: unknown
  query: unknown
  params: unknown
  readonly cookies: Cookie[]
  reply: Reply
}

/** What is known of a request when it arrives. */
export type Arrived = Pick<
  Exchange,
  'app' | 'api' | 'route' | 'request' | 'headers' | 'rawParams' | 'target' | 'requestId' | 'peer' | 'connection'
>

const nobody = { api: 'native', address: '', userAgent: '' } as const

/** Written out, since it is made for every request: nothing was found yet, and nothing is answered. */
export function openExchange(arrived: Arrived): Exchange {
  return {
    app: arrived.app,
    api: arrived.api,
    route: arrived.route,
    request: arrived.request,
    headers: arrived.headers,
    rawParams: arrived.rawParams,
    target: arrived.target,
    requestId: arrived.requestId,
    peer: arrived.peer,
    connection: arrived.connection,
    original: null,
    origin: nobody,
    sameOrigin: 'absent',
    principal: null,
    body: undefined,
    query: undefined,
    params: undefined,
    cookies: [],
    reply: { status: 500 },
  }
}

/** A promise only where there is something to wait for: a step that is done at once costs no turn of the loop. */
export type Step = (x: Exchange) => void | Promise<void>
