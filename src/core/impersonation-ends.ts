import type { Events } from './events.ts'
import type { Clock, Store } from './ports.ts'
import type { AuditEvent } from './records.ts'

export interface ImpersonationEndsDeps {
  readonly store: Store
  readonly clock: Clock
  readonly events: Pick<Events, 'record'>
}

/** Much longer than such a session lives, so that a server that was off for days catches up. */
const lookBackMillis = 7 * 86_400_000
const batch = 500

/**
 * Audits the end of every impersonation that nobody signed out of: its time was over, or its session ended together
 * with the account's, the password's or the impersonator's own. To be repeated.
 */
export function createImpersonationEnds({ store, clock, events }: ImpersonationEndsDeps): () => Promise<void> {
  async function inWindow(from: Store, kind: string): Promise<readonly AuditEvent[]> {
    const all: AuditEvent[] = []
    let cursor: string | null = null
    do {
      const wish = { limit: batch, ...(cursor === null ? {} : { cursor }) }
      const page = await from.events.list({ kind, from: clock.now() - lookBackMillis }, wish)
      all.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== null)
    return all
  }

  async function open(from: Store): Promise<readonly AuditEvent[]> {
    const begun = await inWindow(from, 'impersonation-begun')
    if (begun.length === 0) return []
    const ended = new Set((await inWindow(from, 'impersonation-ended')).map(({ sessionId }) => sessionId))
    return begun.filter(({ sessionId }) => !ended.has(sessionId))
  }

  /** Why it is over; null: it is not. */
  async function reason(from: Store, { sessionId }: AuditEvent): Promise<'expired' | 'closed' | null> {
    const session = sessionId === null ? null : await from.sessions.byId(sessionId)
    if (session === null) return 'closed'
    if (session.expiresAt <= clock.now()) return 'expired'
    const own = session.actorSession === null ? null : await from.sessions.byId(session.actorSession)
    return own === null ? 'closed' : null
  }

  return async () => {
    // Asked without the lock first: nearly always there is none.
    if ((await open(store)).length === 0) return
    await store.transaction(async (tx) => {
      await tx.lock('impersonations')
      for (const begun of await open(tx)) {
        const why = await reason(tx, begun)
        if (why === null) continue
        const { user, actor: actorId, sessionId } = begun
        const data = { reason: why }
        await events.record({ kind: 'impersonation-ended', user, actorId, sessionId, origin: 'server', data }, tx)
      }
    })
  }
}
