import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export interface Memory {
  /** What is alive on the heap after a collection, MiB. */
  readonly heap: number
  /** What the process holds, MiB. */
  readonly rss: number
}

let collect: (() => void) | undefined

/** Collects garbage first, so that two readings can be compared. */
export function readMemory(): Memory {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    const gc: unknown = runInNewContext('gc')
    collect = typeof gc === 'function' ? () => void gc() : () => {}
  }
  collect()
  collect()
  const { heapUsed, rss } = process.memoryUsage()
  const mebibytes = (bytes: number): number => Math.round((bytes / 1024 / 1024) * 10) / 10
  return { heap: mebibytes(heapUsed), rss: mebibytes(rss) }
}
