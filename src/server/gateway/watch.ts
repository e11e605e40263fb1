import type { EventEmitter } from 'node:events'
import type { Principal } from '../../types.ts'

/** How long what is under way outlives the credential that it was begun with, at most. */
const everyMillis = 5000

interface Watched {
  readonly again: () => Response | null | Promise<Response | null>
  readonly cut: () => void
  isOld: boolean
}

export interface Watch {
  /** Asks again for as long as `held` is open whether its credential is still good, and cuts it when it is not. */
  add(held: EventEmitter, principal: Principal, again: Watched['again'], cut: () => void): void
  close(): void
}

/** Long answers and WebSockets end soon after the credential that opened them. */
export function createWatch(): Watch {
  const all = new Set<Watched>()
  const look = async (each: Watched): Promise<void> => {
    const refused = await each.again()
    // A server that is busy is no reason to end what is under way.
    if (refused !== null && refused.status < 429 && all.has(each)) each.cut()
  }
  const timer = setInterval(() => {
    for (const each of all) {
      if (each.isOld) void look(each)
      each.isOld = true
    }
  }, everyMillis)
  timer.unref()
  return {
    add(held, { kind }, again, cut) {
      // A password would be checked, and counted, anew each time once it is forgotten.
      const watched: Watched = { again: kind === 'password' ? () => null : again, cut, isOld: false }
      all.add(watched)
      held.on('close', () => all.delete(watched))
    },
    close() {
      clearInterval(timer)
      all.clear()
    },
  }
}
