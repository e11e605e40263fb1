import type { Core } from '../core/cardea.ts'
import type { CardeaError } from '../errors.ts'
import type { ProxyTrust } from '../http/proxy.ts'
import type { HttpSettings } from '../http/settings.ts'

/** Counters that the web layer feeds; names and outcomes only, no ids. */
export interface WebMetrics {
  /** Starts the clock of one request; the returned function stops it. */
  request(api: string, method: string, route: string): (status: number) => void
  verdict(kind: string, outcome: string): void
  /** Text exposition format of everything. */
  render(): Promise<{ readonly type: string; readonly text: string }>
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
  readonly logFailure: (
    error: CardeaError,
    at: { requestId: string; api: string; method: string; route: string },
  ) => void
}
