import type { Migration } from './types.ts'

/** Who acts for somebody does so from a session of their own, and no longer than that one stands unchanged. */
export const actorSessions: Migration = {
  name: '0010-actor-sessions',
  statements: ({ int }) => [
    'alter table sessions add column actor_session text',
    `alter table sessions add column actor_epoch ${int}`,
  ],
}
