import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Api, Route } from '../../apis/api.ts'
import type { AppContext } from '../../apis/context.ts'
import { type Exchange, openExchange } from '../../apis/exchange.ts'
import { answerWith, refusal, runGuard } from '../../apis/pipeline.ts'
import { CardeaError } from '../../errors.ts'
import { preflight } from '../../http/cors.ts'
import { nodeHeaders } from '../../http/headers.ts'
import { identityOf, nobodysHeaders } from '../../http/identity-headers.ts'
import { isSafeMethod } from '../../http/request-target.ts'
import { securityHeaders } from '../../http/security-headers.ts'
import { type GatewaySettings, isUnder } from '../../http/upstreams.ts'
import type { Principal } from '../../types.ts'
import { hasBody, responseOver, writeAnswer } from './answer.ts'
import type { Wish } from './client.ts'
import { forward } from './forward.ts'
import { answerHeaders } from './incoming.ts'
import { demandOpenQuery, readOpenly } from './open-read.ts'
import { createOpenSeats } from './open-seats.ts'
import { outgoingHeaders, outgoingTarget } from './outgoing.ts'
import { createService, pathOf, type Service } from './service.ts'
import { passSocket } from './socket.ts'
import { createWatch } from './watch.ts'

export interface Gateway {
  /** Whether a target, as it was sent, is a service's. */
  handles(target: string | undefined): boolean
  /** `continues`: the caller waits to hear that it may send its body. */
  handle(request: IncomingMessage, response: ServerResponse, continues?: boolean): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Ends WebSockets, which no answer ends. */
  endSockets(): void
  /** Gives back the connections that are kept. */
  close(): void
}

