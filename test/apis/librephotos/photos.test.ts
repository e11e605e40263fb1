import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { password } from '../../support/callers.ts'
import { type Gallery, openGallery } from '../../support/gallery.ts'
import { type Body, list, type Wish } from '../../support/http.ts'
import { assertErrors } from '../../support/librephotos.ts'

let gallery: Gallery
before(async () => {
  gallery = await openGallery()
})
after(() => gallery.close())

const get = (path: string, wish: Wish = {}) => gallery.server.send('GET', path, wish)

async function pathsOf(wish: Wish): Promise<readonly string[]> {
  const { status, body, text } = await get('/api/photos/', wish)
  assert.equal(status, 200, text)
  return list(body.results as Body).map((photo) => String(photo.image_path))
}

describe('the list of photos', () => {
  test('holds the caller’s own, newest first, whoever asks and however', async () => {
    const own = ['alice/2023/hill.png', 'alice/shown/sun.jpg', 'alice/lake.jpg', 'alice/2023/moon.webp']
    // The picture without a date stands where its file was changed.
    const dated = own.toSpliced(0, 1)
    const { tokens } = gallery
    const found = await pathsOf({ token: tokens.alice })
    assert.deepEqual(
      found.filter((path) => path !== own[0]),
      dated,
    )
    assert.deepEqual(found.toSorted(), own.toSorted())
    assert.deepEqual(await pathsOf({ basic: ['alice', password] }), found)
    assert.deepEqual((await pathsOf({ token: tokens.bob })).toSorted(), ['bob/sea.jpg', 'bob/star.gif'])
    assert.deepEqual(await pathsOf({ token: tokens.root }), [], 'an administrator has none of them')
  })

  test('holds what is public where nobody in particular asks, without the paths of files', async () => {
    const { body } = await get('/api/photos/')
    assert.equal(body.count as unknown, 1)
    const [photo] = list(body.results as Body)
    assert.deepEqual(photo, {
      image_hash: await gallery.hashOf('alice/shown/sun.jpg'),
      image_path: [],
      exif_timestamp: '2024-06-21T05:00:00Z',
      square_thumbnail_url: `/media/square_thumbnails/${photo?.image_hash}`,
      small_square_thumbnail_url: `/media/square_thumbnails_small/${photo?.image_hash}`,
      big_thumbnail_url: `/media/thumbnails_big/${photo?.image_hash}`,
      public: true,
      video: false,
      owner: { id: gallery.alice.id, username: 'alice', first_name: '', last_name: '' },
      size: photo?.size,
      width: 480,
      height: 640,
    })
  })

  test('is refused with a credential that is not good, and passes the media cookie over', async () => {
    const { tokens } = gallery
    assert.equal((await get('/api/photos/', { token: `${tokens.alice}x` })).status, 401)
    assert.equal((await get('/api/photos/', { basic: ['alice', 'wrong password'] })).status, 401)
    const { body } = await get('/api/photos/', { cookie: `jwt=${tokens.alice}` })
    assert.equal(body.count as unknown, 1, 'as for anybody')
  })

  test('comes in pages whose neighbours are named by the public URL', async () => {
    const { server, tokens } = gallery
    const at = (query: string) => get(`/api/photos/${query}`, { token: tokens.alice, headers: { Host: 'localhost' } })
    const first = (await at('?page_size=3')).body
    assert.deepEqual([first.count, first.next, first.previous] as unknown[], [
      4,
      `${server.url}/api/photos/?page_size=3&page=2`,
      null,
    ])
    const second = (await at('?page_size=3&page=2')).body
    assert.deepEqual([second.count, second.next, second.previous] as unknown[], [
      4,
      null,
      `${server.url}/api/photos/?page_size=3`,
    ])
    const hashes = [first, second].flatMap((page) => list(page.results as Body).map(({ image_hash }) => image_hash))
    assert.equal(new Set(hashes).size, 4)
    assert.equal(hashes.length, 4)
  })

  test('has no page beyond the last, none before the first and none without a number', async () => {
    const { tokens } = gallery
    for (const page of ['2', '0', '-1', 'x', '', '1.5', '99999999999999999999', '1e3']) {
      const answered = await get(`/api/photos/?page=${page}`, { token: tokens.alice })
      assertErrors(answered, 404, ['detail', 'Invalid page.'])
    }
  })

  test('has its first page also where there is no photo, and passes a bad size over', async () => {
    const { tokens } = gallery
    const none = await get('/api/photos/', { token: tokens.root })
    assert.deepEqual(none.body as unknown, { count: 0, next: null, previous: null, results: [] })
    for (const size of ['0', '-5', 'x', '1.5', '']) {
      const { status, body } = await get(`/api/photos/?page_size=${size}`, { token: tokens.alice })
      assert.deepEqual([status, list(body.results as Body).length], [200, 4], size)
    }
  })

  test('is led to by the address without a slash, query and all', async () => {
    const answered = await get('/api/photos?page=2')
    assert.equal(answered.status, 301)
    assert.equal(answered.headers.get('location'), '/api/photos/?page=2')
  })

  test('is not kept by anybody, and has no other methods', async () => {
    const { tokens } = gallery
    assert.equal((await get('/api/photos/', { token: tokens.alice })).headers.get('cache-control'), 'no-store')
    assert.equal((await gallery.server.send('HEAD', '/api/photos/')).status, 200)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      assert.equal((await gallery.server.send(method, '/api/photos/', { token: tokens.alice })).status, 405, method)
  })

  test('needs a scope that the credential has', async () => {
    const { server, tokens } = gallery
    const origin = { api: 'native', address: '127.0.0.1', userAgent: 'test' } as const
    const wish = { name: 'narrow', scopes: ['keys:read'], expiresAt: server.clock.now() + 86_400_000 }
    const verdict = await server.core.guard.authenticate(
      [{ via: 'bearer', text: tokens.alice }],
      ['access-token'],
      origin,
    )
    assert.ok(verdict.ok)
    const { token } = await server.core.tokens.issue(verdict.value, wish, origin)
    assert.equal((await get('/api/photos/', { token })).status, 403)
    const hash = await gallery.hashOf('alice/lake.jpg')
    assert.equal((await get(`/media/photos/${hash}`, { token })).status, 403)
  })
})

describe('a search', () => {
  test('is for callers with a credential, and finds their own by file and folder, letter case aside', async () => {
    const { tokens } = gallery
    const found = async (search: string) => {
      const path = `/api/photos/searchlist/?search=${encodeURIComponent(search)}`
      const { body } = await get(path, { token: tokens.alice })
      return list(body.results as Body).map((photo) => String(photo.image_path))
    }
    assertErrors(await get('/api/photos/searchlist/?search=sun'), 401, [
      'detail',
      'Authentication credentials were not provided.',
    ])
    assert.deepEqual(await found('LAKE'), ['alice/lake.jpg'])
    assert.deepEqual((await found('2023')).toSorted(), ['alice/2023/hill.png', 'alice/2023/moon.webp'])
    assert.equal((await found('')).length, 4)
    for (const none of ['bob', 'sea', '%', '_']) assert.deepEqual(await found(none), [], none)
    assertErrors(await get('/api/photos/searchlist/?page=9', { token: tokens.alice }), 404, ['detail', 'Invalid page.'])
    assert.equal((await get('/api/photos/searchlist?search=sun')).status, 301)
  })
})
