import type { Millis } from '../types.ts'
import type { Hash, Photo, PhotoCopy, PhotoFile, PhotoName, PhotoType } from './records.ts'

/* The files behind the index of photos: what the core needs from outside beyond the store. */

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
