import assert from 'node:assert/strict'
import { readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import readExif from 'exif-reader'
import sharp from 'sharp'
import { makeUser } from '../../support/callers.ts'
import { mediaFolders as folders, type Gallery, openGallery, withGallery } from '../../support/gallery.ts'
import type { Wish } from '../../support/http.ts'
import { picture } from '../../support/library.ts'

let gallery: Gallery
before(async () => {
  gallery = await openGallery()
})
after(() => gallery.close())

const send = (path: string, wish: Wish = {}, method = 'GET') => gallery.server.send(method, path, wish)

/** The bytes, which the client of the tests would read as text. */
async function bytes(path: string, headers: Readonly<Record<string, string>> = {}) {
  const answered = await fetch(new URL(path, gallery.server.url), { headers })
  return { status: answered.status, headers: answered.headers, body: Buffer.from(await answered.arrayBuffer()) }
}
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

describe('what is sent', () => {
  test('is the file itself to its owner, and to others the picture alone', async () => {
    const path = `/media/photos/${await gallery.hashOf('alice/shown/sun.jpg')}`
    const original = await picture('alice/shown/sun.jpg')
    const place = readExif((await sharp(original).metadata()).exif ?? Buffer.alloc(0)).GPSInfo
    assert.ok(place?.GPSLatitude !== undefined)
    const own = await bytes(path, bearer(gallery.tokens.alice))
    assert.ok(own.body.equals(original))
    assert.equal(own.headers.get('content-disposition'), 'inline; filename="sun.jpg"')
    for (const headers of [{}, bearer(gallery.tokens.bob), bearer(gallery.tokens.root)]) {
      const { body, headers: got } = await bytes(path, headers)
      const found = await sharp(body).metadata()
      assert.deepEqual([found.format, found.width, found.height, found.exif], ['jpeg', 480, 640, undefined])
      assert.equal(body.includes('Drawn'), false)
      assert.equal(got.get('content-disposition'), 'inline', 'the name of the file is the owner’s')
      assert.notEqual(got.get('etag'), own.headers.get('etag'))
    }
  })

  test('is marked so that nothing in it runs, and nobody keeps it unasked', async () => {
    for (const folder of folders) {
      const { headers } = await bytes(
        `/media/${folder}/${await gallery.hashOf('alice/lake.jpg')}`,
        bearer(gallery.tokens.alice),
      )
      assert.equal(headers.get('content-type'), folder === 'photos' ? 'image/jpeg' : 'image/webp')
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*sandbox/)
      assert.match(headers.get('cache-control') ?? '', /\bprivate\b/)
      assert.match(headers.get('etag') ?? '', /^"[\w-]+"$/)
      assert.equal(headers.get('accept-ranges'), 'bytes')
      assert.match(headers.get('vary') ?? '', /Authorization, Cookie/)
      assert.equal(headers.get('set-cookie'), null)
    }
  })

  const rows = [
    [{ Range: 'bytes=0-9' }, 206, [0, 9]],
    [{ Range: 'bytes=100-' }, 206, [100, -1]],
    [{ Range: 'bytes=-5' }, 206, [-5, -1]],
    [{ Range: 'bytes=0-0' }, 206, [0, 0]],
    [{ Range: 'bytes=99999999-' }, 416, null],
    [{ Range: 'bytes=-0' }, 416, null],
    [{ Range: 'bytes=0-1,5-6' }, 200, [0, -1]],
    [{ Range: 'bytes=9-1' }, 200, [0, -1]],
    [{ Range: 'lines=0-1' }, 200, [0, -1]],
    [{ Range: 'bytes=0-9', 'If-Range': 'ETAG' }, 206, [0, 9]],
    [{ Range: 'bytes=0-9', 'If-Range': '"other"' }, 200, [0, -1]],
    [{ Range: 'bytes=0-9', 'If-Range': 'Sat, 29 Oct 1994 19:43:31 GMT' }, 200, [0, -1]],
    [{ 'If-None-Match': 'ETAG' }, 304, null],
    [{ 'If-None-Match': '*' }, 304, null],
    [{ 'If-None-Match': '"other"' }, 200, [0, -1]],
    [{ 'If-None-Match': 'ETAG', Range: 'bytes=0-9' }, 304, null],
  ] as const

  for (const [sent, status, part] of rows) {
    test(`with ${JSON.stringify(sent)} is ${status}, of originals and of thumbnails`, async () => {
      for (const folder of ['photos', 'square_thumbnails']) {
        const path = `/media/${folder}/${await gallery.hashOf('alice/lake.jpg')}`
        const whole = await bytes(path, bearer(gallery.tokens.alice))
        const etag = whole.headers.get('etag') ?? ''
        const headers = Object.fromEntries(
          Object.entries(sent).map(([name, value]) => [name, value === 'ETAG' ? etag : value]),
        )
        const answered = await bytes(path, { ...bearer(gallery.tokens.alice), ...headers })
        const size = whole.body.length
        assert.equal(answered.status, status)
        assert.equal(answered.headers.get('etag'), etag)
        if (part === null) {
          assert.equal(answered.body.length, 0)
          assert.equal(answered.headers.get('content-range'), status === 416 ? `bytes */${size}` : null)
          continue
        }
        const [from, to] = part.map((at) => (at < 0 ? size + at : at)) as [number, number]
        assert.ok(answered.body.equals(whole.body.subarray(from, to + 1)))
        assert.equal(answered.headers.get('content-length'), String(to - from + 1))
        assert.equal(answered.headers.get('content-range'), status === 206 ? `bytes ${from}-${to}/${size}` : null)
      }
    })
  }

  test('to HEAD is what GET would say, without a byte', async () => {
    for (const folder of folders) {
      const path = `/media/${folder}/${await gallery.hashOf('alice/lake.jpg')}`
      const got = await bytes(path, bearer(gallery.tokens.alice))
      const head = await send(path, { token: gallery.tokens.alice }, 'HEAD')
      assert.equal(head.status, 200)
      assert.equal(head.text, '')
      for (const name of ['content-type', 'content-length', 'etag', 'cache-control', 'accept-ranges'])
        assert.equal(head.headers.get(name), got.headers.get(name), name)
    }
  })

  test('is a thumbnail also under the name that ends in .webp', async () => {
    const hash = await gallery.hashOf('alice/lake.jpg')
    assert.equal((await bytes(`/media/square_thumbnails/${hash}.webp`, bearer(gallery.tokens.alice))).status, 200)
    assert.equal((await bytes(`/media/photos/${hash}.webp`, bearer(gallery.tokens.alice))).status, 404)
  })

  test('to many at once is the same, and the thumbnail is made once', async () => {
    const path = `/media/thumbnails_big/${await gallery.hashOf('alice/2023/hill.png')}`
    const answers = await Promise.all(Array.from({ length: 20 }, () => bytes(path, bearer(gallery.tokens.alice))))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    assert.equal(new Set(answers.map(({ headers }) => headers.get('etag'))).size, 1)
    assert.equal(new Set(answers.map(({ body }) => body.toString('hex'))).size, 1)
  })

  test('leaves no file open, also where the caller goes away in the middle', async () => {
    const { library, server } = gallery
    library.put('alice/large.jpg', Buffer.concat([await picture(), Buffer.alloc(8 * 1024 * 1024, 7)]))
    await server.core.photos.scan()
    const path = `/media/photos/${await gallery.hashOf('alice/large.jpg')}`
    const openFiles = () => readdirSync('/proc/self/fd').length
    const before = openFiles()
    for (let index = 0; index < 20; index += 1) {
      const leaving = new AbortController()
      const answered = await fetch(new URL(path, server.url), {
        headers: bearer(gallery.tokens.alice),
        signal: leaving.signal,
      })
      await answered.body?.getReader().read()
      leaving.abort()
    }
    for (let tries = 0; tries < 50 && openFiles() > before + 5; tries += 1)
      await new Promise((done) => setTimeout(done, 20))
    assert.ok(openFiles() <= before + 5, 'files of those who left stay open')
    rmSync(join(library.folder, 'alice/large.jpg'))
    await server.core.photos.scan()
  })
})

