import type { IncomingHttpHeaders } from 'node:http'
import { Hono } from 'hono'
import type { Core } from '../core/cardea.ts'
import type { Log } from '../core/ports.ts'
import { CardeaError } from '../errors.ts'
import { preflight } from '../http/cors.ts'
import { SlowReader } from '../http/event-stream.ts'
import { type HeaderReader, nodeHeaders } from '../http/headers.ts'
import { createHostCheck, isLoopbackHost } from '../http/host.ts'
import { createProxyTrust } from '../http/proxy.ts'
import { securityHeaders } from '../http/security-headers.ts'
import type { HttpSettings } from '../http/settings.ts'
import type { Api, Method, Route } from './api.ts'
import type { AppContext, WebMetrics } from './context.ts'
import { openExchange } from './exchange.ts'
import { runPipeline } from './pipeline.ts'
import { createPathCheck } from './served-paths.ts'

/** What @hono/node-server hands along with a request. */
export interface NodeBindings {
  readonly incoming?: {
    readonly headers?: IncomingHttpHeaders
    /** The target as it was sent. */
    readonly url?: string | undefined
    /** Without it, Node drops a second header of a name: then these headers are not what was sent. */
    readonly joinDuplicateHeaders?: boolean | null | undefined
    readonly socket?: { readonly remoteAddress?: string | undefined }
  }
}

export interface AppDeps {
  readonly core: Core
  readonly http: HttpSettings
  readonly log: Log
  readonly metrics: WebMetrics
  readonly apis: readonly Api[]
  readonly newRequestId: () => string
}

export interface App {
  /** Answers at once what needs no waiting. */
  fetch(request: Request, env?: NodeBindings): Response | Promise<Response>
  /** Whether something of ours stands at this path, as it was sent; for hosts that serve more than us. */
  serves(path: string): boolean
}

const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What every request needs of the server. */
export function createAppContext({
  core,
  http,
  log,
  metrics,
}: Pick<AppDeps, 'core' | 'http' | 'log' | 'metrics'>): AppContext {
  return {
    core,
    http,
    metrics,
    publicOrigin: new URL(http.publicUrl).origin,
    https: http.publicUrl.startsWith('https:'),
    proxies: createProxyTrust(http.trustedProxies),
    hostIsOurs: createHostCheck(http.publicUrl, http.allowedHosts),
    notePassword: createPasswordNote(http.publicUrl, core, log),
    logFailure(error, at) {
      const { internal, cause } = error.detail
      if (error.code === 'internal' || error.code === 'unavailable')
        log.error({ ...at, code: error.code, internal, error: cause }, 'request failed')
      else log.debug({ ...at, code: error.code, internal }, 'request refused')
    },
    logBreak(error, at) {
      if (error instanceof SlowReader) log.info(at, 'a reader of a stream was too slow and is cut off')
      else log.error({ ...at, error }, 'an answer broke off')
    },
  }
}

