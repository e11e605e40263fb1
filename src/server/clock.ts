import type { Clock } from '../core/ports.ts'

/** The machine's time: the one place that asks for it. */
export const systemClock: Clock = { now: () => Date.now() }

/** Milliseconds from a beginning of no meaning, with fractions: for how long something took. */
export const stopwatch = (): number => performance.now()
