import { type Selectable, sql } from 'kysely'
import type { PhotoStore } from '../core/photo-ports.ts'
import type { NewPhoto, Photo, PhotoCounts, PhotoFolder, PhotoName } from '../core/records.ts'
import type { UserStatus } from '../types.ts'
import type { Db, Tx } from './db.ts'
import type { Queries } from './engine.ts'
import { chunks, isId } from './rows.ts'
import type { PhotoTable } from './schema.ts'

type PhotoRow = Selectable<PhotoTable>
type OwnedRow = PhotoRow & { readonly u_username: string; readonly u_status: UserStatus }

function toIndexed(row: PhotoRow): NewPhoto {
  return {
    userId: row.user_id,
    hash: row.hash,
    path: row.path,
    size: row.size,
    modifiedAt: row.modified_at,
    type: row.type,
    width: row.width,
    height: row.height,
    takenAt: row.taken_at,
    public: row.public === 1,
    addedAt: row.added_at,
  }
}

function toPhoto(row: OwnedRow): Photo {
  return { ...toIndexed(row), id: row.id, owner: { username: row.u_username, status: row.u_status } }
}

function toRow(photo: NewPhoto) {
  return {
    user_id: photo.userId,
    hash: photo.hash,
    path: photo.path,
    size: photo.size,
    modified_at: photo.modifiedAt,
    type: photo.type,
    width: photo.width,
    height: photo.height,
    taken_at: photo.takenAt,
    sorted_at: photo.takenAt ?? photo.modifiedAt,
    public: photo.public ? 1 : 0,
    copy: 0,
    added_at: photo.addedAt,
  }
}

/** With their owners; one row for each hash. */
const shown = (queries: Queries) =>
  queries
    .selectFrom('photos')
    .innerJoin('users', 'users.id', 'photos.user_id')
    .selectAll('photos')
    .select(['users.username as u_username', 'users.status as u_status'])
    .where('photos.copy', '=', 0)

/** What a list holds; null: what is public. */
function visible({ read, engine }: Db, userId: number | null, search: string | undefined) {
  const whose =
    userId === null
      ? shown(read).where('photos.public', '=', 1).where('users.status', '=', 'active')
      : shown(read).where('photos.user_id', '=', userId)
  return search === undefined ? whose : whose.where(engine.containsAnyCase('photos.path', search))
}

/** Two writers who do not see each other's rows would both let theirs stand for the same photo. */
const oneAtATime = ({ engine, queries }: Tx) => engine.lock(queries, 'photos')

/** Which of the rows of a hash stands for it: a public one before others, then the oldest. */
async function settleCopies(queries: Queries, hashes: readonly string[]): Promise<void> {
  for (const part of chunks(hashes)) {
    await sql`update photos set copy = case when exists (
        select 1 from photos as other where other.hash = photos.hash and (
          other.public > photos.public or (other.public = photos.public and other.id < photos.id)
        )
      ) then 1 else 0 end where hash in (${sql.join(part)})`.execute(queries)
  }
}

async function knownOf(queries: Queries, hashes: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const part of chunks(hashes)) {
    const rows = await queries.selectFrom('photos').select('hash').distinct().where('hash', 'in', part).execute()
    found.push(...rows.map(({ hash }) => hash))
  }
  return found
}

/** After rows of these photos were changed or removed: who stands for what is left, and of what nothing is left. */
async function settle({ queries }: Tx, touched: readonly PhotoName[]): Promise<readonly PhotoName[]> {
  const byHash = new Map(touched.map((name) => [name.hash, name]))
  const hashes = [...byHash.keys()].sort()
  await settleCopies(queries, hashes)
  const known = new Set(await knownOf(queries, hashes))
  return [...byHash.values()].filter(({ hash }) => !known.has(hash))
}

const toName = ({ user_id: userId, hash }: Pick<PhotoRow, 'user_id' | 'hash'>): PhotoName => ({ userId, hash })

/** Those of the users who are there, and stay until the commit. */
async function owners({ queries, engine }: Tx, ids: readonly number[]): Promise<ReadonlySet<number>> {
  const wanted = queries.selectFrom('users').select('id').where('id', 'in', ids).orderBy('id')
  const rows = await (engine.locksRows ? wanted.forShare() : wanted).execute()
  return new Set(rows.map(({ id }) => id))
}

