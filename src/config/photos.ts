import { availableParallelism } from 'node:os'
import { sep } from 'node:path'
import type { Seconds } from '../types.ts'
import { boolean, integer, optional, text } from './kinds.ts'
import { count, DAY, option, seconds } from './option.ts'

/** The photo library of this server, and how pictures are decoded. */
export interface PhotoSettings {
  /** Absolute; null: there is none. */
  readonly library: string | null
  /** Null: it is scanned only when the command line says so. */
  readonly scanSeconds: Seconds | null
  readonly maxPixels: number
  readonly decodeSeconds: Seconds
  readonly decodeParallel: number
}

export const photoOptions = {
  'librephotos.library': option(optional(text()), null, {
    defaultText: 'none',
    doc: 'Folder of image files that the LibrePhotos API shows; it is only read, and must be neither in the data folder nor around it.',
  }),
  'librephotos.scanSeconds': seconds(
    0,
    'How often a running server scans the library; 0 for never, then `cardea photos scan` does it.',
    0,
    7 * DAY,
  ),
  'librephotos.accelRedirect': option(boolean, false, {
    doc: 'Let nginx send the pictures (`X-Accel-Redirect`); only where every caller comes through it.',
  }),
  'librephotos.maxPixels': count(
    100_000_000,
    'Pictures with more pixels, all frames together, are not indexed and not decoded.',
    1_000_000,
    2_000_000_000,
    'pixels',
  ),
  'librephotos.decodeSeconds': seconds(20, 'Longest time for making a thumbnail.', 1, 600),
  'librephotos.decodeParallel': option(
    integer(1, 64),
    Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2))),
    { doc: 'Thumbnails made at the same time.', defaultText: 'half of the processors, at most 4' },
  ),
} as const

/** One folder is the other, or holds it. Both are absolute. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => (path.endsWith(sep) ? path : `${path}${sep}`)) as [string, string]
  return a.startsWith(b) || b.startsWith(a)
}
