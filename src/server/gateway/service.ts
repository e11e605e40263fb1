import type { Api, Route } from '../../apis/api.ts'
import type { AppContext } from '../../apis/context.ts'
import { createPublicProjection } from '../../core/public-projection.ts'
import type { GatewaySettings, Upstream } from '../../http/upstreams.ts'
import { type Client, createClient } from './client.ts'

/** An entry of `upstreams`, ready to be asked for. */
export interface Service {
  readonly upstream: Upstream
  readonly client: Client
  readonly guarded: Route
  /** Null: nothing is shown to strangers. */
  readonly open: Route | null
  readonly project: ((answer: unknown) => unknown | null) | null
  readonly counted: ReturnType<AppContext['metrics']['route']>
}

export function createService(upstream: Upstream, settings: GatewaySettings, app: AppContext, api: Api): Service {
  const { prefix, accepts, requires, open } = upstream
  const guarded: Route = {
    method: 'GET',
    path: prefix,
    summary: '',
    tag: '',
    takes: accepts,
    strictKinds: accepts.includes('private-token') || !accepts.includes('access-token'),
    requires,
    streams: true,
    navigable: true,
    answers: {},
    hidden: true,
    run() {
      throw new TypeError('the service answers')
    },
  }
  return {
    upstream,
    client: createClient(upstream.target, settings),
    guarded,
    open: open === null ? null : { ...guarded, anonymous: true, staleCookies: 'passed-over' },
    project: open === null ? null : createPublicProjection(open.paths),
    counted: app.metrics.route(api.name, 'ANY', prefix),
  }
}

/** What stands before the query, as it was sent. */
export function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query < 0 ? target : target.slice(0, query)
}
