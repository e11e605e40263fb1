import type { DerivedKey } from '../crypto/key-tree.ts'
import type { ApiName, Factor, Millis, Scope, User } from '../types.ts'
import type { Census, CredentialWish, DayCount } from './admin-records.ts'
import type {
  DocumentFilter,
  DocumentIndex,
  DocumentWish,
  NewDocument,
  Operand,
  StoredDocument,
  ValueCount,
} from './document-records.ts'
import type { PhotoStore } from './photo-ports.ts'
import type { Mode } from './piece-rights.ts'
import type {
  ApiKey,
  AuditEvent,
  Change,
  ChangeKind,
  EventFilter,
  EventSpan,
  Hash,
  Json,
  LimitRule,
  LimitState,
  Mail,
  NewEpoch,
  NewUser,
  OneTime,
  Page,
  PageWish,
  PrivateToken,
  Purpose,
  Reservation,
  SecretUse,
  Session,
  SigningKey,
  Slice,
  SliceWish,
  Suspended,
  TokenSliceWish,
  Totp,
  UserConflict,
  UserFilter,
  UserPatch,
} from './records.ts'

/*
 * What the core needs from outside. Port verbs are outcomes: each is atomic and says what happens in a race.
 * A verb that makes a cached verdict untrue also appends to the change outbox, in the same transaction.
 */

export interface Clock {
  now(): Millis
}

export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Mailer {
  /** Resolves when the mail was handed over (SMTP) or written (outbox); throws CardeaError('unavailable') otherwise. */
  send(mail: Mail): Promise<void>
}

// ── users ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface UserStore {
  /** Of callers side by side with one name or e-mail exactly one gets the user. */
  create(user: NewUser): Promise<User | UserConflict>
  byId(id: number): Promise<User | null>
  /** In a transaction: the user, whom nobody else changes until the commit. */
  held(id: number): Promise<User | null>
  byPublicId(publicId: string): Promise<User | null>
  byUsername(key: string): Promise<User | null>
  byEmail(email: string): Promise<User | null>
  /** Names of those who are there, by public id. */
  names(publicIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  passwordHash(id: number): Promise<string | null>
  /**
   * Changes fields. Status, role, password and scopes grow the epoch and append a change; so does nothing else.
   * 'last_admin' when no active person with role `admin` would be left; checked under a lock.
   */
  update(id: number, patch: UserPatch, now: Millis): Promise<User | UserConflict | 'gone' | 'last_admin'>
  /** Grows the epoch and appends a change (a factor was added, removed or reset). */
  growEpoch(id: number, now: Millis): Promise<User | null>
  /** Stores a stronger hash of the same password unless the stored one changed meanwhile. The epoch stays. */
  replaceHash(id: number, from: string, to: string): Promise<boolean>
  noteSignIn(id: number, now: Millis): Promise<void>
  /** Makes `email` the proven address of `id` and takes it from everybody who only claimed it: pending claimants are
   *  deleted, active ones lose the claim. */
  proveEmail(id: number, email: string, now: Millis): Promise<User | 'gone' | 'email_taken'>
  hasAdmin(): Promise<boolean>
  /** Deletes the user and everything of theirs, reserves their names, appends a change. */
  remove(id: number, reserve: readonly Reservation[], now: Millis): Promise<'removed' | 'gone' | 'last_admin'>
  /** Deletes people who signed up before `before` and never proved their address. Appends changes. Answers how many. */
  purgeUnproven(before: Millis, now: Millis): Promise<number>
  list(wish: PageWish & UserFilter): Promise<Page<User>>
  /** Oldest first, unless it says otherwise. */
  slice(wish: SliceWish & UserFilter & { readonly newestFirst?: boolean }): Promise<Slice<User>>
  isReserved(kind: Reservation['kind'], hash: Hash, now: Millis): Promise<boolean>
  profile(id: number, api: ApiName): Promise<Json>
  /** Of many at once; those that have none are not in it. */
  profiles(ids: readonly number[], api: ApiName): Promise<ReadonlyMap<number, Json>>
  setProfile(id: number, api: ApiName, profile: Json): Promise<void>
}
// ── sessions ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface SessionStore {
  /** Adds the session and ends the user's oldest beyond `cap`; answers the ids it ended. */
  create(session: Session, cap: number): Promise<readonly string[]>
  byId(id: string): Promise<Session | null>
  withUser(id: string): Promise<{ readonly session: Session; readonly user: User } | null>
  /**
   * Moves a session from the presented generation to the next, whose hash is `next`. 'grace': the presented one is
   * the last but one, rotated at most `graceMillis` ago, and its successor was not used yet: the session stays.
   * 'reused': an older one, or grace is over. Of callers side by side one gets 'rotated', the others 'grace'.
   */
  rotateRefresh(
    id: string,
    presented: number,
    next: Hash,
    now: Millis,
    graceMillis: Millis,
  ): Promise<'rotated' | 'grace' | 'reused' | 'gone'>
  /** All factors were proven again in this session. Appends a change. */
  reprove(id: string, factors: readonly Factor[], now: Millis): Promise<boolean>
  /** True for the one caller who ended it. Appends a change. */
  end(id: string): Promise<boolean>
  /** Ends all of the user's sessions but `except`. Appends changes. Answers the ended ids. */
  endAll(userId: number, except: string | null): Promise<readonly string[]>
  /** Newest first; without those expired or idle at `now`. */
  list(userId: number, wish: PageWish, now: Millis): Promise<Page<Session>>
  /** Last-seen times in one batch; never moves one back. No change is appended. */
  touch(seen: readonly { readonly id: string; readonly at: Millis }[]): Promise<void>
  purge(now: Millis): Promise<number>
}

