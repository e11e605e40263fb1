import type { Origin } from '../types.ts'
import type { Mails } from './mails.ts'
import type { Clock, Store } from './ports.ts'
import type { CoreSettings } from './settings.ts'

export interface TokenRemindersDeps {
  readonly store: Store
  readonly clock: Clock
  readonly settings: Pick<CoreSettings, 'privateTokenNoticeSeconds'>
  readonly mails: Pick<Mails, 'notice'>
}

/** Up to here everybody has been told of ends; one mark for all nodes. */
const mark = 'tokens-reminded-until'
const nobody: Origin = { api: 'native', address: '', userAgent: '' }

/**
 * Mails the owners of private tokens that come into their last days, each token once: what is mailed in one run is what
 * ends between the mark that the last one left and the new one. Tokens that were made for less than the notice are not
 * mailed about, nor those that have a successor. Answers how many.
 */
export function createTokenReminders({ store, clock, settings, mails }: TokenRemindersDeps): () => Promise<number> {
  return async () => {
    const noticeMillis = settings.privateTokenNoticeSeconds * 1000
    if (noticeMillis === 0) return 0
    const ending = await store.transaction(async (tx) => {
      // Nodes that come at the same moment take turns, and the second one finds nothing to do.
      await tx.lock(mark)
      const now = clock.now()
      const until = now + noticeMillis
      const after = Math.max(Number((await tx.meta.get(mark)) ?? 0), now)
      if (until <= after) return []
      await tx.meta.set(mark, String(until))
      return tx.tokens.ending(after, until)
    })
    for (const { token, user } of ending) {
      const values = { name: token.name, ends: new Date(token.expiresAt).toISOString() }
      await mails.notice('token-ending', user, nobody, values)
    }
    return ending.length
  }
}
