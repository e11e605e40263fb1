import type { GeneratedAlways } from 'kysely'
import type { Mode, Visibility } from '../core/piece-rights.ts'
import type { PhotoType, SessionMode } from '../core/records.ts'
import type { ApiName, UserKind, UserStatus } from '../types.ts'

/*
 * The tables as both engines hold them. Times are integer milliseconds, JSON is text, ids are text unless they are
 * numbers that are never used twice (autoincrement or identity). migrations/ makes what is described here.
 */

export interface Schema {
  users: UserTable
  profiles: ProfileTable
  reservations: ReservationTable
  sessions: SessionTable
  keys: KeyTable
  tokens: TokenTable
  one_time: OneTimeTable
  totp: TotpTable
  totp_steps: TotpStepTable
  recovery_sets: RecoverySetTable
  recovery_codes: RecoveryCodeTable
  factor_failures: FactorFailureTable
  signing_keys: SigningKeyTable
  events: EventTable
  event_marks: EventMarkTable
  changes: ChangeTable
  devices: DeviceTable
  photos: PhotoTable
  photo_folders: PhotoFolderTable
  documents: DocumentTable
  meta: MetaTable
  cardea_migrations: MigrationTable
}

type JsonText = string

export interface UserTable {
  id: GeneratedAlways<number>
  public_id: string
  kind: UserKind
  username: string
  username_key: string
  email: string | null
  unproven_email: string | null
  /** Never selected but by the verb that is named after it. */
  password_hash: string | null
  status: UserStatus
  role: string
  granted_scopes: JsonText
  epoch: number
  created_at: number
  updated_at: number
  last_sign_in_at: number | null
}

export interface ProfileTable {
  user_id: number
  api: ApiName
  profile: JsonText
}

export interface ReservationTable {
  kind: 'username' | 'email'
  hash: string
  until: number
}

export interface SessionTable {
  id: string
  user_id: number
  api: ApiName
  mode: SessionMode
  refresh_form: 'opaque' | 'jwt' | 'none'
  generation: number
  secret_hash: string | null
  secret_key_id: string
  salt: string
  ceiling: JsonText
  factors: JsonText
  proven_at: number
  actor: string | null
  actor_session: string | null
  actor_epoch: number | null
  address: string
  user_agent: string
  created_at: number
  last_seen_at: number
  rotated_at: number | null
  expires_at: number
  idle_millis: number | null
}

export interface KeyTable {
  id: string
  user_id: number
  name: string
  secret_hash: string
  pepper_id: string
  scopes: JsonText | null
  ceiling: JsonText
  api: ApiName
  allow_addresses: JsonText
  created_at: number
  expires_at: number | null
  last_used_at: number | null
  revoked_at: number | null
  successor: string | null
  suspended_at: number | null
  detail: JsonText | null
}

export interface TokenTable {
  id: GeneratedAlways<number>
  public_id: string
  user_id: number
  jti: string
  name: string
  scopes: JsonText | null
  ceiling: JsonText
  api: ApiName
  created_at: number
  expires_at: number
  last_used_at: number | null
  revoked_at: number | null
  successor: string | null
  suspended_at: number | null
}

export interface OneTimeTable {
  purpose: string
  hash: string
  user_id: number | null
  data: JsonText
  created_at: number
  expires_at: number
  attempts: number
}

export interface TotpTable {
  user_id: number
  box: string
  /** Id of the key that `box` was sealed with; empty when the text is no box. */
  box_key: string
  created_at: number
  confirmed_at: number | null
}

export interface TotpStepTable {
  user_id: number
  step: number
  used_at: number
}

export interface RecoverySetTable {
  user_id: number
  salt: string
  created_at: number
}

export interface RecoveryCodeTable {
  id: GeneratedAlways<number>
  user_id: number
  hash: string
}

export interface FactorFailureTable {
  user_id: number
  count: number
  last_at: number
}

export interface SigningKeyTable {
  kid: string
  alg: string
  use: 'access' | 'refresh' | 'private'
  public_jwk: JsonText
  box: string
  created_at: number
  active_at: number
  retired_at: number | null
  verifies_until: number | null
  revoked_at: number | null
}

export interface EventTable {
  /** Given out by us, without gaps: part of the chain. */
  id: number
  at: number
  kind: string
  api: string
  subject: string | null
  actor: string | null
  credential: string | null
  session_id: string | null
  key_ref: string | null
  data: JsonText
  /** Outside of the chain, so that they can be erased. */
  address: string | null
  user_agent: string | null
  /** Which audit key made `link`. */
  audit_key: string
  link: string
}

/** The two ends of the event chain. */
export interface EventMarkTable {
  name: 'head' | 'checkpoint'
  event_id: number
  link: string
  audit_key: string
  mac: string
}

export interface ChangeTable {
  seq: GeneratedAlways<number>
  at: number
  kind: string
  id: string
  epoch: number
}

export interface DeviceTable {
  user_id: number
  device: string
  last_at: number
}

export interface PhotoTable {
  id: GeneratedAlways<number>
  user_id: number
  hash: string
  path: string
  size: number
  modified_at: number
  type: PhotoType
  width: number
  height: number
  taken_at: number | null
  /** When it was taken, else when the file was changed: the order of lists. */
  sorted_at: number
  /** 0 or 1, as `copy`. */
  public: number
  /** 1: another row stands for this hash; the same picture lies in several places. */
  copy: number
  added_at: number
}

export interface PhotoFolderTable {
  path: string
  user_id: number
  public: number
}

/** One row for each mode of a document. */
export interface DocumentTable {
  doc_id: string
  mode: Mode
  type: string
  slug: string
  visibility: Visibility
  /** 1: archived. */
  archived: number
  owner_id: number | null
  updated_by: number | null
  /** `jsonb` on PostgreSQL, which is read and written as text. */
  fields: JsonText
  /** Folded text by dotted path. */
  search: JsonText
  created_at: number
  updated_at: number
  published_at: number | null
}

export interface MetaTable {
  key: string
  value: string
}

export interface MigrationTable {
  name: string
  applied_at: number
}