// ── keys and private tokens ─────────────────────────────────────────────────────────────────────────────────────────

/** What a presented secret hashes to, under each pepper that is configured. */
export interface KeyProof {
  readonly hashes: readonly Hash[]
  readonly pepperIds: readonly string[]
}

export interface KeyStore {
  create(key: ApiKey): Promise<void>
  byId(id: string): Promise<ApiKey | null>
  /**
   * With `proof` null as well for a key whose secret hash is none of these, unless it was made under a pepper that is
   * none of these: an unknown id and a wrong secret then cost the same.
   */
  withUser(id: string, proof?: KeyProof): Promise<{ readonly key: ApiKey; readonly user: User } | null>
  /** Appends a change. Null: gone or revoked. */
  update(
    id: string,
    patch: {
      readonly name?: string
      readonly scopes?: readonly Scope[] | null
      readonly expiresAt?: Millis | null
      readonly allowAddresses?: readonly string[]
    },
  ): Promise<ApiKey | null>
  /** True for the one caller who revoked it. Appends a change. */
  revoke(id: string, now: Millis): Promise<boolean>
  /** Revokes every live key of the user. Appends changes. Answers the ids. */
  revokeAll(userId: number, now: Millis): Promise<readonly string[]>
  /** Adds the successor and shortens the old one's life to `oldEndsAt`. Only one caller can replace a key. Appends a change. */
  replace(id: string, successor: ApiKey, oldEndsAt: Millis): Promise<'replaced' | 'gone'>
  /** Newest first, revoked ones left out unless asked for. `userId` null: everybody's. */
  list(userId: number | null, wish: PageWish & { readonly includeRevoked?: boolean }): Promise<Page<ApiKey>>
  /** Everybody's, newest first, with their owners. */
  find(wish: CredentialWish): Promise<Page<{ readonly key: ApiKey; readonly user: User }>>
  /** Answers the ids that had never been used before this batch. No change is appended. */
  touch(used: readonly { readonly id: string; readonly at: Millis }[]): Promise<readonly string[]>
}

export interface TokenStore {
  create(token: Omit<PrivateToken, 'id'>): Promise<PrivateToken>
  byPublicId(publicId: string): Promise<PrivateToken | null>
  byId(id: number): Promise<PrivateToken | null>
  withUser(jti: string): Promise<{ readonly token: PrivateToken; readonly user: User } | null>
  revoke(publicId: string, now: Millis): Promise<boolean>
  revokeAll(userId: number, now: Millis): Promise<readonly string[]>
  replace(publicId: string, successor: Omit<PrivateToken, 'id'>, oldEndsAt: Millis): Promise<PrivateToken | 'gone'>
  list(userId: number | null, wish: PageWish & { readonly includeRevoked?: boolean }): Promise<Page<PrivateToken>>
  slice(userId: number, wish: TokenSliceWish): Promise<Slice<PrivateToken>>
  /** Everybody's, newest first, with their owners. */
  find(wish: CredentialWish): Promise<Page<{ readonly token: PrivateToken; readonly user: User }>>
  /** Live ones without a successor that end later than `after` and by `until`, soonest first, with their active owners. */
  ending(after: Millis, until: Millis): Promise<readonly { readonly token: PrivateToken; readonly user: User }[]>
  touch(used: readonly { readonly jti: string; readonly at: Millis }[]): Promise<readonly string[]>
}

// ── one-time tokens ─────────────────────────────────────────────────────────────────────────────────────────────────

