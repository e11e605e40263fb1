import type { AuditEvent, ChangeKind } from '../core/records.ts'
import type { DerivedKey } from '../crypto/key-tree.ts'
import type { Millis } from '../types.ts'
import type { Engine, Queries } from './engine.ts'

export interface NewChange {
  readonly at: Millis
  readonly kind: ChangeKind
  readonly id: string
  readonly epoch: number
}

export interface NewEvent {
  readonly event: Omit<AuditEvent, 'id'>
  readonly key: DerivedKey
}

/**
 * One open transaction. Changes and events are kept until just before the commit and then written in this order under
 * their locks: so nobody waits for a row while holding them, and they are held for a moment only.
 */
export interface Tx {
  readonly engine: Engine
  readonly queries: Queries
  change(change: NewChange): void
  event(event: NewEvent): void
  /** Writes what was kept back, so that the transaction can read it. Done by itself before the commit. */
  flush(): Promise<void>
}

/** What the nouns are made of: outside of a transaction, or bound to one (then all of it is that transaction). */
export interface Db {
  readonly engine: Engine
  /** For single reads. */
  readonly read: Queries
  /** For single statements that write and append no change. */
  readonly write: Queries
  /** Runs several statements as one; inside a transaction: within it. */
  atomic<T>(run: (tx: Tx) => Promise<T>): Promise<T>
  /** See Tx.flush; nothing outside of a transaction. */
  flush(): Promise<void>
}
