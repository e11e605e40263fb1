import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { password, signIn } from '../../support/callers.ts'
import { mediaFolders as folders, type Gallery, openGallery, withGallery } from '../../support/gallery.ts'
import type { Wish } from '../../support/http.ts'
import { assertErrors, obtain } from '../../support/librephotos.ts'

const unknown = `${'0'.repeat(32)}1`
const noCredential = ['detail', 'Authentication credentials were not provided.'] as const

let gallery: Gallery
before(async () => {
  gallery = await openGallery()
})
after(() => gallery.close())

const send = (path: string, wish: Wish = {}, method = 'GET') => gallery.server.send(method, path, wish)

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

  test('pictures of an account that is closed are not shown, though they are public', () =>
    withGallery({}, async (own) => {
      const hash = await own.hashOf('alice/shown/sun.jpg')
      await own.server.core.users.setStatus(own.alice.publicId, 'blocked', null, {
        api: 'native',
        address: '',
        userAgent: '',
      })
      assert.equal((await own.server.send('GET', `/media/photos/${hash}`)).status, 403)
      assert.equal((await own.server.send('GET', '/api/photos/')).body.count as unknown, 0)
    }))
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

  test('of a listed origin is taken from its pages', () =>
    withGallery({ door: { corsOrigins: ['https://photos.example'] } }, async (own) => {
      const hash = await own.hashOf('alice/lake.jpg')
      const answered = await own.server.send('GET', `/media/photos/${hash}`, {
        cookie: `jwt=${own.tokens.alice}`,
        headers: { Origin: 'https://photos.example', 'Sec-Fetch-Site': 'cross-site' },
      })
      assert.equal(answered.status, 200)
      assert.equal(answered.headers.get('access-control-allow-origin'), 'https://photos.example')
      assert.equal(answered.headers.get('access-control-allow-credentials'), 'true')
    }))
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
