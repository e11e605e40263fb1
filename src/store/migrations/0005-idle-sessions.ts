import type { Migration } from './types.ts'

/** What idled too long is looked for each hour: not by reading all sessions that there are. */
export const idleSessions: Migration = {
  name: '0005-idle-sessions',
  statements: () => ['create index sessions_idle on sessions ((last_seen_at + idle_millis))'],
}
