import { LRUCache } from 'lru-cache'
import { addressGroup } from '../core/addresses.ts'
import { createRunningCounts } from '../http/running-counts.ts'
import type { GuardClock } from './types.ts'

export interface Asker {
  /** Where the credential came from; empty: that is not known. */
  readonly address: string
  /** Cardea called this very credential good before. */
  readonly wasGood: boolean
}

/**
 * Who may ask Cardea now. Whatever is shaped like a credential costs a question: garbage must become no flood there, and
 * must not keep others from asking.
 */
export interface Turns {
  /** `busy`: all that ask at once. `rate_limited`: those from that address. Else it begins, and `end` is owed. */
  begin(asker: Asker): 'busy' | 'rate_limited' | { end(wasRefused: boolean): void }
}

/** Questions at a time. */
const most = 64
/** Credentials that were never good leave the rest to those that were. */
const mostOfStrangers = 48
/** Of all, from one address: many callers can be behind one. */
const mostOfAddress = 32
/** Of strangers, from one that sends garbage: so many refusals in these seconds. */
const mostOfSuspect = 4
const refusalsOfSuspect = 20
const suspectMillis = 10_000
/** Addresses whose refusals are counted. */
const maxAddresses = 10_000

export function createTurns(clock: GuardClock): Turns {
  let all = 0
  let strangers = 0
  /** By place. */
  const running = createRunningCounts()
  const refusals = new LRUCache<string, { count: number; readonly since: number }>({ max: maxAddresses })

  const countOf = (place: string) => {
    const known = refusals.get(place)
    // A clock that was set back ends it too.
    return known !== undefined && Math.abs(clock.now() - known.since) < suspectMillis ? known : null
  }
  const isSuspect = (place: string) => (countOf(place)?.count ?? 0) >= refusalsOfSuspect
  const noteRefusal = (place: string) => {
    const known = countOf(place)
    if (known === null) refusals.set(place, { count: 1, since: clock.now() })
    else known.count += 1
  }

  return {
    begin({ address, wasGood }) {
      const place = address === '' ? null : addressGroup(address)
      const own = place === null ? 0 : running.of(place)
      if (place !== null && own >= (!wasGood && isSuspect(place) ? mostOfSuspect : mostOfAddress)) return 'rate_limited'
      if (all >= most || (!wasGood && strangers >= mostOfStrangers)) return 'busy'
      all += 1
      if (!wasGood) strangers += 1
      const endHere = place === null ? null : running.begin(place)
      return {
        end(wasRefused) {
          all -= 1
          if (!wasGood) strangers -= 1
          endHere?.()
          if (place !== null && wasRefused) noteRefusal(place)
        },
      }
    },
  }
}
