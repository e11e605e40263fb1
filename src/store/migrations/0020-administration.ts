import type { Migration } from './types.ts'

/** Sign-ins by day are counted, and what somebody did is found, without reading the whole log. */
export const administration: Migration = {
  name: '0020-administration',
  statements: () => [
    'create index events_kind_at on events (kind, at)',
    // Most events are about what somebody did to themselves, or tried: only what was done by name is in it.
    'create index events_actor on events (actor, id) where actor is not null',
  ],
}
