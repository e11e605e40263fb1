import type { HautaiSettings } from './settings.ts'

export interface Door {
  readonly settings: HautaiSettings
  /** Public URL and prefix, without a trailing slash. */
  readonly base: string
}
