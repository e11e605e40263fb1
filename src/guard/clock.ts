import type { GuardClock } from './types.ts'

/** The machine's time, for guards that are handed no other. */
export const systemClock: GuardClock = { now: () => Date.now() }
