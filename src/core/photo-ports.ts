import type { Millis } from '../types.ts'
import type {
  Hash,
  NewPhoto,
  Photo,
  PhotoCopy,
  PhotoCounts,
  PhotoFile,
  PhotoFolder,
  PhotoName,
  PhotoSliceWish,
  PhotoType,
} from './records.ts'

/* The index of photos and the files behind it: what the core needs from outside. */

/** The index of the photo library. Rows of one hash are one photo that lies in several places; lists show it once. */
export interface PhotoStore {
  /** Newest first. Null: what is public, of users whose account is active. */
  list(userId: number | null, wish: PhotoSliceWish): Promise<readonly Photo[]>
  count(userId: number | null, search?: string): Promise<number>
  /** Of many users at once; who has none is not in it. */
  counts(userIds: readonly number[]): Promise<ReadonlyMap<number, PhotoCounts>>
  byHash(hash: Hash): Promise<Photo | null>
  /** What is indexed at these paths. */
  atPaths(paths: readonly string[]): Promise<readonly NewPhoto[]>
  /** All that is indexed, by path: the next ones after a path, from the start with null. */
  after(path: string | null, limit: number): Promise<readonly NewPhoto[]>
  /**
   * Adds or replaces what is indexed at each path; of users who are gone nothing. Answers the photos that no row stands
   * for any more.
   */
  save(photos: readonly NewPhoto[]): Promise<readonly PhotoName[]>
  /** Answers the photos that no row stands for any more. */
  remove(paths: readonly string[]): Promise<readonly PhotoName[]>
  /** Those of the hashes that some row has. */
  known(hashes: readonly Hash[]): Promise<readonly Hash[]>
  /** By path. */
  folders(): Promise<readonly (PhotoFolder & { readonly username: string })[]>
  /** In place of what the path was before; 'gone': there is no such user. */
  assign(folder: PhotoFolder): Promise<'assigned' | 'gone'>
  /** The folder that was assigned, or null. */
  unassign(path: string): Promise<PhotoFolder | null>
}

/** Why something in the library is not indexed. */
export type SkipReason =
  | 'link'
  | 'special'
  | 'hidden'
  | 'name'
  | 'missing'
  | 'unreadable'
  | 'empty'
  | 'too-large'
  | 'type'
  | 'pixels'
  | 'broken'
  | 'changing'

export interface Skipped {
  readonly path: string
  readonly reason: SkipReason
}

export interface Examined extends PhotoFile {
  readonly type: PhotoType
  readonly width: number
  readonly height: number
  /** From the picture's own data; null: it does not say. */
  readonly takenAt: Millis | null
  /** SHA-256 of the content. */
  readonly digest: Hash
}

/** An open file. Whoever has it calls exactly one of `stream` and `close`. */
export interface OpenFile {
  readonly size: number
  readonly modifiedAt: Millis
  /** Relative to the library or to the folder of copies, with slashes. */
  readonly location: string
  /** These bytes, both ends inclusive; closes the file when they were read or nobody wants more. */
  stream(from: number, to: number): ReadableStream<Uint8Array>
  close(): Promise<void>
}

/** The folder that the operator named, only ever read. Links in it are not followed, wherever they lead. */
export interface PhotoLibrary {
  /** Names of what is at its top. CardeaError `unavailable` when the folder cannot be read. */
  top(): Promise<readonly string[]>
  /** Every plain file below a folder, and what is passed over. */
  walk(folder: string): AsyncIterable<PhotoFile | Skipped>
  /** Reads all of a file: what it is by its bytes, and their digest. */
  examine(path: string): Promise<Examined | Skipped>
  /** Whether a plain file stands there; 'unknown' when that cannot be found out. */
  look(path: string): Promise<'there' | 'gone' | 'unknown'>
  /** Null: it went or changed since it was indexed. */
  open(file: PhotoFile): Promise<OpenFile | null>
}

/** Smaller and cleaned pictures that are made of photos and kept until the photo goes. */
export interface PhotoCopies {
  /**
   * Makes it when it is not there; of callers side by side one does. Null: the photo went or changed, or no picture can
   * be made of it. CardeaError `busy` when too many wait, `unavailable` when it cannot be written.
   */
  open(photo: Photo, copy: PhotoCopy): Promise<OpenFile | null>
  remove(names: readonly PhotoName[]): Promise<void>
  removeAll(userId: number): Promise<void>
  /** Photos that there are copies of. */
  kept(): AsyncIterable<PhotoName>
}

/** What is behind the index of photos. */
export interface PhotoFiles {
  readonly library: PhotoLibrary
  readonly copies: PhotoCopies
}
