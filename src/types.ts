/** Milliseconds since the epoch, UTC. */
export type Millis = number
/** Seconds. */
export type Seconds = number

/** The wire contracts. A credential remembers the one that issued it. */
export const apiNames = ['native', 'freesewing', 'librephotos', 'apostrophe', 'hautai', 'forward-auth'] as const
export type ApiName = (typeof apiNames)[number]

/** The kinds of credentials: the names in settings, metrics, answers and `Principal.kind`. */
export const credentialKinds = [
  'password',
  'access-token',
  'refresh-token',
  'bearer-token',
  'session-cookie',
  'api-key',
  'static-key',
  'private-token',
  'one-time',
] as const
export type CredentialKind = (typeof credentialKinds)[number]

/** A permission's name, such as `account:read`. Operators may add their own. */
export type Scope = string

/** The scopes that the core itself asks for. */
export const coreScopes = [
  'account:read',
  'account:write',
  'sessions:write',
  'keys:read',
  'keys:write',
  'tokens:read',
  'tokens:write',
  'tokens:introspect',
  'documents:read',
  'documents:write',
  'users:read',
  'users:write',
  'events:read',
  'signing-keys:write',
  'changes:read',
  'impersonate',
] as const

export const userStatuses = ['pending', 'active', 'disabled', 'blocked'] as const
export type UserStatus = (typeof userStatuses)[number]

export type UserKind = 'person' | 'service'

/** A role is a named set of scopes; the names of the built-in ones are in core/roles.ts. */
export type RoleName = string

export interface User {
  readonly id: number
  /** UUIDv7. What others see, and `sub` in tokens. */
  readonly publicId: string
  readonly kind: UserKind
  readonly username: string
  /** The proven e-mail address in its canonical form, or null. Only this one identifies and receives mail. */
  readonly email: string | null
  /** Claimed at sign-up, not proven yet. Identifies nobody. */
  readonly unprovenEmail: string | null
  readonly status: UserStatus
  readonly role: RoleName
  /** Scopes given by name on top of the role (service users only). */
  readonly grantedScopes: readonly Scope[]
  /** Grows with each change of status, role, password or factor. What was cached under an older epoch is void. */
  readonly epoch: number
  readonly hasPassword: boolean
  readonly hasFactor: boolean
  readonly createdAt: Millis
  readonly updatedAt: Millis
  readonly lastSignInAt: Millis | null
}

/** How a session proved its user. */
export const factors = ['password', 'totp', 'recovery-code', 'link', 'set-up-code'] as const
export type Factor = (typeof factors)[number]

/** What a factor is called in tokens and introspection (`amr`): RFC 8176, section 2, where it has a word for it. */
export const factorMethods = {
  password: 'pwd',
  totp: 'otp',
  'recovery-code': 'recovery-code',
  link: 'link',
  'set-up-code': 'set-up-code',
} as const satisfies Record<Factor, string>

/** Where a request came from: what sessions, limits and events keep of it. */
export interface Origin {
  readonly api: ApiName
  /** The caller's address after proxy trust was applied; IPv4 or IPv6 text. */
  readonly address: string
  readonly userAgent: string
  /** The signed device cookie's id, when the request bore one that we signed. */
  readonly device?: string
  /** A page of another site made the browser ask: what that counts is apart from what its visitor counts. */
  readonly foreign?: true
}

/** Who calls, as the guard found out. `U`: what it knows of users; in a guard elsewhere that is less. */
export interface Principal<U = User> {
  readonly kind: CredentialKind
  /** Null for a static key. */
  readonly user: U | null
  readonly role: RoleName
  /** The issuer's ceiling cut to what the owner has now. */
  readonly scopes: ReadonlySet<Scope>
  /** The API that issued the credential. */
  readonly api: ApiName
  readonly sessionId: string | null
  /** API key id, static key name or private token id (public UUID). */
  readonly keyId: string | null
  readonly factors: readonly Factor[]
  /** When all of `factors` were last proven; null where the kind never proves factors (keys, private tokens). */
  readonly provenAt: Millis | null
  readonly expiresAt: Millis | null
  /** The user who impersonates `user`, or null (RFC 8693, section 4.1). */
  readonly actor: string | null
}

/** "Is it good?" is answered, not thrown. */
export type Verdict<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & Refusal)

export interface Refusal {
  readonly code: RefusalCode
  /** Which kind of credential failed; undefined when there was none. */
  readonly kind?: CredentialKind
  readonly retryAfter?: Seconds
  /** The user whom the credential names does not exist any more. */
  readonly ownerGone?: boolean
}

export type RefusalCode =
  | 'credentials_missing'
  | 'credentials_conflict'
  | 'credential_malformed'
  | 'credential_invalid'
  | 'credential_expired'
  | 'credential_revoked'
  | 'credential_kind_refused'
  | 'credential_address_refused'
  | 'account_pending'
  | 'account_disabled'
  | 'account_blocked'
  | 'credentials_wrong'
  | 'factor_required'
  | 'rate_limited'
  | 'busy'
  | 'origin_refused'
