import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export interface Memory {
  /** What is alive on the heap after a collection, MiB. */
  readonly heap: number
  /** What is alive outside of it and hangs on objects of it: buffers, MiB. */
  readonly external: number
  /** What the process holds, MiB: all of the above, what native code holds, and what was given back to neither. */
  readonly rss: number
}

let collect: (() => void) | undefined

/** Collects garbage first, so that two readings can be compared. */
export function readMemory(): Memory {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    const gc: unknown = runInNewContext('gc')
    if (typeof gc !== 'function') throw new TypeError('memory: this Node has no gc')
    collect = () => void gc()
  }
  collect()
  collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  const mebibytes = (bytes: number): number => Math.round((bytes / 1024 / 1024) * 10) / 10
  return { heap: mebibytes(heapUsed), external: mebibytes(external), rss: mebibytes(rss) }
}

export interface Reading extends Memory {
  /** Requests so far. */
  readonly done: number
}

/** MiB that each kind may grow by while the second half of a run is answered. README.md says how they were chosen. */
export const mayGrow: Memory = { heap: 8, external: 4, rss: 24 }

const kinds = ['heap', 'external', 'rss'] as const

/**
 * What memory grew by in the second half of the readings, MiB: the median of the slopes between any two of them (Theil
 * and Sen), times the requests between the first and the last. One reading that stands out moves it little; a leak is a
 * slope between all of them. Three readings or more.
 */
export function growthOf(readings: readonly Reading[]): Memory {
  const half = readings.slice(Math.floor(readings.length / 2))
  const [first, last] = [half[0], half.at(-1)]
  if (first === undefined || last === undefined || half.length < 2) throw new TypeError('growthOf: too few readings')
  const grown = (kind: keyof Memory): number => {
    const slopes = half
      .flatMap((a, at) => half.slice(at + 1).map((b) => (b[kind] - a[kind]) / (b.done - a.done)))
      .sort((a, b) => a - b)
    return (slopes[Math.floor(slopes.length / 2)] ?? 0) * (last.done - first.done)
  }
  return { heap: grown('heap'), external: grown('external'), rss: grown('rss') }
}

/** The leak, in bytes a request, that such a run would have shown. */
export function smallestLeak(readings: readonly Reading[]): Memory {
  const half = readings.slice(Math.floor(readings.length / 2))
  const requests = (half.at(-1)?.done ?? 0) - (half[0]?.done ?? 0)
  const bytes = (kind: keyof Memory): number => (mayGrow[kind] * 1024 * 1024) / requests
  return { heap: bytes('heap'), external: bytes('external'), rss: bytes('rss') }
}

/** What grew too much, in words. */
export function growthFaults(readings: readonly Reading[]): readonly string[] {
  const grown = growthOf(readings)
  return kinds
    .filter((kind) => !(grown[kind] <= mayGrow[kind]))
    .map((kind) => `${kind} grew by ${grown[kind].toFixed(1)} MiB in the second half: ${mayGrow[kind]} are allowed`)
}
