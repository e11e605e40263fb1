import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { linkPurposes } from '../../../src/apis/native/pages.ts'
import { totpAt, totpStep } from '../../../src/crypto/totp.ts'
import { noBrowser, openBrowser, watch } from '../../support/browser.ts'
import { goodPassword, makeAdmin, makePerson, principalOf, visitor } from '../../support/identity.ts'
import { linkOf } from '../../support/mail.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

const newPassword = 'seven lanterns over the bay'

let server: TestServer
before(async () => {
  server = await startTestServer()
  await makeAdmin(server.core)
})
after(() => server.close())

const signIn = (identifier: string, password: string) =>
  server.send('POST', '/auth/sign-in', { json: { identifier, password } })

test('each page runs no inline script, looks at no credential and is not kept', async () => {
  for (const purpose of linkPurposes) {
    const answer = await fetch(`${server.url}/auth/page/${purpose}`, {
      headers: { Authorization: 'Bearer nonsense', Cookie: 'cardea=nonsense' },
    })
    assert.equal(answer.status, 200, purpose)
    assert.match(
      answer.headers.get('content-security-policy') ?? '',
      /default-src 'none'; style-src 'sha256-[^;]+'; img-src 'self' data:; script-src 'self'; connect-src 'self'/,
    )
    assert.equal(answer.headers.get('set-cookie'), null)
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer')
    const text = await answer.text()
    assert.deepEqual(text.match(/<script[^>]*>/g), ['<script src="assets/link.js" defer>'])
    assert.match(text, /<noscript>[\s\S]*curl -sS http:\/\/127\.0\.0\.1:\d+\/auth\/[\s\S]*<\/noscript>/)
  }
  assert.equal((await fetch(`${server.url}/auth/page/other`)).status, 404)
  assert.equal((await fetch(`${server.url}/auth/page/constructor`)).status, 404)
})

test('opening a link, however often and with the token in the query too, uses nothing up', async () => {
  const user = await makePerson(server.core, 'careful')
  await server.core.users.forgotPassword('careful', visitor())
  const { url, token } = await linkOf(server, 'reset-password')
  for (const method of ['GET', 'HEAD']) await fetch(`${url.replace('#', '?')}`, { method })
  const answer = await server.send('POST', '/auth/password/reset', { json: { token, new_password: newPassword } })
  assert.equal(answer.status, 204)
  assert.equal(user.username, 'careful')
})

test('the script is a file that a browser asks for again, and puts no answer into the page as markup', async () => {
  const answer = await fetch(`${server.url}/auth/page/assets/link.js`)
  assert.equal(answer.headers.get('cache-control'), 'no-cache')
  const text = await answer.text()
  assert.ok(
    !/innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|localStorage|sessionStorage/.test(text),
  )
  assert.equal(
    (
      await fetch(`${server.url}/auth/page/assets/link.js`, {
        headers: { 'If-None-Match': answer.headers.get('etag') ?? '' },
      })
    ).status,
    304,
  )
})

