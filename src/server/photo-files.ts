import { constants } from 'node:fs'
import { type FileHandle, lstat, open, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { OpenFile } from '../core/photo-ports.ts'

/** Read at a time. */
const chunkBytes = 256 * 1024

export interface Opened {
  readonly handle: FileHandle
  readonly size: number
  /** Whole milliseconds. */
  readonly modifiedAt: number
}

/** A path of ours, with slashes, below a folder. */
export function below(root: string, path: string): string {
  return join(root, ...path.split('/'))
}

/**
 * Opens a plain file that stands at exactly this path: no link in the last part, nor in any part below `root`, which is
 * a real path. Null: there is none.
 */
export async function openPlain(root: string, path: string): Promise<Opened | null> {
  if (path.split('/').some((part) => ['', '.', '..'].includes(part))) return null
  const full = below(root, path)
  let handle: FileHandle
  try {
    // Not to wait for a writer where a pipe was put in the file's place.
    handle = await open(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
  try {
    const found = await handle.stat()
    if (found.isFile() && (await isExactly(full, found)))
      return { handle, size: found.size, modifiedAt: Math.trunc(found.mtimeMs) }
  } catch (error) {
    await handle.close()
    if (isAbsent(error)) return null
    throw error
  }
  await handle.close()
  return null
}

/** Whether the path leads to that very file without any link: looked at after it was opened, so that no link slips in. */
async function isExactly(full: string, found: { readonly ino: number; readonly dev: number }): Promise<boolean> {
  if ((await realpath(full)) !== full) return false
  const there = await stat(full)
  return there.ino === found.ino && there.dev === found.dev
}

export const isAbsent = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK', 'ENXIO', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')

/** Whether a plain file or folder stands there; 'unknown' when that cannot be found out. */
export async function lookFor(full: string): Promise<'there' | 'gone' | 'unknown'> {
  try {
    return (await lstat(full)).isFile() && (await realpath(full)) === full ? 'there' : 'gone'
  } catch (error) {
    return isAbsent(error) ? 'gone' : 'unknown'
  }
}

export function toOpenFile({ handle, size, modifiedAt }: Opened, location: string): OpenFile {
  return {
    size,
    modifiedAt,
    location,
    close: () => handle.close(),
    stream: (from, to) => streamOf(handle, from, to),
  }
}

/** Reads as somebody reads on, and never beyond `to`. A file that became shorter ends with an error, not as if it were whole. */
function streamOf(handle: FileHandle, from: number, to: number): ReadableStream<Uint8Array> {
  let at = from
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = new Uint8Array(Math.min(chunkBytes, to + 1 - at))
          const { bytesRead } = await handle.read(chunk, 0, chunk.length, at)
          if (bytesRead === 0) throw new Error('the file became shorter while it was sent')
          at += bytesRead
          controller.enqueue(chunk.subarray(0, bytesRead))
          if (at <= to) return
          await handle.close()
          controller.close()
        } catch (error) {
          await handle.close()
          throw error
        }
      },
      cancel: () => handle.close(),
    },
    { highWaterMark: 0 },
  )
}

/**
 * Where the decoder finds what was opened: the open file itself where the system has a name for it, so that nothing can be
 * put in its place meanwhile.
 */
export function sourceOf({ handle }: Opened, full: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : full
}
