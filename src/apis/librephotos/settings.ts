import type { DoorSettings } from '../../http/settings.ts'
import type { Seconds } from '../../types.ts'

/**
 * How the `jwt` cookie is set. `strict`: no script reads it, SameSite=Lax, Secure on https. `original`: bare, as the
 * contract's own server sets it. `cross-site`: for a front end on another site; needs https.
 */
export type CookieMode = 'strict' | 'original' | 'cross-site'

export interface LibrephotosSettings extends DoorSettings {
  readonly accessSeconds: Seconds
  /** Life of a refresh token and of its session. */
  readonly refreshSeconds: Seconds
  readonly cookie: CookieMode
  /** User name and password with each request, as HTTP Basic. */
  readonly basic: boolean
  /** The first sign-up from this machine makes the administrator, without a set-up code. */
  readonly openFirstSetup: boolean
  /** nginx sends the pictures: answers name the file in `X-Accel-Redirect`. */
  readonly accelRedirect: boolean
}
