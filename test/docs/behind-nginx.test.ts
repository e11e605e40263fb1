import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import sharp from 'sharp'
import { type Gallery, openGallery } from '../support/gallery.ts'
import { picture } from '../support/library.ts'
import { freePort, printed, type RunningProxy, startNginx, withChanges } from '../support/proxies.ts'
import { ask, bearer, cookieIn, demandGuarded, demandPassing, openSite, type Site } from './proxied.ts'

const page = 'docs/behind-nginx.md'
/** What a reader changes: there is no certificate here, and the ports are free ones. */
const onPort = (own: number) =>
  [
    ['listen 443 ssl;', `listen 127.0.0.1:${own};`],
    [/^ *ssl_certificate.*\n/, ''],
  ] as const

describe('a service that nginx guards', () => {
  let site: Site
  before(async () => {
    site = await openSite(({ service, server, own }) =>
      startNginx(
        withChanges(printed(page, 'auth_request /'), [
          ...onPort(own),
          ['127.0.0.1:4000', `127.0.0.1:${server}`],
          ['127.0.0.1:8080', `127.0.0.1:${service}`],
          ['server_name app.example.com', 'server_name 127.0.0.1'],
        ]),
        own,
      ),
    )
  })
  after(() => site?.close())

  test('gets what it may rely on, and only what may come', () => demandGuarded(site))

  test('gets the credentials of its callers where the rule says so, and nowhere else', () => demandPassing(site))

  test('is reached by a browser that signed in, which is sent to do so before', async () => {
    const { get, proxy } = site
    const page = { Accept: 'text/html,*/*;q=0.8', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Site': 'none' }
    const sent = await get('/things/1?a=b', page)
    assert.deepEqual(
      [sent.status, sent.headers.location],
      [302, `${proxy.url}/console/sign-in?return_to=/things/1?a=b`],
    )
    const cookie = await cookieIn(proxy.url)
    assert.equal((await get('/things/1', { ...page, Cookie: cookie })).status, 200)
    assert.equal((await get('/things', { Cookie: cookie, Origin: proxy.url }, 'POST')).status, 200)
    assert.equal((await get('/things', { Cookie: cookie, Origin: 'https://evil.example' }, 'POST')).status, 403)
    assert.equal((await get('/things', { Cookie: cookie, 'Sec-Fetch-Site': 'cross-site' })).status, 403)
  })

  test('is no way to a failure of ours by long headers', async () => {
    const long = (length: number) => 'a'.repeat(length)
    for (const [path, headers] of [
      ['/assets/x', { Cookie: long(6900), 'User-Agent': long(6900) }],
      ['/assets/x', { Cookie: long(7900), 'X-API-Key': long(7900) }],
      ['/things', { Cookie: long(7900), 'User-Agent': long(7900), Authorization: `Bearer ${long(7900)}` }],
      [`/${long(6900)}`, { Cookie: long(6900), 'User-Agent': long(6900), Origin: long(900) }],
    ] as const) {
      const { status } = await site.get(path, headers)
      assert.ok(status < 500, `${status} ${path.slice(0, 20)} ${Object.keys(headers)}`)
    }
  })

  test('does not see callers of a Cardea that is away', async () => {
    const alone = await freePort()
    const dead = await freePort()
    const proxy = await startNginx(
      withChanges(printed(page, 'auth_request /'), [
        ...onPort(alone),
        ['127.0.0.1:4000', `127.0.0.1:${dead}`],
        ['127.0.0.1:8080', `127.0.0.1:${site.service.port}`],
        ['server_name app.example.com', 'server_name 127.0.0.1'],
      ]),
      alone,
    )
    try {
      const asked = site.service.asked.length
      assert.equal((await ask(proxy.url, '/assets/x', bearer(site.token), 'GET')).status, 500)
      assert.equal(site.service.asked.length, asked)
    } finally {
      await proxy.stop()
    }
  })
})

describe('Cardea alone behind nginx, which sends the pictures', () => {
  let gallery: Gallery
  let proxy: RunningProxy
  before(async () => {
    gallery = await openGallery({ door: { accelRedirect: true } })
    const own = await freePort()
    const locations = withChanges(printed('docs/photos.md', 'location /original/'), [
      ['/srv/pictures', gallery.library.folder],
      ['/srv/cardea/data', gallery.library.dataDir],
    ])
    const server = withChanges(printed(page, 'server_name id.example.com'), [
      [/^server \{\n {2}listen 80;[^}]*\}\n/, ''],
      ...onPort(own),
      ['127.0.0.1:4000', new URL(gallery.server.url).host],
      ['server_name id.example.com', 'server_name 127.0.0.1'],
      [/\n\}\n$/, `\n${locations}\n}\n`],
    ])
    const snippet = printed('docs/photos.md', 'add_header X-Content-Type-Options')
    proxy = await startNginx(server, own, { 'snippets/cardea-pictures.conf': snippet })
  })
  after(async () => {
    await proxy?.stop()
    await gallery?.close()
  })

  const bytes = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const answered = await fetch(`${proxy.url}${path}`, { headers })
    return { status: answered.status, headers: answered.headers, body: Buffer.from(await answered.arrayBuffer()) }
  }

  test('a picture comes from nginx, parts and all, to the same callers, and says how it may be used', async () => {
    const lake = 'alice/lake.jpg'
    const path = `/media/photos/${await gallery.hashOf(lake)}`
    const original = await picture(lake)
    const own = await bytes(path, bearer(gallery.tokens.alice))
    assert.equal(own.status, 200)
    assert.ok(own.body.equals(original), `${own.body.byteLength} bytes, not ${original.byteLength}`)
    const part = await bytes(path, { ...bearer(gallery.tokens.alice), Range: 'bytes=10-19' })
    assert.deepEqual([part.status, part.body], [206, original.subarray(10, 20)])
    const etag = own.headers.get('etag') ?? assert.fail('no ETag')
    assert.equal((await bytes(path, { ...bearer(gallery.tokens.alice), 'If-None-Match': etag })).status, 304)
    const thumbnail = await bytes(path.replace('photos', 'square_thumbnails'), bearer(gallery.tokens.alice))
    assert.equal(thumbnail.headers.get('content-type'), 'image/webp')
    assert.equal((await sharp(thumbnail.body).metadata()).width, 500)
    const shown = await bytes(`/media/photos/${await gallery.hashOf('alice/shown/sun.jpg')}`)
    assert.equal((await sharp(shown.body).metadata()).exif, undefined)
    for (const { headers } of [own, part, thumbnail, shown]) {
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.equal(headers.get('content-security-policy'), "default-src 'none'; sandbox")
      assert.equal(headers.get('cache-control'), 'private, no-cache')
      assert.match(headers.get('vary') ?? '', /Authorization, Cookie/)
      assert.equal(headers.get('x-accel-redirect'), null)
    }
    assert.equal(own.headers.get('content-type'), 'image/jpeg')
    assert.equal(own.headers.get('content-disposition'), 'inline; filename="lake.jpg"')
    assert.equal((await bytes(path, bearer(gallery.tokens.bob))).status, 404)
    assert.equal((await bytes(path)).status, 403)
  })

  test('names of every kind are found, and no address of nginx leads to the folders', async () => {
    const odd = 'bob/ä b%2f+#?;\'"&x.jpg'
    gallery.library.put(odd, await picture('alice/lake.jpg'))
    await gallery.server.core.photos.scan()
    const got = await bytes(`/media/photos/${await gallery.hashOf(odd)}`, bearer(gallery.tokens.bob))
    assert.deepEqual([got.status, got.body.byteLength], [200, (await picture('alice/lake.jpg')).byteLength])
    for (const path of [
      '/original/alice/lake.jpg',
      '/protected_media/',
      '/original/../original/alice/lake.jpg',
      '/media/photos/../../original/alice/lake.jpg',
    ])
      assert.equal((await ask(proxy.url, path, bearer(gallery.tokens.alice), 'GET')).status, 404, path)
    assert.equal((await ask(proxy.url, '/metrics', {}, 'GET')).status, 404)
    assert.equal((await ask(proxy.url, '/auth/verify', bearer(gallery.tokens.alice), 'GET')).status, 404)
  })
})
