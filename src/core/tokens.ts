import { jwtTypes, signJwt } from '../crypto/jwt.ts'
import { isUuid, uuidv4, uuidv7 } from '../crypto/random.ts'
import { CardeaError } from '../errors.ts'
import type { Millis, Origin, Principal, Scope, User } from '../types.ts'
import type { Commit } from './commit.ts'
import {
  type Asker,
  type CredentialRights,
  checkExpiry,
  checkGrace,
  checkName,
  demandAnywhere,
  invalid,
  within,
} from './credential-rights.ts'
import type { Events } from './events.ts'
import type { LastUsed } from './last-used.ts'
import type { Mails } from './mails.ts'
import type { Clock, Store } from './ports.ts'
import type { Page, PageWish, PrivateToken, Slice, TokenSliceWish } from './records.ts'
import type { Roles } from './roles.ts'
import type { CoreSettings } from './settings.ts'
import type { SigningKeys } from './signing-keys.ts'

export interface TokenWish {
  readonly name: string
  /** Required; at most `privateTokenMaxSeconds` away, and not beyond the credential that asks. */
  readonly expiresAt: Millis
  readonly scopes?: readonly Scope[]
}
export interface IssuedToken {
  readonly record: PrivateToken
  /** The JWT, shown this once. */
  readonly token: string
}
/** Private tokens: long-living JWTs (`pt+jwt`) of a user, checked against their `jti` row. */
export interface Tokens {
  /** Throws user_required, request_invalid, beyond_own_rights (more scopes or a later end than the asker has). */
  issue(by: Principal, wish: TokenWish, origin: Origin): Promise<IssuedToken>
  /** Issued by the command line (or an administrator) for a user. */
  issueFor(owner: User, wish: TokenWish, origin: Origin, actor?: Principal | null): Promise<IssuedToken>
  /**
   * The successor has the same name, scopes and expiry unless a new one is wished; the old one lives on for the grace,
   * never beyond its own end. 0: dies now. Of callers side by side one gets the successor, the others `conflict`.
   */
  rotate(
    by: Principal,
    publicId: string,
    wish: { readonly graceSeconds: number; readonly expiresAt?: Millis },
    origin: Origin,
  ): Promise<IssuedToken>
  /** `owner` null: an administrator or the command line. Throws not_found when it is not theirs; again is fine. */
  revoke(owner: User | null, publicId: string, actor: Principal | null, origin: Origin): Promise<void>
  byPublicId(owner: User | null, publicId: string): Promise<PrivateToken>
  /** By the number that some contracts know it by. Throws not_found when it is not theirs. */
  byId(owner: User, id: number): Promise<PrivateToken>
  /** Part of the owner's list by place. */
  slice(owner: User, wish: TokenSliceWish): Promise<Slice<PrivateToken>>
  list(owner: User | null, wish: PageWish & { readonly includeRevoked?: boolean }): Promise<Page<PrivateToken>>
  /** Writes last-used times in one batch and audits first uses. */
  flush(): Promise<void>
}

export interface TokensDeps {
  readonly store: Store
  readonly clock: Clock
  readonly settings: Pick<CoreSettings, 'publicUrl' | 'audience' | 'privateTokenMaxSeconds'>
  readonly signingKeys: SigningKeys
  readonly roles: Roles
  readonly rights: CredentialRights
  readonly commit: Commit
  readonly events: Events
  readonly mails: Mails
  readonly lastUsed: LastUsed
}

