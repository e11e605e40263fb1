import type { Clock } from '../../src/core/ports.ts'
import type { Millis } from '../../src/types.ts'

export interface FakeClock extends Clock {
  advance(millis: Millis): void
  set(now: Millis): void
}

/** A clock that stands still until it is told to move. */
export function createFakeClock(start: Millis = 1_750_000_000_000): FakeClock {
  let now = start
  return {
    now: () => now,
    advance(millis) {
      now += millis
    },
    set(to) {
      now = to
    },
  }
}

/** The machine's, for tests with programs beside them that know no other. */
export const realClock: FakeClock = { now: () => Date.now(), advance() {}, set() {} }
