import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { WebMetrics } from '../apis/context.ts'
import type { Core } from '../core/cardea.ts'

export interface MetricsDeps {
  readonly core: Pick<Core, 'guard' | 'feed' | 'clock'>
  readonly pendingHashes: () => number
}

/** Counters by name and outcome; no user, key, session or address is ever a label. */
export function createMetrics({ core, pendingHashes }: MetricsDeps): WebMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'cardea_http_requests_total',
    help: 'Requests answered, by API, method, route and class of status.',
    labelNames: ['api', 'method', 'route', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: 'cardea_http_request_duration_seconds',
    help: 'Time from the request to its answer, by API and route.',
    labelNames: ['api', 'route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const verdicts = new Counter({
    name: 'cardea_guard_verdicts_total',
    help: 'Credentials checked, by kind and outcome.',
    labelNames: ['kind', 'outcome'],
    registers,
  })
  gauge('cardea_guard_cache_entries', 'Verified credentials in memory.', () => core.guard.cacheSize())
  gauge('cardea_password_hashes_pending', 'Password hashes that run or wait.', pendingHashes)
  gauge('cardea_change_feed_lag_seconds', 'Time since the change feed was last read.', () => {
    const { lastReadAt } = core.feed.state()
    return lastReadAt === null ? Number.NaN : Math.max(0, core.clock.now() - lastReadAt) / 1000
  })

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  }
  return {
    request(api, method, route) {
      const stop = durations.startTimer({ api, route })
      return (status) => {
        stop()
        requests.inc({ api, method, route, status: `${Math.floor(status / 100)}xx` })
      }
    },
    verdict: (kind, outcome) => verdicts.inc({ kind, outcome }),
    render: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  }
}
