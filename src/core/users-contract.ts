import type { Origin, Principal, RoleName, Scope, User, UserStatus } from '../types.ts'
import type { Background } from './background.ts'
import type { Commit } from './commit.ts'
import type { Confirmation } from './confirmation.ts'
import type { DoorLinks } from './door-links.ts'
import type { Events } from './events.ts'
import type { Identify } from './identify.ts'
import type { Limits } from './limits.ts'
import type { Mails } from './mails.ts'
import type { Names } from './names.ts'
import type { NewPasswords } from './new-passwords.ts'
import type { OneTimes } from './one-time.ts'
import type { PasswordCheck } from './password-check.ts'
import type { Clock, Store } from './ports.ts'
import type { Json, Page, PageWish, Slice, SliceWish, UserFilter } from './records.ts'
import type { Rights } from './rights.ts'
import type { Roles } from './roles.ts'
import type { CoreSettings } from './settings.ts'

export interface SignUpWish {
  /** Null: `user-<id>`, until the user chooses another. */
  readonly username: string | null
  readonly email: string | null
  readonly password: string | null
  readonly invitation?: string
  readonly setUpCode?: string
  /** The account stays `pending` until the mailed link was used. Default: the setting at the native door, else no. */
  readonly confirm?: boolean
  /** The owner of an address that is known already is mailed a link to sign in, in place of the bare word. */
  readonly linkToOwner?: boolean
}

/** What one of the APIs keeps of the user. */
export interface ProfileChange {
  readonly api: Origin['api']
  readonly change: (before: Json) => Json
}

/** `actor` null is the command line. */
export interface NewUserWish {
  readonly username: string
  readonly email: string | null
  readonly password: string | null
  readonly role: RoleName
  readonly kind: User['kind']
  readonly grantedScopes?: readonly Scope[]
  /** Default: active. */
  readonly status?: 'active' | 'disabled'
  readonly profile?: ProfileChange
}

/** What administrators change of a user; what is left out stays as it is. */
export interface UserChange {
  readonly email?: string | null
  readonly grantedScopes?: readonly Scope[]
  readonly role?: RoleName
  readonly status?: UserStatus
  readonly password?: string
  /** A lost second factor is taken off. */
  readonly resetFactor?: boolean
  readonly profile?: ProfileChange
}

