import { CardeaError } from '../errors.ts'
import { folderOf, photoHash, withFolders } from './photo-folders.ts'
import type { Examined, PhotoFiles, PhotoLibrary, Skipped } from './photo-ports.ts'
import type { Clock, Store } from './ports.ts'
import type { NewPhoto, PhotoFile, PhotoFolder } from './records.ts'

export interface ScanReport {
  /** Plain files that were looked at. */
  readonly files: number
  readonly added: number
  /** Other content, another owner, or other viewers than before. */
  readonly changed: number
  readonly unchanged: number
  readonly removed: number
  /** What is not indexed, and why. `no-owner`: nobody was given the folder. */
  readonly skipped: readonly PassedOver[]
}

export interface PassedOver {
  readonly path: string
  readonly reason: Skipped['reason'] | 'no-owner'
}

export interface ScanWish {
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
  /** A library in which nothing is found is believed, and the index emptied. */
  readonly allowEmpty?: boolean
  /** Stops between two files; what was indexed until then stays. */
  readonly signal?: AbortSignal
}

export interface PhotoScan {
  /**
   * Brings the index to what the library holds. Files whose size and time of change are known are not read again. Safe
   * beside a running server and another scan: each step is a transaction of its own and goes by what stands then.
   * CardeaError `conflict` without a library or where it holds nothing although photos are indexed, `unavailable` when it
   * cannot be read.
   */
  scan(wish?: ScanWish): Promise<ScanReport>
}

export interface PhotoScanDeps {
  readonly store: Store
  readonly clock: Clock
  readonly files: PhotoFiles | null
}

/** Files that one transaction takes in. */
const batchSize = 100
const pageSize = 500

/** Reasons that may be over with the next scan: what is indexed waits for it. */
const passing: readonly PassedOver['reason'][] = ['unreadable', 'changing']

const isSkipped = (entry: object): entry is Skipped => 'reason' in entry

export function createPhotoScan({ store, clock, files }: PhotoScanDeps): PhotoScan {
  /** Writes what was found at some paths, for whom it is now. */
  const write = async (found: readonly (Examined | NewPhoto)[], gone: readonly string[]): Promise<void> => {
    const left = await withFolders(store, async (tx, folders) => {
      const now = clock.now()
      const photos = found.flatMap((each) => toPhoto(each, folderOf(folders, each.path), now))
      return [...(await tx.photos.remove(gone)), ...(await tx.photos.save(photos))]
    })
    if (left.length === 0) return
    const known = new Set(await store.photos.known(left.map(({ hash }) => hash)))
    await files?.copies.remove(left.filter(({ hash }) => !known.has(hash)))
  }

  /** Rows of files that nobody saw on the way, and that are not there when looked at again. */
  const removeGone = async (library: PhotoLibrary, seen: ReadonlySet<string>, signal?: AbortSignal) => {
    let removed = 0
    for (let last: string | null = null; ; ) {
      const page: readonly NewPhoto[] = await store.photos.after(last, pageSize)
      if (page.length === 0) return removed
      const gone: string[] = []
      for (const { path } of page) {
        if (!seen.has(path) && (await library.look(path)) === 'gone') gone.push(path)
      }
      signal?.throwIfAborted()
      if (gone.length > 0) await write([], gone)
      removed += gone.length
      last = page.at(-1)?.path ?? null
    }
  }

  return {
    async scan({ onProgress, allowEmpty = false, signal } = {}) {
      if (files === null) {
        throw new CardeaError('conflict', {
          internal: 'no library is named: set librephotos.library (CARDEA_LIBREPHOTOS_LIBRARY)',
        })
      }
      const { library } = files
      const folders = await store.photos.folders()
      const { found, skipped } = await look(library, folders, signal)
      if (found.length === 0 && !allowEmpty) await demandEmptyIndex(store)

      const counts = { added: 0, changed: 0, unchanged: 0, removed: 0 }
      let done = 0
      for (let start = 0; start < found.length; start += batchSize) {
        const batch = found.slice(start, start + batchSize)
        const indexed = new Map(
          (await store.photos.atPaths(batch.map(({ path }) => path))).map((row) => [row.path, row]),
        )
        const news: (Examined | NewPhoto)[] = []
        const gone: string[] = []
        for (const file of batch) {
          signal?.throwIfAborted()
          const before = indexed.get(file.path)
          const folder = folderOf(folders, file.path)
          const known = before !== undefined && isSame(before, file)
          if (known && folder?.userId === before.userId && folder.public === before.public) counts.unchanged += 1
          else {
            const entry = known ? before : await library.examine(file.path)
            if (!isSkipped(entry)) {
              news.push(entry)
              counts[before === undefined ? 'added' : 'changed'] += 1
            } else {
              skipped.push(entry)
              if (before !== undefined && !passing.includes(entry.reason)) {
                gone.push(file.path)
                counts.removed += 1
              }
            }
          }
          done += 1
          onProgress?.({ done, total: found.length })
        }
        if (news.length > 0 || gone.length > 0) await write(news, gone)
      }
      counts.removed += await removeGone(library, new Set(found.map(({ path }) => path)), signal)
      return { files: found.length, ...counts, skipped }
    },
  }
}

const isSame = (one: PhotoFile, other: PhotoFile): boolean =>
  one.size === other.size && one.modifiedAt === other.modifiedAt

/** Empty where the folder is nobody's by now. */
function toPhoto(found: Examined | NewPhoto, folder: PhotoFolder | null, now: number): readonly NewPhoto[] {
  if (folder === null) return []
  const { path, size, modifiedAt, type, width, height, takenAt } = found
  const { userId, public: isPublic } = folder
  const [digest, addedAt] = 'digest' in found ? [found.digest, now] : [found.hash, found.addedAt]
  const hash = photoHash(digest, userId)
  return [{ path, size, modifiedAt, type, width, height, takenAt, userId, hash, public: isPublic, addedAt }]
}

/** Everything below the folders that are somebody's; of the rest only the names at the top. */
async function look(library: PhotoLibrary, folders: readonly PhotoFolder[], signal?: AbortSignal) {
  const found: PhotoFile[] = []
  const skipped: PassedOver[] = []
  const isCovered = (name: string) =>
    folders.some(({ path }) => path === '' || path === name || path.startsWith(`${name}/`))
  for (const name of await library.top()) {
    if (!isCovered(name)) skipped.push({ path: name, reason: 'no-owner' })
  }
  // A folder below another one that is walked is walked with it.
  const roots = folders.filter(
    ({ path }) =>
      folderOf(
        folders.filter((each) => each.path !== path),
        path,
      ) === null,
  )
  for (const { path } of roots) {
    for await (const entry of library.walk(path)) {
      signal?.throwIfAborted()
      if (isSkipped(entry)) skipped.push(entry)
      else found.push(entry)
    }
  }
  return { found, skipped }
}

/** An empty folder where a disk should be mounted must not cost the index. */
async function demandEmptyIndex(store: Store): Promise<void> {
  if ((await store.photos.after(null, 1)).length === 0) return
  throw new CardeaError('conflict', {
    internal: 'the library holds no picture although some are indexed: is its disk there? --allow-empty believes it',
  })
}
