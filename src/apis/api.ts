import type { ZodType } from 'zod'
import type { Core } from '../core/cardea.ts'
import type { Presented } from '../core/guard.ts'
import type { CardeaError, ErrorCode, FieldError } from '../errors.ts'
import type { BodyType, Repeated } from '../http/body.ts'
import type { CorsPolicy } from '../http/cors.ts'
import type { HeaderReader } from '../http/headers.ts'
import type { CredentialScheme, DescribedError } from '../http/openapi.ts'
import type { OriginalRequest } from '../http/original-request.ts'
import type { Cookie, Reply } from '../http/reply.ts'
import type { SameOrigin } from '../http/same-origin.ts'
import type { HttpSettings } from '../http/settings.ts'
import type { ApiName, CredentialKind, Origin, Principal, Scope, User } from '../types.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One answer of a route, for the OpenAPI document and the check of every response in the tests. */
export interface Answer {
  readonly description: string
  readonly schema?: ZodType
  /** Content-Type; default `application/json` when there is a schema. */
  readonly type?: string
  /** Further Content-Types that the same is answered in, by `Accept`. */
  readonly otherTypes?: readonly string[]
  /** Names of headers that the answer carries, with what they hold. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What `run` sees of a request. */
export interface Call<Body = unknown, Query = unknown, Params = unknown> {
  readonly core: Core
  readonly http: HttpSettings
  readonly request: Request
  readonly requestId: string
  readonly origin: Origin
  readonly sameOrigin: SameOrigin
  readonly body: Body
  readonly query: Query
  readonly params: Params
  /** The request that a proxy asks about; null at all other routes. */
  readonly original: OriginalRequest | null
  /** Null only where the route takes no credential, or takes it optionally. */
  readonly principal: Principal | null
  /** The principal of a route that takes credentials; misuse is a TypeError. */
  caller(): Principal
  /** The caller's user; throws user_required for principals without one (static keys). */
  user(): User
  /** Throws origin_refused unless the request proves that it comes from this site: before any cookie is set. */
  demandSameOrigin(): void
  /**
   * Whether the credential that the request came with would be let in here now. For answers that go on after it was.
   */
  stillStands(): Promise<boolean>
  /** The cookie is sent only with the same-origin proof. */
  setCookie(cookie: Cookie): void
}

/** Routes are data: the pipeline runs them, the tests enumerate them, the OpenAPI document lists them. */
export interface Route {
  readonly method: Method
  /** Hono's syntax: literals and `:name`. `/*` at the end: all below, told by the target as it was sent. */
  readonly path: string
  /** Whatever the method: the caller means another request. */
  readonly anyMethod?: true
  /**
   * For whoever asks on behalf of another request: the route that this one is judged by, in place of the one that was
   * asked. Throws a refusal.
   */
  readonly aim?: (original: OriginalRequest) => Route
  /** The body is passed on and not read here: no limit of ours. */
  readonly streams?: true
  /** Browsers open it: for GET and HEAD an address that the person opened is as good as a link on the site itself. */
  readonly navigable?: true
  readonly summary: string
  readonly tag: string
  /** Kinds of credentials; empty: none is looked at. */
  readonly takes: readonly CredentialKind[]
  /** Private tokens are not taken in place of access tokens. */
  readonly strictKinds?: boolean
  /** Without any credential the route runs anonymously; a bad one is refused all the same. */
  readonly anonymous?: boolean
  /**
   * Of two credentials that are sent in these two ways, the one of the first way counts where it is good; that of the
   * last way has to be good in any case. Default: two different ones are refused.
   */
  readonly precedence?: readonly ['bearer', 'key']
  /** Asks for no CSRF cookie, at exactly this address without a query. */
  readonly csrfFree?: boolean
  readonly needs?: Scope
  /** Scopes that an operator asks for, all of them; and no role without the second factor that it has to have. */
  readonly requires?: readonly Scope[]
  /**
   * Needs a fresh proof of all factors, or `current_password` (and `code`) in the body. `people`: programs (keys,
   * private tokens) pass; the route itself says what they may do. `visitors`: for doors whose contract asks for no
   * proof; credentials that another door issued must be of a session that proved all factors lately (proof.ts).
   */
  readonly fresh?: 'all' | 'people' | 'visitors'
  /**
   * What the contract asks of the caller beyond kinds and scopes (levels, consent), before anything is parsed. Throws a
   * refusal, or answers the principal that the route runs with. `body`, `query` and `params` are not there yet.
   */
  readonly admit?: (call: Call) => Promise<Principal>
  /** Counted before anything is looked up. Checks of passwords and codes are counted by the core itself. */
  readonly limit?: 'address' | 'mail'
  /** What the body may come as; default JSON. */
  readonly bodyType?: BodyType | readonly BodyType[]
  /** What begins with `{` is read as JSON although it says that it is a form: the type that fetch gives to a string. */
  readonly jsonInForms?: boolean
  /** A body of any other type, or of none, counts as no body, where the contract's server passes it over. Default: 415. */
  readonly otherBodies?: 'ignored'
  /** A field of a form that is given twice; default `refused`. */
  readonly repeated?: Repeated
  /** Where one route takes credentials in a way that its API does not (a cookie for pictures). */
  readonly readCredentials?: Api['readCredentials']
  /**
   * A token in a cookie that is not good, or that no proof says was meant to be sent, counts as none: browsers send it by
   * themselves long after it has ended. Only where `anonymous`; the same cookie twice is refused all the same.
   */
  readonly badCookie?: 'anonymous'
  /** As the API's: a session cookie that is not good, or that no proof says was meant, counts as none. */
  readonly staleCookies?: 'passed-over'
  /**
   * The contract's own checks of a body in its own order, before the schema: what is wrong, or null.
   * The message is the contract's word for it, which its `renderError` knows.
   */
  readonly refuse?: (body: unknown) => FieldError | readonly FieldError[] | null
  readonly body?: ZodType
  readonly query?: ZodType
  /** `query` only says what can be asked: the route reads the address itself, as its contract writes structure there. */
  readonly ownQuery?: boolean
  readonly params?: ZodType
  readonly answers: Readonly<Record<number, Answer>>
  /** Codes that `run` can throw, beyond those that follow from the other fields. */
  readonly errors?: readonly ErrorCode[]
  /** Where one route speaks another standard's error shape than its API (RFC 6749, section 5.2). */
  readonly renderError?: Api['renderError']
  /** A GET that changes something, as some contracts have it: HEAD, which is a GET otherwise, is refused there. */
  readonly writes?: boolean
  /** Not in the OpenAPI document (pages, assets). */
  readonly hidden?: boolean
  readonly run: (call: Call) => Promise<Reply> | Reply
}

type Out<S> = S extends ZodType<infer T> ? T : undefined

/** Types `run` by the route's schemas. */
export function route<
  B extends ZodType | undefined = undefined,
  Q extends ZodType | undefined = undefined,
  P extends ZodType | undefined = undefined,
>(
  method: Method,
  path: string,
  rest: Omit<Route, 'method' | 'path' | 'body' | 'query' | 'params' | 'run'> & {
    readonly body?: B
    readonly query?: Q
    readonly params?: P
    readonly run: (call: Call<Out<B>, Out<Q>, Out<P>>) => Promise<Reply> | Reply
  },
): Route {
  return { method, path, ...rest } as Route
}

/** The same route under another method, for clients that were told the wrong one. */
export function synonym(original: Route, method: Method): Route {
  return { ...original, method, summary: `${original.summary} (as ${original.method})` }
}

/** The API below a path of its own: `''` or `/name`. All that is under it is the API's. */
export function withPrefix(api: Api, prefix: string): Api {
  if (prefix === '') return api
  const routes = api.routes.map((each) => ({ ...each, path: `${prefix}${each.path}` }))
  return { ...api, routes, prefixes: [prefix] }
}

/** One wire contract over the core. */
export interface Api {
  readonly name: ApiName
  readonly routes: readonly Route[]
  /** Literal path prefixes whose unrouted paths get this API's 404. */
  readonly prefixes: readonly string[]
  readonly cors: CorsPolicy
  /** Further origins that this API trusts with its cookies. */
  readonly cookieOrigins: readonly string[]
  /** Cookies are set and taken also where nothing says which page asked: these clients are apps that send no such header. */
  readonly cookiesWithoutProof?: boolean
  /** Whoever asks with a method that a guarded address does not have is told 401 before 405. */
  readonly credentialsBeforeMethod?: boolean
  /** `url`: the address as it was sent; only where the contract takes keys in the query it is looked at. */
  readonly readCredentials: (headers: HeaderReader, connection: object | null, url: string) => readonly Presented[]
  /** Names in the query that hold credentials: no route sees them. */
  readonly queryKeys?: readonly string[]
  /**
   * A cookie of this name and value has to come with every call that changes something and bears no explicit credential.
   */
  readonly csrfCookie?: { readonly name: string; readonly value: string }
  /** A session cookie that is not good any more is passed over: the browser sends it by itself, nobody tried it. */
  readonly staleCookies?: 'passed-over'
  /** What addresses without a route do all the same: look at credentials before they say that nothing is there. */
  readonly everywhere?: Pick<Route, 'takes' | 'anonymous' | 'precedence'>
  /** Cookies that go with every answer that is no failure, beside the route's own. */
  readonly cookiesWith?: (answered: Answered) => readonly Cookie[]
  /** Every failure in this contract's status, headers and shape. */
  readonly renderError: (error: CardeaError, context: ErrorContext) => Reply
  readonly description: ApiDescription
}

/** What the cookies of an answer depend on. */
export interface Answered {
  readonly request: Pick<Request, 'method'>
  readonly headers: Pick<HeaderReader, 'get'>
  readonly principal: Principal | null
}

/** What the OpenAPI document and `/api/help` say of an API beyond its routes. */
export interface ApiDescription {
  /** A failure as `renderError` (the route's, where it has one) answers it. */
  readonly error: (code: ErrorCode, route: Route) => DescribedError
  /** Every kind of credential in every way of sending it. */
  readonly schemes: readonly CredentialScheme[]
  /** What this API adds to `/api/help`; members of the same name are merged, its own win. */
  readonly help?: HelpSection
}

export interface HelpSection {
  readonly authentication?: Readonly<Record<string, HelpMethod | readonly string[]>>
  readonly useful_endpoints?: Readonly<Record<string, string>>
  readonly examples?: Readonly<Record<string, string>>
  readonly documentation?: Readonly<Record<string, string>>
}

/** One way to authenticate, in the words of `/api/help`. Addresses are absolute; curl lines work as they stand. */
export interface HelpMethod {
  readonly how_to: string
  readonly [member: string]: string | number | undefined
}

export interface ErrorContext {
  /** Undefined when no route matched. */
  readonly route?: Route
  readonly requestId: string
  /** A program, as far as can be told: browsers get no Basic challenge, which would open a dialog. */
  readonly fromBrowser: boolean
  /** The request that a proxy asked about, and the headers that came along. */
  readonly original?: OriginalRequest
  readonly headers?: Pick<HeaderReader, 'get'>
  /** As the caller sent it; absent where no request is answered. */
  readonly sent?: { readonly method: string; readonly contentType: string | null }
}
