import { mkdir, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Config } from '../config/config.ts'
import { ConfigError } from '../config/config-error.ts'
import { overlap } from '../config/photos.ts'
import type { CoreDeps } from '../core/cardea.ts'
import type { Clock, Log, Store } from '../core/ports.ts'
import { createWorkPool } from '../crypto/work-pool.ts'

export interface PhotosDeps {
  readonly config: Pick<Config, 'photos' | 'dataDir'>
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
}

/** Pictures that may wait to be made; beyond it callers are told to come back. */
const queue = 1000

/** What is made of photos, in the data folder. */
export const copiesFolder = (dataDir: string): string => join(dataDir, 'thumbnails')

/**
 * The library and the copies that the configuration names; undefined where it names none. A library that is not there is
 * no error: its disk may come later. Throws ConfigError where it and the data folder overlap, links followed.
 */
export async function openPhotos({ config, store, clock, log }: PhotosDeps): Promise<CoreDeps['photos']> {
  const { library: folder, scanSeconds, maxPixels, decodeSeconds, decodeParallel } = config.photos
  if (folder === null) return undefined
  await mkdir(copiesFolder(config.dataDir), { recursive: true, mode: 0o700 })
  const copies = await realpath(copiesFolder(config.dataDir))
  if ((await libraryMeets(folder, config.dataDir)) || (await libraryMeets(folder, copies))) throw overlapping(folder)
  // Only who shows pictures loads the decoder.
  const { createPhotoCopies } = await import('./photo-copies.ts')
  const { createPhotoLibrary } = await import('./photo-library.ts')
  const limits = { maxPixels, seconds: decodeSeconds }
  const library = createPhotoLibrary({ folder, clock, limits })
  const pool = createWorkPool({ parallel: decodeParallel, queue })
  return {
    library,
    copies: createPhotoCopies({ folder: copies, library, store, pool, limits, clock, log }),
    scanSeconds,
  }
}

/** Whether the library is the data folder, in it or around it, links followed. */
export async function libraryMeets(library: string, dataDir: string): Promise<boolean> {
  return overlap(await realOf(library), await realOf(dataDir))
}

/** The real path, also of what is not there yet. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(await realOf(parent), basename(path))
  }
}

function overlapping(from: string): ConfigError {
  const message = 'leads into the data folder or around it: name a folder that has nothing to do with it'
  return new ConfigError([{ setting: 'librephotos.library', from, message }])
}