async function saveAll(tx: Tx, photos: readonly NewPhoto[]): Promise<readonly PhotoName[]> {
  const there = await owners(tx, [...new Set(photos.map(({ userId }) => userId))])
  const rows = photos.filter(({ userId }) => there.has(userId)).map(toRow)
  if (rows.length === 0) return []
  const before = await tx.queries
    .selectFrom('photos')
    .select(['user_id', 'hash'])
    .where(
      'path',
      'in',
      rows.map(({ path }) => path),
    )
    .execute()
  await tx.queries
    .insertInto('photos')
    .values(rows)
    .onConflict((oc) =>
      oc.column('path').doUpdateSet((eb) => ({
        user_id: eb.ref('excluded.user_id'),
        hash: eb.ref('excluded.hash'),
        size: eb.ref('excluded.size'),
        modified_at: eb.ref('excluded.modified_at'),
        type: eb.ref('excluded.type'),
        width: eb.ref('excluded.width'),
        height: eb.ref('excluded.height'),
        taken_at: eb.ref('excluded.taken_at'),
        sorted_at: eb.ref('excluded.sorted_at'),
        public: eb.ref('excluded.public'),
      })),
    )
    .execute()
  return settle(tx, [...before, ...rows].map(toName))
}

export function createPhotoStore(db: Db): PhotoStore {
  return {
    async list(userId, { offset, limit, search }) {
      const rows = await visible(db, userId, search)
        .orderBy('photos.sorted_at', 'desc')
        .orderBy('photos.id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute()
      return rows.map(toPhoto)
    },

    async count(userId, search) {
      const { n } = await visible(db, userId, search)
        .clearSelect()
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
      return Number(n)
    },

    async counts(userIds) {
      const found = new Map<number, PhotoCounts>()
      for (const part of chunks(userIds)) {
        const rows = await db.read
          .selectFrom('photos')
          .select(({ fn }) => ['user_id', fn.countAll<number>().as('all'), fn.sum<number>('public').as('shown')])
          .where('copy', '=', 0)
          .where('user_id', 'in', part)
          .groupBy('user_id')
          .execute()
        for (const row of rows) found.set(row.user_id, { all: Number(row.all), public: Number(row.shown) })
      }
      return found
    },

    async byHash(hash) {
      const row = await shown(db.read).where('photos.hash', '=', hash).executeTakeFirst()
      return row === undefined ? null : toPhoto(row)
    },

    async atPaths(paths) {
      const found: NewPhoto[] = []
      for (const part of chunks(paths)) {
        const rows = await db.read.selectFrom('photos').selectAll().where('path', 'in', part).execute()
        found.push(...rows.map(toIndexed))
      }
      return found
    },

    async after(path, limit) {
      let query = db.read.selectFrom('photos').selectAll().orderBy('path').limit(limit)
      if (path !== null) query = query.where('path', '>', path)
      return (await query.execute()).map(toIndexed)
    },

    save: (photos) =>
      db.atomic(async (tx) => {
        await oneAtATime(tx)
        const left: PhotoName[] = []
        for (const part of chunks(photos)) left.push(...(await saveAll(tx, part)))
        return left
      }),

    remove: (paths) =>
      db.atomic(async (tx) => {
        await oneAtATime(tx)
        const touched: PhotoName[] = []
        for (const part of chunks(paths)) {
          const rows = await tx.queries
            .deleteFrom('photos')
            .where('path', 'in', part)
            .returning(['user_id', 'hash'])
            .execute()
          touched.push(...rows.map(toName))
        }
        return settle(tx, touched)
      }),

    known: (hashes) => knownOf(db.read, hashes),

    async folders() {
      const rows = await db.read
        .selectFrom('photo_folders')
        .innerJoin('users', 'users.id', 'photo_folders.user_id')
        .select(['photo_folders.path', 'photo_folders.user_id', 'photo_folders.public', 'users.username'])
        .orderBy('photo_folders.path')
        .execute()
      return rows.map((row) => ({ ...toFolder(row), username: row.username }))
    },

    assign: ({ path, userId, public: isPublic }) =>
      db.atomic(async (tx) => {
        if (!isId(userId) || !(await owners(tx, [userId])).has(userId)) return 'gone'
        const row = { user_id: userId, public: isPublic ? 1 : 0 }
        await tx.queries
          .insertInto('photo_folders')
          .values({ path, ...row })
          .onConflict((oc) => oc.column('path').doUpdateSet(row))
          .execute()
        return 'assigned'
      }),

    async unassign(path) {
      const row = await db.write.deleteFrom('photo_folders').where('path', '=', path).returningAll().executeTakeFirst()
      return row === undefined ? null : toFolder(row)
    },
  }
}

function toFolder(row: { readonly path: string; readonly user_id: number; readonly public: number }): PhotoFolder {
  return { path: row.path, userId: row.user_id, public: row.public === 1 }
}
