import type { DoorSettings } from '../../http/settings.ts'
import type { Seconds } from '../../types.ts'

export interface FreesewingSettings extends DoorSettings {
  /** Life of a token, and of the session that it belongs to: these clients have no refresh. */
  readonly tokenSeconds: Seconds
  /** Longest life of an API key that is made at this door. */
  readonly keyMaxSeconds: Seconds
  /** Say who has an account: 401 for a link that an unknown user asks for, profiles by e-mail address. */
  readonly revealUnknown: boolean
  /** API keys may change password and e-mail address, as people in a session may. */
  readonly keysChangeCredentials: boolean
}
