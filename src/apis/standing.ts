import type { Change } from '../core/records.ts'
import type { Principal } from '../types.ts'
import type { Call } from './api.ts'

/** A change that can have ended the credential which an answer that goes on was asked for with. */
function concerns({ kind, id }: Change, { user, sessionId, keyId }: Principal): boolean {
  if (kind === 'restore' || kind === 'signing-key' || kind === 'token') return true
  return id === user?.publicId || id === sessionId || id === keyId
}

/**
 * Looks again whether the credential of a call would still be let in: at once when it may have ended, and every
 * `everyMillis`, as it expires by itself. `end` when it would not, or when that cannot be found out: whoever may still
 * read comes again. Answers how to stop looking.
 */
export function whileStanding(call: Call, everyMillis: number, end: () => void): () => void {
  const look = () => {
    void call
      .stillStands()
      .catch(() => false)
      .then((stands) => {
        if (!stands) end()
      })
  }
  const caller = call.caller()
  const unsubscribe = call.core.feed.subscribe((change) => {
    if (concerns(change, caller)) look()
  })
  const timer = setInterval(look, everyMillis)
  timer.unref()
  return () => {
    clearInterval(timer)
    unsubscribe()
  }
}
