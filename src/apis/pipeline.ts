import type { Core } from '../core/cardea.ts'
import { CardeaError } from '../errors.ts'
import {
  type BodyType,
  bodyTypeOf,
  bodyTypes,
  parseForm,
  parseJson,
  readBytes,
  refuseHostileValues,
} from '../http/body.ts'
import { readCookie, writeCookie } from '../http/cookies.ts'
import { setCors } from '../http/cors.ts'
import { validate } from '../http/fields.ts'
import { type Cookie, type Reply, toResponse } from '../http/reply.ts'
import { type SameOrigin, sameOrigin } from '../http/same-origin.ts'
import { securityHeaders } from '../http/security-headers.ts'
import type { Origin, Principal, Scope, User } from '../types.ts'
import type { Api, Call, Route } from './api.ts'
import type { AppContext } from './context.ts'

/** `__Host-` keeps a sibling host from planting one (RFC 6265bis, section 4.1.3.2); plain http cannot have it. */
export function deviceCookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-cardea_device' : 'cardea_device'
}
const longestUrl = 8192

/** One request on its way. Each step fills in what the later ones need. */
export interface Exchange {
  readonly app: AppContext
  readonly api: Api
  readonly route: Route
  readonly request: Request
  readonly rawParams: Readonly<Record<string, string>>
  readonly requestId: string
  readonly peer: string
  origin: Origin
  sameOrigin: SameOrigin
  principal: Principal | null
  body: unknown
  query: unknown
  params: unknown
  readonly cookies: Cookie[]
  reply: Reply
}

type Step = (x: Exchange) => void | Promise<void>

/** Whose request is it: the peer's, or what our own proxy says. A foreign Host gets nothing. */
const trustProxy: Step = (x) => {
  if (!x.app.hostIsOurs(x.request.headers.get('host'))) throw new CardeaError('host_unknown')
  const cookie = readCookie(x.request.headers.get('cookie'), deviceCookieName(x.app.http.publicUrl))
  const device = cookie.found === 'one' ? x.app.core.devices.read(cookie.value) : null
  x.origin = {
    api: x.api.name,
    address: x.app.proxies.clientAddress(x.peer, x.request.headers),
    userAgent: (x.request.headers.get('user-agent') ?? '').slice(0, 256),
    ...(device === null ? {} : { device }),
  }
}

/** Before anything is counted: a page elsewhere can make its visitor send plain text, but not what we read. */
const limitSize: Step = (x) => {
  if (x.request.url.length > longestUrl)
    throw new CardeaError('request_invalid', {
      fields: [{ field: 'url', message: `must not be longer than ${longestUrl} characters` }],
    })
  const announced = Number(x.request.headers.get('content-length') ?? '0')
  if (announced > x.app.http.bodyLimitBytes)
    throw new CardeaError('body_too_large', { extra: { limit_bytes: x.app.http.bodyLimitBytes } })
  const hasBody = announced > 0 || x.request.headers.has('transfer-encoding')
  if (x.route.body === undefined || !hasBody) return
  if (x.route.otherBodies === 'ignored' || bodyType(x) !== null) return
  const expected = allowedTypes(x.route).map((type) => bodyTypes[type])
  throw new CardeaError('media_type_unsupported', { extra: { expected: expected.join(', ') } })
}

const allowedTypes = ({ bodyType = 'json' }: Route): readonly BodyType[] => [bodyType].flat()

const bodyType = (x: Exchange): BodyType | null =>
  bodyTypeOf(x.request.headers.get('content-type'), allowedTypes(x.route))

/** What the page that sent this can be proven to be. Cookies and Basic are judged by it in the next steps. */
const checkOrigin: Step = (x) => {
  x.sameOrigin = sameOrigin(x.request.headers, x.app.publicOrigin, x.api.cookieOrigins)
}

const limitRate: Step = async (x) => {
  if (x.route.limit === undefined) return
  // Otherwise a page elsewhere could use up the limit of whoever visits it; where every page may ask there is no elsewhere.
  if (x.sameOrigin === 'foreign' && x.api.cors.origins !== '*')
    throw new CardeaError('origin_refused', { internal: 'a counted call from a foreign page' })
  await x.app.core.limits[x.route.limit](x.origin)
}