export interface OneTimeStore {
  /** `replace`: older ones of the same purpose and user die. */
  create(oneTime: OneTime, replace: boolean): Promise<void>
  peek(purpose: Purpose, hash: Hash, now: Millis): Promise<OneTime | null>
  /** Consumes it. Of callers side by side exactly one gets the row; the others get null. */
  consume(purpose: Purpose, hash: Hash, now: Millis): Promise<OneTime | null>
  /** Counts a wrong try; at `max` the row dies. Answers the tries left, null when there is no such row. */
  fail(purpose: Purpose, hash: Hash, max: number): Promise<number | null>
  /** All of one purpose and user; with `madeAfter` only those made later than that. */
  drop(purpose: Purpose, userId: number | null, madeAfter?: Millis): Promise<void>
  purge(now: Millis): Promise<number>
}

// ── second factors ──────────────────────────────────────────────────────────────────────────────────────────────────

export interface FactorStore {
  totp(userId: number): Promise<Totp | null>
  /** Sets or replaces a pending secret; false when a confirmed one stands. */
  begin(userId: number, box: string, now: Millis): Promise<boolean>
  /** True for the one caller who confirmed the pending secret `box`. Grows the user's epoch, appends a change. */
  confirm(userId: number, box: string, now: Millis): Promise<boolean>
  /** Removes secret, recovery codes and used steps. Grows the epoch, appends a change. */
  remove(userId: number, now: Millis): Promise<boolean>
  /** True exactly once for a step of a user. */
  useStep(userId: number, step: number, now: Millis): Promise<boolean>
  /** All boxes whose key id is not `keyId`, for re-wrapping. */
  boxesNotUnder(keyId: string, limit: number): Promise<readonly { readonly userId: number; readonly box: string }[]>
  replaceBox(userId: number, from: string, to: string): Promise<boolean>
  /** Ids of the keys that boxes are under; cheap however many there are. */
  boxKeys(): Promise<readonly string[]>
  recovery(
    userId: number,
  ): Promise<{ readonly salt: string; readonly codes: readonly { readonly id: number; readonly hash: Hash }[] } | null>
  setRecovery(userId: number, salt: string, hashes: readonly Hash[], now: Millis): Promise<void>
  /** True exactly once. */
  useRecovery(userId: number, codeId: number): Promise<boolean>
  /** Counts a wrong code; answers how many in a row, across tickets and doors. */
  countFailure(userId: number, now: Millis): Promise<{ readonly count: number; readonly lastAt: Millis }>
  failures(userId: number): Promise<{ readonly count: number; readonly lastAt: Millis }>
  clearFailures(userId: number): Promise<void>
  purgeSteps(before: Millis): Promise<number>
}

// ── signing keys ────────────────────────────────────────────────────────────────────────────────────────────────────

export interface SigningKeyStore {
  /** All but those past `verifiesUntil`. */
  list(): Promise<readonly SigningKey[]>
  /** Appends a change, as the next three do. */
  add(key: SigningKey): Promise<void>
  retire(kid: string, at: Millis, verifiesUntil: Millis): Promise<boolean>
  revoke(kid: string, now: Millis): Promise<boolean>
  replaceBox(kid: string, from: string, to: string): Promise<boolean>
  purge(now: Millis): Promise<number>
}

// ── audit events ────────────────────────────────────────────────────────────────────────────────────────────────────

export interface EventStore {
  /** Appends and chains (HMAC over the previous link and the row's lasting columns), in the caller's transaction. */
  append(event: Omit<AuditEvent, 'id'>, key: DerivedKey): Promise<void>
  /** Newest first. */
  list(filter: EventFilter, wish: PageWish): Promise<Page<AuditEvent>>
  /** Between which ids lies what there is of the kind and the times of a filter, where it has times; null: nothing is. */
  span(filter: Pick<EventFilter, 'kind' | 'from' | 'to'>): Promise<EventSpan | null>
  /** Id of the newest; 0: there is none. */
  newest(): Promise<number>
  /** Those with ids above `after` and up to `until`, oldest first. */
  between(filter: EventFilter, after: number, until: number, limit: number): Promise<readonly AuditEvent[]>
  /** Days without any are left out. `from` and later, before `to`. */
  countDays(kinds: readonly string[], from: Millis, to: Millis): Promise<readonly DayCount[]>
  /** Ids of the first broken link, or null. */
  verify(keys: readonly DerivedKey[]): Promise<{ readonly checked: number; readonly brokenAt: number | null }>
  /** Cuts all events before `before`, leaving a checkpoint so that the rest still verifies. */
  purge(before: Millis, key: DerivedKey): Promise<number>
}

// ── the change feed ─────────────────────────────────────────────────────────────────────────────────────────────────

