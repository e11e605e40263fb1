import assert from 'node:assert/strict'
import { readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import readExif from 'exif-reader'
import fc from 'fast-check'
import sharp from 'sharp'
import { makeUser, password, signIn } from '../../support/callers.ts'
import { type Gallery, openGallery } from '../../support/gallery.ts'
import type { Wish } from '../../support/http.ts'
import { picture } from '../../support/library.ts'
import { assertErrors, obtain } from '../../support/librephotos.ts'

const folders = ['photos', 'square_thumbnails', 'square_thumbnails_small', 'thumbnails_big'] as const
const unknown = `${'0'.repeat(32)}1`
const noCredential = ['detail', 'Authentication credentials were not provided.'] as const

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

type Viewer = 'nobody' | 'owner' | 'other' | 'admin'
const viewers: Readonly<Record<Viewer, 'alice' | 'bob' | 'root' | null>> = {
  nobody: null,
  owner: 'alice',
  other: 'bob',
  admin: 'root',
}
const pictures = {
  private: 'alice/lake.jpg',
  public: 'alice/shown/sun.jpg',
  unknown: null,
} as const

/** How somebody shows who he is to pictures. */
const ways: Readonly<Record<string, (name: 'alice' | 'bob' | 'root') => Wish>> = {
  bearer: (name) => ({ token: gallery.tokens[name] }),
  'bearer in another spelling': (name) => ({ headers: { Authorization: `bEARER ${gallery.tokens[name]}` } }),
  basic: (name) => ({ basic: [name, password] }),
  'the cookie, from an app': (name) => ({ cookie: `jwt=${gallery.tokens[name]}` }),
  'the cookie, from a page of ours': (name) => ({
    cookie: `jwt=${gallery.tokens[name]}`,
    headers: { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'no-cors' },
  }),
}

describe('who sees what', () => {
  for (const [viewer, name] of Object.entries(viewers)) {
    for (const [kind, path] of Object.entries(pictures)) {
      const expected = kind === 'public' || (kind === 'private' && viewer === 'owner') ? 200 : name === null ? 403 : 404
      test(`${viewer} asking for what is ${kind} gets ${expected}, from every folder and in every way`, async () => {
        const hash = path === null ? unknown : await gallery.hashOf(path)
        const wishes =
          name === null
            ? [['nothing', {}] as const]
            : Object.entries(ways).map(([way, wish]) => [way, wish(name)] as const)
        for (const folder of folders) {
          for (const [way, wish] of wishes) {
            for (const method of ['GET', 'HEAD']) {
              const answered = await send(`/media/${folder}/${hash}`, wish, method)
              assert.equal(answered.status, expected, `${method} ${folder} with ${way}: ${answered.text.slice(0, 200)}`)
            }
          }
        }
      })
    }
  }

  test('somebody else’s photo, an unknown one and a hash that is none are told apart by nothing', async () => {
    const theirs = await gallery.hashOf('alice/lake.jpg')
    const hidden = (headers: Headers) =>
      JSON.stringify([...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)).sort())
    for (const folder of folders) {
      for (const wish of [{}, { token: gallery.tokens.bob }]) {
        const [one, ...others] = await Promise.all(
          [theirs, unknown, 'x', 'lake.jpg', `${theirs}0`, theirs.toUpperCase()].map((hash) =>
            send(`/media/${folder}/${hash}`, wish),
          ),
        )
        for (const other of others) {
          assert.deepEqual([other.status, other.text], [one?.status, one?.text])
          assert.equal(hidden(other.headers), hidden(one?.headers ?? new Headers()))
        }
      }
    }
  })

  test('who came without a good credential is told so in the way that pages renew their token by', async () => {
    const answered = await send(`/media/photos/${unknown}`)
    assertErrors(answered, 403, noCredential)
    assert.equal(answered.headers.get('x-media-error'), 'authentication')
    const known = await send(`/media/photos/${unknown}`, { token: gallery.tokens.bob })
    assertErrors(known, 404, ['detail', 'Not found.'])
    assert.equal(known.headers.get('x-media-error'), null)
  })

  test('pictures of an account that is closed are not shown, though they are public', async () => {
    const own = await openGallery()
    const hash = await own.hashOf('alice/shown/sun.jpg')
    await own.server.core.users.setStatus(own.alice.publicId, 'blocked', null, {
      api: 'native',
      address: '',
      userAgent: '',
    })
    assert.equal((await own.server.send('GET', `/media/photos/${hash}`)).status, 403)
    assert.equal((await own.server.send('GET', '/api/photos/')).body.count as unknown, 0)
    await own.close()
  })
})

