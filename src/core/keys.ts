import { formatApiKey } from '../crypto/api-key-format.ts'
import { hmacHex } from '../crypto/hash.ts'
import type { KeyTree } from '../crypto/key-tree.ts'
import { hexToken, isUuid, uuidv4 } from '../crypto/random.ts'
import { CardeaError } from '../errors.ts'
import type { Millis, Origin, Principal, Scope, User } from '../types.ts'
import { isAddressOrBlock, maxAddresses } from './address-list.ts'
import type { Commit } from './commit.ts'
import {
  type Asker,
  type CredentialRights,
  checkAddresses,
  checkExpiry,
  checkGrace,
  checkName,
  earlier,
  invalid,
  within,
} from './credential-rights.ts'
import type { Events } from './events.ts'
import type { LastUsed } from './last-used.ts'
import type { Mails } from './mails.ts'
import type { Clock, Store } from './ports.ts'
import type { ApiKey, Json, Page, PageWish } from './records.ts'
import type { Rights } from './rights.ts'
import type { Roles } from './roles.ts'

export interface KeyWish {
  readonly name: string
  /** Absent: whatever the owner may do at any time, within the ceiling of the asking credential. */
  readonly scopes?: readonly Scope[]
  readonly expiresAt?: Millis | null
  readonly allowAddresses?: readonly string[]
  /** Kept with the key for the API that issues it; a successor has the same. */
  readonly detail?: Json
}
export interface IssuedKey {
  readonly record: ApiKey
  /** 64 hex characters; for HTTP Basic together with the id. Shown this once. */
  readonly secret: string
  /** `cardea_<id>_<secret><checksum>`. Shown this once. */
  readonly token: string
}
export interface KeyPatch {
  readonly name?: string
  /** Null: whatever the owner may do, within the key's ceiling. */
  readonly scopes?: readonly Scope[] | null
  /** Null: no end. */
  readonly expiresAt?: Millis | null
  readonly allowAddresses?: readonly string[]
}

export interface Keys {
  /** Throws user_required, request_invalid, beyond_own_rights (more scopes or a later end than the asker has). */
  issue(by: Principal, wish: KeyWish, origin: Origin): Promise<IssuedKey>
  /**
   * For the command line, and for administrators who make keys of service users (beyond_own_rights otherwise): bounded
   * by the owner's rights, the ceiling of `origin.api` and, also after a promotion of the owner, by what `actor` may give.
   */
  issueFor(owner: User, wish: KeyWish, origin: Origin, actor?: Principal | null): Promise<IssuedKey>
  /** Throws not_found for keys of others and revoked ones; conflict for the end of a key that was rotated or is over. */
  update(by: Principal, id: string, patch: KeyPatch, origin: Origin): Promise<ApiKey>
  /**
   * The successor has the same name, scopes, addresses and end (never a later one); the old key dies after the grace,
   * at its own end if that is sooner, and at once when the grace is 0. Of callers side by side one gets the successor,
   * the others `conflict`. beyond_own_rights for a token that a key got for itself.
   */
  rotate(by: Principal, id: string, wish: { readonly graceSeconds: number }, origin: Origin): Promise<IssuedKey>
  /** `owner` null: an administrator or the command line. Throws not_found when it is not theirs; again is fine. */
  revoke(owner: User | null, id: string, actor: Principal | null, origin: Origin): Promise<void>
  byId(owner: User | null, id: string): Promise<ApiKey>
  list(owner: User | null, wish: PageWish & { readonly includeRevoked?: boolean }): Promise<Page<ApiKey>>
  /** Writes last-used times in one batch and audits first uses. */
  flush(): Promise<void>
}

export interface KeysDeps {
  readonly store: Store
  readonly clock: Clock
  readonly keyTree: KeyTree
  readonly roles: Roles
  readonly rights: CredentialRights
  readonly management: Rights
  readonly commit: Commit
  readonly events: Events
  readonly mails: Mails
  readonly lastUsed: LastUsed
}

/** What is stored of a key's secret. */
export function apiKeyHash(pepper: Uint8Array, id: string, secret: string): string {
  return hmacHex(pepper, `${id}.${secret}`)
}

