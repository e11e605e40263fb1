import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { draw, drawings } from '../../examples/photos/draw.ts'
import type { PhotoSettings } from '../../src/config/photos.ts'
import type { Photos } from '../../src/core/photos.ts'
import { openPhotos } from '../../src/server/photos.ts'
import type { TestCoreWish } from './core.ts'

export interface TestLibrary {
  readonly folder: string
  readonly dataDir: string
  /** For a test core or server. */
  readonly open: NonNullable<TestCoreWish['photos']>
  /** Writes a file below the library; the time of its last change is `changed`, in seconds, so that tests need not wait. */
  put(path: string, content: string | Uint8Array, changed?: number): void
  drop(): void
}

const settings: PhotoSettings = {
  library: null,
  scanSeconds: null,
  maxPixels: 10_000_000,
  decodeSeconds: 20,
  decodeParallel: 2,
}
const when = 1_700_000_000

/** An empty library and a data folder beside it. */
export function createLibrary(wish: Partial<PhotoSettings> = {}): TestLibrary {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'cardea-photos-')))
  const [folder, dataDir] = [join(root, 'library'), join(root, 'data')]
  mkdirSync(folder)
  mkdirSync(dataDir, { mode: 0o700 })
  const config = { dataDir, photos: { ...settings, library: folder, ...wish } }
  return {
    folder,
    dataDir,
    open: (made) => openPhotos({ config, ...made }),
    put(path, content, changed = when) {
      const full = join(folder, path)
      mkdirSync(dirname(full), { recursive: true })
      writeFileSync(full, content)
      utimesSync(full, changed, changed)
    },
    drop: () => rmSync(root, { recursive: true, force: true }),
  }
}

const drawn = new Map<string, Promise<Buffer>>()

/** The bytes of one of the drawn pictures. */
export function picture(path = 'alice/lake.jpg'): Promise<Buffer> {
  const drawing = drawings.find((each) => each.path === path) ?? drawings[0]
  if (drawing === undefined) throw new TypeError('there are no drawings')
  const made = drawn.get(path) ?? draw(drawing)
  drawn.set(path, made)
  return made
}

/** All drawn pictures, where the drawings say. */
export async function fill(library: TestLibrary): Promise<void> {
  for (const { path } of drawings) library.put(path, await picture(path))
}

/** Everything that a scan finds, for what was counted. */
export async function scanned(
  photos: Photos,
): Promise<Omit<Awaited<ReturnType<Photos['scan']>>, 'skipped'> & { skipped: string[] }> {
  const { skipped, ...counts } = await photos.scan()
  return { ...counts, skipped: skipped.map(({ path, reason }) => `${path}: ${reason}`).sort() }
}
