import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { freePort, printed, type RunningProxy, startCaddy, withChanges } from '../support/proxies.ts'
import { ask, bearer, cookieIn, demandGuarded, demandPassing, openSite, type Site } from './proxied.ts'

const page = 'docs/behind-caddy.md'

describe('a service that Caddy guards', () => {
  let site: Site
  before(async () => {
    site = await openSite(({ service, server, own }) =>
      startCaddy(
        withChanges(printed(page, 'forward_auth'), [
          ['app.example.com {', `http://127.0.0.1:${own} {`],
          ['127.0.0.1:4000', `127.0.0.1:${server}`],
          ['127.0.0.1:8080', `127.0.0.1:${service}`],
        ]),
        own,
      ),
    )
  })
  after(() => site?.close())

  test('gets what it may rely on, and only what may come', () => demandGuarded(site))

  test('gets the credentials of its callers where the rule says so, and nowhere else', () => demandPassing(site))

  test('is reached by a browser that signed in, which is sent to do so before, and back', async () => {
    const { get, proxy } = site
    const opened = { Accept: 'text/html,*/*;q=0.8', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Site': 'none' }
    const sent = await get('/things/1?a=b&c=d', opened)
    const back = `${proxy.url}/console/sign-in?return_to=${encodeURIComponent('/things/1?a=b&c=d')}`
    assert.deepEqual([sent.status, sent.headers.location], [302, back])
    assert.equal((await get('/things/1', { ...opened, Host: 'evil.example' })).headers.location, undefined)
    const cookie = await cookieIn(proxy.url)
    assert.equal((await get('/things/1', { ...opened, Cookie: cookie })).status, 200)
    assert.equal((await get('/things', { Cookie: cookie, Origin: proxy.url }, 'POST')).status, 200)
    assert.equal((await get('/things', { Cookie: cookie, Origin: 'https://evil.example' }, 'POST')).status, 403)
    assert.equal((await get('/things', { Cookie: cookie, 'Sec-Fetch-Site': 'cross-site' })).status, 403)
  })
})

test('Cardea alone behind Caddy', async () => {
  const own = await freePort()
  let proxy: RunningProxy | undefined
  const site = await openSite(async ({ server }) => {
    proxy = await startCaddy(
      withChanges(printed(page, 'id.example.com {'), [
        ['id.example.com {', `http://127.0.0.1:${own} {`],
        ['127.0.0.1:4000', `127.0.0.1:${server}`],
      ]),
      own,
    )
    return proxy
  })
  try {
    const status = async (path: string) =>
      (await ask(`http://127.0.0.1:${own}`, path, bearer(site.token), 'GET')).status
    assert.equal(await status('/auth/me'), 200)
    for (const path of ['/metrics', '/auth/verify', '/auth/verify/x']) assert.equal(await status(path), 404, path)
  } finally {
    await site.close()
  }
})