export interface ChangeStore {
  /** Highest sequence that any reader can see; 0 when empty. */
  latest(): Promise<number>
  /** In sequence order, which is commit order. */
  since(seq: number, limit: number): Promise<readonly Change[]>
  append(kind: ChangeKind, id: string, epoch: number, now: Millis): Promise<void>
  /** Calls `wake` soon after a change was committed anywhere. Wake-ups can get lost: readers also poll. Answers the stop function. */
  watch(wake: () => void): () => void
  purge(before: Millis): Promise<number>
}

// ── documents ───────────────────────────────────────────────────────────────────────────────────────────────────────

export interface DocumentStore {
  /** All of them or none: 'slug_taken' when one has a slug that its type has already in that mode. */
  create(documents: readonly NewDocument[]): Promise<'made' | 'slug_taken'>
  byId(type: string, docId: string, mode: Mode): Promise<StoredDocument | null>
  /** Those of the ids that a document has, of whichever type and mode. */
  taken(docIds: readonly string[]): Promise<readonly string[]>
  /** In a transaction: the modes that there are, which nobody else changes until the commit. */
  held(type: string, docId: string): Promise<readonly StoredDocument[]>
  /** Puts it in the place of the one with its id and mode. Id, type, mode, owner and the time it was made stay. */
  save(document: NewDocument): Promise<'saved' | 'slug_taken' | 'gone'>
  /** Both modes; false when there was neither. */
  remove(type: string, docId: string): Promise<boolean>
  list(wish: DocumentWish): Promise<readonly StoredDocument[]>
  count(filter: DocumentFilter): Promise<number>
  /** The values that are there, most frequent first. */
  values(filter: DocumentFilter, operand: Operand, limit: number): Promise<readonly ValueCount[]>
  /** Makes the indexes that are missing and drops those that are none of these, one process at a time. */
  setIndexes(
    indexes: readonly DocumentIndex[],
  ): Promise<{ readonly made: readonly string[]; readonly dropped: readonly string[] }>
}

// ── limits and devices ──────────────────────────────────────────────────────────────────────────────────────────────

export interface LimitStore {
  /** Counts one and answers whether it still was within the rule. Outside any transaction: survives a roll-back. */
  consume(key: string, rule: LimitRule): Promise<LimitState>
  peek(key: string, rule: LimitRule): Promise<LimitState>
  /** Gives each of these counters one point back (an attempt that turned out good). */
  giveBack(keys: readonly string[]): Promise<void>
  reset(key: string): Promise<void>
}
export interface DeviceStore {
  /** The user signed in from this address group (HMAC) or device. The time is kept to the day. */
  remember(userId: number, device: Hash, now: Millis): Promise<void>
  isKnown(userId: number, device: Hash): Promise<boolean>
  purge(before: Millis): Promise<number>
}
export interface MetaStore {
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<void>
  /** Sets it unless it stands; answers what stands. */
  setOnce(key: string, value: string): Promise<string>
}

/** The installation as a whole: what a restored backup means for it, and which secrets it stands on. */
export interface InstanceStore {
  /**
   * The state is an older one, so what came after it is unknown: ends every session, drops one-time tokens and recovery
   * codes, suspends keys and private tokens, skips the ids and sequences that may have been given out. Appends `restore`.
   */
  beginEpoch(now: Millis): Promise<NewEpoch>
  /** Keys and private tokens count again. Appends `restore`. */
  confirmKeys(now: Millis): Promise<Suspended>
  /** Those that wait; revoked ones are not counted. */
  suspended(): Promise<Suspended>
  /** What was made with derived keys and still counts at `now`, by key. */
  secretUses(now: Millis): Promise<readonly SecretUse[]>
  /** Counts whole tables, but for events. */
  census(now: Millis): Promise<Census>
  /** Names of the migrations that were applied, in order. */
  migrations(): Promise<readonly string[]>
  /** Id of the audit key of the newest event: the secret of who wrote last. Null when there is none. */
  newestAuditKey(): Promise<string | null>
}

export interface Store {
  readonly engine: 'sqlite' | 'postgres'
  readonly users: UserStore
  readonly sessions: SessionStore
  readonly keys: KeyStore
  readonly tokens: TokenStore
  readonly oneTime: OneTimeStore
  readonly factors: FactorStore
  readonly signingKeys: SigningKeyStore
  readonly events: EventStore
  readonly changes: ChangeStore
  readonly limits: LimitStore
  readonly devices: DeviceStore
  readonly photos: PhotoStore
  readonly documents: DocumentStore
  readonly meta: MetaStore
  readonly instance: InstanceStore
  /** The same store bound to one transaction. Using the outer store inside is refused at once: it would wait for ever. */
  transaction<T>(run: (store: Store) => Promise<T>): Promise<T>
  /** Inside a transaction: waits for everybody else who holds `name`, until commit. */
  lock(name: string): Promise<void>
  /** One cheap read; throws CardeaError('unavailable') when the database does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}
