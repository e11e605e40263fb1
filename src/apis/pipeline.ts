import { Duplex } from 'node:stream'
import type { Core } from '../core/cardea.ts'
import { CardeaError } from '../errors.ts'
import {
  type BodyType,
  bodyTypeOf,
  bodyTypes,
  parseForm,
  parseJson,
  parseMultipart,
  readBytes,
  refuseHostileValues,
} from '../http/body.ts'
import { readCookie, writeCookie } from '../http/cookies.ts'
import { setCors } from '../http/cors.ts'
import { validate } from '../http/fields.ts'
import { type Reply, toResponse } from '../http/reply.ts'
import { securityHeaders } from '../http/security-headers.ts'
import { watchedStream } from '../http/watched-stream.ts'
import type { Principal, Scope, User } from '../types.ts'
import type { Call, Route } from './api.ts'
import { authenticate, demandCsrfCookie, provesOrigin, stillStands } from './authenticate.ts'
import type { At } from './context.ts'
import type { Exchange, Step } from './exchange.ts'
import { aim, checkOrigin } from './original.ts'
import { demandProofOfVisitors, isFresh, refuseImpersonation } from './proof.ts'

/** `__Host-` keeps a sibling host from planting one (RFC 6265bis, section 4.1.3.2); plain http cannot have it. */
export function deviceCookieName(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-cardea_device' : 'cardea_device'
}
const longestUrl = 8192

/** Whose request is it: the peer's, or what our own proxy says. A foreign Host gets nothing. */
const trustProxy: Step = (x) => {
  if (!x.app.hostIsOurs(x.headers.get('host'))) throw new CardeaError('host_unknown')
  const cookie = readCookie(x.headers.get('cookie'), deviceCookieName(x.app.http.publicUrl))
  const device = cookie.found === 'one' ? x.app.core.devices.read(cookie.value) : null
  x.origin = {
    api: x.api.name,
    address: x.app.proxies.clientAddress(x.peer, x.headers),
    userAgent: (x.headers.get('user-agent') ?? '').slice(0, 256),
    ...(device === null ? {} : { device }),
  }
}

/** Before anything is counted: a page elsewhere can make its visitor send plain text, but not what we read. */
const limitSize: Step = (x) => {
  if (x.request.url.length > longestUrl)
    throw new CardeaError('request_invalid', {
      fields: [{ field: 'url', message: `must not be longer than ${longestUrl} characters` }],
    })
  const announced = Number(x.headers.get('content-length') ?? '0')
  if (announced > x.app.http.bodyLimitBytes && x.route.streams !== true)
    throw new CardeaError('body_too_large', { extra: { limit_bytes: x.app.http.bodyLimitBytes } })
  const hasBody = announced > 0 || x.headers.has('transfer-encoding')
  if (x.route.body === undefined || !hasBody) return
  if (x.route.otherBodies === 'ignored' || bodyType(x) !== null) return
  throw unsupported(x.route)
}

function unsupported(route: Route): CardeaError {
  const expected = allowedTypes(route).map((type) => bodyTypes[type])
  return new CardeaError('media_type_unsupported', { extra: { expected: expected.join(', ') } })
}

const allowedTypes = ({ bodyType = 'json' }: Route): readonly BodyType[] => [bodyType].flat()

const bodyType = (x: Exchange): BodyType | null => bodyTypeOf(x.headers.get('content-type'), allowedTypes(x.route))

const limitRate: Step = (x) => {
  if (x.route.limit === undefined) return
  // Where no page elsewhere may ask, none is counted. Where every page may, the core counts it apart from its visitor.
  if (x.sameOrigin === 'foreign' && x.api.cors.origins !== '*')
    throw new CardeaError('origin_refused', { internal: 'a counted call from a foreign page' })
  return x.app.core.limits[x.route.limit](x.origin).then(() => {})
}

const authorize: Step = (x) => {
  const { needs, requires, anonymous } = x.route
  if (x.principal === null && anonymous === true) return
  if (needs !== undefined) demandScope(x, needs)
  if (requires === undefined) return
  // Who stands behind us may go by the role alone.
  if (owesFactor(x.app.core, x.principal?.user ?? null)) throw new CardeaError('factor_enrolment_required')
  for (const scope of requires) demandScope(x, scope)
}

function demandScope(x: Exchange, needs: Scope): void {
  if (x.principal?.scopes.has(needs)) return
  if (lacksFactor(x.app.core, x.principal?.user ?? null, needs)) throw new CardeaError('factor_enrolment_required')
  throw new CardeaError('scope_missing', {
    ...(x.principal === null ? {} : { kind: x.principal.kind }),
    extra: { scope: needs },
  })
}