/** Mounts every route of every API on one router. */
export function createApp(deps: AppDeps): App {
  const { metrics, apis, newRequestId } = deps
  const app = createAppContext(deps)
  const router = new Hono<{ Bindings: NodeBindings }>()
  const hostMessage = 'must be a host name or address, with a port or without'
  const unreadable = refusingRoute(
    '(none)',
    new CardeaError('request_invalid', { fields: [{ field: 'Host', message: hostMessage }] }),
  )

  const answering = (api: Api, route: Route): Answering => {
    const counted = metrics.route(api.name, route.method, route.path)
    return (request, params, env) => {
      const begun = counted.begin()
      const socket = env?.incoming?.socket
      const x = openExchange({
        app,
        api,
        route,
        request,
        headers: headersOf(request, env),
        rawParams: params,
        target: env?.incoming?.url ?? null,
        requestId: newRequestId(),
        peer: socket?.remoteAddress ?? '',
        connection: socket ?? null,
      })
      const response = runPipeline(x)
      if (response instanceof Promise) {
        return response.then((late) => {
          counted.end(begun, late.status)
          return late
        })
      }
      counted.end(begun, response.status)
      return response
    }
  }

  const below: { readonly prefix: string; readonly answer: Answering }[] = []
  for (const api of apis) {
    const byPath = methodsByPath(api.routes.filter(({ anyMethod }) => anyMethod !== true))
    const refusing = (path: string) => {
      const allow = [...(byPath.get(path) ?? []), 'OPTIONS']
      const other = refusingRoute(path, new CardeaError('method_not_allowed', { extra: { allow } }))
      return answering(api, {
        ...other,
        ...api.everywhere,
        ...(api.credentialsBeforeMethod && guardOf(api.routes, path)),
      })
    }
    for (const route of api.routes) {
      const answer = answering(api, route)
      if (route.anyMethod === true) {
        router.all(route.path, (c) => answer(c.req.raw, c.req.param(), c.env))
        if (route.path.endsWith('/*')) below.push({ prefix: route.path.slice(0, -1), answer })
        continue
      }
      const head = route.writes === true ? refusing(route.path) : answer
      router.on(route.method, route.path, (c) =>
        (c.req.raw.method === 'HEAD' ? head : answer)(c.req.raw, c.req.param(), c.env),
      )
    }
    for (const [path, known] of byPath) {
      const cors = { ...api.cors, allow: [...known, 'OPTIONS'] }
      const refuse = refusing(path)
      router.options(path, (c) => {
        if (!app.hostIsOurs(c.req.header('host') ?? null)) return refuse(c.req.raw, {}, c.env)
        const asked = c.req.header('access-control-request-headers') ?? null
        return preflight(baseHeaders(app), c.req.header('origin') ?? null, cors, asked)
      })
      router.all(path, (c) => refuse(c.req.raw, {}, c.env))
    }
  }
  const unrouted = refusingRoute('(none)', new CardeaError('not_found'))
  // Nothing of ours throws here; what the router itself may throw still gets our answer.
  router.onError((cause, c) => {
    const failing = refusingRoute('(none)', new CardeaError('internal', { cause }))
    return answering(apiOf(apis, c.req.path), failing)(c.req.raw, {}, c.env)
  })
  router.notFound((c) => {
    const api = apiOf(apis, c.req.path)
    return answering(api, { ...unrouted, ...api.everywhere })(c.req.raw, {}, c.env)
  })

  const direct = new Map(methods.map((method) => [method as string, new Map<string, Answering>()]))
  for (const { api, route } of directRoutes(apis)) direct.get(route.method)?.set(route.path, answering(api, route))
  const isReadable = createUrlCheck()
  return {
    fetch(request, env) {
      const { url, method } = request
      const pathStart = url.indexOf('/', url.indexOf(':') + 3)
      // A `Host` such as `127.0.0.0.1` or `localhost:99999` passes for one on the way here and makes no address.
      if (!isReadable(url, pathStart)) return answering(apiOf(apis, '/'), unreadable)(request, {}, env)
      // By the target itself: a URL has lost its dot segments, and with them what somebody is asking for.
      const target = env?.incoming?.url ?? ''
      const caught = below.find(({ prefix }) => target.startsWith(prefix))
      if (caught !== undefined) return caught.answer(request, noParams, env)
      const query = url.indexOf('?', pathStart)
      // The path as it was sent, nothing decoded: what is not literally a route is for the router to look at.
      const path = query < 0 ? url.slice(pathStart) : url.slice(pathStart, query)
      const answer = direct.get(method)?.get(path)
      return answer === undefined ? router.fetch(request, env) : answer(request, noParams, env)
    },
    serves: createPathCheck(apis.flatMap((api) => api.routes.map(({ path }) => path))),
  }
}

const noParams = {}

type Answering = (
  request: Request,
  params: Record<string, string>,
  env: NodeBindings | undefined,
) => Response | Promise<Response>

function headersOf(request: Request, env: NodeBindings | undefined): HeaderReader {
  const incoming = env?.incoming
  return incoming?.headers !== undefined && incoming.joinDuplicateHeaders === true
    ? nodeHeaders(incoming.headers)
    : request.headers
}

