import type { Core } from '../core/cardea.ts'
import type { CardeaError } from '../errors.ts'
import type { ProxyTrust } from '../http/proxy.ts'
import type { HttpSettings } from '../http/settings.ts'
import type { Origin } from '../types.ts'

/** Counters that the web layer feeds; names and outcomes only, no ids. */
export interface WebMetrics {
  /** The counters of one route; found when it is mounted, so that a request does not look for them. */
  route(api: string, method: string, route: string): RouteMetrics
  verdict(kind: string, outcome: string): void
  /** Text exposition format of everything. */
  render(): Promise<{ readonly type: string; readonly text: string }>
}

export interface RouteMetrics {
  /** Reads the clock for one request. */
  begin(): number
  /** Counts its answer. `begun`: what `begin` said. */
  end(begun: number, status: number): void
}

/** Which request it is, in the log. */
export interface At {
  readonly requestId: string
  readonly api: string
  readonly method: string
  readonly route: string
}

/** What a request needs of the server, made once. */
export interface AppContext {
  readonly core: Core
  readonly http: HttpSettings
  readonly metrics: WebMetrics
  readonly publicOrigin: string
  readonly https: boolean
  readonly proxies: ProxyTrust
  readonly hostIsOurs: (host: string | null) => boolean
  /** Somebody was let in by a password that came with the request: said in the log where it crossed a network in clear. */
  readonly notePassword: (origin: Origin) => void
  readonly logFailure: (error: CardeaError, at: At) => void
  /** An answer that had begun broke off. */
  readonly logBreak: (error: unknown, at: At) => void
}