export function createTokens(deps: TokensDeps): Tokens {
  const { store, clock, settings, signingKeys, roles, rights, commit, events, mails, lastUsed } = deps

  type Fields = Pick<PrivateToken, 'userId' | 'name' | 'scopes' | 'ceiling' | 'api' | 'expiresAt'>
  const rowOf = (fields: Fields): Omit<PrivateToken, 'id'> => ({
    ...fields,
    publicId: uuidv7(clock.now()),
    jti: uuidv4(),
    createdAt: clock.now(),
    lastUsedAt: null,
    revokedAt: null,
    successor: null,
    suspendedAt: null,
  })

  /** Signed before anything is stored: a server that cannot sign leaves no row behind. */
  const sign = async (row: Omit<PrivateToken, 'id'>, owner: User): Promise<string> =>
    signJwt({
      key: await signingKeys.current('private'),
      typ: jwtTypes.private,
      claims: {
        iss: settings.publicUrl,
        sub: owner.publicId,
        aud: settings.audience,
        iat: Math.floor(row.createdAt / 1000),
        exp: row.expiresAt / 1000,
        jti: row.jti,
      },
    })

  const checkEnd = (wished: Millis, asker: Pick<Asker, 'notAfter'>): Millis => {
    const now = clock.now()
    const latest = now + settings.privateTokenMaxSeconds * 1000
    const end = checkExpiry(wished, asker, now) ?? wished
    if (end > latest) throw invalid('expires_at', `At most ${settings.privateTokenMaxSeconds} seconds from now.`)
    const whole = wholeSeconds(end)
    if (whole <= now) throw invalid('expires_at', 'At least a second from now.')
    return whole
  }

  const create = async (
    asker: Asker,
    wish: TokenWish,
    actor: Principal | null,
    origin: Origin,
  ): Promise<IssuedToken> => {
    demandAnywhere(asker)
    const row = rowOf({
      userId: asker.owner.id,
      name: checkName(wish.name),
      scopes: wish.scopes === undefined ? null : rights.checkScopes(wish.scopes, asker),
      ceiling: asker.ceiling,
      api: origin.api,
      expiresAt: checkEnd(wish.expiresAt, asker),
    })
    const token = await sign(row, asker.owner)
    const data = { scopes: row.scopes, expiresAt: row.expiresAt }
    const record = await commit(async (tx) => {
      await rights.checkStill(tx, asker)
      const made = await tx.tokens.create(row)
      await events.record(
        { kind: 'token-made', user: asker.owner.publicId, origin, actor, keyId: made.publicId, data },
        tx,
      )
      return made
    })
    await mails.notice('token-made', asker.owner, origin, { name: record.name })
    return { record, token }
  }

  const ownToken = async (from: Store, owner: User | null, publicId: string): Promise<PrivateToken> => {
    const token = isUuid(publicId) ? await from.tokens.byPublicId(publicId.toLowerCase()) : null
    if (token === null || (owner !== null && token.userId !== owner.id)) throw new CardeaError('not_found')
    return token
  }

  return {
    async issue(by, wish, origin) {
      return create(await rights.askerOf(by), wish, by, origin)
    },
    issueFor(owner, wish, origin, actor = null) {
      const ceiling = [...roles.ceilingOf(origin.api)]
      return create({ owner, ceiling, notAfter: null, allowAddresses: [] }, wish, actor, origin)
    },
    async rotate(by, publicId, wish, origin) {
      const graceSeconds = checkGrace(wish.graceSeconds)
      const asker = await rights.rotatorOf(by)
      demandAnywhere(asker)
      const old = await ownToken(store, asker.owner, publicId)
      const now = clock.now()
      if (old.revokedAt !== null) throw new CardeaError('not_found')
      if (old.expiresAt <= now) throw new CardeaError('conflict', { internal: 'the token has expired' })
      rights.checkWithin(roles.effective(asker.owner, old.ceiling, old.scopes), asker)
      const kept = wholeSeconds(Math.min(old.expiresAt, asker.notAfter ?? old.expiresAt))
      const row = rowOf({
        userId: old.userId,
        name: old.name,
        scopes: old.scopes,
        ceiling: within(old.ceiling, asker.ceiling),
        api: old.api,
        expiresAt: wish.expiresAt === undefined ? kept : checkEnd(wish.expiresAt, asker),
      })
      const token = await sign(row, asker.owner)
      const record = await commit(async (tx) => {
        const made = await tx.tokens.replace(old.publicId, row, now + graceSeconds * 1000)
        if (made === 'gone') throw new CardeaError('conflict', { internal: 'the token was rotated or revoked before' })
        // An end alone would come back to life with a clock that is set back.
        if (graceSeconds === 0) await tx.tokens.revoke(old.publicId, now)
        const data = { successor: made.publicId, graceSeconds }
        await events.record(
          { kind: 'token-rotated', user: asker.owner.publicId, origin, actor: by, keyId: old.publicId, data },
          tx,
        )
        return made
      })
      await mails.notice('token-rotated', asker.owner, origin, { name: record.name })
      return { record, token }
    },
    revoke: (owner, publicId, actor, origin) =>
      commit(async (tx) => {
        const token = await ownToken(tx, owner, publicId)
        if (!(await tx.tokens.revoke(token.publicId, clock.now()))) return
        const user = owner ?? (await tx.users.byId(token.userId))
        await events.record(
          { kind: 'token-revoked', user: user?.publicId ?? null, origin, actor, keyId: token.publicId },
          tx,
        )
      }),
    byPublicId: (owner, publicId) => ownToken(store, owner, publicId),
    async byId(owner, id) {
      const token = await store.tokens.byId(id)
      if (token === null || token.userId !== owner.id) throw new CardeaError('not_found')
      return token
    },
    slice: (owner, wish) => store.tokens.slice(owner.id, wish),
    list: (owner, wish) => store.tokens.list(owner?.id ?? null, wish),
    async flush() {
      await lastUsed.flush('token', (batch) =>
        store.transaction(async (tx) => {
          for (const jti of await tx.tokens.touch(batch.map(({ id, at }) => ({ jti: id, at })))) {
            const found = await tx.tokens.withUser(jti)
            if (found === null) continue
            const { token, user } = found
            await events.record(
              {
                kind: 'token-first-used',
                user: user.publicId,
                origin: 'server',
                keyId: token.publicId,
                credential: 'private-token',
              },
              tx,
            )
          }
        }),
      )
    },
  }
}

/** So that the token says the same as its row. */
const wholeSeconds = (time: Millis): Millis => Math.floor(time / 1000) * 1000