export function createKeys(deps: KeysDeps): Keys {
  const { store, clock, keyTree, roles, rights, management, commit, events, mails, lastUsed } = deps

  type Fields = Pick<
    ApiKey,
    'userId' | 'name' | 'scopes' | 'ceiling' | 'api' | 'allowAddresses' | 'expiresAt' | 'detail'
  >
  const make = (fields: Fields): IssuedKey => {
    const id = uuidv4()
    const secret = hexToken(32)
    const pepper = keyTree.current('key-pepper')
    const record: ApiKey = {
      ...fields,
      id,
      secretHash: apiKeyHash(pepper.bytes, id, secret),
      pepperId: pepper.id,
      createdAt: clock.now(),
      lastUsedAt: null,
      revokedAt: null,
      successor: null,
      suspendedAt: null,
    }
    return { record, secret, token: formatApiKey(id, secret) }
  }

  const create = async (asker: Asker, wish: KeyWish, actor: Principal | null, origin: Origin): Promise<IssuedKey> => {
    const issued = make({
      userId: asker.owner.id,
      name: checkName(wish.name),
      scopes: wish.scopes === undefined ? null : rights.checkScopes(wish.scopes, asker),
      ceiling: asker.ceiling,
      api: origin.api,
      allowAddresses: readAddresses(checkAddresses(wish.allowAddresses, asker)),
      expiresAt: checkExpiry(wish.expiresAt ?? null, asker, clock.now()),
      detail: wish.detail ?? null,
    })
    const { record } = issued
    const data = { scopes: record.scopes, expiresAt: record.expiresAt }
    await commit(async (tx) => {
      await rights.checkStill(tx, asker)
      await tx.keys.create(record)
      await events.record({ kind: 'key-made', user: asker.owner.publicId, origin, actor, keyId: record.id, data }, tx)
    })
    await mails.notice('key-made', asker.owner, origin, { name: record.name })
    return issued
  }

  const ownKey = async (from: Store, owner: User | null, id: string): Promise<ApiKey> => {
    const key = isUuid(id) ? await from.keys.byId(id.toLowerCase()) : null
    if (key === null || (owner !== null && key.userId !== owner.id)) throw new CardeaError('not_found')
    return key
  }

  return {
    async issue(by, wish, origin) {
      return create(await rights.askerOf(by), wish, by, origin)
    },
    async issueFor(owner, wish, origin, actor = null) {
      if (actor !== null) {
        // A key acts as its owner: made for a person it would be impersonation.
        if (owner.kind !== 'service') throw new CardeaError('beyond_own_rights')
        management.mayManage(actor, owner)
      }
      // Whoever makes a key has seen it: it must not grow beyond their own rights when the service is given more.
      const ceiling = management.givenBy(actor, roles.ceilingOf(origin.api))
      return create({ owner, ceiling, notAfter: null, allowAddresses: [] }, wish, actor, origin)
    },
    async update(by, id, patch, origin) {
      const asker = await rights.askerOf(by)
      return commit(async (tx) => {
        // What is checked here may not change before it is written.
        await tx.lock(`key:${id.toLowerCase()}`)
        const key = await ownKey(tx, asker.owner, id)
        if (key.revokedAt !== null) throw new CardeaError('not_found')
        if (patch.scopes !== undefined) checkNewScopes(key, patch.scopes, asker)
        const changed = await tx.keys.update(key.id, {
          ...(patch.name !== undefined && { name: checkName(patch.name) }),
          ...(patch.scopes !== undefined && {
            scopes: patch.scopes === null ? null : [...new Set(patch.scopes)].sort(),
          }),
          ...(patch.allowAddresses !== undefined && {
            allowAddresses: readAddresses(checkAddresses(patch.allowAddresses, asker)),
          }),
          ...(patch.expiresAt !== undefined && { expiresAt: checkNewExpiry(key, patch.expiresAt, asker) }),
        })
        if (changed === null) throw new CardeaError('not_found')
        const data = { fields: Object.keys(patch), scopes: changed.scopes, expiresAt: changed.expiresAt }
        await events.record(
          { kind: 'key-changed', user: asker.owner.publicId, origin, actor: by, keyId: key.id, data },
          tx,
        )
        return changed
      })
    },
    async rotate(by, id, wish, origin) {
      const graceSeconds = checkGrace(wish.graceSeconds)
      const asker = await rights.rotatorOf(by)
      const issued = await commit(async (tx) => {
        const now = clock.now()
        await tx.lock(`key:${id.toLowerCase()}`)
        const old = await ownKey(tx, asker.owner, id)
        if (old.revokedAt !== null) throw new CardeaError('not_found')
        if (isOver(old, now)) throw new CardeaError('conflict', { internal: 'the key has expired' })
        // Who rotates sees the new secret: then the key may not be able to do more than they.
        rights.checkWithin(roles.effective(asker.owner, old.ceiling, old.scopes), asker)
        const next = make({
          userId: old.userId,
          name: old.name,
          scopes: old.scopes,
          ceiling: within(old.ceiling, asker.ceiling),
          api: old.api,
          allowAddresses: checkAddresses(old.allowAddresses, asker),
          expiresAt: earlier(old.expiresAt, asker.notAfter),
          detail: old.detail,
        })
        const oldEndsAt = now + graceSeconds * 1000
        if ((await tx.keys.replace(old.id, next.record, oldEndsAt)) === 'gone') {
          throw new CardeaError('conflict', { internal: 'the key was rotated before' })
        }
        // An end alone would come back to life with a clock that is set back.
        if (graceSeconds === 0) await tx.keys.revoke(old.id, now)
        const data = { successor: next.record.id, graceSeconds }
        await events.record(
          { kind: 'key-rotated', user: asker.owner.publicId, origin, actor: by, keyId: old.id, data },
          tx,
        )
        return next
      })
      await mails.notice('key-rotated', asker.owner, origin, { name: issued.record.name })
      return issued
    },
    revoke: (owner, id, actor, origin) =>
      commit(async (tx) => {
        const key = await ownKey(tx, owner, id)
        if (!(await tx.keys.revoke(key.id, clock.now()))) return
        const user = owner ?? (await tx.users.byId(key.userId))
        await events.record({ kind: 'key-revoked', user: user?.publicId ?? null, origin, actor, keyId: key.id }, tx)
      }),
    byId: (owner, id) => ownKey(store, owner, id),
    list: (owner, wish) => store.keys.list(owner?.id ?? null, wish),
    async flush() {
      await lastUsed.flush('key', (batch) =>
        store.transaction(async (tx) => {
          for (const id of await tx.keys.touch(batch)) {
            const found = await tx.keys.withUser(id)
            const user = found?.user.publicId ?? null
            await events.record(
              { kind: 'key-first-used', user, origin: 'server', keyId: id, credential: 'api-key' },
              tx,
            )
          }
        }),
      )
    },
  }

  /** Only what the key could not do before counts as a widening, and only within its own ceiling. */
  function checkNewScopes(key: ApiKey, scopes: readonly Scope[] | null, asker: Asker): void {
    const before = within(key.ceiling, key.scopes)
    const after = scopes ?? key.ceiling
    const gained = after.filter((scope) => !before.includes(scope))
    const known = gained.filter((scope) => roles.allScopes.has(scope))
    // `null` reaches as far as the ceiling, also where the owner has not all of it today.
    if (scopes === null) {
      if (known.some((scope) => !asker.ceiling.includes(scope))) throw new CardeaError('beyond_own_rights')
      return
    }
    rights.checkScopes(gained, asker)
    if (gained.some((scope) => !key.ceiling.includes(scope))) {
      throw new CardeaError('beyond_own_rights', { internal: 'beyond the ceiling that the key was made with' })
    }
  }

  function checkNewExpiry(key: ApiKey, expiresAt: Millis | null, asker: Asker): Millis | null {
    const now = clock.now()
    // The end that it has is no longer life, also where the asker has a nearer one.
    if (expiresAt === key.expiresAt && key.successor === null && !isOver(key, now)) return expiresAt
    const sooner = expiresAt !== null && (key.expiresAt === null || expiresAt <= key.expiresAt)
    if (!sooner && (key.successor !== null || isOver(key, now))) {
      throw new CardeaError('conflict', { internal: 'a key that was rotated, or is over, does not get a longer life' })
    }
    return checkExpiry(expiresAt, sooner ? { notAfter: null } : asker, now)
  }
}

const isOver = (key: ApiKey, now: Millis): boolean => key.expiresAt !== null && key.expiresAt <= now

function readAddresses(entries: readonly string[]): readonly string[] {
  if (entries.length > maxAddresses) throw invalid('allow_addresses', `At most ${maxAddresses} addresses and blocks.`)
  const wrong = entries.findIndex((entry) => !isAddressOrBlock(entry))
  if (wrong >= 0) {
    throw invalid(
      `allow_addresses.${wrong}`,
      'An IPv4 or IPv6 address or a block of them, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32.',
    )
  }
  return [...new Set(entries)]
}