const authenticate: Step = async (x) => {
  if (x.route.takes.length === 0) return
  const all = x.api.readCredentials(x.request.headers)
  const explicit = all.filter((credential) => credential.via !== 'cookie')
  const presented = explicit.length > 0 ? explicit : all
  // Cookies and Basic are sent by a browser without being asked: both need to know which page asked.
  const ambient = presented.find((credential) => credential.via === 'cookie' || credential.via === 'basic')
  if (ambient !== undefined && x.sameOrigin !== 'same' && !(ambient.via === 'basic' && x.sameOrigin === 'absent')) {
    const kind = ambient.via === 'cookie' ? 'session-cookie' : 'password'
    throw new CardeaError('origin_refused', { kind, internal: `proof: ${x.sameOrigin}` })
  }
  if (presented.length === 0 && x.route.anonymous === true) return
  const verdict = await x.app.core.guard.authenticate(presented, x.route.takes, x.origin, x.route.strictKinds)
  x.app.metrics.verdict(verdict.ok ? verdict.value.kind : (verdict.kind ?? 'none'), verdict.ok ? 'good' : verdict.code)
  if (!verdict.ok) {
    throw new CardeaError(verdict.code, {
      ...(verdict.kind === undefined ? {} : { kind: verdict.kind }),
      ...(verdict.retryAfter === undefined ? {} : { retryAfter: verdict.retryAfter }),
    })
  }
  x.principal = verdict.value
}

const authorize: Step = (x) => {
  const { needs } = x.route
  if (needs === undefined || (x.principal === null && x.route.anonymous === true)) return
  if (x.principal?.scopes.has(needs)) return
  if (lacksFactor(x.app.core, x.principal?.user ?? null, needs)) throw new CardeaError('factor_enrolment_required')
  throw new CardeaError('scope_missing', {
    ...(x.principal === null ? {} : { kind: x.principal.kind }),
    extra: { scope: needs },
  })
}

/** The user's role has the scope, and would give it with a second factor on. */
function lacksFactor(core: Core, user: User | null, needs: Scope): boolean {
  if (user === null || user.hasFactor || !core.settings.requireFactor.includes(user.role)) return false
  return core.roles.scopesOf(user.role).has(needs)
}

/** What the contract itself asks of the caller. */
const admit: Step = async (x) => {
  if (x.route.admit !== undefined) x.principal = await x.route.admit(callOf(x))
}

async function readBody(x: Exchange): Promise<unknown> {
  const type = bodyType(x)
  if (type === null && x.route.otherBodies === 'ignored') return {}
  const bytes = await readBytes(x.request, x.app.http.bodyLimitBytes)
  if (bytes.byteLength === 0) return {}
  return (type ?? allowedTypes(x.route)[0]) === 'form' ? parseForm(bytes) : parseJson(bytes)
}

function readQuery(url: URL): Record<string, string> {
  const names = [...url.searchParams.keys()]
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    throw new CardeaError('request_invalid', {
      fields: [{ field: twice.slice(0, 100).toWellFormed(), message: 'is given twice' }],
    })
  return Object.fromEntries(url.searchParams)
}

const parse: Step = async (x) => {
  if (x.route.params !== undefined) x.params = validate(x.route.params, x.rawParams)
  if (x.route.query !== undefined) {
    const query = readQuery(new URL(x.request.url))
    refuseHostileValues(query)
    x.query = validate(x.route.query, query)
  }
  if (x.route.body !== undefined) {
    const body = await readBody(x)
    refuseHostileValues(body)
    const wrong = x.route.refuse?.(body) ?? null
    if (wrong !== null) throw new CardeaError('request_invalid', { fields: [wrong] })
    x.body = validate(x.route.body, body)
  }
}

