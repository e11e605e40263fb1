// Draws a small photo library: coloured landscapes of two people, some with a date and a place in them as a camera writes
// it. The same each time.
//
//   node examples/photos/draw.ts <folder>
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import sharp from 'sharp'

export interface Drawing {
  /** Below the folder, with slashes; the ending says the format. */
  readonly path: string
  readonly width: number
  readonly height: number
  /** Hues of sky and ground, in degrees. */
  readonly hues: readonly [sky: number, ground: number]
  /** `YYYY:MM:DD hh:mm:ss`, and the offset from UTC. */
  readonly taken?: string
  readonly offset?: string
  /** Degrees, minutes and seconds north and east. */
  readonly place?: readonly [north: string, east: string]
  /** EXIF orientation; 6: the camera was held upright. */
  readonly orientation?: number
}

export const drawings: readonly Drawing[] = [
  {
    path: 'alice/lake.jpg',
    width: 640,
    height: 480,
    hues: [205, 150],
    taken: '2024:05:01 10:20:30',
    offset: '+02:00',
    place: ['47/1 33/1 0/1', '8/1 33/1 0/1'],
  },
  { path: 'alice/2023/hill.png', width: 320, height: 240, hues: [30, 110] },
  { path: 'alice/2023/moon.webp', width: 300, height: 300, hues: [250, 260], taken: '2023:12:24 22:00:00' },
  {
    path: 'alice/shown/sun.jpg',
    width: 480,
    height: 640,
    hues: [45, 20],
    taken: '2024:06:21 05:00:00',
    place: ['59/1 20/1 0/1', '18/1 4/1 0/1'],
  },
  { path: 'bob/sea.jpg', width: 500, height: 400, hues: [190, 220], taken: '2022:08:15 12:00:00', orientation: 6 },
  { path: 'bob/star.gif', width: 120, height: 120, hues: [300, 280] },
]

type Rgb = readonly [red: number, green: number, blue: number]

function colour(hue: number, light: number): Rgb {
  const channel = (shift: number) => Math.round(255 * light * (0.6 + 0.4 * Math.cos(((hue - shift) * Math.PI) / 180)))
  return [channel(0), channel(120), channel(240)]
}

/** A sky that grows lighter towards a wavy horizon, a disc in it, and ground. */
function pixelsOf({ width, height, hues: [sky, ground] }: Drawing): Buffer {
  const pixels = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const horizon = height * (0.6 + 0.06 * Math.sin((x / width) * 9))
      const inDisc = Math.hypot(x - width * 0.7, y - height * 0.25) < Math.min(width, height) * 0.1
      const plain = y < horizon ? colour(sky, 0.5 + (0.5 * y) / horizon) : colour(ground, 0.9 - (0.4 * y) / height)
      const [red, green, blue] = inDisc ? colour(50, 1) : plain
      pixels.set([red, green, blue], (y * width + x) * 3)
    }
  }
  return pixels
}

function exifOf({ taken, offset, place }: Drawing) {
  return {
    IFD0: { Make: 'Cardea', Model: 'Drawn' },
    ...(taken === undefined
      ? {}
      : { IFD2: { DateTimeOriginal: taken, ...(offset === undefined ? {} : { OffsetTimeOriginal: offset }) } }),
    ...(place === undefined
      ? {}
      : { IFD3: { GPSLatitudeRef: 'N', GPSLatitude: place[0], GPSLongitudeRef: 'E', GPSLongitude: place[1] } }),
  }
}

export async function draw(drawing: Drawing): Promise<Buffer> {
  const { path, width, height, orientation } = drawing
  const format = path.endsWith('.jpg') ? 'jpeg' : (path.split('.').at(-1) as 'png' | 'webp' | 'gif' | 'avif')
  const picture = sharp(pixelsOf(drawing), { raw: { width, height, channels: 3 } }).withExif(exifOf(drawing))
  return (orientation === undefined ? picture : picture.withMetadata({ orientation })).toFormat(format).toBuffer()
}

/** All of them below a folder. */
export async function drawLibrary(folder: string): Promise<void> {
  for (const drawing of drawings) {
    const path = join(folder, drawing.path)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, await draw(drawing))
  }
}

if (import.meta.main) {
  const [, , folder = 'pictures'] = process.argv
  await drawLibrary(folder)
  process.stdout.write(`${drawings.length} pictures in ${folder}\n`)
}
