import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { withoutForeignLogo } from '../../../src/apis/native/viewers.ts'
import { noBrowser, openBrowser, watch } from '../../support/browser.ts'
import { goodPassword, makePerson } from '../../support/identity.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer

before(async () => {
  server = await startTestServer()
  await makePerson(server.core, 'alice')
})
after(() => server.close())

const get = (path: string, headers: Readonly<Record<string, string>> = {}) => fetch(server.url + path, { headers })

test('only the files on the list are served', async () => {
  for (const file of [
    'index.html',
    'package.json',
    'swagger-initializer.js',
    'oauth2-redirect.html',
    '..%2Fpackage.json',
    '%2e%2e%2fpackage.json',
    '..%5Cpackage.json',
    '__proto__',
    'constructor',
    'x'.repeat(100),
    'redoc.standalone.js',
  ]) {
    const { status } = await get(`/api/swagger/assets/${file}`)
    assert.ok([400, 404].includes(status), `${file}: ${status}`)
  }
  assert.equal((await get('/api/redoc/assets/swagger-ui.css')).status, 404)
})

test('a page names its files by what is in them, so that they can be kept for a year', async () => {
  for (const viewer of ['swagger', 'redoc']) {
    const page = await (await get(`/api/${viewer}`)).text()
    const files = [...page.matchAll(/(?:src|href)="(\w+\/assets\/[^"]+)"/g)].map(([, file]) => `/api/${file}`)
    assert.ok(files.length >= 3, viewer)
    for (const file of files) {
      const answer = await get(file)
      assert.equal(answer.status, 200, file)
      assert.match(answer.headers.get('content-type') ?? '', /^text\/(css|javascript); charset=utf-8$/)
      assert.match(answer.headers.get('cache-control') ?? '', /max-age=31536000, immutable/)
      const etag = answer.headers.get('etag') ?? ''
      assert.equal(file.split('?v=')[1], etag.slice(1, -1))
      assert.equal((await get(file, { 'If-None-Match': etag })).status, 304)
      await answer.arrayBuffer()
    }
  }
})

test('the policy of the pages allows no inline script and no other host', async () => {
  for (const viewer of ['swagger', 'redoc']) {
    const answer = await get(`/api/${viewer}`)
    const policy = answer.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/)
    assert.match(policy, /script-src 'self'(;|$)/)
    assert.match(policy, /connect-src 'self'(;|$)/)
    assert.match(policy, /img-src 'self' data:(;|$)/)
    assert.ok(!/https?:|\*/.test(policy))
    const page = await answer.text()
    assert.ok(!/<script(?![^>]* src=)/.test(page))
    assert.ok(!/https?:\/\/(?!www\.w3\.org)/.test(page), 'the page names another host')
  }
})

test('what is served of Redoc names no host that it would ask for a picture', async () => {
  const bundle = await (await get('/api/redoc/assets/redoc.standalone.js')).text()
  assert.ok(bundle.length > 1_000_000)
  assert.ok(!bundle.includes('cdn.redoc'))
})

test('a Redoc that asks elsewhere, or more often, is not served unseen', () => {
  assert.throws(() => withoutForeignLogo('no picture'), TypeError)
  const one = 'a"https://cdn.redoc.ly/redoc/logo-mini.svg"b'
  assert.match(withoutForeignLogo(one), /^a"data:image\/gif;base64,[\w+/=]+"b$/)
  assert.throws(() => withoutForeignLogo(one + one), TypeError)
})

