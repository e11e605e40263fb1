import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import type { PhotoLibrary } from '../../src/core/photo-ports.ts'
import { createPhotoLibrary } from '../../src/server/photo-library.ts'
import { photoTypeOf } from '../../src/server/photo-type.ts'
import { createFakeClock } from '../support/clock.ts'
import { createLibrary, picture, type TestLibrary } from '../support/library.ts'

let files: TestLibrary
let library: PhotoLibrary

beforeEach(() => {
  files = createLibrary()
  const limits = { maxPixels: 10_000_000, seconds: 20 }
  library = createPhotoLibrary({ folder: files.folder, clock: createFakeClock(), limits })
})
afterEach(() => files.drop())

async function indexed(path: string) {
  const found = await library.examine(path)
  if ('reason' in found) return assert.fail(found.reason)
  return found
}

const isOpen = async (file: Parameters<PhotoLibrary['open']>[0]): Promise<boolean> => {
  const opened = await library.open(file)
  await opened?.close()
  return opened !== null
}

test('a file that went, changed, or has a link on its way is not opened', async () => {
  files.put('a/1.jpg', await picture())
  const file = await indexed('a/1.jpg')
  assert.equal(await isOpen(file), true)
  files.put('a/1.jpg', await picture(), 1_700_000_001)
  assert.equal(await isOpen(file), false, 'written anew')
  files.put('a/1.jpg', Buffer.concat([await picture(), Buffer.from('x')]))
  assert.equal(await isOpen(file), false, 'longer')
  files.put('a/1.jpg', await picture())
  assert.equal(await isOpen(file), true)
  renameSync(join(files.folder, 'a'), join(files.folder, 'b'))
  assert.equal(await isOpen(file), false, 'gone')
  symlinkSync('b', join(files.folder, 'a'))
  assert.equal(await isOpen(file), false, 'a folder that is a link')
  rmSync(join(files.folder, 'a'))
  mkdirSync(join(files.folder, 'a'))
  symlinkSync('../b/1.jpg', join(files.folder, 'a/1.jpg'))
  assert.equal(await isOpen(file), false, 'a link')
})

test('nothing beyond the library is opened, whatever an index says', async () => {
  files.put('1.jpg', await picture())
  const { size, modifiedAt } = await indexed('1.jpg')
  for (const path of ['../library/1.jpg', '../../etc/passwd', '/etc/passwd', 'x/../../library/1.jpg', '', '.'])
    assert.equal(await isOpen({ path, size, modifiedAt }), false, path)
})

test('what is no plain file is neither waited for nor read', async () => {
  execFileSync('mkfifo', [join(files.folder, 'pipe.jpg')])
  assert.deepEqual(await library.examine('pipe.jpg'), { path: 'pipe.jpg', reason: 'missing' })
  const found = []
  for await (const entry of library.walk('')) found.push(entry)
  assert.deepEqual(found, [{ path: 'pipe.jpg', reason: 'special' }])
})

test('a file is sent to its last byte, any part of it, and one that became shorter is not taken for whole', async () => {
  const bytes = Buffer.alloc(600_000, 'abcdefghij')
  files.put('1.bin', bytes)
  const file = { path: '1.bin', size: bytes.length, modifiedAt: 1_700_000_000_000 }
  const read = async (from: number, to: number) => {
    const opened = (await library.open(file)) ?? assert.fail('not opened')
    return Buffer.from(await new Response(opened.stream(from, to)).arrayBuffer())
  }
  assert.ok((await read(0, bytes.length - 1)).equals(bytes))
  assert.equal((await read(10, 12)).toString(), 'abc')
  assert.equal((await read(599_999, 599_999)).toString(), 'j')
  const opened = (await library.open(file)) ?? assert.fail('not opened')
  truncateSync(join(files.folder, '1.bin'), 1000)
  await assert.rejects(new Response(opened.stream(0, bytes.length - 1)).arrayBuffer())
})

test('that a file went is not concluded from an answer that says nothing', async () => {
  assert.equal(await library.look('x'.repeat(300)), 'unknown')
})

test('a folder that is not there is said, not passed over', async () => {
  const found = []
  for await (const entry of library.walk('nowhere')) found.push(entry)
  assert.deepEqual(found, [{ path: 'nowhere', reason: 'missing' }])
  assert.equal(await library.look('nowhere/1.jpg'), 'gone')
})

test('the type is told by the bytes alone', async () => {
  const of = (text: string) => photoTypeOf(Buffer.from(text, 'latin1'))
  assert.equal(photoTypeOf(await picture()), 'image/jpeg')
  assert.equal(photoTypeOf(await picture('alice/2023/hill.png')), 'image/png')
  assert.equal(photoTypeOf(await picture('alice/2023/moon.webp')), 'image/webp')
  assert.equal(photoTypeOf(await picture('bob/star.gif')), 'image/gif')
  assert.equal(of('\0\0\0\x1Cftypavif'), 'image/avif')
  for (const other of [
    '',
    '\xFF\xD8',
    'GIF88a',
    'RIFF....WAVE',
    '\0\0\0\x1Cftypheic',
    '\0\0\0\x1Cftypmp42',
    'II*\0',
    'BM',
    '<svg',
    '%PDF',
    '<!doctype html>',
  ])
    assert.equal(of(other), null, other)
})
