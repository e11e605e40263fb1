import type { EventEmitter } from 'node:events'
import { addressGroup } from '../../core/addresses.ts'
import { CardeaError } from '../../errors.ts'
import { createRunningCounts } from '../../http/running-counts.ts'

/** Open reads at a time, each of which holds a whole answer until its caller has taken it. */
const most = 256
/** Of all, from one address: many callers can be behind one. */
const mostOfAddress = 32

/** Nobody who reads without a credential keeps others from it, and all together hold so much memory and no more. */
export interface OpenSeats {
  /** The seat is held until `response` closes. Throws busy, or rate_limited: those from this address take too many. */
  take(address: string, response: EventEmitter): void
}

export function createOpenSeats(): OpenSeats {
  let all = 0
  const byPlace = createRunningCounts()
  return {
    take(address, response) {
      const place = addressGroup(address)
      if (byPlace.of(place) >= mostOfAddress)
        throw new CardeaError('rate_limited', { internal: 'open reads', retryAfter: 1 })
      if (all >= most) throw new CardeaError('busy', { internal: 'open reads', retryAfter: 1 })
      all += 1
      const end = byPlace.begin(place)
      response.once('close', () => {
        all -= 1
        end()
      })
    },
  }
}
