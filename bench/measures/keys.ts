import type { ColdKeys, ColdKeysWish } from '../cold-keys.ts'
import { start } from '../processes.ts'
import { median, percentile } from '../results.ts'
import { atMost, type Measure } from './types.ts'

const name = 'keys.cold_1m_vs_1k'
/** Checks a round; a thousand keys are tried within five rounds. */
const perRound = 180

/** The first check of an API key among a million against one among a thousand. */
export const keysMeasure: Measure = {
  goals: { [name]: atMost(2, 'x') },
  async run(bench) {
    if (bench.quick) {
      bench.note(`${name}: left out, a million keys take too long for --quick`)
      return {}
    }
    const open = (keys: number) => {
      const wish: ColdKeysWish = { dataDir: bench.folder(), keys }
      return start({ script: 'cold-keys.ts', wish, core: 'server' })
    }
    const [few, lots] = [await open(1000), await open(1_000_000)]
    try {
      const rounds: { readonly few: ColdKeys; readonly lots: ColdKeys }[] = []
      for (let left = 5; left > 0; left -= 1) {
        rounds.push({ few: (await few.ask(perRound)) as ColdKeys, lots: (await lots.ask(perRound)) as ColdKeys })
      }
      // The first round still compiles what the others run.
      const [first, ...warm] = rounds
      const medianOf = (side: 'few' | 'lots') => median(warm.map((round) => median(round[side].millis)))
      const p99Of = (side: 'few' | 'lots') =>
        percentile(
          warm.flatMap((round) => round[side].millis),
          99,
        )
      const last = warm.at(-1)
      bench.note(
        `${name}: median ${medianOf('few').toFixed(3)} ms among 1,000 keys, ${medianOf('lots').toFixed(3)} ms among 1,000,000 (p99 ${p99Of('few').toFixed(2)} and ${p99Of('lots').toFixed(2)} ms); ${last?.lots.cached} verdicts in memory, resident ${first?.lots.residentMb.toFixed(0)} MiB after the first round and ${last?.lots.residentMb.toFixed(0)} MiB after the last`,
      )
      return { [name]: medianOf('lots') / medianOf('few') }
    } finally {
      await few.stop()
      await lots.stop()
    }
  },
}
