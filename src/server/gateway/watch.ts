import type { EventEmitter } from 'node:events'

/** How long what is under way outlives the credential that it was begun with, at most. */
const everyMillis = 5000

interface Watched {
  readonly isGood: () => Promise<boolean>
  readonly cut: () => void
  isOld: boolean
}

export interface Watch {
  /** Asks again for as long as `held` is open whether its credential is still good, and cuts it when it is not. */
  add(held: EventEmitter, isGood: Watched['isGood'], cut: () => void): void
  close(): void
}

/** Long answers and WebSockets end soon after the credential that opened them. */
export function createWatch(): Watch {
  const all = new Set<Watched>()
  const look = async (each: Watched): Promise<void> => {
    if (!(await each.isGood()) && all.has(each)) each.cut()
  }
  const timer = setInterval(() => {
    for (const each of all) {
      if (each.isOld) void look(each)
      each.isOld = true
    }
  }, everyMillis)
  timer.unref()
  return {
    add(held, isGood, cut) {
      const watched: Watched = { isGood, cut, isOld: false }
      all.add(watched)
      held.on('close', () => all.delete(watched))
    },
    close() {
      clearInterval(timer)
      all.clear()
    },
  }
}