/**
 * Routes without parameters by method and path, so that the router is not asked for them. One that a route with
 * parameters would catch as well is left to the router.
 */
function directRoutes(apis: readonly Api[]): readonly { readonly api: Api; readonly route: Route }[] {
  const found = new Map<string, { readonly api: Api; readonly route: Route }>()
  const routes = apis.flatMap((api) => api.routes.map((route) => ({ api, route, parts: route.path.split('/') })))
  const patterns = routes.filter(({ route }) => hasParameters(route.path))
  for (const { api, route, parts } of routes) {
    const name = nameOf(route)
    if (hasParameters(route.path) || found.has(name)) continue
    const isCaught = patterns.some(
      ({ parts: pattern }) =>
        pattern.length === parts.length && pattern.every((part, at) => hasParameters(part) || part === parts[at]),
    )
    if (!isCaught) found.set(name, { api, route })
  }
  return [...found.values()]
}

const nameOf = ({ method, path }: Route): string => `${method} ${path}`

const hasParameters = (path: string): boolean => /[:*]/.test(path)

/** Whether a request's address can be parsed. That depends on its host alone, and callers name the same one again. */
function createUrlCheck(): (url: string, pathStart: number) => boolean {
  let lastGood = ''
  return (url, pathStart) => {
    if (lastGood.length === pathStart && url.startsWith(lastGood)) return true
    const good = URL.canParse(url)
    if (good) lastGood = url.slice(0, pathStart)
    return good
  }
}

function baseHeaders(app: AppContext): Headers {
  return new Headers(securityHeaders(app.https))
}

function methodsByPath(routes: readonly Route[]): Map<string, readonly string[]> {
  const found = new Map<string, Set<string>>()
  for (const { path, method, writes } of routes) {
    const set = found.get(path) ?? new Set()
    set.add(method)
    if (method === 'GET' && writes !== true) set.add('HEAD')
    found.set(path, set)
  }
  return new Map(
    [...found].map(([path, set]) => [
      path,
      [...methods.filter((m) => set.has(m)), ...(set.has('HEAD') ? ['HEAD'] : [])],
    ]),
  )
}

/** What every route of an address takes, where none of them answers without a credential. */
function guardOf(routes: readonly Route[], path: string): Partial<Route> {
  const there = routes.filter((route) => route.path === path)
  const [first] = there
  const isGuarded = there.every(({ takes, anonymous }) => takes.length > 0 && anonymous !== true)
  if (!isGuarded || first === undefined) return {}
  const { takes, readCredentials } = first
  return { takes, ...(readCredentials === undefined ? {} : { readCredentials }) }
}

const hour = 3_600_000

/** Once an hour: a password in clear, by Basic, from another machine. */
function createPasswordNote(publicUrl: string, { clock }: Core, log: Log): AppContext['notePassword'] {
  let next = 0
  return ({ address, api }) => {
    if (publicUrl.startsWith('https:') || isLoopbackHost(address.includes(':') ? `[${address}]` : address)) return
    const now = clock.now()
    if (now < next) return
    next = now + hour
    log.warn({ api }, 'passwords by Basic cross the network in clear: callers use http')
  }
}

/** A route that only says no, so that what is not there goes through the same steps and gets the same headers. */
function refusingRoute(path: string, error: CardeaError): Route {
  const run = () => {
    throw error
  }
  return { method: 'GET', path, summary: '', tag: '', takes: [], answers: {}, hidden: true, run }
}

/** The API with the longest literal prefix of the path; the first one (native) when none has. */
function apiOf(apis: readonly Api[], path: string): Api {
  const [first] = apis
  if (first === undefined) throw new TypeError('createApp needs at least one API')
  let best = { api: first, length: -1 }
  for (const api of apis) {
    for (const prefix of api.prefixes) {
      const isBelow = path === prefix || path.startsWith(`${prefix}/`)
      if (isBelow && prefix.length > best.length) best = { api, length: prefix.length }
    }
  }
  return best.api
}