describe('the cookie', () => {
  const path = async () => `/media/photos/${await gallery.hashOf('alice/lake.jpg')}`
  const publicPath = async () => `/media/photos/${await gallery.hashOf('alice/shown/sun.jpg')}`

  test('counts for nothing but pictures, and only to look at them', async () => {
    const cookie = `jwt=${gallery.tokens.alice}`
    assert.equal((await send('/api/user/', { cookie })).status, (await send('/api/user/')).status)
    assert.equal(
      (await send(`/api/user/${gallery.alice.id}/`, { cookie, json: { first_name: 'x' } }, 'PATCH')).status,
      401,
    )
    assert.equal((await send('/auth/me', { cookie })).status, 401)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answered = await send(await path(), { cookie }, method)
      assert.equal(answered.status, 405, method)
    }
  })

  test('of another API is none, and neither is a private token in it', async () => {
    const { server } = gallery
    const native = (await signIn(server, 'alice')).access_token as string
    assert.equal((await send(await path(), { token: native })).status, 200, 'as a header it is good')
    assert.equal((await send(await path(), { cookie: `jwt=${native}` })).status, 403)
    assert.equal((await send(await path(), { cookie: `access=${gallery.tokens.alice}` })).status, 403)
    const expires = new Date(server.clock.now() + 30 * 86_400_000).toISOString()
    const made = await send('/auth/tokens', { token: native, json: { name: 't', expires_at: expires } }, 'POST')
    assert.equal((await send(await path(), { cookie: `jwt=${made.body.token}` })).status, 403)
  })

  test('that is not good counts as none: what is public is still shown', async () => {
    const { refresh, access } = await obtain(gallery.server, 'alice')
    await send('/api/auth/token/blacklist/', { json: { refresh } }, 'POST')
    for (const value of [access, 'x', '', `${gallery.tokens.alice}x`, refresh]) {
      assert.equal((await send(await publicPath(), { cookie: `jwt=${value}` })).status, 200, value)
      assert.equal((await send(await path(), { cookie: `jwt=${value}` })).status, 403, value)
    }
  })

  test('that a page of another site has sent counts as none', async () => {
    const cookie = `jwt=${gallery.tokens.alice}`
    for (const headers of [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
    ]) {
      assert.equal((await send(await path(), { cookie, headers })).status, 403)
      assert.equal((await send(await publicPath(), { cookie, headers })).status, 200)
    }
  })

  test('twice in a request is refused', async () => {
    const cookie = `jwt=${gallery.tokens.alice}; jwt=${gallery.tokens.bob}`
    assert.equal((await send(await path(), { cookie })).status, 401)
    assert.equal((await send(await publicPath(), { cookie })).status, 401)
  })

  test('gives way to a header, and a bad header is refused though the cookie is good', async () => {
    const cookie = `jwt=${gallery.tokens.alice}`
    assert.equal((await send(await path(), { cookie, token: gallery.tokens.bob })).status, 404)
    assert.equal((await send(await path(), { cookie, token: 'x' })).status, 401)
    assert.equal((await send(await publicPath(), { token: 'x' })).status, 401)
  })

  test('of a listed origin is taken from its pages', async () => {
    const own = await openGallery({ door: { corsOrigins: ['https://photos.example'] } })
    const hash = await own.hashOf('alice/lake.jpg')
    const answered = await own.server.send('GET', `/media/photos/${hash}`, {
      cookie: `jwt=${own.tokens.alice}`,
      headers: { Origin: 'https://photos.example', 'Sec-Fetch-Site': 'cross-site' },
    })
    assert.equal(answered.status, 200)
    assert.equal(answered.headers.get('access-control-allow-origin'), 'https://photos.example')
    assert.equal(answered.headers.get('access-control-allow-credentials'), 'true')
    await own.close()
  })
})

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

describe('addresses', () => {
  test('that climb, repeat slashes or hide them lead nowhere', async () => {
    const { tokens } = gallery
    for (const rest of [
      'photos/..%2f..%2fetc%2fpasswd',
      'photos/%2e%2e%2fdata%2fsecret',
      'photos/alice%2flake.jpg',
      'photos/lake.jpg%00.jpg',
      'photos/%',
      'photos/%ff',
      'photos//x',
      'photos/',
      'photos',
      'originals/x',
      'square_thumbnails/..%2f1%2fx.square',
      '',
    ]) {
      const answered = await send(`/media/${rest}`, { token: tokens.alice })
      assert.equal(answered.status, 404, rest)
    }
  })

  test('of whatever text answer 404 or 403, never more and never a server error', async () => {
    const { server, tokens } = gallery
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({ maxLength: 80 }),
      fc.stringMatching(/^[0-9a-f]{30,34}\d{0,3}$/),
    )
    await fc.assert(
      fc.asyncProperty(text, async (hash) => {
        const path = `/media/photos/${encodeURIComponent(hash.toWellFormed())}`
        for (const [wish, statuses] of [
          [{ token: tokens.bob }, [404]],
          [{}, [403, 404]],
        ] as const) {
          const answered = await server.send('GET', path, wish)
          assert.ok(
            statuses.some((status) => status === answered.status),
            `${path} ${answered.status}`,
          )
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('with nginx in front', () => {
  test('answers name the file for it, in the library or among the copies, and carry no byte', async () => {
    const own = await openGallery({ door: { accelRedirect: true } })
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
    await own.close()
  })
})
