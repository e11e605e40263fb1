import type { Clock } from '../core/ports.ts'

/** The machine's time: the one place that asks for it. */
export const systemClock: Clock = { now: () => Date.now() }
