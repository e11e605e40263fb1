import type { DoorSettings } from '../../http/settings.ts'
import type { Seconds } from '../../types.ts'

export interface ApostropheSettings extends DoorSettings {
  /** What the cookies begin with, and the name that `context` answers. */
  readonly shortName: string
  /** Life of a bearer token, from the sign-in on. */
  readonly tokenSeconds: Seconds
}