export interface GatewayDeps {
  readonly app: AppContext
  /** Whose ways of showing who calls count, and whose shape failures have. */
  readonly api: Api
  readonly settings: GatewaySettings
  readonly newRequestId: () => string
  readonly isOwnCookie: (name: string) => boolean
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Services behind this server: the same steps guard them that guard our own routes, and then bytes flow. */
export function createGateway({ app, api, settings, newRequestId, isOwnCookie }: GatewayDeps): Gateway {
  const watch = createWatch()
  const sockets = new Set<() => void>()
  const seats = createOpenSeats()
  const services = settings.upstreams.map((upstream) => createService(upstream, settings, app, api))
  // Services are timed first, so that who waits for one of them is told.
  const callerMillis = (settings.connectSeconds + settings.idleSeconds + 2) * 1000
  const find = (target = '') => services.find(({ upstream }) => isUnder(pathOf(target), upstream.prefix))

  const exchangeOf = (request: IncomingMessage, route: Route): Exchange =>
    openExchange({
      app,
      api,
      route,
      // The steps of the guard look at these two; making a Request would cost more than all of them.
      request: { url: request.url ?? '', method: request.method ?? '' } as Request,
      headers: nodeHeaders(request.headers),
      rawParams: {},
      target: request.url ?? null,
      requestId: newRequestId(),
      peer: request.socket.remoteAddress ?? '',
      connection: request.socket,
    })

  /** Whether what is under way may go on. */
  const isGood = async (request: IncomingMessage, route: Route, { kind, user }: Principal): Promise<boolean> => {
    if (kind !== 'password' || user === null) {
      const refused = await runGuard(exchangeOf(request, route))
      // A server that is busy is no reason to end what is under way.
      return refused === null || refused.status >= 429
    }
    // The password would be checked, and counted, anew each time: its owner is looked at instead.
    try {
      const now = await app.core.users.byPublicId(user.publicId)
      return now?.status === 'active' && now.epoch === user.epoch
    } catch {
      return true
    }
  }

  /** What the service is asked. */
  const wishOf = (request: IncomingMessage, x: Exchange, { upstream }: Service, token: string | null): Wish => {
    const path = outgoingTarget(request.url ?? '', upstream)
    if (path === null) throw new CardeaError('address_ambiguous')
    const { principal } = x
    const headers = outgoingHeaders(request, upstream, {
      address: x.origin.address,
      https: app.https,
      requestId: x.requestId,
      identity: principal === null || token === null ? nobodysHeaders : identityOf(principal, token),
      stranger: principal === null,
      isOwnCookie,
    })
    // Of HEAD a stranger gets the length of what is shown, not of what is there.
    const method = principal === null ? 'GET' : (request.method ?? 'GET')
    return { method, path, headers }
  }

  const answerWishOf = (request: IncomingMessage, x: Exchange, { upstream }: Service) => ({
    upstream,
    publicUrl: app.http.publicUrl,
    https: app.https,
    requestId: x.requestId,
    origin: request.headers.origin,
    cors: api.cors,
    isOwnCookie,
  })

  const pass = async (
    request: IncomingMessage,
    response: ServerResponse,
    x: Exchange,
    service: Service,
    continues: boolean,
  ): Promise<void> => {
    const { principal } = x
    const { upstream } = service
    // What came in would be the answer, and in it what only the service is told.
    if (request.method === 'TRACE') throw new CardeaError('method_not_allowed', { extra: { allow: methods } })
    if (principal === null) {
      if (upstream.open === null || service.project === null) throw new CardeaError('credentials_missing')
      demandOpenQuery(request.url ?? '', upstream.open)
      if (response.destroyed) return
      seats.take(x.origin.address, response)
      const gone = new AbortController()
      response.on('close', () => gone.abort())
      const wish = { ...wishOf(request, x, service, null), signal: gone.signal }
      const reply = await readOpenly(service.client, wish, service.project, settings.projectBytes)
      const headers = { Vary: 'Authorization, Cookie, X-API-Key, Origin' }
      // Nothing flows here that would time a caller who does not read.
      request.socket.setTimeout(callerMillis)
      return writeAnswer(request, response, answerWith(x, { ...reply, headers }))
    }
    const issued = app.core.identityTokens.issue(principal, upstream.audience)
    const token = typeof issued === 'string' ? issued : await issued
    const wish = wishOf(request, x, service, token)
    if (response.destroyed) return
    if (continues) response.writeContinue()
    watch.add(
      response,
      () => isGood(request, x.route, principal),
      () => response.destroy(),
    )
    const answerWish = answerWishOf(request, x, service)
    forward({
      request,
      response,
      client: service.client,
      wish,
      idleMillis: callerMillis,
      headersOf: (sent) => answerHeaders(sent, answerWish),
      fail: (error) => void writeAnswer(request, response, refusal(x, error)),
    })
  }

  const handle: Gateway['handle'] = (request, response, continues = false) => {
    const service = find(request.url)
    if (service === undefined) throw new TypeError('no service is at this address')
    const { counted } = service
    const begun = counted.begin()
    response.on('close', () => counted.end(begun, response.statusCode))
    const isOpen = service.open !== null && isSafeMethod(request.method ?? '') && !hasBody(request)
    const x = exchangeOf(request, isOpen && service.open !== null ? service.open : service.guarded)
    const refuse = (thrown: unknown) => writeAnswer(request, response, refusal(x, thrown))
    const go = (refused: Response | null) =>
      refused === null ? pass(request, response, x, service, continues) : writeAnswer(request, response, refused)
    if ((request.headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked') {
      const fields = [{ field: 'Transfer-Encoding', message: 'must be chunked' }]
      void refuse(new CardeaError('request_invalid', { fields }))
      return
    }
    if (isPreflight(request)) {
      void writeAnswer(request, response, answerPreflight(request, x))
      return
    }
    const verdict = runGuard(x)
    const done = verdict instanceof Promise ? verdict.then(go) : go(verdict)
    done.catch(refuse).catch(() => response.destroy())
  }

  return {
    handles: (target) => find(target) !== undefined,
    handle,
    upgrade(request, socket, head) {
      const service = find(request.url)
      if (service === undefined) throw new TypeError('no service is at this address')
      socket.on('error', () => socket.destroy())
      const response = responseOver(request, socket)
      if (response === null) {
        socket.destroy()
        return
      }
      const x = exchangeOf(request, service.guarded)
      const refuse = (refused: Response) => void writeAnswer(request, response, refused).catch(() => socket.destroy())
      const go = async (refused: Response | null) => {
        if (refused !== null || x.principal === null) return refuse(refused ?? refusal(x, new CardeaError('internal')))
        const { principal } = x
        const token = await app.core.identityTokens.issue(principal, service.upstream.audience)
        if (socket.destroyed) return
        const wish = wishOf(request, x, service, token)
        const answerWish = answerWishOf(request, x, service)
        const cut = passSocket({
          socket,
          head,
          client: service.client,
          wish: { ...wish, headers: [...wish.headers, ...socketHeaders(request)] },
          headersOf: (sent) => answerHeaders(sent, answerWish),
          fail: (error) => refuse(refusal(x, error)),
        })
        sockets.add(cut)
        socket.on('close', () => sockets.delete(cut))
        watch.add(socket, () => isGood(request, x.route, principal), cut)
      }
      if (request.method !== 'GET' || hasBody(request)) {
        const fields = [{ field: 'Upgrade', message: 'is for a GET without a body' }]
        refuse(refusal(x, new CardeaError('request_invalid', { fields })))
        return
      }
      Promise.resolve(runGuard(x))
        .then(go)
        .catch((thrown) => refuse(refusal(x, thrown)))
    },
    endSockets() {
      for (const cut of sockets) cut()
    },
    close() {
      watch.close()
      for (const { client } of services) void client.destroy()
    },
  }

  function answerPreflight({ headers }: IncomingMessage, x: Exchange): Response {
    if (!app.hostIsOurs(x.headers.get('host'))) return refusal(x, new CardeaError('host_unknown'))
    const asked = headers['access-control-request-headers'] ?? null
    return preflight(
      new Headers(securityHeaders(app.https)),
      headers.origin ?? null,
      { ...api.cors, allow: methods },
      asked,
    )
  }
}

/** Answered here, by our own list of origins: a browser sends no credential along with it. */
const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined

function socketHeaders({ headers }: IncomingMessage): readonly string[] {
  const names = ['sec-websocket-key', 'sec-websocket-version', 'sec-websocket-protocol', 'sec-websocket-extensions']
  return names.flatMap((name) => {
    const value = headers[name]
    return typeof value === 'string' ? [name, value] : []
  })
}
