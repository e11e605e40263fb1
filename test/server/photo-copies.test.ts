import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import readExif from 'exif-reader'
import sharp from 'sharp'
import type { PhotoFiles } from '../../src/core/photo-ports.ts'
import type { NewPhoto, Photo, PhotoCopy } from '../../src/core/records.ts'
import type { User } from '../../src/types.ts'
import { createTestCore, type TestCore } from '../support/core.ts'
import { createLibrary, fill, picture, type TestLibrary } from '../support/library.ts'
import { makeUser } from '../support/people.ts'

let t: TestCore
let library: TestLibrary
let files: PhotoFiles
let alice: User

async function start(wish: Parameters<typeof createLibrary>[0] = {}): Promise<void> {
  library = createLibrary(wish)
  t = await createTestCore({
    photos: async (made) => {
      const opened = (await library.open(made)) ?? assert.fail('no library')
      files = opened
      return opened
    },
  })
  alice = await makeUser(t)
  await t.core.photos.assign('alice', alice, false)
}
beforeEach(() => start())
afterEach(async () => {
  await t.drop()
  library.drop()
})

const folderOf = (user: User) => join(library.dataDir, 'thumbnails', String(user.id))
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

async function photoAt(path: string): Promise<Photo> {
  const [row] = await t.store.photos.atPaths([path])
  return (await t.store.photos.byHash(row?.hash ?? '')) ?? assert.fail(`${path} is not indexed`)
}

async function bytesOf(photo: Photo, copy: PhotoCopy): Promise<Buffer> {
  const opened = (await files.copies.open(photo, copy)) ?? assert.fail('no copy')
  return Buffer.from(await new Response(opened.stream(0, opened.size - 1)).arrayBuffer())
}

test('copies have the shape that they are named after, turned as the picture is seen', async () => {
  await t.core.photos.assign('bob', alice, false)
  await fill(library)
  await t.core.photos.scan()
  const shapeOf = async (path: string, copy: PhotoCopy) => {
    const { format, width, height } = await sharp(await bytesOf(await photoAt(path), copy)).metadata()
    return `${format} ${width}x${height}`
  }
  assert.equal(await shapeOf('alice/lake.jpg', 'square'), 'webp 500x500')
  assert.equal(await shapeOf('alice/lake.jpg', 'square-small'), 'webp 250x250')
  assert.equal(await shapeOf('alice/lake.jpg', 'big'), 'webp 640x480')
  assert.equal(await shapeOf('bob/sea.jpg', 'big'), 'webp 400x500')
  assert.equal(await shapeOf('bob/sea.jpg', 'clean'), 'jpeg 400x500')
  assert.equal(await shapeOf('alice/2023/hill.png', 'clean'), 'png 320x240')
  assert.equal(await shapeOf('alice/2023/moon.webp', 'clean'), 'webp 300x300')
  assert.equal(await shapeOf('bob/star.gif', 'clean'), 'gif 120x120')
})

test('no copy says where, when or with what a picture was taken, nor what else the file held', async () => {
  const original = Buffer.concat([await picture(), Buffer.from('a secret behind the picture')])
  library.put('alice/lake.jpg', original)
  await t.core.photos.scan()
  const { exif } = await sharp(original).metadata()
  assert.ok(readExif(exif ?? Buffer.alloc(0)).GPSInfo?.GPSLatitude !== undefined, 'the drawing has a place')
  const photo = await photoAt('alice/lake.jpg')
  for (const copy of ['square', 'square-small', 'big', 'clean'] as const) {
    const bytes = await bytesOf(photo, copy)
    const found = await sharp(bytes).metadata()
    assert.deepEqual([found.exif, found.xmp, found.iptc], [undefined, undefined, undefined], copy)
    for (const word of ['Cardea', 'Drawn', '2024:05:01', 'Exif', 'GPS', 'secret'])
      assert.equal(bytes.includes(word), false, `${copy} holds ${word}`)
  }
})

test('of 20 callers side by side one makes a copy, and the next finds it', async () => {
  library.put('alice/lake.jpg', await picture())
  await t.core.photos.scan()
  const photo = await photoAt('alice/lake.jpg')
  const opened = await Promise.all(Array.from({ length: 20 }, () => files.copies.open(photo, 'square')))
  const folder = folderOf(alice)
  const made = statSync(join(folder, `${photo.hash}.square`))
  assert.deepEqual(readdirSync(folder), [`${photo.hash}.square`], 'nothing half-made is left')
  for (const each of opened) {
    assert.equal(each?.modifiedAt, Math.trunc(made.mtimeMs))
    await each?.close()
  }
  const again = await files.copies.open(photo, 'square')
  await again?.close()
  assert.equal(statSync(join(folder, `${photo.hash}.square`)).ino, made.ino, 'made once')
})

