import type { ApiName, CredentialKind, Principal, Refusal, RefusalCode, Scope, Seconds, User } from '../types.ts'

/** The kinds that a guard can take. A password is for signing in, and a session cookie is good at the door that set it. */
export const guardKinds = ['access-token', 'bearer-token', 'api-key', 'private-token'] as const
export type GuardKind = (typeof guardKinds)[number]

/** What every guard knows of a user. A core's own `User` has all of it. */
export interface GuardUser extends Pick<User, 'publicId'>, Partial<Pick<User, 'username' | 'kind'>> {}

/** Who calls: the core's principal, with what is known of the user here. */
export type GuardPrincipal = Principal<GuardUser>

/** What a guard looks at of a request: a Fetch `Request` is one. */
export interface GuardedRequest {
  readonly headers: { get(name: string): string | null }
  /** Where it came from, which keys can be bound to. Without it such a key is refused. */
  readonly address?: string | null | undefined
}

/** What a route asks for. Made by `requires`, `accepts`; several are combined. */
export interface Rule {
  /** Default: every kind that the guard can take. Where `access-token` is taken, `private-token` is too. */
  readonly accepts?: readonly GuardKind[]
  /** All of these. */
  readonly requires?: readonly Scope[]
  /** Private tokens are not taken in place of access tokens. */
  readonly strictKinds?: boolean
}

export type GuardRefusalCode =
  | Exclude<RefusalCode, 'credentials_wrong' | 'factor_required'>
  | 'scope_missing'
  | 'unavailable'

export interface GuardRefusal extends Omit<Refusal, 'code'> {
  readonly code: GuardRefusalCode
  /** Of `scope_missing`: what the credential lacks. */
  readonly scope?: Scope
  /** What would have been taken. */
  readonly accepts: readonly GuardKind[]
  readonly retryAfter?: Seconds
}

export type GuardVerdict<P = GuardPrincipal> = { readonly ok: true; readonly value: P } | GuardRefused
export type GuardRefused = { readonly ok: false } & GuardRefusal

/** Answered at once what is known, without a promise: waiting for one would cost as much as the check. */
export type Soon<T> = T | Promise<T>

/** Tells who calls. The same whether Cardea is elsewhere (`createGuard`) or in this program (`createCardea().guard`). */
export interface Guard {
  /** Never throws for what a caller sends; no credential is a refusal. */
  check(request: GuardedRequest, ...rules: readonly Rule[]): Soon<GuardVerdict>
  /** The same, and null for a caller without any credential. One that is not good is refused all the same. */
  checkOptional(request: GuardedRequest, ...rules: readonly Rule[]): Soon<GuardVerdict<GuardPrincipal | null>>
}

/** A credential that was found good, with all that has to be looked at again at each use. */
export interface Known {
  readonly principal: GuardPrincipal
  /** The only addresses that it is good from; null: from anywhere. */
  readonly addresses: { has(address: string): boolean } | null
  /** Whose changes make it void. */
  readonly subjects: readonly string[]
}

export type Finding =
  | { readonly ok: true; readonly value: Known }
  | {
      readonly ok: false
      readonly code: GuardRefusalCode
      readonly kind: CredentialKind
      readonly retryAfter?: Seconds
    }

/** In whole seconds or milliseconds, as the name says. */
export interface GuardClock {
  now(): number
}

/** For what an operator has to know. Holds no credential. */
export interface GuardLog {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export type { ApiName, CredentialKind, Scope }
