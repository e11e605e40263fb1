import type { Metric, MetricType, Registry } from 'prom-client'

/*
 * Counters that every request moves. The client library builds a text of the labels for each step; here a series is
 * found once and is plain numbers from then on, handed to the library when somebody asks.
 */

type Labels = Readonly<Record<string, string>>

interface Value {
  readonly value: number
  readonly labels: Labels
  readonly metricName?: string
}

/** One more of something. */
export type Count = () => void

export interface CounterFamily {
  /** The series of these labels; the same one each time. */
  series(labels: Labels): Count
}

export interface HistogramFamily {
  /** Notes one value, in the unit of the buckets. */
  series(labels: Labels): (value: number) => void
}

interface Wish {
  readonly registry: Registry
  readonly name: string
  readonly help: string
}

export function createCounter({ registry, name, help }: Wish): CounterFamily {
  const all = createSeries(() => ({ count: 0 }))
  register(registry, { name, help, type: 'counter' }, () =>
    all.list().map(({ labels, state }) => ({ labels, value: state.count })),
  )
  return {
    series(labels) {
      const state = all.of(labels)
      return () => {
        state.count += 1
      }
    },
  }
}

/** `bounds`: upper ends of the buckets, ascending; a value beyond the last counts in `+Inf` only. */
export function createHistogram({
  registry,
  name,
  help,
  bounds,
}: Wish & { bounds: readonly number[] }): HistogramFamily {
  const all = createSeries(() => ({ buckets: new Array<number>(bounds.length + 1).fill(0), sum: 0 }))
  register(registry, { name, help, type: 'histogram' }, () =>
    all.list().flatMap(({ labels, state }) => {
      let count = 0
      const buckets = state.buckets.map((inside, index): Value => {
        count += inside
        const le = index < bounds.length ? String(bounds[index]) : '+Inf'
        return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count }
      })
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: state.sum },
        { metricName: `${name}_count`, labels, value: count },
      ]
    }),
  )
  return {
    series(labels) {
      const state = all.of(labels)
      return (value) => {
        const index = bounds.findIndex((bound) => value <= bound)
        const at = index < 0 ? bounds.length : index
        state.buckets[at] = (state.buckets[at] ?? 0) + 1
        state.sum += value
      }
    },
  }
}

function createSeries<T>(fresh: () => T) {
  const known = new Map<string, { readonly labels: Labels; readonly state: T }>()
  return {
    of(labels: Labels): T {
      const key = JSON.stringify(Object.entries(labels).sort())
      const found = known.get(key) ?? { labels, state: fresh() }
      known.set(key, found)
      return found.state
    },
    list: () => [...known.values()],
  }
}

function register(
  registry: Registry,
  about: { readonly name: string; readonly help: string; readonly type: `${MetricType}` | 'counter' | 'histogram' },
  values: () => readonly Value[],
): void {
  // All that a registry asks of a metric; its types name the library's own classes only.
  const metric = { ...about, aggregator: 'sum', get: async () => ({ ...about, values: values(), aggregator: 'sum' }) }
  registry.registerMetric(metric as unknown as Metric)
}
