import type { Selectable } from 'kysely'
import { equalText } from '../crypto/compare.ts'
import { hmacHex } from '../crypto/hash.ts'
import type { DerivedKey } from '../crypto/key-tree.ts'
import type { EventMarkTable, EventTable } from './schema.ts'

/*
 * Each event carries HMAC(audit key, link before it + its lasting columns). Two marks hold the ends: `head` the last
 * event, so that a tail that was cut off is missed, and `checkpoint` the last one that retention took away, so that
 * the rest still hangs on something. Marks are authenticated, too: without the key nobody can move them. What remains
 * possible for one who writes to the database: putting the whole of an older state back.
 */

export type EventRow = Selectable<EventTable>
export type Mark = Selectable<EventMarkTable>

/** What the first event of all hangs on. */
export const origin = { event_id: 0, link: '' } as const

type Lasting = Omit<EventRow, 'address' | 'user_agent' | 'link'>

export function linkOf(key: DerivedKey, previous: string, row: Lasting): string {
  const { id, at, kind, api, subject, actor, credential, session_id, key_ref, data, audit_key } = row
  // JSON quotes and escapes: no two events give one text.
  const lasting = [id, at, kind, api, subject, actor, credential, session_id, key_ref, data, audit_key]
  return hmacHex(key.bytes, JSON.stringify(['event', previous, lasting]))
}

export function makeMark(key: DerivedKey, name: Mark['name'], event_id: number, link: string): Mark {
  return { name, event_id, link, audit_key: key.id, mac: macOf(key, name, event_id, link) }
}

function macOf(key: DerivedKey, name: Mark['name'], eventId: number, link: string): string {
  return hmacHex(key.bytes, JSON.stringify(['event-mark', name, eventId, link]))
}

export function markHolds(keys: readonly DerivedKey[], mark: Mark): boolean {
  const key = keys.find(({ id }) => id === mark.audit_key)
  return key !== undefined && equalText(mark.mac, macOf(key, mark.name, mark.event_id, mark.link))
}

/** Whether `row` is the one that follows the event with this id and link. */
export function follows(
  keys: readonly DerivedKey[],
  previous: { readonly event_id: number; readonly link: string },
  row: EventRow,
): boolean {
  const key = keys.find(({ id }) => id === row.audit_key)
  return key !== undefined && row.id === previous.event_id + 1 && equalText(row.link, linkOf(key, previous.link, row))
}
