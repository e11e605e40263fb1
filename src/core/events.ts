import type { KeyTree } from '../crypto/key-tree.ts'
import type { Origin, Principal } from '../types.ts'
import { plainText } from './plain-text.ts'
import type { Clock, Store } from './ports.ts'
import type { AuditEvent, EventFilter, EventSpan, Json, Page, PageWish } from './records.ts'
import type { CoreSettings } from './settings.ts'

/** Everything that is audited. A new kind is added here and in docs. */
export const eventKinds = [
  'set-up',
  'sign-up',
  'email-confirmed',
  'email-change-requested',
  'email-changed',
  'email-change-undone',
  'username-changed',
  'sign-in',
  'sign-in-failed',
  'sign-in-limited',
  'sign-in-link-requested',
  'sign-out',
  'session-ended',
  'sessions-ended',
  'refresh-reused',
  'password-changed',
  'password-reset-requested',
  'password-reset',
  'password-set',
  'factor-begun',
  'factor-added',
  'factor-removed',
  'factor-reset',
  'factor-failed',
  'recovery-codes-made',
  'recovery-code-used',
  'key-made',
  'key-changed',
  'key-first-used',
  'key-rotated',
  'key-revoked',
  'token-made',
  'token-first-used',
  'token-rotated',
  'token-revoked',
  'client-token-issued',
  'static-key-first-used',
  'user-created',
  'user-removed',
  'role-changed',
  'status-changed',
  'scopes-granted',
  'user-invited',
  'signing-key-rotated',
  'signing-key-revoked',
  'secrets-rewrapped',
  'document-created',
  'document-changed',
  'document-published',
  'document-removed',
  'documents-imported',
  'impersonation-begun',
  'impersonation-ended',
  'password-reset-sent',
  'events-exported',
  'instance-restored',
  'keys-confirmed',
  'photo-folder-assigned',
  'photo-folder-unassigned',
] as const
export type EventKind = (typeof eventKinds)[number]

export interface EventWish {
  readonly kind: EventKind
  /** Public id of the user it is about. */
  readonly user: string | null
  readonly origin: Origin | 'cli' | 'server'
  readonly actor?: Principal | null
  /** Public id of who acts, where there is no principal to say so. */
  readonly actorId?: string | null
  readonly sessionId?: string | null
  readonly keyId?: string | null
  readonly credential?: AuditEvent['credential']
  /** No secret, nothing a caller typed as a name or password. */
  readonly data?: { readonly [key: string]: Json }
}

export interface Events {
  /** Appends to the audit log; `within`: the transaction that the change itself is in. */
  record(event: EventWish, within?: Store): Promise<void>
  readonly kinds: readonly EventKind[]
  list(filter: EventFilter, wish: PageWish): Promise<Page<AuditEvent>>
  /** Between which ids lies what there is of the kind and the times of a filter, where it has times; null: nothing is. */
  span(filter: EventFilter): Promise<EventSpan | null>
  purge(): Promise<number>
  verify(): Promise<{ readonly checked: number; readonly brokenAt: number | null }>
}

export interface EventsDeps {
  readonly store: Store
  readonly clock: Clock
  readonly keyTree: KeyTree
  readonly settings: Pick<CoreSettings, 'lifetimes'>
}

export function createEvents({ store, clock, keyTree, settings }: EventsDeps): Events {
  const rowOf = (event: EventWish): Omit<AuditEvent, 'id'> => {
    const { origin } = event
    const actor = event.actor ?? null
    const here = typeof origin === 'string' ? null : origin
    return {
      at: clock.now(),
      kind: event.kind,
      api: typeof origin === 'string' ? origin : origin.api,
      user: event.user,
      // Under impersonation the one who really acts is the impersonator.
      actor: event.actorId ?? actor?.actor ?? actor?.user?.publicId ?? null,
      credential: event.credential ?? actor?.kind ?? null,
      sessionId: event.sessionId !== undefined ? event.sessionId : (actor?.sessionId ?? null),
      keyId: event.keyId !== undefined ? event.keyId : (actor?.keyId ?? null),
      address: here === null ? null : plainText(here.address, 64),
      userAgent: here === null ? null : plainText(here.userAgent, 256),
      data: event.data ?? {},
    }
  }

  return {
    async record(event, within) {
      const row = rowOf(event)
      const key = keyTree.current('audit')
      // The chain's end is read and moved: that needs a transaction, the caller's or one of its own.
      if (within !== undefined) await within.events.append(row, key)
      else await store.transaction((tx) => tx.events.append(row, key))
    },
    kinds: eventKinds,
    list: (filter, wish) => store.events.list(filter, wish),
    span: (filter) => store.events.span(filter),
    async purge() {
      const before = clock.now() - settings.lifetimes.events * 1000
      return store.transaction((tx) => tx.events.purge(before, keyTree.current('audit')))
    },
    verify: () => store.events.verify(keyTree.all('audit')),
  }
}
