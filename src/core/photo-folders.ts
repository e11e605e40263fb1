import { CardeaError } from '../errors.ts'
import type { User } from '../types.ts'
import type { Events } from './events.ts'
import type { PhotoFiles } from './photo-ports.ts'
import type { Store } from './ports.ts'
import type { NewPhoto, PhotoFolder, PhotoName } from './records.ts'

/**
 * Whose the folders of the library are. The operator says so once for each; a name of a folder alone never makes it
 * somebody's, or who signs up under it would get what is in it.
 */
export interface PhotoFolders {
  folders(): Promise<readonly (PhotoFolder & { readonly username: string })[]>
  /** From now on. What is indexed follows at once, what is not with the next scan. Throws request_invalid, not_found. */
  assign(path: string, user: User, isPublic: boolean): Promise<PhotoFolder>
  /** What only this folder made somebody's is nobody's any more. Throws request_invalid, not_found. */
  unassign(path: string): Promise<PhotoFolder>
}

export interface PhotoFoldersDeps {
  readonly store: Store
  readonly events: Events
  readonly files: PhotoFiles | null
}

/** Held by whoever writes what follows from the folders, so that it follows from those of now. */
const foldersLock = 'photo-folders'
const pageSize = 500
const longestPath = 1000

/** `.`, `alice/` and `alice/2024` as they are kept: without a slash at either end. Throws request_invalid. */
export function readFolder(text: string): string {
  const path = text.replace(/^\.?\/+$|^\.$|\/+$/g, '')
  const parts = path.split('/')
  const isPath = path === '' || parts.every((part) => part !== '' && !part.startsWith('.'))
  if (path.length <= longestPath && isPath && !/[\p{Cc}\\]/u.test(path)) return path
  const message = 'must be a path below the library such as alice/2024, or . for all of it'
  throw new CardeaError('request_invalid', { fields: [{ field: 'folder', message }] })
}

/** The folder that decides about a file: the closest one that is assigned; null: nobody's. */
export function folderOf(folders: readonly PhotoFolder[], path: string): PhotoFolder | null {
  let best: PhotoFolder | null = null
  for (const folder of folders) {
    const holds = folder.path === '' || path.startsWith(`${folder.path}/`)
    if (holds && (best === null || folder.path.length > best.path.length)) best = folder
  }
  return best
}

/** `hash` of a photo: digest of the content and id of the owner. */
export function photoHash(digest: string, userId: number): string {
  return `${digest.slice(0, 32)}${userId}`
}

/** Runs with the folders as they are until the commit. */
export function withFolders<T>(
  store: Store,
  run: (tx: Store, folders: readonly PhotoFolder[]) => Promise<T>,
): Promise<T> {
  return store.transaction(async (tx) => {
    await tx.lock(foldersLock)
    return run(tx, await tx.photos.folders())
  })
}

/** The same photo where it is now somebody else's, or seen by others. */
function moved(photo: NewPhoto, folder: PhotoFolder): NewPhoto {
  const { userId, public: isPublic } = folder
  return { ...photo, userId, public: isPublic, hash: photoHash(photo.hash, userId) }
}

/** Makes the index follow the folders. Answers the photos that are gone by it. */
async function settle(tx: Store): Promise<readonly PhotoName[]> {
  const folders = await tx.photos.folders()
  const left: PhotoName[] = []
  for (let last: string | null = null; ; ) {
    const page: readonly NewPhoto[] = await tx.photos.after(last, pageSize)
    if (page.length === 0) return left
    const placed = page.map((photo) => ({ photo, folder: folderOf(folders, photo.path) }))
    const lost = placed.flatMap(({ photo, folder }) => (folder === null ? [photo.path] : []))
    const others = placed.flatMap(({ photo, folder }) =>
      folder !== null && (folder.userId !== photo.userId || folder.public !== photo.public)
        ? [moved(photo, folder)]
        : [],
    )
    if (lost.length > 0) left.push(...(await tx.photos.remove(lost)))
    if (others.length > 0) left.push(...(await tx.photos.save(others)))
    last = page.at(-1)?.path ?? null
  }
}

export function createPhotoFolders({ store, events, files }: PhotoFoldersDeps): PhotoFolders {
  /** A photo can come back by a later page: what has a row again stays. */
  const dropCopies = async (left: readonly PhotoName[]) => {
    const known = new Set(await store.photos.known(left.map(({ hash }) => hash)))
    await files?.copies.remove(left.filter(({ hash }) => !known.has(hash)))
  }

  return {
    folders: () => store.photos.folders(),

    async assign(text, user, isPublic) {
      const folder = { path: readFolder(text), userId: user.id, public: isPublic }
      const left = await withFolders(store, async (tx) => {
        if ((await tx.photos.assign(folder)) === 'gone') throw new CardeaError('not_found')
        const data = { public: isPublic }
        await events.record({ kind: 'photo-folder-assigned', user: user.publicId, origin: 'cli', data }, tx)
        return settle(tx)
      })
      await dropCopies(left)
      return folder
    },

    async unassign(text) {
      const path = readFolder(text)
      const { folder, left } = await withFolders(store, async (tx) => {
        const former = await tx.photos.unassign(path)
        if (former === null) throw new CardeaError('not_found')
        const owner = await tx.users.byId(former.userId)
        await events.record({ kind: 'photo-folder-unassigned', user: owner?.publicId ?? null, origin: 'cli' }, tx)
        return { folder: former, left: await settle(tx) }
      })
      await dropCopies(left)
      return folder
    },
  }
}