test('copies are for this user of the machine only', async () => {
  library.put('alice/lake.jpg', await picture())
  await t.core.photos.scan()
  const photo = await photoAt('alice/lake.jpg')
  await bytesOf(photo, 'square')
  assert.equal(modeOf(join(library.dataDir, 'thumbnails')), '700')
  assert.equal(modeOf(folderOf(alice)), '700')
  assert.equal(modeOf(join(folderOf(alice), `${photo.hash}.square`)), '600')
})

test('of what cannot be decoded nothing is made, and it is not tried again at once', async () => {
  const whole = await picture()
  library.put('alice/cut.jpg', whole.subarray(0, whole.length / 2))
  await t.core.photos.scan()
  const photo = await photoAt('alice/cut.jpg')
  assert.equal(await files.copies.open(photo, 'square'), null)
  assert.equal(await files.copies.open(photo, 'square'), null)
  const told = () => t.logs.filter(({ message }) => message === 'no picture could be made of a photo').length
  assert.equal(told(), 1)
  assert.deepEqual(readdirSync(folderOf(alice)), [])
  t.clock.advance(11 * 60_000)
  assert.equal(await files.copies.open(photo, 'square'), null)
  assert.equal(told(), 2)
})

test('a picture that unfolds to more pixels than allowed is not decoded, even if it got into the index', async () => {
  await t.drop()
  library.drop()
  await start({ maxPixels: 1_000_000 })
  // Some kilobytes that are 64 million pixels.
  const bomb = await sharp({ create: { width: 8000, height: 8000, channels: 3, background: 'black' } })
    .png()
    .toBuffer()
  assert.ok(bomb.length < 400_000)
  library.put('alice/bomb.png', bomb)
  const { skipped } = await t.core.photos.scan()
  assert.deepEqual(skipped, [{ path: 'alice/bomb.png', reason: 'pixels' }])
  const row: NewPhoto = {
    path: 'alice/bomb.png',
    size: bomb.length,
    modifiedAt: 1_700_000_000_000,
    userId: alice.id,
    hash: `${'a'.repeat(32)}${alice.id}`,
    type: 'image/png',
    width: 8000,
    height: 8000,
    takenAt: null,
    public: false,
    addedAt: 0,
  }
  await t.store.photos.save([row])
  assert.equal(await files.copies.open(await photoAt('alice/bomb.png'), 'square'), null)
})

test('copies go with the photo, with its place in the library, and with its user', async () => {
  await fill(library)
  await t.core.photos.scan()
  const [lake, moon] = [await photoAt('alice/lake.jpg'), await photoAt('alice/2023/moon.webp')]
  for (const photo of [lake, moon]) await bytesOf(photo, 'square')
  library.put('alice/lake.jpg', await picture('bob/sea.jpg'), 1_700_000_100)
  await t.core.photos.scan()
  assert.deepEqual(readdirSync(folderOf(alice)), [`${moon.hash}.square`])
  await t.core.users.remove(alice, null, { api: 'native', address: '127.0.0.1', userAgent: 'test' })
  assert.equal(existsSync(folderOf(alice)), false)
  assert.equal(await t.store.photos.byHash(moon.hash), null)
})

test('a copy that is being made while its user is removed is not left behind', async () => {
  await fill(library)
  await t.core.photos.scan()
  const photo = await photoAt('alice/lake.jpg')
  await t.core.users.remove(alice, null, { api: 'native', address: '127.0.0.1', userAgent: 'test' })
  assert.equal(await files.copies.open(photo, 'square'), null)
  assert.deepEqual(existsSync(folderOf(alice)) ? readdirSync(folderOf(alice)) : [], [])
})

test('a user whose copies cannot be removed is not removed', async () => {
  await fill(library)
  await t.core.photos.scan()
  const broken = { ...files, copies: { ...files.copies, removeAll: () => Promise.reject(new Error('disk')) } }
  const other = await createTestCore({ database: t.database, photos: async () => ({ ...broken, scanSeconds: null }) })
  const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
  await assert.rejects(other.core.users.remove(alice, null, origin))
  assert.equal((await t.store.users.byId(alice.id))?.username, 'alice')
  assert.equal(await t.store.photos.count(alice.id), 4)
  await other.drop()
})

test('what nobody’s photo stands for is swept, and what is in use stays', async () => {
  await fill(library)
  await t.core.photos.scan()
  const photo = await photoAt('alice/lake.jpg')
  await bytesOf(photo, 'square')
  const orphan = join(folderOf(alice), `${'f'.repeat(32)}${alice.id}.square`)
  writeFileSync(orphan, 'x')
  assert.equal(await t.core.photos.sweep(), 1)
  assert.deepEqual(readdirSync(folderOf(alice)), [`${photo.hash}.square`])
  assert.equal(readFileSync(join(folderOf(alice), `${photo.hash}.square`)).length > 0, true)
})
