import { createHash } from 'node:crypto'
import { lstat, readdir, realpath } from 'node:fs/promises'
import type { Examined, PhotoLibrary, Skipped, SkipReason } from '../core/photo-ports.ts'
import type { Clock } from '../core/ports.ts'
import type { PhotoFile } from '../core/records.ts'
import { CardeaError } from '../errors.ts'
import { type DecoderLimits, describe } from './photo-decoder.ts'
import { below, isAbsent, lookFor, type Opened, openPlain, sourceOf, toOpenFile } from './photo-files.ts'
import { headBytes, photoTypeOf } from './photo-type.ts'

export interface PhotoLibraryDeps {
  /** Absolute. Need not be there yet. */
  readonly folder: string
  readonly clock: Clock
  readonly limits: DecoderLimits
}

/** No picture is larger; what is would keep a scan busy for nothing. */
const largestBytes = 1024 ** 3
const chunkBytes = 1024 * 1024

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'error'
/** Node writes this where a name is not UTF-8: such a file cannot be opened again. */
const undecodable = '\uFFFD'

export interface RootedLibrary extends PhotoLibrary {
  /** The real path of the folder. CardeaError `unavailable`. */
  root(): Promise<string>
}

export function createPhotoLibrary({ folder, clock, limits }: PhotoLibraryDeps): RootedLibrary {
  let known: string | null = null
  const root = async (): Promise<string> => {
    try {
      known ??= await realpath(folder)
      return known
    } catch (error) {
      throw new CardeaError('unavailable', { internal: `the library ${folder} cannot be read (${codeOf(error)})` })
    }
  }

  async function* below_(path: string): AsyncGenerator<PhotoFile | Skipped> {
    const full = below(await root(), path)
    let names: readonly { readonly name: string; kind: Kind }[]
    try {
      const entries = await readdir(full, { withFileTypes: true })
      names = entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
    } catch (error) {
      yield { path, reason: isAbsent(error) ? 'missing' : 'unreadable' }
      return
    }
    for (const { name, kind } of names.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = path === '' ? name : `${path}/${name}`
      const reason = nameReason(name) ?? kindReasons[kind]
      if (reason !== null) yield { path: inner, reason }
      else if (kind === 'folder') yield* below_(inner)
      else yield await measure(below(full, name), inner)
    }
  }

  return {
    root,

    async top() {
      const path = await root()
      try {
        return (await readdir(path)).filter((name) => !name.startsWith('.')).sort()
      } catch (error) {
        throw new CardeaError('unavailable', { internal: `the library ${folder} cannot be read (${codeOf(error)})` })
      }
    },

    async *walk(path) {
      const full = below(await root(), path)
      const real = await realpath(full).catch(() => null)
      if (real === full) yield* below_(path)
      else yield { path, reason: real === null ? 'missing' : 'link' }
    },

    async examine(path) {
      const skip = (reason: SkipReason): Skipped => ({ path, reason })
      let opened: Opened | null = null
      try {
        opened = await openPlain(await root(), path)
        if (opened === null) return skip('missing')
        const { handle, size, modifiedAt } = opened
        if (size === 0) return skip('empty')
        const type = await readType(opened)
        if (type === null) return skip('type')
        if (size > largestBytes) return skip('too-large')
        const described = await describe(sourceOf(opened, below(await root(), path)), clock.now())
        if (described?.type !== type) return skip('broken')
        if (described.pixels > limits.maxPixels) return skip('pixels')
        const digest = await digestOf(opened)
        const after = await handle.stat()
        if (after.size !== size || Math.trunc(after.mtimeMs) !== modifiedAt) return skip('changing')
        const { width, height, takenAt } = described
        return { path, size, modifiedAt, type, width, height, takenAt, digest } satisfies Examined
      } catch (error) {
        if (error instanceof CardeaError) throw error
        return skip('unreadable')
      } finally {
        await opened?.handle.close()
      }
    },

    look: async (path) => lookFor(below(await root(), path)),

    async open({ path, size, modifiedAt }) {
      // A disk that is not there is for the operator's log; to callers the file went.
      const opened = await openPlain(await root().catch(() => folder), path).catch(() => null)
      if (opened === null) return null
      if (opened.size === size && opened.modifiedAt === modifiedAt) return toOpenFile(opened, path)
      await opened.handle.close()
      return null
    },
  }
}

type Kind = 'file' | 'folder' | 'link' | 'special'

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): Kind {
  if (entry.isSymbolicLink()) return 'link'
  if (entry.isDirectory()) return 'folder'
  return entry.isFile() ? 'file' : 'special'
}

const kindReasons: Readonly<Record<Kind, SkipReason | null>> = {
  file: null,
  folder: null,
  link: 'link',
  special: 'special',
}

function nameReason(name: string): SkipReason | null {
  if (name.startsWith('.')) return 'hidden'
  return name.includes(undecodable) ? 'name' : null
}

async function measure(full: string, path: string): Promise<PhotoFile | Skipped> {
  try {
    const { size, mtimeMs } = await lstat(full)
    return { path, size, modifiedAt: Math.trunc(mtimeMs) }
  } catch {
    return { path, reason: 'unreadable' }
  }
}

async function readType({ handle }: Opened) {
  const head = new Uint8Array(headBytes)
  const { bytesRead } = await handle.read(head, 0, headBytes, 0)
  return photoTypeOf(head.subarray(0, bytesRead))
}

async function digestOf({ handle }: Opened): Promise<string> {
  const hash = createHash('sha256')
  const chunk = new Uint8Array(chunkBytes)
  for (let at = 0; ; ) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, at)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(chunk.subarray(0, bytesRead))
    at += bytesRead
  }
}
