import type { Migration } from './types.ts'

/** Documents of piece types, one row for each mode. Indexes over declared fields come and go with the declaration. */
export const documents: Migration = {
  name: '0011-documents',
  statements: ({ int, bytes, json, table }) => [
    table(`create table documents (
      doc_id ${bytes} not null,
      mode ${bytes} not null,
      type ${bytes} not null,
      slug ${bytes} not null,
      visibility ${bytes} not null,
      archived ${int} not null,
      owner_id ${int} references users (id) on delete cascade,
      updated_by ${int} references users (id) on delete set null,
      fields ${json} not null,
      search ${json} not null,
      created_at ${int} not null,
      updated_at ${int} not null,
      published_at ${int},
      primary key (doc_id, mode)
    )`),
    'create unique index documents_slug on documents (type, mode, slug)',
    // Without a filter: the default order, and the count of what is seen, from the index alone.
    'create index documents_newest on documents (type, mode, updated_at, doc_id, visibility, archived)',
    'create index documents_owner on documents (owner_id)',
    'create index documents_updated_by on documents (updated_by)',
  ],
}