function owesFactor({ settings }: Core, user: User | null): boolean {
  return user !== null && user.kind === 'person' && !user.hasFactor && settings.requireFactor.includes(user.role)
}

/** The user's role has the scope, and would give it with a second factor on. */
function lacksFactor(core: Core, user: User | null, needs: Scope): boolean {
  if (user === null || user.hasFactor || !core.settings.requireFactor.includes(user.role)) return false
  return core.roles.scopesOf(user.role).has(needs)
}

/** What the contract itself asks of the caller. */
const admit: Step = (x) => {
  if (x.route.admit === undefined) return
  return x.route.admit(callOf(x)).then((principal) => {
    x.principal = principal
  })
}

async function readBody(x: Exchange): Promise<unknown> {
  const type = bodyType(x)
  if (type === null && x.route.otherBodies === 'ignored') return {}
  const bytes = await readBytes(x.request, x.app.http.bodyLimitBytes)
  if (bytes.byteLength === 0) return {}
  // Not every host says beforehand that there is a body.
  if (type === null) throw unsupported(x.route)
  if (x.route.jsonInForms === true && bytes[0] === braceCode) return parseJson(bytes)
  const parsers = {
    json: () => parseJson(bytes),
    form: () => parseForm(bytes, x.route.repeated),
    multipart: () => parseMultipart(bytes, x.headers.get('content-type') ?? '', x.route.repeated),
  } as const satisfies Record<BodyType, () => unknown>
  return parsers[type]()
}

const braceCode = '{'.charCodeAt(0)

function readQuery(url: URL, credentials: readonly string[] = []): Record<string, string> {
  for (const name of credentials) url.searchParams.delete(name)
  const names = [...url.searchParams.keys()]
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    throw new CardeaError('request_invalid', {
      fields: [{ field: twice.slice(0, 100).toWellFormed(), message: 'is given twice' }],
    })
  return Object.fromEntries(url.searchParams)
}

const parse: Step = (x) => {
  if (x.route.params !== undefined) x.params = validate(x.route.params, x.rawParams)
  if (x.route.query !== undefined && x.route.ownQuery !== true) {
    const query = readQuery(new URL(x.request.url), x.api.queryKeys)
    refuseHostileValues(query)
    x.query = validate(x.route.query, query)
  }
  const schema = x.route.body
  if (schema === undefined) return
  return readBody(x).then((body) => {
    refuseHostileValues(body)
    const wrong = x.route.refuse?.(body) ?? null
    if (wrong !== null) throw new CardeaError('request_invalid', { fields: [wrong].flat() })
    x.body = validate(schema, body)
  })
}

/** Changes that would let a thief stay need all factors proven lately, or the password (and code) in the request. */
const proveFresh: Step = (x) => {
  if (x.route.fresh === undefined || x.principal === null) return
  if (x.route.fresh === 'visitors') return demandProofOfVisitors(callOf(x), x.principal)
  return demandFresh(x, x.principal)
}

async function demandFresh(x: Exchange, principal: Principal): Promise<void> {
  const { core } = x.app
  const { sessionId } = principal
  refuseImpersonation(principal)
  if (sessionId === null) {
    if (x.route.fresh === 'people') return
    throw new CardeaError('reauthentication_required', { kind: principal.kind })
  }
  if (isFresh(core, principal)) return
  const { current_password: password, code } = (x.body ?? {}) as { current_password?: string; code?: string }
  const proof = { ...(password === undefined ? {} : { password }), ...(code === undefined ? {} : { code }) }
  const factors = await core.signIn.reprove(principal, proof, x.origin)
  await core.sessions.reprove(sessionId, factors)
}

const run: Step = (x) => {
  const reply = x.route.run(callOf(x))
  if (!(reply instanceof Promise)) {
    x.reply = reply
    return
  }
  return reply.then((late) => {
    x.reply = late
  })
}

/** Cookies leave only with the same-origin proof; where no page asked at all, some contracts need none. */
const render: Step = (x) => {
  if (!provesOrigin(x)) x.cookies.length = 0
  else if (x.api.cookiesWith !== undefined) {
    const own = new Set(x.cookies.map(({ name }) => name))
    x.cookies.push(...x.api.cookiesWith(x).filter(({ name }) => !own.has(name)))
  }
}

/** The order of this list is the security review. */
const steps: readonly Step[] = [
  trustProxy,
  limitSize,
  aim,
  checkOrigin,
  limitRate,
  authenticate,
  demandCsrfCookie,
  authorize,
  admit,
  parse,
  proveFresh,
  run,
  render,
]

const guardSteps = steps.slice(0, steps.indexOf(admit) + 1)

