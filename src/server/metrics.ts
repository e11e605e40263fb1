import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { WebMetrics } from '../apis/context.ts'
import type { Core } from '../core/cardea.ts'
import { stopwatch } from './clock.ts'
import { type Count, createCounter, createHistogram } from './tallies.ts'

export interface MetricsDeps {
  readonly core: Pick<Core, 'guard' | 'feed' | 'clock'>
  readonly pendingHashes: () => number
}

/** Counters by name and outcome; no user, key, session or address is ever a label. */
export function createMetrics({ core, pendingHashes }: MetricsDeps): WebMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = createCounter({
    registry,
    name: 'cardea_http_requests_total',
    help: 'Requests answered, by API, method, route and class of status.',
  })
  const durations = createHistogram({
    registry,
    name: 'cardea_http_request_duration_seconds',
    help: 'Time from the request to its answer, by API and route.',
    bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  })
  const verdicts = createCounter({
    registry,
    name: 'cardea_guard_verdicts_total',
    help: 'Credentials checked, by kind and outcome.',
  })
  const counts = new Map<string, Map<string, Count>>()
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
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  }
  return {
    route(api, method, route) {
      const took = durations.series({ api, route })
      const byClass: Count[] = []
      return {
        begin: stopwatch,
        end(begun, status) {
          took((stopwatch() - begun) / 1000)
          const hundreds = Math.floor(status / 100)
          byClass[hundreds] ??= requests.series({ api, method, route, status: `${hundreds}xx` })
          byClass[hundreds]()
        },
      }
    },
    verdict(kind, outcome) {
      const byOutcome = counts.get(kind) ?? new Map<string, Count>()
      const count = byOutcome.get(outcome) ?? verdicts.series({ kind, outcome })
      if (!byOutcome.has(outcome)) counts.set(kind, byOutcome.set(outcome, count))
      count()
    },
    render: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  }
}