describe('what is not there any more', () => {
  test('is a clean 404: gone, changed, or a link put in its place', async () => {
    const { library, server } = gallery
    const file = join(library.folder, 'alice/lake.jpg')
    const paths = await Promise.all(
      folders.map(async (folder) => `/media/${folder}/${await gallery.hashOf('alice/lake.jpg')}`),
    )
    const expectAll = async (status: number, why: string) => {
      for (const path of paths)
        assert.equal((await bytes(path, bearer(gallery.tokens.alice))).status, status, `${path}: ${why}`)
    }
    const original = await picture()
    await expectAll(200, 'as it was')
    renameSync(file, `${file}.away`)
    await expectAll(404, 'gone')
    symlinkSync('lake.jpg.away', file)
    await expectAll(404, 'a link')
    rmSync(file)
    symlinkSync('/etc/passwd', file)
    await expectAll(404, 'a link that leads out')
    rmSync(file)
    library.put('alice/lake.jpg', '<html><script>alert(1)</script></html>')
    await expectAll(404, 'another file')
    rmSync(`${file}.away`)
    library.put('alice/lake.jpg', original)
    await expectAll(200, 'as it was again')
    assert.equal((await server.core.photos.scan()).changed, 0)
  })

  test('goes with its owner: rows, thumbnails, and what was public', async () => {
    const { server, library } = gallery
    const eve = await makeUser(server, 'eve')
    library.put('eve/1.png', await picture('alice/2023/hill.png'))
    await server.core.photos.assign('eve', eve, true)
    await server.core.photos.scan()
    const path = `/media/square_thumbnails/${await gallery.hashOf('eve/1.png')}`
    assert.equal((await bytes(path)).status, 200)
    await server.core.users.remove(eve, null, { api: 'native', address: '', userAgent: '' })
    assert.equal((await bytes(path)).status, 403)
    assert.equal((await bytes(path, bearer(gallery.tokens.bob))).status, 404)
    assert.deepEqual(await server.store.photos.atPaths(['eve/1.png']), [])
    assert.equal(
      (await server.core.photos.scan()).skipped.some(({ path: at, reason }) => at === 'eve' && reason === 'no-owner'),
      true,
    )
  })
})

