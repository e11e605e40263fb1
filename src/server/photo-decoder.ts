import readExif from 'exif-reader'
import sharp, { type Metadata, type Sharp } from 'sharp'
import type { PhotoCopy, PhotoType } from '../core/records.ts'

/*
 * The decoder: sharp over libvips. Only the loaders of the types that we serve are on, so that nothing else is ever
 * parsed, whatever a file is called.
 */

// What it remembers goes by file name, and names come again.
sharp.cache(false)
sharp.concurrency(1)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadNsgif',
    'VipsForeignLoadHeif',
  ],
})

const formats: Readonly<Record<string, PhotoType>> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  heif: 'image/avif',
}
/** EXIF that is longer is not read. */
const longestExif = 256 * 1024
const earliest = Date.UTC(1826, 0, 1)

export interface DecoderLimits {
  /** Pictures with more pixels, all frames together, are not decoded. */
  readonly maxPixels: number
  /** For one picture. */
  readonly seconds: number
}

export interface Described {
  readonly type: PhotoType | null
  readonly width: number
  readonly height: number
  readonly pixels: number
  /** Milliseconds since the epoch; null: the picture does not say. */
  readonly takenAt: number | null
}

/** What a picture says of itself; only its head is decoded. Null: it cannot be read. `source`: path of the file. */
export async function describe(source: string, now: number): Promise<Described | null> {
  let found: Metadata
  try {
    // How many pixels it has is judged by whoever asks, who wants to say that it is too many.
    found = await sharp(source, { limitInputPixels: false, failOn: 'error' }).metadata()
  } catch {
    return null
  }
  const { format, width, height, pages = 1, autoOrient, exif } = found
  return {
    type: formats[format] ?? null,
    width: autoOrient.width,
    height: autoOrient.height,
    pixels: width * height * pages,
    takenAt: takenAt(exif, now),
  }
}

/** EXIF 2.32, section 4.6.5. A date without an offset counts as UTC. */
function takenAt(exif: Buffer | undefined, now: number): number | null {
  if (exif === undefined || exif.length > longestExif) return null
  try {
    const { Photo = {}, Image = {} } = readExif(exif)
    const written = Photo.DateTimeOriginal ?? Photo.DateTimeDigitized ?? Image.DateTime
    if (!(written instanceof Date)) return null
    const at = written.getTime() - offsetMillis(Photo.OffsetTimeOriginal)
    return Number.isSafeInteger(at) && at >= earliest && at <= now + 86_400_000 ? at : null
  } catch {
    // A picture is one without its date, too.
    return null
  }
}

/** `+02:00` */
function offsetMillis(text: unknown): number {
  const [, sign, hours, minutes] = (typeof text === 'string' && /^([+-])(\d\d):(\d\d)/.exec(text)) || []
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000
}

interface Recipe {
  /** All frames of an animation. */
  readonly animated?: true
  readonly make: (picture: Sharp, type: PhotoType) => Sharp
}

const square = (side: number): Recipe => ({
  make: (picture) => picture.resize(side, side, { fit: 'cover' }).webp({ quality: 80 }),
})

/** Encoders for a copy of the same type. What is written holds the pixels alone: sharp leaves all else behind. */
const sameType: Readonly<Record<PhotoType, (picture: Sharp) => Sharp>> = {
  'image/jpeg': (picture) => picture.jpeg({ quality: 92 }),
  'image/png': (picture) => picture.png(),
  'image/webp': (picture) => picture.webp({ quality: 90 }),
  'image/gif': (picture) => picture.gif(),
  'image/avif': (picture) => picture.avif({ quality: 65, effort: 2 }),
}

const recipes: Readonly<Record<PhotoCopy, Recipe>> = {
  square: square(500),
  'square-small': square(250),
  big: {
    make: (picture) => picture.resize({ height: 1080, withoutEnlargement: true }).webp({ quality: 85 }),
  },
  clean: { animated: true, make: (picture, type) => sameType[type](picture) },
}

/** Writes one copy of a picture to a file. Throws what sharp throws when there is no picture in it, or no end to it. */
export async function makeCopy(
  source: string,
  target: string,
  { copy, type, limits }: { copy: PhotoCopy; type: PhotoType; limits: DecoderLimits },
): Promise<void> {
  const { animated = false, make } = recipes[copy]
  const picture = sharp(source, {
    limitInputPixels: limits.maxPixels,
    failOn: 'error',
    sequentialRead: true,
    animated: animated && (type === 'image/gif' || type === 'image/webp'),
  })
  await make(picture.autoOrient(), type).timeout({ seconds: limits.seconds }).toFile(target)
}
