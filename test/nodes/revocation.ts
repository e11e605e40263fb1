import { setTimeout as pause } from 'node:timers/promises'
import type { Headers, Hit, Hitter } from './hit.ts'

export interface Revocation {
  /** Milliseconds from the answer to the revocation until the first request that was refused; one for each node. */
  readonly delays: readonly number[]
  /** The first refusals. */
  readonly refusals: readonly Hit[]
  /** Good answers to what was asked after the first refusal of the same node: none, ever. */
  readonly relapses: number
  /** The latest good answer, of all nodes, to what was asked this many milliseconds after the revocation's answer. */
  readonly acceptedUntil: number
}

export interface RevocationWish {
  readonly hitter: Hitter
  /** Asked all the time, each with a warm cache when the revocation comes. */
  readonly urls: readonly string[]
  readonly headers: Headers
  /** Resolves when the revocation was answered. */
  readonly revoke: () => Promise<void>
  /** Looked for refusals at most this long. */
  readonly millis?: number
}

/** Uses a credential on some nodes without a pause while it is revoked on another. */
export async function timeRevocation(wish: RevocationWish): Promise<Revocation> {
  const { hitter, urls, headers, revoke, millis = 10_000 } = wish
  let revokedAt = Number.POSITIVE_INFINITY
  const ready = urls.map(() => Promise.withResolvers<void>())

  const watch = async (url: string, index: number) => {
    let good = 0
    let accepted = 0
    for (;;) {
      const hit = await hitter.hit(url, headers)
      if (hit.status === 200) {
        good += 1
        accepted = Math.max(accepted, hit.askedAt - revokedAt)
        if (good === 2) ready[index]?.resolve()
      } else if (revokedAt !== Number.POSITIVE_INFINITY || good >= 2) {
        return { refusal: hit, accepted }
      } else throw new Error(`${url} refused before the revocation: ${hit.status} ${hit.code}`)
      if (performance.now() - revokedAt > millis) throw new Error(`${url} still accepts it`)
      await pause(1)
    }
  }
  const watchers = urls.map(watch)
  const all = Promise.all(watchers)
  await Promise.race([Promise.all(ready.map(({ promise }) => promise)), all])
  await revoke()
  revokedAt = performance.now()
  const seen = await all
  const again = await Promise.all(urls.flatMap((url) => [hitter.hit(url, headers), hitter.hit(url, headers)]))
  return {
    delays: seen.map(({ refusal }) => Math.max(0, refusal.askedAt - revokedAt)),
    refusals: seen.map(({ refusal }) => refusal),
    relapses: again.filter(({ status }) => status === 200).length,
    acceptedUntil: Math.max(...seen.map(({ accepted }) => accepted)),
  }
}

/** The smallest value that so many of the values are not above. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN
}
