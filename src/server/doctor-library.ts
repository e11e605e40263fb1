import { readdir } from 'node:fs/promises'
import type { Config } from '../config/config.ts'
import { type Check, good, wrong } from './doctor-check.ts'
import { libraryMeets } from './photos.ts'

/** The photo library, where one is named: there, readable, and nothing that the data folder has to do with. */
export async function examineLibrary({
  photos,
  dataDir,
}: Pick<Config, 'photos' | 'dataDir'>): Promise<readonly Check[]> {
  const { library } = photos
  if (library === null) return []
  const name = 'library'
  if (await libraryMeets(library, dataDir)) return [wrong(name, `${library} leads into the data folder or around it`)]
  try {
    const { length } = await readdir(library)
    return [good(name, `${library} has ${length} entries`)]
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error'
    return [wrong(name, `${library} cannot be read (${code}): its photos are not shown until it can`)]
  }
}
