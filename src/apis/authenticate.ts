import type { Presented } from '../core/guard.ts'
import { CardeaError } from '../errors.ts'
import { readCookie } from '../http/cookies.ts'
import type { Principal, Refusal, Verdict } from '../types.ts'
import type { Route } from './api.ts'
import type { Exchange, Step } from './exchange.ts'

/** Whether cookies may be believed and set: with the proof, or where nothing says which page asked and the API needs none. */
export const provesOrigin = (x: Exchange): boolean =>
  x.sameOrigin === 'same' || (x.sameOrigin === 'absent' && x.api.cookiesWithoutProof === true)

export const authenticate: Step = (x) => {
  if (x.route.takes.length === 0) return
  const presented = readCredentials(x)
  // Cookies and Basic are sent by a browser without being asked: both need to know which page asked.
  const ambient = presented.find(isAmbient)
  const unproven = x.sameOrigin === 'absent' && ambient?.via === 'basic'
  if (ambient !== undefined && !provesOrigin(x) && !unproven) {
    if (ambient.via === 'bearer' && x.route.badCookie === 'anonymous') return
    if (ambient.via === 'cookie' && x.route.anonymous === true && x.route.staleCookies === 'passed-over') return
    const kind = ambient.via === 'basic' ? 'password' : 'session-cookie'
    throw new CardeaError('origin_refused', { kind, internal: `proof: ${x.sameOrigin}` })
  }
  if (presented.length === 0 && x.route.anonymous === true) return
  const verdict =
    presented.length > 1 && x.route.precedence !== undefined
      ? byPrecedence(x, presented, x.route.precedence)
      : judge(x, presented)
  const inCookie = ambient?.via === 'bearer'
  return verdict instanceof Promise ? verdict.then((late) => accept(x, late, inCookie)) : accept(x, verdict, inCookie)
}

const readCredentials = (x: Exchange): readonly Presented[] =>
  (x.route.readCredentials ?? x.api.readCredentials)(x.headers, x.connection, x.request.url)

const isAmbient = (credential: Presented): boolean =>
  credential.via === 'cookie' ||
  credential.via === 'basic' ||
  (credential.via === 'bearer' && credential.cookie === true)

const judge = (x: Exchange, presented: readonly Presented[]): Verdict<Principal> | Promise<Verdict<Principal>> =>
  x.app.core.guard.authenticate(presented, x.route.takes, x.origin, x.route.strictKinds)

/** The same credential asked for again, for answers that go on: it can have ended meanwhile, or lost the scope. */
export async function stillStands(x: Exchange): Promise<boolean> {
  const { takes, needs, readCredentials = x.api.readCredentials } = x.route
  if (takes.length === 0) return true
  const verdict = await judge(x, readCredentials(x.headers, x.connection, x.request.url))
  return verdict.ok && (needs === undefined || verdict.value.scopes.has(needs))
}

async function byPrecedence(
  x: Exchange,
  presented: readonly Presented[],
  [first, last]: NonNullable<Route['precedence']>,
): Promise<Verdict<Principal>> {
  const [one, other] = [first, last].map((way) => presented.filter(({ via }) => via === way))
  if (one?.length !== 1 || other?.length !== 1 || presented.length !== 2) return judge(x, presented)
  const fallback = await judge(x, other)
  if (!fallback.ok) return fallback
  const verdict = await judge(x, one)
  return verdict.ok ? verdict : fallback
}

function accept(x: Exchange, verdict: Verdict<Principal>, inCookie: boolean): void {
  x.app.metrics.verdict(verdict.ok ? verdict.value.kind : (verdict.kind ?? 'none'), verdict.ok ? 'good' : verdict.code)
  // A cookie is good at the API that set it only, and no API sets one to anything but an access token of its own.
  const isForeign =
    inCookie && verdict.ok && (verdict.value.kind !== 'access-token' || verdict.value.api !== x.api.name)
  if (inCookie && x.route.badCookie === 'anonymous' && (isForeign || !verdict.ok)) return
  if (!verdict.ok) {
    if (isStaleCookie(x, verdict)) return
    throw new CardeaError(verdict.code, {
      ...(verdict.kind === undefined ? {} : { kind: verdict.kind }),
      ...(verdict.retryAfter === undefined ? {} : { retryAfter: verdict.retryAfter }),
      ...(verdict.ownerGone === undefined ? {} : { ownerGone: verdict.ownerGone }),
    })
  }
  if (isForeign) throw new CardeaError('credential_invalid', { kind: 'session-cookie' })
  if (verdict.value.kind === 'password') x.app.notePassword(x.origin)
  x.principal = verdict.value
}

/** One that was sent twice is none that was good once. */
const isStaleCookie = (x: Exchange, { kind }: Refusal): boolean =>
  (x.route.staleCookies ?? x.api.staleCookies) === 'passed-over' &&
  x.route.anonymous === true &&
  kind === 'session-cookie' &&
  readCredentials(x).every(({ via }) => via === 'cookie')

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** The contract's own guard against forged calls: what a browser sends by itself does not change anything without it. */
export const demandCsrfCookie: Step = (x) => {
  const { csrfCookie } = x.api
  if (csrfCookie === undefined || safeMethods.has(x.request.method)) return
  if (x.principal !== null && x.principal.kind !== 'session-cookie') return
  if (x.route.csrfFree === true && !x.request.url.includes('?')) return
  const cookie = readCookie(x.headers.get('cookie'), csrfCookie.name)
  const isRight = cookie.found === 'one' && cookie.value === csrfCookie.value
  if (!isRight || !provesOrigin(x))
    throw new CardeaError('origin_refused', { kind: 'session-cookie', internal: `CSRF cookie: ${cookie.found}` })
}
