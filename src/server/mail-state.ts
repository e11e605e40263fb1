import type { Clock, Mailer } from '../core/ports.ts'
import type { Millis } from '../types.ts'

/** How sending went in this process. */
export interface MailState {
  readonly lastSentAt: Millis | null
  readonly lastFailedAt: Millis | null
}

/** The same mailer, and when it last sent a mail and last failed to. */
export function watchMails(mailer: Mailer, clock: Clock): { readonly mailer: Mailer; readonly state: () => MailState } {
  let state: MailState = { lastSentAt: null, lastFailedAt: null }
  return {
    mailer: {
      async send(mail) {
        try {
          await mailer.send(mail)
          state = { ...state, lastSentAt: clock.now() }
        } catch (error) {
          state = { ...state, lastFailedAt: clock.now() }
          throw error
        }
      },
    },
    state: () => state,
  }
}
