import type { Millis, User } from '../types.ts'
import type { Events } from './events.ts'
import { createPhotoFolders, type PhotoFolders } from './photo-folders.ts'
import type { OpenFile, PhotoFiles } from './photo-ports.ts'
import { createPhotoScan, type PhotoScan } from './photo-scan.ts'
import type { Clock, Store } from './ports.ts'
import type { Photo, PhotoCopy, PhotoCounts, PhotoName, PhotoSliceWish } from './records.ts'

/** The ways in which one picture is asked for. */
export type PhotoWish = 'original' | Exclude<PhotoCopy, 'clean'>

export interface OpenPhoto {
  readonly file: OpenFile
  /** Where `file.location` is relative to. */
  readonly from: 'library' | 'copies'
  readonly type: string
  /** Strong: other bytes have another one. Without quotes. */
  readonly tag: string
}

/** Who may see a photo: its owner, and everybody where it is public. No role sees more. `viewer` null: nobody in particular. */
export interface Photos extends PhotoFolders, PhotoScan {
  /** Newest first: the viewer's own; what is public where there is no viewer. `count` is of all of them. */
  list(
    viewer: User | null,
    wish: PhotoSliceWish,
  ): Promise<{ readonly count: number; readonly photos: readonly Photo[] }>
  /** How many each of the users has; who has none is not in it. */
  counts(users: readonly Pick<User, 'id'>[]): Promise<ReadonlyMap<number, PhotoCounts>>
  /**
   * The bytes as the viewer may have them: the file itself to its owner, to others a copy that holds the picture and
   * nothing else. Null: there is none, it is not for this viewer, or its file went or changed; these are told apart by
   * nothing. CardeaError `busy` when too many pictures are being made.
   */
  open(viewer: User | null, hash: string, wish: PhotoWish): Promise<{ photo: Photo; open: OpenPhoto } | null>
  /** Drops what was made of photos of a user; before and after the user goes. */
  forgetUser(userId: number): Promise<void>
  /** Drops what was made of photos that are not indexed any more. */
  sweep(): Promise<number>
}

export interface PhotosDeps {
  readonly store: Store
  readonly clock: Clock
  readonly events: Events
  /** Null: no library is named. */
  readonly files: PhotoFiles | null
}

const hashPattern = /^[0-9a-f]{32}[1-9]\d{0,15}$/
/** Hashes that are looked up at a time. */
const sweepSize = 500

/** Whether a text can be the hash of a photo at all. */
export function isPhotoHash(text: string): boolean {
  return hashPattern.test(text)
}

function maySee(viewer: User | null, photo: Photo): boolean {
  return viewer?.id === photo.userId || (photo.public && photo.owner.status === 'active')
}

const copyTag = (hash: string, copy: PhotoCopy, { size, modifiedAt }: { size: number; modifiedAt: Millis }) =>
  `${hash}-${copy}-${size.toString(36)}-${modifiedAt.toString(36)}`

export function createPhotos(deps: PhotosDeps): Photos {
  const { store, files } = deps

  const openFor = async (viewer: User | null, photo: Photo, wish: PhotoWish): Promise<OpenPhoto | null> => {
    if (files === null) return null
    if (wish === 'original' && viewer?.id === photo.userId) {
      const file = await files.library.open(photo)
      return file === null ? null : { file, from: 'library', type: photo.type, tag: photo.hash }
    }
    // A copy is as good as the file that it was made of.
    const source = await files.library.open(photo)
    if (source === null) return null
    await source.close()
    const copy = wish === 'original' ? 'clean' : wish
    const file = await files.copies.open(photo, copy)
    if (file === null) return null
    const type = copy === 'clean' ? photo.type : 'image/webp'
    return { file, from: 'copies', type, tag: copyTag(photo.hash, copy, file) }
  }

  return {
    ...createPhotoFolders(deps),
    ...createPhotoScan(deps),

    async list(viewer, wish) {
      if (files === null) return { count: 0, photos: [] }
      const whose = viewer?.id ?? null
      const count = await store.photos.count(whose, wish.search)
      return { count, photos: wish.offset < count ? await store.photos.list(whose, wish) : [] }
    },

    counts: async (users) => (files === null ? new Map() : store.photos.counts(users.map(({ id }) => id))),

    async open(viewer, hash, wish) {
      if (!isPhotoHash(hash)) return null
      const photo = await store.photos.byHash(hash)
      if (photo === null || !maySee(viewer, photo)) return null
      const open = await openFor(viewer, photo, wish)
      return open === null ? null : { photo, open }
    },

    async forgetUser(userId) {
      await files?.copies.removeAll(userId)
    },

    async sweep() {
      if (files === null) return 0
      let removed = 0
      let batch: PhotoName[] = []
      const drop = async () => {
        const known = new Set(await store.photos.known(batch.map(({ hash }) => hash)))
        const left = batch.filter(({ hash }) => !known.has(hash))
        await files.copies.remove(left)
        removed += left.length
        batch = []
      }
      for await (const name of files.copies.kept()) {
        batch.push(name)
        if (batch.length >= sweepSize) await drop()
      }
      if (batch.length > 0) await drop()
      return removed
    },
  }
}
