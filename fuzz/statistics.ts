import { createRandom } from './random.ts'

export interface Comparison {
  readonly medians: readonly [number, number]
  /** Median of the second over that of the first, with its 95 % interval (bootstrap). */
  readonly ratio: number
  readonly ratioInterval: readonly [number, number]
  /** How often a value of the second is greater than one of the first, ties half: 0.5 when neither tends to be. */
  readonly superiority: number
  /** Two-sided p of the Mann-Whitney U test (normal approximation, corrected for ties). */
  readonly p: number
}

/** Whether two samples come from one distribution, as far as can be seen. Both have 20 values or more. */
export function compare(first: readonly number[], second: readonly number[], seed = 1): Comparison {
  if (first.length < 20 || second.length < 20) throw new TypeError('compare: too few values')
  const { superiority, p } = mannWhitney(first, second)
  const medians = [median(first), median(second)] as const
  const random = createRandom(seed)
  const again = (values: readonly number[]): number =>
    median(Array.from(values, () => values[random.below(values.length)] ?? 0))
  const ratios = Array.from({ length: 400 }, () => again(second) / again(first)).sort((a, b) => a - b)
  return {
    medians,
    ratio: medians[1] / medians[0],
    ratioInterval: [quantile(ratios, 0.025), quantile(ratios, 0.975)],
    superiority,
    p,
  }
}

function mannWhitney(first: readonly number[], second: readonly number[]): { superiority: number; p: number } {
  const all = [...first.map((value) => ({ value, own: 0 })), ...second.map((value) => ({ value, own: 1 }))]
  all.sort((a, b) => a.value - b.value)
  let rankSum = 0
  let ties = 0
  for (let from = 0; from < all.length; ) {
    let to = from
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1
    const rank = (from + 1 + to) / 2
    for (let at = from; at < to; at += 1) if (all[at]?.own === 1) rankSum += rank
    ties += (to - from) ** 3 - (to - from)
    from = to
  }
  const [n, m, total] = [first.length, second.length, all.length]
  const u = rankSum - (m * (m + 1)) / 2
  const sd = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))))
  const z = sd === 0 ? 0 : (Math.abs(u - (n * m) / 2) - 0.5) / sd
  return { superiority: u / (n * m), p: Math.min(1, 2 * normalTail(Math.max(0, z))) }
}

/** P(Z > z) for z >= 0 (Abramowitz and Stegun, 26.2.17: off by less than 1e-7). */
function normalTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series
}

function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  )
}

function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)] ?? Number.NaN
  return low + ((sorted[Math.ceil(place)] ?? low) - low) * (place % 1)
}
