import type { Migration } from './types.ts'

/** The index of a photo library, and whose its folders are. */
export const photos: Migration = {
  name: '0006-photos',
  statements: ({ serial, int, table }) => [
    table(`create table photos (
      id ${serial},
      user_id ${int} not null references users (id) on delete cascade,
      hash text not null,
      path text not null unique,
      size ${int} not null,
      modified_at ${int} not null,
      type text not null,
      width ${int} not null,
      height ${int} not null,
      taken_at ${int},
      sorted_at ${int} not null,
      public ${int} not null,
      copy ${int} not null,
      added_at ${int} not null
    )`),
    'create index photos_user on photos (user_id, copy, sorted_at, id)',
    'create index photos_public on photos (public, copy, sorted_at, id)',
    'create index photos_hash on photos (hash)',

    table(`create table photo_folders (
      path text primary key,
      user_id ${int} not null references users (id) on delete cascade,
      public ${int} not null
    )`),
    'create index photo_folders_user on photo_folders (user_id)',
  ],
}
