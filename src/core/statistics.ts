import type { DayCount } from './admin-records.ts'
import type { Clock, Store } from './ports.ts'

/** What the audit log says in numbers. */
export interface Statistics {
  /** How many events of these kinds there were in each of the last `days` days (UTC), today included; none: left out. */
  countDays(kinds: readonly string[], days: number): Promise<readonly DayCount[]>
}

const dayMillis = 86_400_000
/** Of another node, whose clock is behind, something may still come for yesterday. */
const openDays = 2
/** As many as can be asked for. */
const keptDays = 400

/**
 * Each day is counted by itself, with a pause between two: SQLite counts in this thread, and a year of a busy server
 * would hold everybody up for a second. What is over is counted once and remembered, also for those who ask meanwhile.
 */
export function createStatistics({ store, clock }: { readonly store: Pick<Store, 'events'>; readonly clock: Clock }) {
  const remembered = new Map<string, Promise<readonly DayCount[]>>()

  async function read(kinds: readonly string[], day: number): Promise<readonly DayCount[]> {
    await new Promise((turn) => setImmediate(turn))
    return store.events.countDays(kinds, day * dayMillis, (day + 1) * dayMillis)
  }

  function countDay(kinds: readonly string[], day: number, today: number): Promise<readonly DayCount[]> {
    if (day > today - openDays) return read(kinds, day)
    const name = `${day} ${kinds.join(' ')}`
    const known = remembered.get(name)
    if (known !== undefined) return known
    const counted = read(kinds, day).catch((error) => {
      remembered.delete(name)
      throw error
    })
    remembered.set(name, counted)
    const [oldest] = remembered.keys()
    if (remembered.size > keptDays && oldest !== undefined) remembered.delete(oldest)
    return counted
  }

  return {
    async countDays(kinds, days) {
      const today = Math.floor(clock.now() / dayMillis)
      const all: DayCount[] = []
      for (let day = today - days + 1; day <= today; day += 1) all.push(...(await countDay(kinds, day, today)))
      return all
    },
  } satisfies Statistics
}
