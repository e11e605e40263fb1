import { CardeaError, type FieldError } from '../errors.ts'
import type { Millis, Principal, Scope, User } from '../types.ts'
import { isPlainName } from './plain-text.ts'
import type { Store } from './ports.ts'
import type { Roles } from './roles.ts'

/** What the credential that asks for a new one may pass on. */
export interface Asker {
  readonly owner: User
  /** No scope beyond these, now or after a promotion of the owner. */
  readonly ceiling: readonly Scope[]
  /** The credential's own end where its offspring may not outlive it (keys, private tokens); null: no such bound. */
  readonly notAfter: Millis | null
  /** The only addresses that the credential and its offspring are good from; empty: from anywhere. */
  readonly allowAddresses: readonly string[]
}

export interface CredentialRights {
  /** Throws user_required, beyond_own_rights (under impersonation), credential_revoked. */
  askerOf(by: Principal): Promise<Asker>
  /**
   * The same, for whoever wants a successor of a key or private token. A token that a key got for itself is no witness
   * of the key: what leaked for an hour must not become the key. Throws beyond_own_rights, too.
   */
  rotatorOf(by: Principal): Promise<Asker>
  /** Throws request_invalid for unknown scopes, beyond_own_rights for those that the asker does not have. */
  checkScopes(scopes: readonly Scope[], asker: Asker): readonly Scope[]
  /** Throws beyond_own_rights when some credential can do now what the asker cannot. */
  checkWithin(has: ReadonlySet<Scope>, asker: Asker): void
  /** In the transaction that makes the credential: the owner has not changed since the request was let in. */
  checkStill(tx: Store, asker: Asker): Promise<void>
}

export interface CredentialRightsDeps {
  readonly store: Store
  readonly roles: Roles
}

export function createCredentialRights({ store, roles }: CredentialRightsDeps): CredentialRights {
  const boundsOf = async (by: Principal): Promise<Omit<Asker, 'owner'>> => {
    if (by.kind === 'private-token' && by.keyId !== null) {
      const token = await store.tokens.byPublicId(by.keyId)
      if (token === null) throw new CardeaError('credential_revoked', { kind: by.kind })
      return { ceiling: within(token.ceiling, token.scopes), notAfter: token.expiresAt, allowAddresses: [] }
    }
    if (by.keyId !== null) {
      const key = await store.keys.byId(by.keyId)
      if (key === null) throw new CardeaError('credential_revoked', { kind: by.kind })
      const own = within(key.ceiling, key.scopes)
      const { allowAddresses } = key
      if (by.kind !== 'access-token') return { ceiling: own, notAfter: key.expiresAt, allowAddresses }
      // A token that a key got for itself may have been limited further, and ends sooner.
      const ceiling = own.filter((scope) => by.scopes.has(scope))
      return { ceiling, notAfter: earlier(key.expiresAt, by.expiresAt), allowAddresses }
    }
    if (by.sessionId !== null) {
      const session = await store.sessions.byId(by.sessionId)
      if (session === null) throw new CardeaError('credential_revoked', { kind: by.kind })
      return { ceiling: session.ceiling, notAfter: null, allowAddresses: [] }
    }
    return { ceiling: [...by.scopes], notAfter: null, allowAddresses: [] }
  }

  async function askerOf(by: Principal): Promise<Asker> {
    if (by.user === null) throw new CardeaError('user_required')
    if (by.actor !== null) {
      throw new CardeaError('beyond_own_rights', { internal: 'impersonation makes no credentials' })
    }
    return { owner: by.user, ...(await boundsOf(by)) }
  }

  return {
    askerOf,
    async rotatorOf(by) {
      const isWitness = by.kind === 'api-key' || by.kind === 'private-token' || by.keyId === null
      if (!isWitness) {
        throw new CardeaError('beyond_own_rights', { internal: 'a token of a key rotates nothing' })
      }
      return askerOf(by)
    },
    checkScopes(scopes, asker) {
      const wished = [...new Set(scopes)].sort()
      const unknown = wished.filter((scope) => !roles.allScopes.has(scope))
      if (unknown.length > 0) {
        throw invalid('scopes', `Only scopes that this server knows: ${[...roles.allScopes].sort().join(' ')}.`)
      }
      const own = roles.effective(asker.owner, asker.ceiling, null)
      if (wished.some((scope) => !own.has(scope))) throw beyond('scopes', own)
      return wished
    },
    checkWithin(has, asker) {
      const own = roles.effective(asker.owner, asker.ceiling, null)
      for (const scope of has) if (!own.has(scope)) throw beyond('scopes', own)
    },
    async checkStill(tx, { owner }) {
      // A reset that ran meanwhile has revoked what there was: nothing may be added after it in the old owner's name.
      const now = await tx.users.held(owner.id)
      if (now === null || now.epoch !== owner.epoch) throw new CardeaError('credential_revoked')
    },
  }
}

