import type { Goal } from '../results.ts'

export interface Bench {
  /** Length of one measurement in seconds. */
  readonly seconds: number
  readonly quick: boolean
  /** Folder for CPU profiles of the servers, when they are wanted. */
  readonly profile: string | undefined
  /** An empty folder that is removed at the end of the run. */
  folder(): string
  /** Shown at once, and kept under the table in results.md. */
  note(text: string): void
}

/** Figures that are measured together, on the same processes. */
export interface Measure {
  readonly goals: Readonly<Record<string, Goal>>
  /** Figures by name, as far as they could be measured; `wanted` says which of `goals` are asked for. */
  run(bench: Bench, wanted: ReadonlySet<string>): Promise<Readonly<Record<string, number>>>
}

export const atLeast = (goal: number, unit = 'x'): Goal => ({ goal, better: 'higher', unit })
export const atMost = (goal: number, unit: string): Goal => ({ goal, better: 'lower', unit })
export const reported = (unit: string): Goal => ({ goal: null, better: null, unit })
