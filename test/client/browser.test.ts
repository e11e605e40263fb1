import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { noBrowser, openBrowser } from '../support/browser.ts'
import { bundleForBrowser } from '../support/bundle.ts'
import { goodPassword, makeUser } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Site {
  readonly context: BrowserContext
  /** Calls of all tabs to the server, as `POST /auth/refresh`. */
  readonly calls: string[]
  /** A tab with `client` and `heard`, what its listener was told. */
  tab(options?: string): Promise<Page>
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  )
}

describe('in a browser', { skip: noBrowser }, () => {
  let server: TestServer
  let browser: Browser
  let script: string
  /** Another origin of the same site, whose pages may call the server. */
  let elsewhere: string
  const files: Readonly<Record<string, () => { contentType: string; body: string }>> = {
    '/app': () => ({ contentType: 'text/html', body: '<title>app</title>' }),
    '/client.js': () => ({ contentType: 'text/javascript', body: script }),
  }
  const host = createServer(({ url = '' }, response) => {
    const file = files[url]?.()
    response
      .writeHead(file === undefined ? 404 : 200, { 'Content-Type': file?.contentType ?? 'text/plain' })
      .end(file?.body)
  })
  let people = 0

  before(async () => {
    elsewhere = await listen(host)
    server = await startTestServer({ http: { corsOrigins: [elsewhere] } })
    browser = await openBrowser()
    script = (await bundleForBrowser('src/client/index.ts')).code
  })
  after(async () => {
    await browser?.close()
    await server?.close()
    host.close()
  })

  /** An empty page, of the server's own origin unless told otherwise, in a browser that nobody has used before. */
  async function site(origin = server.url): Promise<Site> {
    const context = await browser.newContext()
    const calls: string[] = []
    for (const [path, file] of Object.entries(files))
      await context.route(server.url + path, (route) => route.fulfill(file()))
    context.on('request', (request) => {
      const { pathname } = new URL(request.url())
      if (pathname.startsWith('/auth/')) calls.push(`${request.method()} ${pathname}`)
    })
    const tab = async (options = '{}') => {
      const page = await context.newPage()
      await page.goto(`${origin}/app`)
      await page.evaluate(`import('/client.js').then(({ createClient, webStorage }) => {
        globalThis.client = createClient(${options})
        globalThis.heard = []
        client.onChange((user, reason) => heard.push(user === null ? reason ?? 'signed out' : user.username))
      })`)
      return page
    }
    return { context, calls, tab }
  }

  async function person(): Promise<string> {
    people += 1
    const username = `person${people}`
    await makeUser(server, { username, password: goodPassword })
    return username
  }

  const signIn = (page: Page, identifier: string) =>
    page.evaluate(`client.signIn(${JSON.stringify({ identifier, password: goodPassword })}).then(({ done }) => done)`)
  const whoIs = (page: Page) => page.evaluate('client.user().then((user) => user?.username ?? null)')
  const askServer = (page: Page) =>
    page.evaluate('client.account.me().then(({ user }) => user.username, ({ code }) => code)')
  const refreshes = (calls: readonly string[]) => calls.filter((call) => call === 'POST /auth/refresh').length
  const later = () => server.clock.advance(2 * 3600_000)

  const storages = [
    ['in memory', '{}'],
    ['in localStorage', '{ storage: webStorage(localStorage) }'],
  ] as const

  for (const [where, options] of storages) {
    test(`two tabs with the session ${where} make one refresh, and both go on`, async () => {
      const { context, calls, tab } = await site()
      const [first, second] = await Promise.all([tab(options), tab(options)])
      const name = await person()
      assert.equal(await signIn(first, name), true)
      assert.equal(await whoIs(second), name)
      later()
      const many = (page: Page) =>
        page.evaluate('Promise.all(Array.from({ length: 20 }, () => client.account.me())).then((all) => all.length)')
      assert.deepEqual(await Promise.all([many(first), many(second)]), [20, 20])
      assert.equal(refreshes(calls), 1)
      // Long after the grace of the server, the tab that did not refresh itself has the newest token.
      later()
      assert.equal(await askServer(second), name)
      later()
      assert.equal(await askServer(first), name)
      await context.close()
    })

    test(`signing out in one tab is felt by the other, with the session ${where}`, async () => {
      const { context, tab } = await site()
      const [first, second] = await Promise.all([tab(options), tab(options)])
      const name = await person()
      await signIn(first, name)
      await second.waitForFunction('heard.length === 1')
      await first.evaluate('client.signOut()')
      await second.waitForFunction('heard.length === 2')
      assert.deepEqual(await second.evaluate('heard'), [name, 'signed out'])
      assert.equal(await whoIs(second), null)
      assert.equal(await askServer(second), 'credentials_missing')
      // Nor does a tab that is opened now find anything.
      assert.equal(await whoIs(await tab(options)), null)
      await context.close()
    })
  }

  test('nothing of a session in memory is left where a later script finds it', async () => {
    const { context, tab } = await site()
    const page = await tab()
    await signIn(page, await person())
    await askServer(page)
    assert.equal(await page.evaluate('localStorage.length + sessionStorage.length + document.cookie.length'), 0)
    assert.deepEqual(await page.evaluate('indexedDB.databases()'), [])
    await page.close()
    assert.equal(await whoIs(await tab()), null)
    await context.close()
  })

  test('a tab that is opened later is signed in by one that is', async () => {
    const { context, calls, tab } = await site()
    const first = await tab()
    const name = await person()
    await signIn(first, name)
    const second = await tab()
    assert.equal(await whoIs(second), name)
    assert.equal(await askServer(second), name)
    assert.deepEqual(
      calls.filter((call) => call.startsWith('POST')),
      ['POST /auth/sign-in'],
    )
    await context.close()
  })

  test('tabs that are not to share do not', async () => {
    const { context, tab } = await site()
    const first = await tab()
    await signIn(first, await person())
    assert.equal(await whoIs(await tab('{ tabs: false }')), null)
    assert.equal(await whoIs(await tab('{ name: "other" }')), null)
    await context.close()
  })

  test('a stale refresh token ends the session in all tabs, and signing in anew works in all', async () => {
    const { context, tab } = await site()
    const [first, second] = await Promise.all([tab(), tab()])
    const name = await person()
    await signIn(first, name)
    await second.waitForFunction('heard.length === 1')
    // Both hold a token whose successor somebody else has used.
    const { accessToken, refreshToken } = await stolen(first)
    assert.ok(accessToken.length > 0)
    let token = refreshToken
    for (let generation = 0; generation < 2; generation += 1) {
      const { body } = await server.send('POST', '/auth/refresh', { json: { refresh_token: token } })
      token = body.refresh_token ?? ''
    }
    later()
    assert.equal(await askServer(second), 'refresh_reused')
    await first.waitForFunction('heard.length === 2')
    assert.equal(await whoIs(first), null)
    await signIn(second, name)
    await first.waitForFunction('heard.length === 3')
    assert.equal(await askServer(first), name)
    await context.close()
  })

  /** What a script of the same origin can get: it listens as a tab does. */
  async function stolen(page: Page): Promise<{ readonly accessToken: string; readonly refreshToken: string }> {
    return page.evaluate(`new Promise((resolve) => {
      const channel = new BroadcastChannel('cardea default token ${server.url}')
      channel.onmessage = ({ data }) => { if (data.kind === 'have') { channel.close(); resolve(data.session) } }
      channel.postMessage({ kind: 'ask', than: null })
    })`)
  }

  test('in mode cookie no script sees a token, tabs share the session, and its end is felt', async () => {
    const { context, calls, tab } = await site()
    const options = '{ mode: "cookie" }'
    const [first, second] = await Promise.all([tab(options), tab(options)])
    assert.equal(await whoIs(second), null)
    const name = await person()
    await signIn(first, name)
    await second.waitForFunction('heard.length === 1')
    assert.equal(await askServer(second), name)
    assert.equal(await first.evaluate('client.accessToken()'), null)
    assert.equal(await first.evaluate('document.cookie'), '')
    const cookies = await context.cookies()
    assert.ok(cookies.some(({ name, httpOnly }) => name === 'cardea' && httpOnly))

    await first.evaluate('client.signOut()')
    await second.waitForFunction('heard.length === 2')
    assert.deepEqual(await second.evaluate('heard'), [name, 'signed out'])
    assert.equal(await whoIs(second), null)
    assert.equal(refreshes(calls), 0)

    // Ended from elsewhere: the next call says so.
    await signIn(first, name)
    await second.waitForFunction('heard.length === 3')
    const user = await server.core.users.byPublicId(await first.evaluate('client.user().then(({ id }) => id)'))
    assert.ok(user !== null)
    await server.core.sessions.endOthers(user, null, { api: 'native', address: '192.0.2.1', userAgent: 'test' })
    assert.equal(await askServer(second), 'credential_invalid')
    assert.equal(await whoIs(second), null)
    await first.waitForFunction('heard.at(-1) === "signed out"')
    // Nor is a page that is opened with the dead cookie held up by it.
    assert.equal(await whoIs(await tab(options)), null)
    await context.close()
  })

  test('a client with tokens that nobody signed in to is not the person of the cookie', async () => {
    const { context, tab } = await site()
    const console = await tab('{ mode: "cookie" }')
    const name = await person()
    await signIn(console, name)
    const page = await tab()
    assert.equal(await askServer(page), 'credentials_missing')
    await page.evaluate('client.signOut()')
    assert.equal(await askServer(console), name)
    const other = await person()
    await signIn(page, other)
    assert.deepEqual([await askServer(page), await askServer(console)], [other, name])
    await context.close()
  })

  test('a page of another origin that the server names signs in by token and by cookie', async () => {
    for (const mode of ['token', 'cookie']) {
      const { context, calls, tab } = await site(elsewhere)
      const page = await tab(`{ url: '${server.url}', mode: '${mode}' }`)
      const name = await person()
      assert.equal(await signIn(page, name), true)
      assert.equal(await askServer(page), name)
      if (mode === 'token') {
        later()
        assert.equal(await askServer(page), name)
        assert.equal(refreshes(calls), 1)
      }
      await page.evaluate('client.signOut()')
      assert.equal(await askServer(page), 'credentials_missing')
      await context.close()
    }
  })

  test('a worker of a page has the session of the page', async () => {
    const { context, tab } = await site()
    const page = await tab()
    const name = await person()
    await signIn(page, name)
    const answer = await page.evaluate(`new Promise((resolve) => {
      const source = "import('${server.url}/client.js').then(({ createClient }) => createClient().account.me()).then(({ user }) => postMessage(user.username), (error) => postMessage(String(error)))"
      const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), { type: 'module' })
      worker.onmessage = ({ data }) => resolve(data)
    })`)
    assert.equal(answer, name)
    await context.close()
  })
})