export function earlier(one: Millis | null, other: Millis | null): Millis | null {
  if (one === null || other === null) return one ?? other
  return Math.min(one, other)
}

/**
 * The addresses of a key that is wished, or those of the credential that asks. Throws beyond_own_rights for others than
 * that one is good from itself.
 */
export function checkAddresses(
  wished: readonly string[] | undefined,
  asker: Pick<Asker, 'allowAddresses'>,
): readonly string[] {
  const { allowAddresses: own } = asker
  const entries = wished ?? own
  if (own.length === 0 || (entries.length > 0 && entries.every((entry) => own.includes(entry)))) return entries
  const message = `At most the addresses of the credential that asks: ${own.join(', ')}.`
  throw new CardeaError('beyond_own_rights', { fields: [{ field: 'allow_addresses', message }] })
}

/** Private tokens have no list of addresses, so that whoever is bound to one makes none. Throws beyond_own_rights. */
export function demandAnywhere({ allowAddresses }: Pick<Asker, 'allowAddresses'>): void {
  if (allowAddresses.length > 0) throw new CardeaError('beyond_own_rights', { internal: 'bound to addresses' })
}

/** The ceiling, cut to the scopes by name where there are any. */
export function within(ceiling: readonly Scope[], scopes: readonly Scope[] | null): readonly Scope[] {
  return scopes === null ? ceiling : ceiling.filter((scope) => scopes.includes(scope))
}

function beyond(field: string, own: ReadonlySet<Scope>): CardeaError {
  const message = `At most the scopes of the credential that asks: ${[...own].sort().join(' ')}.`
  return new CardeaError('beyond_own_rights', { fields: [{ field, message }] })
}

export function invalid(field: string, message: string): CardeaError {
  const fields: readonly FieldError[] = [{ field, message }]
  return new CardeaError('request_invalid', { fields })
}

export function checkName(name: string): string {
  if (!isPlainName(name)) throw invalid('name', '1 to 100 characters, no control characters, not only blanks.')
  return name
}

/** An end in the future, or the latest that is possible when none is wished. Throws request_invalid, beyond_own_rights. */
export function checkExpiry(wished: Millis | null, asker: Pick<Asker, 'notAfter'>, now: Millis): Millis | null {
  if (wished === null) return asker.notAfter
  if (!Number.isSafeInteger(wished) || wished <= now || wished > latestTime) {
    throw invalid('expires_at', 'A time in the future, before the year 2100.')
  }
  if (asker.notAfter !== null && wished > asker.notAfter) {
    const message = `Not later than the credential that asks: ${new Date(asker.notAfter).toISOString()}.`
    throw new CardeaError('beyond_own_rights', { fields: [{ field: 'expires_at', message }] })
  }
  return wished
}

/** 2100-01-01: tokens beyond it are refused. */
const latestTime: Millis = 4_102_444_800_000

export const maxGraceSeconds = 30 * 24 * 60 * 60

export function checkGrace(seconds: number): number {
  if (!Number.isSafeInteger(seconds) || seconds < 0 || seconds > maxGraceSeconds) {
    throw invalid('grace_seconds', `A whole number from 0 (the old one dies now) to ${maxGraceSeconds} (30 days).`)
  }
  return seconds
}
