import type { Updateable } from 'kysely'
import type { UserStore } from '../core/ports.ts'
import type { Json, NewUser, UserFilter, UserPatch } from '../core/records.ts'
import type { Millis, User } from '../types.ts'
import type { Db, Tx } from './db.ts'
import type { Queries } from './engine.ts'
import { idCursor, rowsFor, toPage } from './paging.ts'
import { prepared } from './prepared.ts'
import { chunks, count, fromJson, isId, toJson, toUser, type UserRow, unlessTaken, userColumns } from './rows.ts'
import type { UserTable } from './schema.ts'

const fresh = (queries: Queries) => queries.selectFrom('users').select(userColumns)

const byId = prepared<{ id: number }, UserRow>((queries, slot) => fresh(queries).where('users.id', '=', slot('id')))
const byName = prepared<{ key: string }, UserRow>((queries, slot) =>
  fresh(queries).where('users.username_key', '=', slot('key')),
)
const byAddress = prepared<{ email: string }, UserRow>((queries, slot) =>
  fresh(queries).where('users.email', '=', slot('email')),
)
const lockedById = prepared<{ id: number }, UserRow>((queries, slot) =>
  fresh(queries).where('users.id', '=', slot('id')).forUpdate('users'),
)
const hashOf = prepared<{ id: number }, Pick<UserTable, 'password_hash'>>((queries, slot) =>
  queries.selectFrom('users').select('password_hash').where('id', '=', slot('id')),
)
const signInAt = prepared<{ id: number; now: Millis }, never>((queries, slot) =>
  queries
    .updateTable('users')
    .set({ last_sign_in_at: slot('now') })
    .where('id', '=', slot('id'))
    .where((eb) => eb.or([eb('last_sign_in_at', 'is', null), eb('last_sign_in_at', '<', slot('now'))])),
)

const toUserOrNull = ([row]: readonly UserRow[]): User | null => (row === undefined ? null : toUser(row))

async function one(queries: Queries, id: number): Promise<User | null> {
  return toUserOrNull(await byId(queries, { id }))
}

/** Reads a user in order to change it. */
async function held({ engine, queries }: Tx, id: number): Promise<User | null> {
  const read = engine.locksRows ? lockedById : byId
  return isId(id) ? toUserOrNull(await read(queries, { id })) : null
}

/** The user's epoch grows and the caches hear of it. Part of the caller's transaction. */
export async function bumpEpoch(tx: Tx, id: number, now: Millis): Promise<User | null> {
  await tx.queries
    .updateTable('users')
    .set((eb) => ({ epoch: eb('epoch', '+', 1), updated_at: now }))
    .where('id', '=', id)
    .execute()
  const user = await one(tx.queries, id)
  if (user !== null) tx.change({ at: now, kind: 'user', id: user.publicId, epoch: user.epoch })
  return user
}

const isActiveAdmin = (user: Pick<User, 'kind' | 'role' | 'status'>) =>
  user.kind === 'person' && user.role === 'admin' && user.status === 'active'

async function hasOtherAdmin(queries: Queries, but: number): Promise<boolean> {
  const row = await queries
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('status', '=', 'active')
    .where('kind', '=', 'person')
    .where('id', '<>', but)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

function sameScopes(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((scope) => other.includes(scope))
}

/** What remote caches have to hear of: the fields that decide what the user may do. */
function growsEpoch(user: User, patch: UserPatch): boolean {
  return (
    patch.passwordHash !== undefined ||
    (patch.status !== undefined && patch.status !== user.status) ||
    (patch.role !== undefined && patch.role !== user.role) ||
    (patch.grantedScopes !== undefined && !sameScopes(patch.grantedScopes, user.grantedScopes))
  )
}

function toColumns(patch: UserPatch): Updateable<UserTable> {
  return {
    ...(patch.username !== undefined && { username: patch.username.display, username_key: patch.username.key }),
    ...(patch.email !== undefined && { email: patch.email }),
    ...(patch.unprovenEmail !== undefined && { unproven_email: patch.unprovenEmail }),
    ...(patch.passwordHash !== undefined && { password_hash: patch.passwordHash }),
    ...(patch.status !== undefined && { status: patch.status }),
    ...(patch.role !== undefined && { role: patch.role }),
    ...(patch.grantedScopes !== undefined && { granted_scopes: toJson(patch.grantedScopes) }),
  }
}

async function nameIsTaken(queries: Queries, key: string | undefined, but: number): Promise<boolean> {
  if (key === undefined) return false
  const row = await queries.selectFrom('users').select('id').where('username_key', '=', key).executeTakeFirst()
  return row !== undefined && row.id !== but
}

function toRow(user: NewUser) {
  return {
    public_id: user.publicId,
    kind: user.kind,
    username: user.username,
    username_key: user.usernameKey,
    email: user.email,
    unproven_email: user.unprovenEmail,
    password_hash: user.passwordHash,
    status: user.status,
    role: user.role,
    granted_scopes: toJson(user.grantedScopes),
    epoch: 1,
    created_at: user.createdAt,
    updated_at: user.createdAt,
    last_sign_in_at: null,
  }
}

const folded = (text = ''): string => text.normalize('NFKC').toLowerCase().trim()

function filtered(queries: Queries, db: Db, filter: UserFilter) {
  let query = fresh(queries)
  if (filter.status !== undefined) query = query.where('users.status', '=', filter.status)
  if (filter.role !== undefined) query = query.where('users.role', '=', filter.role)
  if (filter.kind !== undefined) query = query.where('users.kind', '=', filter.kind)
  const name = folded(filter.name)
  if (name !== '') query = query.where(db.engine.contains('users.username_key', name))
  const needle = folded(filter.search)
  if (needle !== '') {
    query = query.where((eb) =>
      eb.or([
        db.engine.contains('users.username_key', needle),
        db.engine.contains('users.email', needle),
        db.engine.contains('users.unproven_email', needle),
        eb('users.public_id', '=', needle),
      ]),
    )
  }
  const { flagged } = filter
  if (flagged !== undefined) {
    query = query.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('profiles')
          .select('profiles.user_id')
          .whereRef('profiles.user_id', '=', 'users.id')
          .where('profiles.api', '=', flagged.api)
          .where(db.engine.saysTrue('profiles.profile', flagged.member)),
      ),
    )
  }
  return query
}