function callOf(x: Exchange): Call {
  return {
    core: x.app.core,
    http: x.app.http,
    request: x.request,
    requestId: x.requestId,
    origin: x.origin,
    sameOrigin: x.sameOrigin,
    original: x.original,
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
      if (!provesOrigin(x))
        throw new CardeaError('origin_refused', { kind: 'session-cookie', internal: `proof: ${x.sameOrigin}` })
    },
    stillStands: () => stillStands(x),
    setCookie(cookie) {
      x.cookies.push(cookie)
    },
  }
}

/** Runs one request through all steps. Never throws: what fails is rendered in the API's own way. */
export function runPipeline(x: Exchange): Response | Promise<Response> {
  try {
    const pending = runSteps(x, 0)
    if (pending !== undefined) {
      return pending.catch((thrown) => fail(x, thrown)).then(() => respond(x))
    }
  } catch (thrown) {
    fail(x, thrown)
  }
  return respond(x)
}

/**
 * For what others answer: the steps up to the caller's rights. Null: passed, and `x.principal` says who it is; otherwise
 * the refusal.
 */
export function runGuard(x: Exchange): Response | null | Promise<Response | null> {
  try {
    const pending = runSteps(x, 0, guardSteps)
    return pending === undefined
      ? null
      : pending.then(
          () => null,
          (thrown) => refusal(x, thrown),
        )
  } catch (thrown) {
    return refusal(x, thrown)
  }
}

/** What is answered to a request that failed, wherever it did. */
export function refusal(x: Exchange, thrown: unknown): Response {
  fail(x, thrown)
  return respond(x)
}

/** An answer that was made elsewhere, with the headers of all of ours. */
export function answerWith(x: Exchange, reply: Reply): Response {
  x.reply = reply
  return respond(x)
}

/** All steps in their order, from one on; waits only for those that have to be waited for. */
function runSteps(x: Exchange, from: number, list = steps): void | Promise<void> {
  for (let at = from; at < list.length; at += 1) {
    const pending = list[at]?.(x)
    if (pending !== undefined) return pending.then(() => runSteps(x, at + 1, list))
  }
}

const atOf = (x: Exchange): At => ({
  requestId: x.requestId,
  api: x.api.name,
  method: x.route.method,
  route: x.route.path,
})

function fail(x: Exchange, thrown: unknown): void {
  x.cookies.length = 0
  x.reply = renderFailure(x, thrown)
}

function respond(x: Exchange): Response {
  const { body } = x.reply
  if (body instanceof ReadableStream) x.reply = { ...x.reply, body: watchedStream(body, (error) => breakOff(x, error)) }
  const origin = x.headers.get('origin')
  const common: Record<string, string> = {
    ...securityHeaders(x.app.https),
    'X-Request-Id': x.requestId,
    ...expiryHeader(x),
  }
  // The answer to a program: no header comes twice and none depends on the page that asks.
  if (origin === null && x.cookies.length === 0) {
    common.Vary = 'Origin'
    return toResponse(x.reply, common)
  }
  const headers = new Headers(common)
  setCors(headers, origin, x.api.cors)
  for (const cookie of x.cookies) headers.append('Set-Cookie', writeCookie(cookie))
  return toResponse(x.reply, headers)
}

/** Says it in the log, and hangs up where that can be done. */
function breakOff(x: Exchange, error: unknown): boolean {
  x.app.logBreak(error, atOf(x))
  if (!(x.connection instanceof Duplex)) return false
  x.connection.destroy()
  return true
}

const noticeMillis = 7 * 86_400_000

/** A private token says itself when its last week has begun, whatever is answered to its use. */
function expiryHeader({ principal, app }: Exchange): Readonly<Record<string, string>> {
  if (principal?.kind !== 'private-token' || principal.expiresAt === null) return {}
  if (principal.expiresAt - app.core.clock.now() > noticeMillis) return {}
  return { 'Cardea-Token-Expires': new Date(principal.expiresAt).toISOString() }
}

function renderFailure(x: Exchange, thrown: unknown): Reply {
  const error = asCardeaError(thrown)
  x.app.logFailure(error, atOf(x))
  const fromBrowser = x.headers.has('sec-fetch-mode')
  const renderError = x.route.renderError ?? x.api.renderError
  const sent = { method: x.request.method, contentType: x.headers.get('content-type') }
  const asked = x.original === null ? {} : { original: x.original }
  return renderError(error, {
    route: x.route,
    requestId: x.requestId,
    fromBrowser,
    sent,
    headers: x.headers,
    ...asked,
  })
}

/** What no part of ours meant to throw is an internal error; its text stays here. */
export function asCardeaError(thrown: unknown): CardeaError {
  if (thrown instanceof CardeaError) return thrown
  return new CardeaError('internal', {
    cause: thrown,
    internal: thrown instanceof Error ? thrown.message : 'something that is no error was thrown',
  })
}
