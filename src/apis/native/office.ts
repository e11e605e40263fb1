import type { Millis } from '../../types.ts'

/** What the server knows of itself and administrators may see. Secrets are in none of it. */
export interface Office {
  settings(): SettingsReport
  state(): ServerState
}

export interface SettingsReport {
  readonly strict: boolean
  /** Path of the configuration file, or null. */
  readonly file: string | null
  /** What is looser than strict mode would have it, one sentence each. */
  readonly relaxations: readonly string[]
  readonly settings: readonly {
    readonly setting: string
    readonly variable: string
    /** Null where `shown` is false: then only `isSet` is told. */
    readonly value: unknown
    readonly shown: boolean
    readonly isSet: boolean
    readonly source: string
    readonly default: string
    readonly unit: string | null
    readonly doc: string
  }[]
}

export interface ServerState {
  readonly version: string
  readonly runtime: string
  readonly engine: 'sqlite' | 'postgres'
  readonly startedAt: Millis
  readonly memoryBytes: number
  readonly mail: {
    readonly via: 'smtp' | 'outbox'
    readonly host: string | null
    readonly lastSentAt: Millis | null
    readonly lastFailedAt: Millis | null
  }
  readonly jobs: readonly JobState[]
}

/** How the last run of a job went in this process. */
export interface JobState {
  readonly name: string
  readonly everySeconds: number
  readonly running: boolean
  readonly lastRunAt: Millis | null
  readonly lastMillis: number | null
  readonly failed: boolean
}

/** Where no server stands behind the routes: in documents that are made of them, and in tests. */
export const emptyOffice: Office = {
  settings: () => ({ strict: false, file: null, relaxations: [], settings: [] }),
  state: () => ({
    version: '0.0.0',
    runtime: 'none',
    engine: 'sqlite',
    startedAt: 0,
    memoryBytes: 0,
    mail: { via: 'outbox', host: null, lastSentAt: null, lastFailedAt: null },
    jobs: [],
  }),
}
