import type {
  ApiName,
  CredentialKind,
  Factor,
  Millis,
  RoleName,
  Scope,
  Seconds,
  UserKind,
  UserStatus,
} from '../types.ts'

/* What is stored, and how the core speaks of it. The verbs are in ports.ts. */

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  /** When the outbox copy may be deleted: the expiry of the link inside. */
  readonly expiresAt: Millis
}

/** HMAC or digest, lower-case hex. */
export type Hash = string
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}
export interface PageWish {
  readonly limit: number
  /** As handed out in `nextCursor`; one that cannot be read throws CardeaError('request_invalid'). */
  readonly cursor?: string
}
/** A part of a list by its place, for contracts that number their pages. */
export interface SliceWish {
  readonly offset: number
  readonly limit: number
}
export interface Slice<T> {
  readonly items: readonly T[]
  /** How many there are in all. */
  readonly count: number
}

// ── users ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface NewUser {
  readonly publicId: string
  readonly kind: UserKind
  readonly username: string
  /** Canonical form; unique among users. */
  readonly usernameKey: string
  readonly email: string | null
  readonly unprovenEmail: string | null
  readonly passwordHash: string | null
  readonly status: UserStatus
  readonly role: RoleName
  readonly grantedScopes: readonly Scope[]
  readonly createdAt: Millis
}

export interface UserPatch {
  readonly username?: { readonly display: string; readonly key: string }
  readonly email?: string | null
  readonly unprovenEmail?: string | null
  readonly passwordHash?: string | null
  readonly status?: UserStatus
  readonly role?: RoleName
  readonly grantedScopes?: readonly Scope[]
}

export type UserConflict = 'username_taken' | 'email_taken'

export interface UserFilter {
  /** Part of a user name or e-mail address, or a public id. */
  readonly search?: string
  /** Part of a user name: for those who may not find out whose an address is. */
  readonly name?: string
  readonly status?: UserStatus
  readonly role?: RoleName
  readonly kind?: UserKind
  /** Only those whose profile at an API says `true` under this name. */
  readonly flagged?: { readonly api: ApiName; readonly member: string }
}
export interface Reservation {
  readonly kind: 'username' | 'email'
  readonly hash: Hash
  readonly until: Millis
}

// ── sessions ────────────────────────────────────────────────────────────────────────────────────────────────────────

export type SessionMode = 'token' | 'bearer' | 'cookie'
/** Fixed at the session's birth; only this form is accepted, and only where it was issued. */
export type RefreshForm = 'opaque' | 'jwt' | 'none'

export interface Session {
  readonly id: string
  readonly userId: number
  readonly api: ApiName
  readonly mode: SessionMode
  readonly refreshForm: RefreshForm
  /** Generation of the refresh secret that is good now; 1 at birth. */
  readonly generation: number
  /** Hash of the current secret (refresh secret, bearer or cookie secret); null where a JWT carries everything. */
  readonly secretHash: Hash | null
  /** Id of the derived key that `secretHash` (and derived successors) were made with. */
  readonly secretKeyId: string
  /** Random, per session: part of what refresh secrets are derived from. Hex. */
  readonly salt: string
  readonly ceiling: readonly Scope[]
  readonly factors: readonly Factor[]
  readonly provenAt: Millis
  readonly actor: string | null
  /** The session that the actor opened this one from, and their epoch then: it stands as long as these do. */
  readonly actorSession: string | null
  readonly actorEpoch: number | null
  readonly address: string
  readonly userAgent: string
  readonly createdAt: Millis
  readonly lastSeenAt: Millis
  readonly rotatedAt: Millis | null
  /** Absolute end; nothing moves it. */
  readonly expiresAt: Millis
  /** Ends this long after `lastSeenAt`; null: never by idling. */
  readonly idleMillis: Millis | null
}

// ── keys and private tokens ─────────────────────────────────────────────────────────────────────────────────────────

