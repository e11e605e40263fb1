import type { Migration } from './types.ts'

/** Keys and private tokens that came back from a backup wait for a word of an administrator. */
export const suspension: Migration = {
  name: '0003-suspension',
  statements: ({ int }) => [
    `alter table keys add column suspended_at ${int}`,
    `alter table tokens add column suspended_at ${int}`,
    // Each start asks which keys seal second factors.
    'create index totp_box_key on totp (box_key)',
  ],
}
