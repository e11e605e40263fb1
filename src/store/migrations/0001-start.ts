import type { Migration } from './types.ts'

/** Everything that the first version stores. */
export const start: Migration = {
  name: '0001-start',
  statements: ({ serial, int, table }) => [
    table(`create table users (
      id ${serial},
      public_id text not null unique,
      kind text not null,
      username text not null,
      username_key text not null,
      email text,
      unproven_email text,
      password_hash text,
      status text not null,
      role text not null,
      granted_scopes text not null,
      epoch ${int} not null,
      created_at ${int} not null,
      updated_at ${int} not null,
      last_sign_in_at ${int}
    )`),
    'create unique index users_username_key on users (username_key)',
    'create unique index users_email on users (email)',
    'create index users_unproven_email on users (unproven_email)',
    'create index users_role on users (role, status)',

    table(`create table profiles (
      user_id ${int} not null references users (id) on delete cascade,
      api text not null,
      profile text not null,
      primary key (user_id, api)
    )`),

    table(`create table reservations (
      kind text not null,
      hash text not null,
      until ${int} not null,
      primary key (kind, hash)
    )`),

    table(`create table sessions (
      id text primary key,
      user_id ${int} not null references users (id) on delete cascade,
      api text not null,
      mode text not null,
      refresh_form text not null,
      generation ${int} not null,
      secret_hash text,
      secret_key_id text not null,
      salt text not null,
      ceiling text not null,
      factors text not null,
      proven_at ${int} not null,
      actor text,
      address text not null,
      user_agent text not null,
      created_at ${int} not null,
      last_seen_at ${int} not null,
      rotated_at ${int},
      expires_at ${int} not null,
      idle_millis ${int}
    )`),
    'create index sessions_user on sessions (user_id, created_at, id)',
    'create index sessions_expires on sessions (expires_at)',

    table(`create table keys (
      id text primary key,
      user_id ${int} not null references users (id) on delete cascade,
      name text not null,
      secret_hash text not null,
      pepper_id text not null,
      scopes text,
      ceiling text not null,
      api text not null,
      allow_addresses text not null,
      created_at ${int} not null,
      expires_at ${int},
      last_used_at ${int},
      revoked_at ${int},
      successor text
    )`),
    'create index keys_user on keys (user_id, created_at, id)',
    'create index keys_created on keys (created_at, id)',

    table(`create table tokens (
      id ${serial},
      public_id text not null unique,
      user_id ${int} not null references users (id) on delete cascade,
      jti text not null unique,
      name text not null,
      scopes text,
      ceiling text not null,
      api text not null,
      created_at ${int} not null,
      expires_at ${int} not null,
      last_used_at ${int},
      revoked_at ${int},
      successor text
    )`),
    'create index tokens_user on tokens (user_id, id)',

    table(`create table one_time (
      purpose text not null,
      hash text not null,
      user_id ${int} references users (id) on delete cascade,
      data text not null,
      created_at ${int} not null,
      expires_at ${int} not null,
      attempts ${int} not null,
      primary key (purpose, hash)
    )`),
    'create index one_time_user on one_time (user_id, purpose)',
    'create index one_time_expires on one_time (expires_at)',

    table(`create table totp (
      user_id ${int} primary key references users (id) on delete cascade,
      box text not null,
      box_key text not null,
      created_at ${int} not null,
      confirmed_at ${int}
    )`),
    table(`create table totp_steps (
      user_id ${int} not null references users (id) on delete cascade,
      step ${int} not null,
      used_at ${int} not null,
      primary key (user_id, step)
    )`),
    'create index totp_steps_used on totp_steps (used_at)',
    table(`create table recovery_sets (
      user_id ${int} primary key references users (id) on delete cascade,
      salt text not null,
      created_at ${int} not null
    )`),
    table(`create table recovery_codes (
      id ${serial},
      user_id ${int} not null references recovery_sets (user_id) on delete cascade,
      hash text not null
    )`),
    'create index recovery_codes_user on recovery_codes (user_id)',
    table(`create table factor_failures (
      user_id ${int} primary key references users (id) on delete cascade,
      count ${int} not null,
      last_at ${int} not null
    )`),

    table(`create table signing_keys (
      kid text primary key,
      alg text not null,
      use text not null,
      public_jwk text not null,
      box text not null,
      created_at ${int} not null,
      active_at ${int} not null,
      retired_at ${int},
      verifies_until ${int},
      revoked_at ${int}
    )`),

    table(`create table events (
      id ${int} primary key,
      at ${int} not null,
      kind text not null,
      api text not null,
      subject text,
      actor text,
      credential text,
      session_id text,
      key_ref text,
      data text not null,
      address text,
      user_agent text,
      audit_key text not null,
      link text not null
    )`),
    'create index events_subject on events (subject, id)',
    'create index events_kind on events (kind, id)',
    'create index events_address on events (address, id)',
    'create index events_at on events (at)',
    table(`create table event_marks (
      name text primary key,
      event_id ${int} not null,
      link text not null,
      audit_key text not null,
      mac text not null
    )`),

    table(`create table changes (
      seq ${serial},
      at ${int} not null,
      kind text not null,
      id text not null,
      epoch ${int} not null
    )`),
    'create index changes_at on changes (at)',

    table(`create table devices (
      user_id ${int} not null references users (id) on delete cascade,
      device text not null,
      last_at ${int} not null,
      primary key (user_id, device)
    )`),
    'create index devices_last on devices (last_at)',

    table(`create table meta (
      key text primary key,
      value text not null
    )`),
  ],
}
