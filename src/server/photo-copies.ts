import { chmod, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { OpenFile, PhotoCopies } from '../core/photo-ports.ts'
import type { Clock, Log, Store } from '../core/ports.ts'
import { type Photo, type PhotoCopy, type PhotoName, photoCopies } from '../core/records.ts'
import { hexToken } from '../crypto/random.ts'
import type { WorkPool } from '../crypto/work-pool.ts'
import { CardeaError } from '../errors.ts'
import { type DecoderLimits, makeCopy } from './photo-decoder.ts'
import { below, openPlain, sourceOf, toOpenFile } from './photo-files.ts'
import type { RootedLibrary } from './photo-library.ts'

export interface PhotoCopiesDeps {
  /** Below the data folder; made with the first copy. A folder for each user in it. */
  readonly folder: string
  readonly library: Pick<RootedLibrary, 'root'>
  readonly store: Pick<Store, 'photos'>
  readonly pool: WorkPool
  readonly limits: DecoderLimits
  readonly clock: Clock
  readonly log: Log
}

/** A picture that could not be made is not tried again for this long. */
const failedMillis = 10 * 60_000
const mostFailed = 1000
/** What somebody was still writing an hour ago is left over from a crash. */
const partMillis = 3_600_000

const nameOf = ({ hash }: PhotoName, copy: PhotoCopy): string => `${hash}.${copy}`
const storedName = /^([0-9a-f]{32}[1-9]\d{0,15})\.[a-z-]+$/
const partName = /\.part$/
const folderName = /^[1-9]\d{0,15}$/

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

export function createPhotoCopies({ folder, library, store, pool, limits, clock, log }: PhotoCopiesDeps): PhotoCopies {
  const making = new Map<string, Promise<boolean>>()
  const failed = new LRUCache<string, number>({ max: mostFailed })

  const openStored = async (location: string): Promise<OpenFile | null> => {
    const opened = await openPlain(folder, location)
    return opened === null || opened.size === 0 ? null : toOpenFile(opened, location)
  }

  const locationOf = (photo: PhotoName, copy: PhotoCopy) => `${photo.userId}/${nameOf(photo, copy)}`

  const removeFiles = async (names: readonly PhotoName[]) => {
    for (const name of names) {
      for (const copy of photoCopies) await rm(below(folder, locationOf(name, copy)), { force: true })
    }
  }

  /** True: it was made. False: no picture can be made of it, or the photo went. */
  const make = async (photo: Photo, copy: PhotoCopy): Promise<boolean> => {
    const root = await library.root().catch(() => null)
    const source = root === null ? null : await openPlain(root, photo.path)
    if (root === null || source === null) return false
    const target = below(folder, locationOf(photo, copy))
    const part = `${target}.${hexToken(6)}.part`
    try {
      if (source.size !== photo.size || source.modifiedAt !== photo.modifiedAt) return false
      await claim(join(folder, String(photo.userId)), part)
      const wish = { copy, type: photo.type, limits }
      try {
        await makeCopy(sourceOf(source, below(root, photo.path)), part, wish)
      } catch (error) {
        if (isSystemFault(error)) throw error
        // What the decoder says of a picture may quote what is in it.
        log.warn({ photo: photo.hash, copy }, 'no picture could be made of a photo')
        failed.set(locationOf(photo, copy), clock.now())
        return false
      }
      await rename(part, target)
    } catch (error) {
      throw new CardeaError('unavailable', {
        internal: `a copy of a photo cannot be written (${codeOf(error) ?? 'error'})`,
      })
    } finally {
      await source.handle.close()
      await rm(part, { force: true })
    }
    // Who was deleted meanwhile leaves nothing behind.
    if ((await store.photos.byHash(photo.hash)) !== null) return true
    await removeFiles([photo])
    return false
  }

  /** Of callers side by side one makes it, the others wait for that. */
  const makeOnce = (photo: Photo, copy: PhotoCopy): Promise<boolean> => {
    const location = locationOf(photo, copy)
    const running = making.get(location)
    if (running !== undefined) return running
    const made = pool.run(() => make(photo, copy)).finally(() => making.delete(location))
    making.set(location, made)
    return made
  }

  return {
    async open(photo, copy) {
      const location = locationOf(photo, copy)
      const stored = await openStored(location)
      if (stored !== null) return stored
      const failedAt = failed.get(location)
      if (failedAt !== undefined && clock.now() - failedAt < failedMillis) return null
      return (await makeOnce(photo, copy)) ? openStored(location) : null
    },

    remove: removeFiles,

    removeAll: (userId) => rm(join(folder, String(userId)), { recursive: true, force: true }),

    async *kept() {
      for (const user of await namesIn(folder)) {
        if (!folderName.test(user)) continue
        const hashes = new Set<string>()
        for (const name of await namesIn(join(folder, user))) {
          const [, hash] = storedName.exec(name) ?? []
          if (hash !== undefined) hashes.add(hash)
          else if (partName.test(name)) await removeOldPart(join(folder, user, name), clock)
        }
        for (const hash of hashes) yield { userId: Number(user), hash }
      }
    },
  }
}

/** The disk is full, or the like; all else that the decoder throws is the picture's fault. */
const isSystemFault = (error: unknown): boolean =>
  error instanceof Error && /unix error|unable to (?:open|write|create)/i.test(error.message)

/** An empty file that only this user can read, in a folder that only this user can enter, for the encoder to write to. */
async function claim(folder: string, part: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  await (await open(part, 'wx', 0o600)).close()
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })
}

async function removeOldPart(path: string, clock: Clock): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found !== null && clock.now() - found.mtimeMs > partMillis) await rm(path, { force: true })
}