describe('with nginx in front', () => {
  test('answers name the file for it, in the library or among the copies, and carry no byte', () =>
    withGallery({ door: { accelRedirect: true } }, async (own) => {
      own.library.put('alice/Zoë & 50%/1 ?.jpg', await picture('bob/sea.jpg'))
      await own.server.core.photos.scan()
      const ask = async (folder: string, path: string, wish: Wish) =>
        own.server.send('GET', `/media/${folder}/${await own.hashOf(path)}`, wish)
      const mine = await ask('photos', 'alice/Zoë & 50%/1 ?.jpg', { token: own.tokens.alice })
      assert.equal(mine.headers.get('x-accel-redirect'), '/original/alice/Zo%C3%AB%20%26%2050%25/1%20%3F.jpg')
      assert.deepEqual([mine.status, mine.text, mine.type], [200, '', 'image/jpeg'])
      const theirs = await ask('photos', 'alice/shown/sun.jpg', { token: own.tokens.bob })
      const hash = await own.hashOf('alice/shown/sun.jpg')
      assert.equal(theirs.headers.get('x-accel-redirect'), `/protected_media/${own.alice.id}/${hash}.clean`)
      const thumbnail = await ask('square_thumbnails', 'alice/lake.jpg', { token: own.tokens.alice })
      assert.match(thumbnail.headers.get('x-accel-redirect') ?? '', /^\/protected_media\/\d+\/[0-9a-f]{32}\d+\.square$/)
      const refused = await ask('photos', 'alice/lake.jpg', { token: own.tokens.bob })
      assert.deepEqual([refused.status, refused.headers.get('x-accel-redirect')], [404, null])
    }))
})
