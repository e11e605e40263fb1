import type { Migration } from './types.ts'

/** What the contract that issued a key keeps with it, beside what the core knows: its level, say. */
export const keyDetail: Migration = {
  name: '0004-key-detail',
  statements: () => ['alter table keys add column detail text'],
}
