import type { ApiName, Millis, RoleName, Scope, Seconds } from '../types.ts'
import type { PieceType } from './piece-types.ts'
import type { LimitRule } from './records.ts'

/** What the core is told. config/options.ts has one row per setting: default, unit and meaning. */
export interface CoreSettings {
  /** Without a trailing slash; also the issuer (`iss`) of all tokens. */
  readonly publicUrl: string
  readonly audience: string
  readonly signUp: 'open' | 'invite' | 'closed'
  /** New accounts of the native door stay `pending` until the mailed link was used. */
  readonly confirmEmail: boolean
  readonly password: { readonly minLength: number; readonly maxLength: number }
  readonly accessTokenSeconds: Seconds
  readonly session: {
    readonly idleSeconds: Seconds
    readonly absoluteSeconds: Seconds
    readonly refreshGraceSeconds: Seconds
    readonly maxPerUser: number
  }
  readonly privateTokenMaxSeconds: Seconds
  /** How long before its end the owner of a private token is mailed; 0: never. */
  readonly privateTokenNoticeSeconds: Seconds
  /** How long a proof of all factors counts as fresh. */
  readonly freshSeconds: Seconds
  readonly totp: { readonly issuer: string; readonly drift: number; readonly singleUse: boolean }
  /** Roles that must have a second factor before they may do more than enrol one. */
  readonly requireFactor: readonly RoleName[]
  readonly roles: Readonly<Record<RoleName, readonly Scope[]>>
  readonly staticKeys: readonly StaticKey[]
  readonly limits: {
    readonly enabled: boolean
    /** Checks of a password or code, by address (IPv6: /64). */
    readonly address: LimitRule
    /** Checks of a password by user, from addresses and devices that this user never signed in from. */
    readonly user: LimitRule
    /** The same from known ones. */
    readonly knownUser: LimitRule
    /**
     * Failed checks of a password from places that their user never signed in from, all users together: what stops
     * guessing from many addresses at many accounts. Default 50 in 15 minutes: so many people do not mistype their
     * password on a new device at once on a server of the size that one SQLite file serves, and 200 guesses an hour over
     * all accounts find nothing that passed the password rules. Raise it with the number of users. Who signs in gives
     * his point back; who is refused can still use a mailed link, and a known place is never asked.
     */
    readonly strangers: LimitRule
    /** Mails and other costly things, by address. */
    readonly mail: LimitRule
    /** Questions about documents that no index answers, by address, of callers below contributors. */
    readonly questions: LimitRule
  }
  readonly signing: {
    readonly algorithm: 'ES256' | 'EdDSA' | 'RS256'
    /** Age at which the next key takes over. */
    readonly rotateSeconds: Seconds
    /** How long the next key is published before it signs. */
    readonly publishAheadSeconds: Seconds
  }
  readonly lifetimes: {
    readonly signInLink: Seconds
    readonly resetLink: Seconds
    readonly confirmLink: Seconds
    readonly undoLink: Seconds
    readonly invitation: Seconds
    readonly setUpCode: Seconds
    readonly factorTicket: Seconds
    readonly pendingFactor: Seconds
    readonly nameReservation: Seconds
    readonly events: Seconds
  }
  /** The types of documents that operators declare. */
  readonly pieces: {
    readonly types: readonly PieceType[]
    /** Documents of a page at most. */
    readonly maxPerPage: number
    /** What `_url` begins with, without a trailing slash; null: it is a path. */
    readonly siteUrl: string | null
  }
  /** For guards elsewhere that follow the change feed. */
  readonly changes: {
    /** Streams that may be open at a time. */
    readonly maxStreams: number
    readonly maxStreamsPerUser: number
    /** How often a stream says that it is alive. */
    readonly heartbeatSeconds: Seconds
  }
  /** Cached verdicts count only while the change feed was read within this. */
  readonly feedBoundMillis: Millis
  readonly cacheSize: number
}

export interface StaticKey {
  readonly name: string
  readonly key: string
  readonly role: RoleName
  readonly api: ApiName
}