/** Changes that would let a thief stay need all factors proven lately, or the password (and code) in the request. */
const proveFresh: Step = async (x) => {
  if (x.route.fresh === undefined || x.principal === null) return
  const { core } = x.app
  const { provenAt, sessionId } = x.principal
  if (x.principal.actor !== null)
    throw new CardeaError('beyond_own_rights', { internal: 'impersonation changes no credentials' })
  if (sessionId === null) {
    if (x.route.fresh === 'people') return
    throw new CardeaError('reauthentication_required', { kind: x.principal.kind })
  }
  // A clock that was set back makes no proof younger than it is.
  if (provenAt !== null && Math.abs(core.clock.now() - provenAt) <= core.settings.freshSeconds * 1000) return
  const { current_password: password, code } = (x.body ?? {}) as { current_password?: string; code?: string }
  const proof = { ...(password === undefined ? {} : { password }), ...(code === undefined ? {} : { code }) }
  const factors = await core.signIn.reprove(x.principal, proof, x.origin)
  await core.sessions.reprove(sessionId, factors)
}

const run: Step = async (x) => {
  x.reply = await x.route.run(callOf(x))
}

/** Cookies leave only with the same-origin proof. */
const render: Step = (x) => {
  if (x.sameOrigin !== 'same') x.cookies.length = 0
}

/** The order of this list is the security review. */
const steps: readonly Step[] = [
  trustProxy,
  limitSize,
  checkOrigin,
  limitRate,
  authenticate,
  authorize,
  admit,
  parse,
  proveFresh,
  run,
  render,
]

function callOf(x: Exchange): Call {
  return {
    core: x.app.core,
    http: x.app.http,
    request: x.request,
    requestId: x.requestId,
    origin: x.origin,
    sameOrigin: x.sameOrigin,
    body: x.body,
    query: x.query,
    params: x.params,
    principal: x.principal,
    caller() {
      if (x.principal === null) throw new TypeError(`${x.route.path} takes no credential`)
      return x.principal
    },
    user() {
      const user = x.principal?.user
      if (user === null || user === undefined) throw new CardeaError('user_required')
      return user
    },
    demandSameOrigin() {
      if (x.sameOrigin !== 'same')
        throw new CardeaError('origin_refused', { kind: 'session-cookie', internal: `proof: ${x.sameOrigin}` })
    },
    setCookie(cookie) {
      x.cookies.push(cookie)
    },
  }
}

/** Runs one request through all steps. Never throws: what fails is rendered in the API's own way. */
export async function runPipeline(x: Exchange): Promise<Response> {
  try {
    for (const step of steps) {
      const pending = step(x)
      if (pending !== undefined) await pending
    }
  } catch (thrown) {
    x.cookies.length = 0
    x.reply = renderFailure(x, thrown)
  }
  const origin = x.request.headers.get('origin')
  const common = { ...securityHeaders(x.app.https), 'X-Request-Id': x.requestId }
  // The answer to a program: no header comes twice and none depends on the page that asks.
  if (origin === null && x.cookies.length === 0) return toResponse(x.reply, { ...common, Vary: 'Origin' })
  const headers = new Headers(common)
  setCors(headers, origin, x.api.cors)
  for (const cookie of x.cookies) headers.append('Set-Cookie', writeCookie(cookie))
  return toResponse(x.reply, headers)
}

function renderFailure(x: Exchange, thrown: unknown): Reply {
  const error = asCardeaError(thrown)
  x.app.logFailure(error, { requestId: x.requestId, api: x.api.name, method: x.route.method, route: x.route.path })
  const fromBrowser = x.request.headers.has('sec-fetch-mode')
  const renderError = x.route.renderError ?? x.api.renderError
  return renderError(error, { route: x.route, requestId: x.requestId, fromBrowser })
}

/** What no part of ours meant to throw is an internal error; its text stays here. */
export function asCardeaError(thrown: unknown): CardeaError {
  if (thrown instanceof CardeaError) return thrown
  return new CardeaError('internal', {
    cause: thrown,
    internal: thrown instanceof Error ? thrown.message : 'something that is no error was thrown',
  })
}