export interface ApiKey {
  /** UUIDv4. */
  readonly id: string
  readonly userId: number
  readonly name: string
  readonly secretHash: Hash
  readonly pepperId: string
  /** Null: whatever the owner may do, within the ceiling. */
  readonly scopes: readonly Scope[] | null
  readonly ceiling: readonly Scope[]
  readonly api: ApiName
  /** CIDR blocks or single addresses; empty: from anywhere. */
  readonly allowAddresses: readonly string[]
  readonly createdAt: Millis
  readonly expiresAt: Millis | null
  readonly lastUsedAt: Millis | null
  readonly revokedAt: Millis | null
  /** Id of the key that replaced this one. */
  readonly successor: string | null
  /** Came back from a backup: refused until an administrator confirms it. */
  readonly suspendedAt: Millis | null
  /** What the API that issued it keeps with it. No right hangs on it that `scopes` do not give. */
  readonly detail: Json
}
export interface PrivateToken {
  readonly id: number
  readonly publicId: string
  readonly userId: number
  readonly jti: string
  readonly name: string
  readonly scopes: readonly Scope[] | null
  readonly ceiling: readonly Scope[]
  readonly api: ApiName
  readonly createdAt: Millis
  readonly expiresAt: Millis
  readonly lastUsedAt: Millis | null
  readonly revokedAt: Millis | null
  /** Public id of the token that replaced this one. */
  readonly successor: string | null
  /** Came back from a backup: refused until an administrator confirms it. */
  readonly suspendedAt: Millis | null
}
export interface TokenSliceWish extends SliceWish {
  /** Part of a name, letter case aside. */
  readonly name?: string
  readonly includeRevoked?: boolean
  readonly order: { readonly by: 'id' | 'name' | 'expiresAt'; readonly descending: boolean }
}

// ── photos ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Raster types that are told by their bytes. Nothing else is ever served. */
export const photoTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'] as const
export type PhotoType = (typeof photoTypes)[number]

/** A folder of the library and all below it are the user's, but for folders below that are assigned themselves. */
export interface PhotoFolder {
  /** Relative to the library, with slashes; empty: all of it. */
  readonly path: string
  readonly userId: number
  /** Everybody may see what is in it. */
  readonly public: boolean
}

/** A file as it was when it was indexed. */
export interface PhotoFile {
  /** Relative to the library, with slashes. */
  readonly path: string
  readonly size: number
  readonly modifiedAt: Millis
}

/** How many photos somebody has, and how many of them are public. */
export interface PhotoCounts {
  readonly all: number
  readonly public: number
}
/** Which photos of a list. */
export interface PhotoSliceWish extends SliceWish {
  /** Part of where one lies in the library, letter case aside. */
  readonly search?: string
}
export interface NewPhoto extends PhotoFile {
  readonly userId: number
  /** 32 hex digits of the content's SHA-256 and the owner's id: the same picture of another user is another photo. */
  readonly hash: Hash
  readonly type: PhotoType
  /** As it is seen: a picture that lies on its side was turned. */
  readonly width: number
  readonly height: number
  readonly takenAt: Millis | null
  readonly public: boolean
  readonly addedAt: Millis
}

export interface Photo extends NewPhoto {
  readonly id: number
  readonly owner: { readonly username: string; readonly status: UserStatus }
}

/** Smaller pictures of a photo, and `clean`: as large, without anything beside the picture (place, camera, dates). */
export const photoCopies = ['square', 'square-small', 'big', 'clean'] as const
export type PhotoCopy = (typeof photoCopies)[number]

/** What stands for a photo and its copies. */
export type PhotoName = Pick<NewPhoto, 'userId' | 'hash'>

// ── one-time tokens ─────────────────────────────────────────────────────────────────────────────────────────────────