describe('in a browser', { skip: noBrowser }, () => {
  let browser: Browser
  before(async () => {
    browser = await openBrowser()
  })
  after(() => browser?.close())

  interface Opened {
    readonly page: Page
    /** Calls that the page has made, as method and path. */
    readonly calls: () => readonly string[]
    readonly faults: string[]
    close(): Promise<void>
  }

  async function open(url: string): Promise<Opened> {
    const { page, context, faults, requests } = await watch(browser, url, { width: 360, height: 740 })
    await page.goto(url)
    const calls = () =>
      requests
        .map((request) => `${request.method()} ${new URL(request.url()).pathname}`)
        .filter((call) => !call.startsWith('GET /auth/page/'))
    return { page, calls, faults, close: () => context.close() }
  }

  /** Presses the button of the form that is shown, and answers what the page says then. */
  async function press(page: Page): Promise<{ readonly kind: string; readonly text: string }> {
    await page.locator('form:not([hidden]) button').click()
    const message = page.locator('#message')
    await message.waitFor()
    await page.locator('form:not([hidden]) button:disabled').waitFor({ state: 'detached' })
    return {
      kind: ((await message.getAttribute('class')) ?? '').replace('message ', ''),
      text: (await message.innerText()).replaceAll(/\s+/g, ' '),
    }
  }

  test('the token leaves the address bar and the history, and nothing is sent before the button', async () => {
    const { page, calls, close } = await open(`${server.url}/auth/page/confirm-email#token=very-secret`)
    await page.locator('#form').waitFor()
    assert.equal(page.url(), `${server.url}/auth/page/confirm-email`)
    assert.equal(await page.evaluate('location.hash + history.length'), '2')
    assert.ok(!(await page.content()).includes('very-secret'))
    assert.deepEqual(calls(), [])
    await close()
  })

  test('a sign-up is confirmed, once', async () => {
    await server.send('POST', '/auth/sign-up', {
      json: { username: 'ann', email: 'ann@example.com', password: goodPassword },
    })
    const { url } = await linkOf(server, 'confirm-email')
    const first = await open(url)
    const input = first.page.locator('#password')
    assert.equal(await input.getAttribute('autocomplete'), 'current-password')
    await input.fill('not the password')
    assert.equal((await press(first.page)).kind, 'bad', 'whoever does not know the password confirms nothing')
    await input.fill(goodPassword)
    assert.deepEqual(await press(first.page), {
      kind: 'good',
      text: 'Done The address is confirmed. You can sign in now.',
    })
    assert.deepEqual(first.calls(), ['POST /auth/email/confirm', 'POST /auth/email/confirm'])
    // The browser itself notes the refusal of the wrong password.
    assert.deepEqual(
      first.faults.filter((fault) => !fault.includes('401')),
      [],
    )
    assert.equal(await first.page.locator('form:not([hidden])').count(), 0)
    await first.close()
    assert.equal((await signIn('ann', goodPassword)).status, 200)

    const second = await open(url)
    await second.page.locator('#password').fill(goodPassword)
    const said = await press(second.page)
    assert.equal(said.kind, 'bad')
    assert.match(said.text, /not valid any more/)
    assert.equal(await second.page.locator('form:not([hidden])').count(), 0)
    await second.close()
  })

  test('a new address is confirmed by its own link, and the old one takes it back', async () => {
    const user = await makePerson(server.core, 'cleo')
    await server.core.users.requestEmailChange(user, 'new@example.com', visitor())
    const change = await open((await linkOf(server, 'change-email')).url)
    await change.page.locator('#password').fill(goodPassword)
    assert.equal((await press(change.page)).text, 'Done The new address is in use.')
    await change.close()
    assert.equal((await server.core.users.byPublicId(user.publicId))?.email, 'new@example.com')

    const undo = await open((await linkOf(server, 'undo-email')).url)
    assert.equal((await press(undo.page)).kind, 'good')
    assert.deepEqual(undo.calls(), ['POST /auth/email/undo'])
    await undo.close()
    assert.equal((await server.core.users.byPublicId(user.publicId))?.email, 'cleo@example.com')
  })

  test('a new password is set; one that is refused can be tried again', async () => {
    await makePerson(server.core, 'dora')
    await server.core.users.forgotPassword('dora', visitor())
    const { page, close } = await open((await linkOf(server, 'reset-password')).url)
    const input = page.locator('#new_password')
    assert.deepEqual(
      [await input.getAttribute('autocomplete'), await input.getAttribute('type')],
      ['new-password', 'password'],
    )
    await input.fill('password')
    const refused = await press(page)
    assert.equal(refused.kind, 'bad')
    assert.equal(await page.locator('#form').isVisible(), true)
    await page.locator('[data-shows]').check()
    assert.equal(await input.getAttribute('type'), 'text')
    await input.fill(newPassword)
    assert.equal((await press(page)).text, 'Done The new password is set. Sign in with it.')
    assert.equal(await input.inputValue(), '')
    await close()
    assert.equal((await signIn('dora', newPassword)).status, 200)
    assert.equal((await signIn('dora', goodPassword)).status, 401)
  })

  test('a sign-in link signs in with a cookie of this browser and says who', async () => {
    await makePerson(server.core, 'emma')
    await server.core.signIn.requestLink('emma', visitor())
    const { page, calls, faults, close } = await open((await linkOf(server, 'sign-in-link')).url)
    assert.equal((await press(page)).text, 'Done You are signed in as emma.')
    assert.deepEqual(calls(), ['POST /auth/sign-in/link', 'GET /auth/me'])
    assert.deepEqual(faults, [])
    const [cookie] = (await page.context().cookies()).filter(({ name }) => name === 'cardea')
    assert.equal(cookie?.httpOnly, true)
    await close()
  })

  test('a sign-in link of an account with a second factor asks for the code first', async () => {
    const user = await makePerson(server.core, 'fay')
    const { secret } = await server.core.mfa.begin(user, visitor())
    const now = () => totpAt(secret, totpStep(server.clock.now()))
    await server.core.mfa.confirm(user, now(), null, visitor())
    server.clock.advance(60_000)
    await server.core.signIn.requestLink('fay', visitor())
    const { page, calls, close } = await open((await linkOf(server, 'sign-in-link')).url)
    await page.locator('#form button').click()
    await page.locator('#mfa-code').waitFor()
    assert.deepEqual(
      (await page.context().cookies()).filter(({ name }) => name === 'cardea'),
      [],
    )
    await page.locator('#mfa-code').fill('000000')
    assert.equal((await press(page)).kind, 'bad')
    await page.locator('#mfa-code').fill(now())
    await page.locator('#code-form button').click()
    await page.locator('#message.good').waitFor()
    assert.match(await page.locator('#message').innerText(), /signed in as fay/)
    assert.deepEqual(calls(), [
      'POST /auth/sign-in/link',
      'POST /auth/sign-in/mfa',
      'POST /auth/sign-in/mfa',
      'GET /auth/me',
    ])
    await close()
  })

  test('an invited guest opens an account; a wrong field is named by its label', async () => {
    const admin = await server.core.users.byPublicId(
      (await makePerson(server.core, 'boss', { role: 'admin' })).publicId,
    )
    assert.ok(admin !== null)
    await server.core.users.invite(
      { email: 'guest@example.com', role: 'user' },
      principalOf(server.core, admin),
      visitor(),
    )
    const { page, close } = await open((await linkOf(server, 'invitation')).url)
    await page.locator('#username').fill('12345')
    await page.locator('#password').fill(goodPassword)
    const refused = await press(page)
    assert.equal(refused.kind, 'bad')
    assert.match(refused.text, /User name /)
    assert.equal(await page.locator('#username').getAttribute('aria-invalid'), 'true')
    await page.locator('#username').fill('gina')
    assert.equal((await press(page)).text, 'Done The account is open. You can sign in now.')
    await close()
    assert.equal((await signIn('gina', goodPassword)).status, 200)
  })

  test('an answer of the server is shown as text', async () => {
    const { page, close } = await open(`${server.url}/auth/page/confirm-email#token=x`)
    const hostile = '<img src=x onerror="document.title=1">'
    await page.route('**/auth/email/confirm', (route) =>
      route.fulfill({
        status: 400,
        contentType: 'application/problem+json',
        body: JSON.stringify({ title: hostile, detail: hostile }),
      }),
    )
    await page.locator('#password').fill(goodPassword)
    assert.equal((await press(page)).text, `${hostile} ${hostile}`)
    assert.equal(await page.locator('#message img').count(), 0)
    await close()
  })

  test('a server that cannot be reached leaves the link unused and the form there', async () => {
    const { page, close } = await open(`${server.url}/auth/page/confirm-email#token=x`)
    await page.route('**/auth/email/confirm', (route) => route.abort())
    await page.locator('#password').fill(goodPassword)
    assert.match((await press(page)).text, /cannot be reached/)
    assert.equal(await page.locator('#form').isVisible(), true)
    await close()
  })

  test('a link that was cut says so and offers nothing to press', async () => {
    const { page, calls, close } = await open(`${server.url}/auth/page/reset-password`)
    assert.match(await page.locator('#message').innerText(), /not complete/)
    assert.equal(await page.locator('form:not([hidden])').count(), 0)
    assert.deepEqual(calls(), [])
    await close()
  })

  test('without a script the page names the call that does the same', async () => {
    const { page, context } = await watch(browser, server.url, { script: false })
    await page.goto(`${server.url}/auth/page/reset-password#token=x`)
    assert.match(await page.locator('main').innerText(), /needs JavaScript[\s\S]*#token=[\s\S]*\/auth\/password\/reset/)
    assert.equal(await page.locator('button:visible').count(), 0)
    await context.close()
  })

  test('the set-up code makes the first administrator, from the link or typed', async () => {
    for (const typed of [false, true]) {
      const fresh = await startTestServer()
      try {
        const code = await fresh.core.users.newSetUpCode()
        assert.ok(code !== null)
        const { page, close } = await open(`${fresh.url}/auth/page/setup${typed ? '' : `#code=${code}`}`)
        assert.equal(page.url(), `${fresh.url}/auth/page/setup`)
        assert.equal(await page.locator('#code').count(), typed ? 1 : 0)
        if (typed) await page.locator('#code').fill(code)
        await page.locator('#username').fill('root')
        await page.locator('#password').fill(newPassword)
        assert.equal((await press(page)).text, 'Done The administrator is made. You can sign in now.')
        assert.equal(await fresh.core.users.needsSetUp(), false)
        await close()
      } finally {
        await fresh.close()
      }
    }
  })

  test('every page fits a narrow window, light and dark, and is quiet', async () => {
    for (const path of ['/', '/api/help', ...linkPurposes.map((purpose) => `/auth/page/${purpose}#token=x&code=x`)]) {
      for (const dark of [false, true]) {
        const { page, context, faults } = await watch(browser, server.url, { width: 360, height: 640, dark })
        await page.goto(server.url + path)
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, path)
        const [red = 255] =
          String(await page.evaluate('getComputedStyle(document.body).backgroundColor'))
            .match(/\d+/g)
            ?.map(Number) ?? []
        assert.equal(red < 128, dark, `${path}: ${red}`)
        assert.deepEqual(faults, [], path)
        await context.close()
      }
    }
  })
})
