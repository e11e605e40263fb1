/** A stream of numbers that follows from its seed alone, so that a run can be repeated. Not for secrets. */
export interface Random {
  /** An integer from 0 up to but not including `end`. */
  below(end: number): number
  pick<T>(from: readonly T[]): T
  /** True once in `times`. */
  once(times: number): boolean
}

/** xorshift128 (Marsaglia, 2003), its state spread from a 32-bit seed by SplitMix. */
export function createRandom(seed: number): Random {
  let spread = seed >>> 0
  const split = (): number => {
    spread = (spread + 0x9e3779b9) >>> 0
    let z = spread
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return (z ^ (z >>> 16)) >>> 0
  }
  let [x, y, z, w] = [split(), split(), split(), split() | 1]
  const next = (): number => {
    const t = x ^ (x << 11)
    x = y
    y = z
    z = w
    w = (w ^ (w >>> 19) ^ t ^ (t >>> 8)) >>> 0
    return w
  }
  const below = (end: number): number => next() % end
  return {
    below,
    pick<T>(from: readonly T[]): T {
      if (from.length === 0) throw new TypeError('random: nothing to pick from')
      return from[below(from.length)] as T
    },
    once: (times) => below(times) === 0,
  }
}
