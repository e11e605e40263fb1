import type { Migration } from './types.ts'

/** What rate-limiter-flexible wants its table to be. On SQLite that is in a file of its own (limits.ts). */
export const limits: Migration = {
  name: '0002-limits',
  statements: ({ engine }) =>
    engine === 'sqlite'
      ? []
      : [
          `create table limits (
            key text primary key,
            points integer not null default 0,
            expire bigint
          )`,
          'create index limits_expire on limits (expire)',
        ],
}