export interface Users {
  /** First admin. Throws `not_found` once one exists, `one_time_invalid`, `request_invalid`, `password_refused`. */
  setUp(
    wish: {
      readonly code: string
      readonly username: string
      readonly email: string | null
      readonly password: string
    },
    origin: Origin,
  ): Promise<User>
  /** True until the first admin exists. Cached once false. */
  needsSetUp(): Promise<boolean>
  /**
   * Makes a new set-up code, or null when an admin exists. The server prints it. The one before dies, unless `replace` is
   * false.
   */
  newSetUpCode(options?: { readonly replace?: boolean }): Promise<string | null>
  /**
   * Opens an account. Answers alike whether the e-mail is known or not: `pending` users get a confirmation mail, the
   * owner of a known address gets a mail that says so. A taken user name is an error (`username_taken`).
   */
  signUp(
    wish: SignUpWish,
    origin: Origin,
  ): Promise<{ readonly username: string; readonly status: UserStatus; readonly publicId: string | null }>
  /**
   * Proves the address of a new account or a new address of an old one. The address is taken from all who only claimed
   * it; the former one is mailed a link that undoes the change. An account with a password wants it, so that the
   * owner of a mailbox does not confirm what somebody else opened or changed with their address: request_invalid
   * (field `password`) without, credentials_wrong for a wrong one (the fifth kills the token), rate_limited, busy.
   * Throws one_time_invalid (also for a change of address of an account without a password, and at another door than
   * the one that mailed it), email_taken, account_disabled, account_blocked. Only a new account becomes active.
   */
  confirmEmail(token: string, password: string | null, origin: Origin): Promise<User>
  /** Puts the former address back, ends all sessions and revokes keys and private tokens; the status stays. Throws one_time_invalid, email_taken. */
  undoEmailChange(token: string, origin: Origin): Promise<User>
  /**
   * The same for a change of address, within a session of the user whose address it is: that proves the account, so no
   * password is asked for. Throws one_time_invalid for all that was not mailed for this user's change, email_taken.
   */
  confirmOwnEmail(user: User, token: string, origin: Origin): Promise<User>
  byPublicId(publicId: string): Promise<User | null>
  /** Names of those who are there, by public id. */
  names(publicIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** By the number that some contracts know users by. Persons only. */
  byId(id: number): Promise<User | null>
  /** One look-up by the form of the identifier: proven e-mail, user name, or (at the FreeSewing door) id. No service. */
  find(identifier: string, origin: Origin): Promise<User | null>
  /** Whether somebody could take this user name now. */
  isFree(username: string): Promise<boolean>
  /** The user closes their own account: disabled, all sessions ended. Throws last_admin. */
  disableSelf(user: User, by: Principal, origin: Origin): Promise<User>
  /**
   * Own changes: user name at once, e-mail after the mailed link was used. request_invalid for a change of address of an
   * account without a password where the link asks for that.
   */
  changeUsername(user: User, username: string, origin: Origin): Promise<User>
  requestEmailChange(user: User, email: string, origin: Origin): Promise<void>
  /**
   * What these would refuse, before anything is written: for doors that change several things in one request. Throws
   * request_invalid, password_refused.
   */
  checkChange(user: User, wish: { readonly email?: string; readonly password?: string }): void
  /**
   * Ends the user's other sessions (`keepSession` stays) and kills mailed links; with `revokeKeys` also API keys and
   * private tokens. Throws password_refused.
   */
  changePassword(
    user: User,
    password: string,
    keepSession: string | null,
    origin: Origin,
    options?: { readonly revokeKeys?: boolean },
  ): Promise<void>
  /** Mails a link when the identifier names an active user with a proven e-mail; tells nobody whether. */
  forgotPassword(identifier: string, origin: Origin): Promise<void>
  /** Whether a mailed reset is still good, and of the user who is called so. Consumes nothing. */
  isResetOf(token: string, identifier: string, origin: Origin): Promise<boolean>
  /** Opens no session, leaves the factor alone; revokes keys, private tokens and sessions. */
  resetPassword(token: string, password: string, origin: Origin): Promise<void>
  remove(user: User, actor: Principal | null, origin: Origin): Promise<void>
  profile(user: User, api: Origin['api']): Promise<Json>
  /** Of many at once, by id; those that have none are not in it. */
  profiles(users: readonly Pick<User, 'id'>[], api: Origin['api']): Promise<ReadonlyMap<number, Json>>
  /** Changes one as it is now: of changes side by side none is lost. Answers what stands. Throws not_found. */
  changeProfile(user: User, api: Origin['api'], change: (before: Json) => Json): Promise<Json>

  // administration; `actor` null: the command line. Throws beyond_own_rights, last_admin, not_found, username_taken ...
  list(wish: PageWish & UserFilter): Promise<Page<User>>
  /** The same by place, oldest first unless it says otherwise. */
  slice(wish: SliceWish & UserFilter & { readonly newestFirst?: boolean }): Promise<Slice<User>>
  create(wish: NewUserWish, actor: Principal | null, origin: Origin): Promise<User>
  /** All of it in one transaction: what is refused changes nothing. */
  change(publicId: string, wish: UserChange, actor: Principal | null, origin: Origin): Promise<User>
  setRole(publicId: string, role: RoleName, actor: Principal | null, origin: Origin): Promise<User>
  setStatus(publicId: string, status: UserStatus, actor: Principal | null, origin: Origin): Promise<User>
  setPassword(publicId: string, password: string, actor: Principal | null, origin: Origin): Promise<User>
  setGrantedScopes(publicId: string, scopes: readonly Scope[], actor: Principal | null, origin: Origin): Promise<User>
  setEmail(publicId: string, email: string | null, actor: Principal | null, origin: Origin): Promise<User>
  resetFactor(publicId: string, actor: Principal | null, origin: Origin): Promise<User>
  /** Ends all of their sessions; answers how many. */
  endSessions(publicId: string, actor: Principal, origin: Origin): Promise<number>
  /** Mails them a link to a new password. Throws conflict where there is no active account with a proven address. */
  sendReset(publicId: string, actor: Principal, origin: Origin): Promise<void>
  invite(
    wish: { readonly email: string; readonly role: RoleName },
    actor: Principal | null,
    origin: Origin,
  ): Promise<{ readonly expiresAt: number }>
}

export interface UsersDeps {
  readonly store: Store
  readonly clock: Clock
  readonly commit: Commit
  readonly events: Events
  readonly limits: Limits
  readonly mails: Mails
  readonly names: Names
  readonly newPasswords: NewPasswords
  readonly oneTimes: OneTimes
  readonly roles: Roles
  readonly rights: Rights
  readonly identify: Identify
  /** Files that were made of a user's photos; they go with the user. */
  readonly forgetPhotos: (userId: number) => Promise<void>
  readonly passwordCheck: PasswordCheck
  readonly confirmation: Confirmation
  readonly doorLinks: DoorLinks
  readonly background: Background
  readonly settings: CoreSettings
}