describe('in a browser', { skip: noBrowser }, () => {
  let browser: Browser
  before(async () => {
    browser = await openBrowser()
  })
  after(() => browser?.close())

  test('the watch sees a page that asks another host for a picture', async () => {
    const { page, faults, context } = await watch(browser, server.url)
    await page.goto(`${server.url}/api/help`)
    const complaint = page.waitForEvent('console')
    await page.evaluate(
      `{ const image = new Image(); image.src = 'https://cdn.example/x.svg'; document.body.append(image) }`,
    )
    await complaint
    assert.ok(
      faults.some((fault) => fault.includes('Content Security Policy')),
      faults.join('\n'),
    )
    await context.close()
  })

  for (const [viewer, sign] of [
    ['swagger', '.opblock-tag-section'],
    ['redoc', 'h2 >> text=apiKeyHeader'],
  ] as const) {
    test(`${viewer} shows the document without a complaint and without another host`, async () => {
      for (const look of [{ width: 360, dark: true }, { width: 1280 }]) {
        const { page, faults, requests, context } = await watch(browser, server.url, look)
        // A document that the address names is not loaded.
        await page.goto(
          `${server.url}/api/${viewer}?url=https://evil.example/openapi.json&configUrl=https://evil.example/c.json`,
        )
        await page.locator(sign).first().waitFor()
        await page.waitForLoadState('networkidle')
        assert.match((await page.locator('#viewer').textContent()) ?? '', /How to authenticate/)
        assert.deepEqual(faults, [])
        assert.ok(requests.some((request) => request.url().startsWith(`${server.url}/api/schema`)))
        assert.ok(
          requests.every((request) => !request.url().includes('evil.example/') || request.isNavigationRequest()),
        )
        assert.deepEqual(await page.evaluate('[localStorage.length, document.cookie]'), [0, ''])
        await context.close()
      }
    })
  }

  test('Redoc lists every security scheme', async () => {
    const { page, context } = await watch(browser, server.url)
    await page.goto(`${server.url}/api/redoc`)
    await page.locator('h2 >> text=passwordBasic').first().waitFor()
    const text = (await page.locator('#viewer').textContent()) ?? ''
    for (const name of [
      'accessToken',
      'privateToken',
      'bearerToken',
      'sessionCookie',
      'apiKeyBasic',
      'apiKeyHeader',
      'apiKeyAuthorization',
      'staticKey',
      'passwordBasic',
    ])
      assert.ok(text.includes(name), name)
    await context.close()
  })

  test('Authorize in Swagger UI sends the bearer token, the key pair or the key; a cookie is never sent', async () => {
    const send = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }).then((answer) => answer.json() as Promise<Record<string, string>>)
    const { access_token: token = '' } = await send('/auth/sign-in', { identifier: 'alice', password: goodPassword })
    const key = await send('/auth/keys', { name: 'viewer' }, { Authorization: `Bearer ${token}` })

    const { page, context, faults } = await watch(browser, server.url)
    // The browser has a session of its own; trying a call out must not use it.
    await page.goto(`${server.url}/auth/page/setup`)
    await page.evaluate(
      `fetch('/auth/sign-in', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ identifier: 'alice', password: '${goodPassword}', mode: 'cookie' }) })`,
    )
    assert.ok((await context.cookies()).some(({ name }) => name === 'cardea'))

    /** Fills in one scheme, calls `GET /auth/me` by the page's own buttons, and answers what was sent and came back. */
    const tryOut = async (scheme: string | null, ...values: readonly string[]) => {
      await page.goto(`${server.url}/api/swagger`)
      await page.locator('.opblock-tag-section').first().waitFor()
      if (scheme !== null) {
        await page.locator('.auth-wrapper > .authorize').click()
        const box = page.locator('.auth-container').filter({ has: page.locator(`h4 code:text-is("${scheme}")`) })
        for (const [index, value] of values.entries()) await box.locator('input').nth(index).fill(value)
        await box.locator('button.authorize').click()
        await page.locator('button.btn-done').first().click()
      }
      const block = page.locator('#operations-Account-getAuthMe')
      await block.locator('.opblock-summary-control').click()
      await block.locator('.try-out__btn').click()
      const sent = page.waitForRequest((request) => new URL(request.url()).pathname === '/auth/me')
      await block.locator('.execute').click()
      const request = await sent
      const response = await request.response()
      const headers = await request.allHeaders()
      assert.equal(headers.cookie, undefined, `${scheme}: a cookie was sent`)
      return { status: response?.status(), authorization: headers.authorization, key: headers['x-api-key'] }
    }

    const nobody = await tryOut(null)
    assert.equal(nobody.status, 401)
    faults.length = 0 // that refusal stands in the console
    assert.deepEqual(await tryOut('accessToken', token), {
      status: 200,
      authorization: `Bearer ${token}`,
      key: undefined,
    })
    const pair = `Basic ${Buffer.from(`${key.id}:${key.secret}`).toString('base64')}`
    assert.deepEqual(await tryOut('apiKeyBasic', key.id ?? '', key.secret ?? ''), {
      status: 200,
      authorization: pair,
      key: undefined,
    })
    assert.deepEqual(await tryOut('apiKeyHeader', key.token ?? ''), {
      status: 200,
      authorization: undefined,
      key: key.token,
    })
    assert.deepEqual(await tryOut('apiKeyAuthorization', `ApiKey ${key.token}`), {
      status: 200,
      authorization: `ApiKey ${key.token}`,
      key: undefined,
    })
    assert.deepEqual(faults, [])
    assert.deepEqual(await page.evaluate('[localStorage.length, sessionStorage.length]'), [0, 0])
    await context.close()
  })
})