export const purposes = [
  'set-up',
  'confirm-email',
  'change-email',
  'undo-email',
  'reset-password',
  'sign-in-link',
  'factor-ticket',
  'proven-ticket',
  'invitation',
] as const
export type Purpose = (typeof purposes)[number]

export interface OneTime {
  readonly purpose: Purpose
  readonly hash: Hash
  readonly userId: number | null
  readonly data: Json
  readonly createdAt: Millis
  readonly expiresAt: Millis
  /** Wrong tries that were made with it. */
  readonly attempts: number
}
// ── second factors ──────────────────────────────────────────────────────────────────────────────────────────────────

export interface Totp {
  /** The seed, boxed. */
  readonly box: string
  readonly createdAt: Millis
  readonly confirmedAt: Millis | null
}
// ── signing keys ────────────────────────────────────────────────────────────────────────────────────────────────────

export const keyUses = ['access', 'refresh', 'private'] as const
export type KeyUse = (typeof keyUses)[number]
export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly use: KeyUse
  readonly publicJwk: Json
  /** The private JWK, boxed. */
  readonly box: string
  readonly createdAt: Millis
  /** From here on it signs. Published (use `access`) since `createdAt`. */
  readonly activeAt: Millis
  /** When the next one took over; null while it signs or waits. */
  readonly retiredAt: Millis | null
  /** Until here it verifies; null while it signs. */
  readonly verifiesUntil: Millis | null
  readonly revokedAt: Millis | null
}
// ── audit events ────────────────────────────────────────────────────────────────────────────────────────────────────

export interface AuditEvent {
  readonly id: number
  readonly at: Millis
  readonly kind: string
  readonly api: ApiName | 'cli' | 'server'
  /** Public id of the user it is about, and of who did it. */
  readonly user: string | null
  readonly actor: string | null
  readonly credential: CredentialKind | null
  readonly sessionId: string | null
  readonly keyId: string | null
  /** Erasable personal data: not part of the chain. */
  readonly address: string | null
  readonly userAgent: string | null
  readonly data: { readonly [key: string]: Json }
}
export interface EventFilter {
  readonly user?: string
  /** Public id of who did it. */
  readonly actor?: string
  readonly kind?: string
  readonly address?: string
  readonly from?: Millis
  readonly to?: Millis
  /** Where all of it lies, as `span` answered for the same times: whoever reads page after page asks once. */
  readonly span?: EventSpan
}
/** Ids of the first and the last. */
export interface EventSpan {
  readonly first: number
  readonly last: number
}
// ── the change feed ─────────────────────────────────────────────────────────────────────────────────────────────────

export const changeKinds = ['user', 'session', 'key', 'token', 'signing-key', 'restore'] as const
export type ChangeKind = (typeof changeKinds)[number]
/** What remote caches hear: a kind, an opaque id, an epoch. Nothing else. */
export interface Change {
  readonly seq: number
  readonly at: Millis
  readonly kind: ChangeKind
  /** Public id of the user, id of the session or key, jti of the token, kid. */
  readonly id: string
  readonly epoch: number
}
// ── the instance ────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a new epoch of the instance took away. */
export interface NewEpoch {
  /** 1 after the first restore. */
  readonly epoch: number
  readonly sessions: number
  readonly oneTimes: number
  readonly recoveryCodes: number
  readonly keys: number
  readonly tokens: number
}
export interface Suspended {
  readonly keys: number
  readonly tokens: number
}
/** How many things of one kind were made with one derived key. */
export interface SecretUse {
  readonly what: 'second-factor' | 'api-key' | 'session' | 'audit-event'
  readonly keyId: string
  readonly count: number
}
// ── limits and devices ──────────────────────────────────────────────────────────────────────────────────────────────

export interface LimitRule {
  readonly points: number
  readonly windowSeconds: Seconds
}
export interface LimitState {
  readonly allowed: boolean
  readonly limit: number
  readonly remaining: number
  /** Seconds until the window ends. */
  readonly resetSeconds: Seconds
}