export function createUserStore(db: Db): UserStore {
  return {
    create: (user) =>
      db.atomic(async ({ queries }) => {
        const row = await unlessTaken(queries, () =>
          queries.insertInto('users').values(toRow(user)).returning('id').executeTakeFirstOrThrow(),
        )
        if (row === null) return (await nameIsTaken(queries, user.usernameKey, -1)) ? 'username_taken' : 'email_taken'
        const made = await one(queries, row.id)
        if (made === null) throw new Error('a user was not there after its insert')
        return made
      }),

    byId: async (id) => (isId(id) ? one(db.read, id) : null),
    held: (id) => db.atomic((tx) => held(tx, id)),

    async byPublicId(publicId) {
      const row = await fresh(db.read).where('users.public_id', '=', publicId).executeTakeFirst()
      return row === undefined ? null : toUser(row)
    },

    async names(publicIds) {
      const found = new Map<string, string>()
      for (const part of chunks([...new Set(publicIds)])) {
        const rows = await db.read
          .selectFrom('users')
          .select(['public_id', 'username'])
          .where('public_id', 'in', part)
          .execute()
        for (const row of rows) found.set(row.public_id, row.username)
      }
      return found
    },

    byUsername: async (key) => toUserOrNull(await byName(db.read, { key })),
    byEmail: async (email) => toUserOrNull(await byAddress(db.read, { email })),

    async passwordHash(id) {
      if (!isId(id)) return null
      const [row] = await hashOf(db.read, { id })
      return row?.password_hash ?? null
    },

    update: (id, patch, now) =>
      db.atomic(async (tx) => {
        const { queries, engine } = tx
        // Before any row is locked: whoever may take an admin away waits here, not for each other's rows.
        const mayTakeAdmin = patch.status !== undefined || patch.role !== undefined
        if (mayTakeAdmin) await engine.lock(queries, 'admins')
        const user = await held(tx, id)
        if (user === null) return 'gone'
        const after = { kind: user.kind, role: patch.role ?? user.role, status: patch.status ?? user.status }
        if (isActiveAdmin(user) && !isActiveAdmin(after) && !(await hasOtherAdmin(queries, id))) return 'last_admin'
        const changed = await unlessTaken(queries, () =>
          queries
            .updateTable('users')
            .set({ ...toColumns(patch), updated_at: now })
            .where('id', '=', id)
            .execute(),
        )
        if (changed === null) {
          return (await nameIsTaken(queries, patch.username?.key, id)) ? 'username_taken' : 'email_taken'
        }
        const updated = growsEpoch(user, patch) ? await bumpEpoch(tx, id, now) : await one(queries, id)
        return updated ?? 'gone'
      }),

    growEpoch: (id, now) => db.atomic((tx) => bumpEpoch(tx, id, now)),

    async replaceHash(id, from, to) {
      const result = await db.write
        .updateTable('users')
        .set({ password_hash: to })
        .where('id', '=', id)
        .where('password_hash', '=', from)
        .executeTakeFirst()
      return count(result) === 1
    },

    purgeUnproven: (before, now) =>
      db.atomic(async (tx) => {
        const gone = await tx.queries
          .deleteFrom('users')
          .where('status', '=', 'pending')
          .where('kind', '=', 'person')
          .where('unproven_email', 'is not', null)
          .where('last_sign_in_at', 'is', null)
          .where('created_at', '<', before)
          .returning(['public_id', 'epoch'])
          .execute()
        for (const { public_id: id, epoch } of gone) tx.change({ at: now, kind: 'user', id, epoch: epoch + 1 })
        return gone.length
      }),

    async noteSignIn(id, now) {
      await signInAt(db.write, { id, now })
    },

    proveEmail: (id, email, now) =>
      db.atomic(async (tx) => {
        const { queries, engine } = tx
        // Two claimants who prove one address would otherwise each hold the row that the other wants to delete.
        await engine.lock(queries, 'prove-email')
        const user = await held(tx, id)
        if (user === null) return 'gone'
        const proven = await unlessTaken(queries, () =>
          queries
            .updateTable('users')
            .set({ email, updated_at: now, ...(user.unprovenEmail === email && { unproven_email: null }) })
            .where('id', '=', id)
            .execute(),
        )
        if (proven === null) return 'email_taken'
        const deleted = await queries
          .deleteFrom('users')
          .where('unproven_email', '=', email)
          .where('status', '=', 'pending')
          .where('id', '<>', id)
          .returning(['public_id', 'epoch'])
          .execute()
        for (const claimant of deleted) {
          tx.change({ at: now, kind: 'user', id: claimant.public_id, epoch: claimant.epoch + 1 })
        }
        await queries
          .updateTable('users')
          .set({ unproven_email: null, updated_at: now })
          .where('unproven_email', '=', email)
          .where('id', '<>', id)
          .execute()
        return (await one(queries, id)) ?? 'gone'
      }),

    hasAdmin: () => hasOtherAdmin(db.read, -1),

    remove: (id, reserve, now) =>
      db.atomic(async (tx) => {
        const { queries, engine } = tx
        await engine.lock(queries, 'admins')
        const user = await held(tx, id)
        if (user === null) return 'gone'
        if (isActiveAdmin(user) && !(await hasOtherAdmin(queries, id))) return 'last_admin'
        await queries.deleteFrom('reservations').where('until', '<=', now).execute()
        for (const { kind, hash, until } of reserve) {
          await queries
            .insertInto('reservations')
            .values({ kind, hash, until })
            .onConflict((oc) => oc.columns(['kind', 'hash']).doUpdateSet({ until }))
            .execute()
        }
        // What the audit log keeps of persons beyond the chain; the events themselves stay.
        await queries
          .updateTable('events')
          .set({ address: null, user_agent: null })
          .where('subject', '=', user.publicId)
          .execute()
        await queries.deleteFrom('users').where('id', '=', id).execute()
        tx.change({ at: now, kind: 'user', id: user.publicId, epoch: user.epoch + 1 })
        return 'removed'
      }),

    async list(wish) {
      const after = idCursor(wish)
      let query = filtered(db.read, db, wish).orderBy('users.id', 'desc').limit(rowsFor(wish))
      if (after !== null) query = query.where('users.id', '<', after)
      return toPage(await query.execute(), wish, toUser, (row) => [row.u_id])
    },

    async slice(wish) {
      const all = filtered(db.read, db, wish)
      const counted = await all
        .clearSelect()
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      const order = wish.newestFirst === true ? 'desc' : 'asc'
      const rows = await all.orderBy('users.id', order).limit(wish.limit).offset(wish.offset).execute()
      return { items: rows.map(toUser), count: Number(counted.count) }
    },

    async isReserved(kind, hash, now) {
      const row = await db.read
        .selectFrom('reservations')
        .select('until')
        .where('kind', '=', kind)
        .where('hash', '=', hash)
        .where('until', '>', now)
        .executeTakeFirst()
      return row !== undefined
    },

    async profile(id, api) {
      const row = await db.read
        .selectFrom('profiles')
        .select('profile')
        .where('user_id', '=', id)
        .where('api', '=', api)
        .executeTakeFirst()
      return row === undefined ? null : fromJson(row.profile)
    },

    async profiles(ids, api) {
      const found = new Map<number, Json>()
      for (const part of chunks(ids)) {
        const rows = await db.read
          .selectFrom('profiles')
          .select(['user_id', 'profile'])
          .where('api', '=', api)
          .where('user_id', 'in', part)
          .execute()
        for (const row of rows) found.set(row.user_id, fromJson(row.profile))
      }
      return found
    },

    async setProfile(id, api, profile) {
      const text = toJson(profile)
      await db.write
        .insertInto('profiles')
        .values({ user_id: id, api, profile: text })
        .onConflict((oc) => oc.columns(['user_id', 'api']).doUpdateSet({ profile: text }))
        .execute()
    },
  }
}
