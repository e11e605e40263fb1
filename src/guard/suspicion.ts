import { LRUCache } from 'lru-cache'
import type { GuardClock } from './types.ts'

/** Which tokens have to be asked about, although their signature is good: those that are older than a change of theirs. */
export interface Suspicion {
  /** `at`: Cardea's time. */
  mark(subject: string, at: number): void
  /** Nothing that was issued up to then is believed unasked. */
  markAll(at: number): void
  isSuspect(token: { readonly issuedAt: number; readonly subjects: readonly string[] }): boolean
  /** No change of theirs was heard of in the last seconds. */
  isSettled(subjects: readonly string[]): boolean
}

/** How far the clocks of Cardea's machines may be apart. What is asked about needlessly costs one question. */
const skewMillis = 60_000
/** How long another machine of Cardea's may still answer as before a change. */
const unsettledMillis = 5000
const maxMarks = 50_000

export function createSuspicion(clock: GuardClock): Suspicion {
  let floor = 0
  let allHeardAt = Number.NEGATIVE_INFINITY
  const marks = new LRUCache<string, { readonly at: number; readonly heardAt: number }>({
    max: maxMarks,
    // What is forgotten by its name counts for all from then on.
    dispose: ({ at }, _subject, reason) => {
      if (reason === 'evict') floor = Math.max(floor, at)
    },
  })

  return {
    mark: (subject, at) => void marks.set(subject, { at, heardAt: clock.now() }),
    markAll(at) {
      floor = Math.max(floor, at)
      allHeardAt = clock.now()
      marks.clear()
    },
    isSuspect({ issuedAt, subjects }) {
      if (issuedAt <= floor + skewMillis) return true
      if (marks.size === 0) return false
      return subjects.some((subject) => issuedAt <= (marks.peek(subject)?.at ?? Number.NEGATIVE_INFINITY) + skewMillis)
    },
    isSettled(subjects) {
      const isOver = (at: number) => Math.abs(clock.now() - at) > unsettledMillis
      return (
        isOver(allHeardAt) && subjects.every((each) => isOver(marks.peek(each)?.heardAt ?? Number.NEGATIVE_INFINITY))
      )
    },
  }
}
